/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists of words, in the order of the enumerations of timeguard/gate.h and request.h. */
#include <string.h>

#include "request.h"
#include "words.h"

const char *const tg_gate_verb_words[] = {
        [TG_GATE_STATUS] = "status",
        [TG_GATE_CLOSE] = "close",
        [TG_GATE_OPEN] = "open",
        NULL,
};
const char *const tg_gate_scope_words[] = {
        [TG_GATE_NOTHING] = "nothing",
        [TG_GATE_CLUSTER] = "cluster",
        [TG_GATE_NODE] = "node",
        NULL,
};
const char *const tg_gate_backend_words[] = {
        [TG_BACKEND_AUTO] = "auto",
        [TG_BACKEND_PROXMOX] = "proxmox",
        [TG_BACKEND_PACEMAKER] = "pacemaker",
        [TG_BACKEND_UNITS] = "units",
        [TG_BACKEND_COMMAND] = "command",
        [TG_BACKEND_NONE] = "none",
        NULL,
};
const char *const tg_gate_outcome_words[] = {
        [TG_GATE_DONE] = "done",
        [TG_GATE_FAILED] = "failed",
        [TG_GATE_TIMEOUT] = "timeout",
        NULL,
};
const char *const tg_gate_state_words[] = {
        [TG_HA_UNKNOWN] = "unknown",
        [TG_HA_UNUSED] = "unused",
        [TG_HA_OPEN] = "open",
        [TG_HA_CLOSING] = "closing",
        [TG_HA_CLOSED] = "closed",
        [TG_HA_OPENING] = "opening",
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
