/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate in few words. That nothing fails over is said first and in full, by whomever it was brought about; all else is short. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gate_say.h"
#include "units.h"
#include <timeguard/limits.h>

bool tg_gate_say_has(size_t n, const char *const *words, const char *word)
{
        for (size_t i = 0; i < n; i++)
                if (!strcmp(words[i], word))
                        return true;
        return false;
}

static bool has_flag(const struct tg_doc_node *node, const char *flag)
{
        return node->gate && tg_gate_say_has(node->gate->flags.n, node->gate->flags.items, flag);
}

/* Nodes whose agent is heard and says so. */
static size_t count_flag(const struct tg_document *document, const char *flag)
{
        size_t n = 0;

        for (size_t i = 0; i < document->nodes.n; i++)
                n += document->nodes.items[i].agent && has_flag(&document->nodes.items[i], flag);
        return n;
}

static size_t count_agents(const struct tg_document *document)
{
        size_t n = 0;

        for (size_t i = 0; i < document->nodes.n; i++)
                n += document->nodes.items[i].agent;
        return n;
}

static const char *target_of(const struct tg_doc_gate *gate)
{
        return gate->target ? gate->target : "the cluster";
}

bool tg_gate_say_is_unclear(const struct tg_doc_gate *gate)
{
        for (size_t i = 0; i < gate->records.n; i++)
                if (!strcmp(gate->records.items[i].stage, "unclear"))
                        return true;
        return false;
}

bool tg_gate_say_first(const struct tg_page *page, const struct tg_document *document)
{
        const struct tg_doc_gate *gate = &document->gate;
        const char *fencing = count_flag(document, "fencing") ? " (fencing still active)" : "";

        switch (gate->state) {
        case TG_DOC_GATE_CLOSING:
                tg_page_prose(page, 2, TG_INK_BAD, "GATE CLOSING:", "HA actions are being blocked for %s%s", target_of(gate),
                              fencing);
                return true;
        case TG_DOC_GATE_CLOSED:
                tg_page_prose(page, 2, TG_INK_BAD, "GATE CLOSED:", "no failover, as HA actions are blocked for %s%s",
                              target_of(gate), fencing);
                return true;
        case TG_DOC_GATE_OPENING:
                tg_page_prose(page, 2, TG_INK_WARN, "GATE OPENING:", "HA actions are being let through again for %s",
                              target_of(gate));
                return true;
        default:
                break;
        }
        if (!gate->ha || (gate->ha->state != TG_DOC_HA_CLOSED && gate->ha->state != TG_DOC_HA_CLOSING))
                return false;
        tg_page_prose(page, 2, TG_INK_WARN, "HA BLOCKED:", "no failover, and that is not %s: %s",
                      tg_gate_say_is_unclear(gate) ? "known to be timeguard's doing, which leaves it to you"
                                                   : "timeguard's doing",
                      *gate->ha->detail ? gate->ha->detail : "an administrator's, it seems");
        return true;
}

void tg_gate_say_hold(FILE *out, const struct tg_doc_gate_word *hold)
{
        char span[TG_UNITS_MAX];

        fprintf(out, "held %s%s, ", hold->taken ? "as it was opened by hand, told by " : "by an administrator on ",
                hold->by ? hold->by : "an unknown node");
        if (hold->left_s.known)
                fprintf(out, "for another %s", tg_units_duration(hold->left_s.value * TG_NS_PER_S, span));
        else
                fprintf(out, "until 'timeguard gate release'");
}

void tg_gate_say_watchdogs(FILE *out, const struct tg_document *document)
{
        const struct tg_doc_gate *gate = &document->gate;

        if (!gate->ha)
                fputs("the HA stack has not been read yet", out);
        else if (gate->ha->state == TG_DOC_HA_UNUSED)
                fputs("no HA is in use", out);
        else if (gate->ha->state == TG_DOC_HA_UNKNOWN)
                fputs("the HA stack CANNOT BE READ", out);
        else
                fprintf(out, "%zu of %zu watchdogs armed", count_flag(document, "armed"), count_agents(document));
}

void tg_gate_say_opening(FILE *out, const struct tg_doc_gate *gate)
{
        char span[TG_UNITS_MAX];

        if (gate->close)
                fprintf(out, "an administrator's wish, given on %s: opens after 'timeguard gate release'",
                        gate->close->by ? gate->close->by : "an unknown node");
        else if (gate->wants_word)
                fputs("opens at 'timeguard gate release', once all is proven well", out);
        else if (gate->opens_in_s.known)
                fprintf(out, "opens in %s if all stays well", tg_units_duration(gate->opens_in_s.value * TG_NS_PER_S, span));
        else
                fprintf(out, "does not open yet: %s",
                        *gate->why       ? gate->why
                        : *gate->why_not ? gate->why_not
                                         : "all must be proven well first");
}

static enum tg_ink line_ink(const struct tg_doc_gate *gate)
{
        if (gate->failed || (gate->ha && gate->ha->state == TG_DOC_HA_UNKNOWN))
                return TG_INK_BAD;
        return gate->state != TG_DOC_GATE_OPEN || gate->hold || gate->would_close || *gate->blocked ? TG_INK_WARN
                                                                                                    : TG_INK_PLAIN;
}

static void write_line(FILE *out, const struct tg_document *document)
{
        const struct tg_doc_gate *gate = &document->gate;

        fprintf(out, "%s, %s, %s; ", tg_doc_gate_words[gate->state], gate->mode, gate->backend);
        tg_gate_say_watchdogs(out, document);
        if (gate->hold) {
                fputs("; ", out);
                tg_gate_say_hold(out, gate->hold);
        }
        if (gate->state == TG_DOC_GATE_CLOSED) {
                fputs("; ", out);
                tg_gate_say_opening(out, gate);
        }
        if (gate->would_close && !gate->would_run && gate->target)
                fprintf(out, "; with 'mode = enforce' %s would now act on itself", gate->target);
        else if (gate->would_close)
                fprintf(out, "; with 'mode = enforce' it would now run: %s", gate->would_run ? gate->would_run : "nothing");
        if (*gate->blocked)
                fprintf(out, "; does not close in spite of a danger: %s", gate->blocked);
        if (gate->failed && gate->failures)
                fprintf(out, "; FAILED %" PRId64 " times: %s", gate->failures, gate->failed);
        else if (gate->failed)
                fprintf(out, "; FAILED: %s", gate->failed);
}

void tg_gate_say_line(const struct tg_page *page, int hang, const struct tg_document *document)
{
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        if (!out)
                return;
        write_line(out, document);
        if (fclose(out) == 0)
                tg_page_prose(page, hang, line_ink(&document->gate), "Gate:", "%s", text);
        free(text);
}
