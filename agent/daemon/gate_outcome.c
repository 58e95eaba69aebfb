/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See gate_outcome.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "../gate/words.h"
#include "gate_files.h"
#include "gate_outcome.h"
#include "journal.h"

void tg_gate_outcome_say(struct tg_gate_result *out, enum tg_gate_outcome outcome, const char *format, va_list args)
{
        *out = (struct tg_gate_result){ .outcome = outcome };
        (void)vsnprintf(out->detail, sizeof(out->detail), format, args);
}

__attribute__((format(printf, 3, 4))) static void say(struct tg_gate_result *out, enum tg_gate_outcome outcome,
                                                      const char *format, ...)
{
        va_list args;

        va_start(args, format);
        tg_gate_outcome_say(out, outcome, format, args);
        va_end(args);
}

void tg_gate_outcome_read(struct tg_gate_result *out, uint32_t ticket, const char *unit, const char *how)
{
        char error[TG_FIELD_ERROR_MAX];
        int r = tg_gate_files_read(ticket, out, error);

        if (r == 0)
                return;
        if (r == -EBADMSG)
                say(out, TG_GATE_TIMEOUT, "the result of %s cannot be used: %s", unit, error);
        else if (tg_gate_files_withdraw(ticket))
                say(out, TG_GATE_FAILED, "%s %s, and had done nothing", unit, how);
        else
                say(out, TG_GATE_TIMEOUT, "%s %s, and left no result", unit, how);
}

const char *tg_gate_outcome_job(const char *result)
{
        static const struct {
                const char *word, *text;
        } texts[] = {
                { "done", "ended" },
                { "failed", "failed" },
                { "timeout", "did not end in time" },
                { "canceled", "was cancelled" },
                { "dependency", "lacks a unit that it depends on" },
                { "skipped", "was skipped, as a condition of the unit is not met" },
                { "assert", "was refused, as an assertion of the unit is not met" },
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (strcmp(texts[i].word, result) == 0)
                        return texts[i].text;
        return "came to no good end";
}

void tg_gate_outcome_tell(const struct tg_gate_order *order, const struct tg_gate_result *result)
{
        bool ran = result->command[0] != '\0';

        if (order->verb == TG_GATE_STATUS)
                return;
        tg_log(result->outcome == TG_GATE_DONE ? LOG_NOTICE : LOG_WARNING, "the gate: %s (%s), %s: %s%s%s%s",
               tg_gate_verb_words[order->verb], order->scope == TG_GATE_NODE ? "this node" : "the cluster",
               tg_gate_outcome_words[result->outcome], ran ? "'" : "", result->command, ran ? "': " : "", result->detail);
}
