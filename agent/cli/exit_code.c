/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of exit codes, and which verdict ends in which. */
#include "exit_code.h"
#include "document.h"

static const struct {
        enum tg_exit code;
        const char *meaning;
} meanings[] = {
        { TG_EXIT_AGREED, "agreed; of gate: HA actions pass, or what was asked for is done; of wait: proven" },
        { TG_EXIT_AT_RISK, "at-risk; of gate: HA actions are blocked; of gate test: it could not close; of wait: not in time; "
                           "of safe-step: not done" },
        { TG_EXIT_BROKEN, "breached or split" },
        { TG_EXIT_UNPROVEN, "unproven, or the agent cannot be reached or understood" },
        { TG_EXIT_USAGE, "wrong usage, or no such node" },
        { TG_EXIT_UNAVAILABLE, "the agent cannot be reached over the system bus, or refuses" },
        { TG_EXIT_OUTPUT, "the output could not be written" },
        { TG_EXIT_DENIED, "only root may do that" },
};

enum tg_exit tg_exit_of_verdict(int verdict)
{
        static const enum tg_exit codes[TG_DOC_VERDICTS] = {
                [TG_DOC_AGREED] = TG_EXIT_AGREED, [TG_DOC_AT_RISK] = TG_EXIT_AT_RISK,   [TG_DOC_BREACHED] = TG_EXIT_BROKEN,
                [TG_DOC_SPLIT] = TG_EXIT_BROKEN,  [TG_DOC_UNPROVEN] = TG_EXIT_UNPROVEN,
        };

        return codes[verdict];
}

void tg_exit_explain(FILE *out)
{
        for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
                fprintf(out, "  %2d  %s\n", meanings[i].code, meanings[i].meaning);
}
