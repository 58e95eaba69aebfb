/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See words.h. */
#include <string.h>

#include "request.h"
#include "words.h"

const char *const tg_gate_outcome_words[] = {
        [TG_GATE_DONE] = "done",
        [TG_GATE_FAILED] = "failed",
        [TG_GATE_TIMEOUT] = "timeout",
        NULL,
};
const char *const tg_gate_flag_words[] = { "ready", "whole", "master", "armed", "busy", "fencing", NULL };
const char *const tg_gate_health_words[] = {
        [TG_HEALTH_LEAVE] = "leave", [TG_HEALTH_GREEN] = "green", [TG_HEALTH_YELLOW] = "yellow", [TG_HEALTH_RED] = "red", NULL,
};

int tg_word_find(const char *const *words, const char *word)
{
        for (int i = 0; words[i]; i++)
                if (strcmp(words[i], word) == 0)
                        return i;
        return -1;
}
