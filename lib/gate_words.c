/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the gate, as status, alerts and the files between agent and executor have them: a format. */
#include <stddef.h>

#include <timeguard/gate.h>

const char *const tg_gate_backend_words[] = {
        [TG_BACKEND_AUTO] = "auto",
        [TG_BACKEND_PROXMOX] = "proxmox",
        [TG_BACKEND_PACEMAKER] = "pacemaker",
        [TG_BACKEND_UNITS] = "units",
        [TG_BACKEND_COMMAND] = "command",
        [TG_BACKEND_NONE] = "none",
        NULL,
};
const char *const tg_gate_scope_words[] = {
        [TG_GATE_NOTHING] = "nothing",
        [TG_GATE_CLUSTER] = "cluster",
        [TG_GATE_NODE] = "node",
        NULL,
};
const char *const tg_ha_state_words[] = {
        [TG_HA_UNKNOWN] = "unknown",
        [TG_HA_UNUSED] = "unused",
        [TG_HA_OPEN] = "open",
        [TG_HA_CLOSING] = "closing",
        [TG_HA_CLOSED] = "closed",
        [TG_HA_OPENING] = "opening",
        NULL,
};
const char *const tg_gate_verb_words[] = {
        [TG_GATE_STATUS] = "status",
        [TG_GATE_CLOSE] = "close",
        [TG_GATE_OPEN] = "open",
        NULL,
};

const char *tg_gate_scope_text(enum tg_gate_scope scope)
{
        return tg_gate_scope_words[scope];
}

const char *tg_ha_state_text(enum tg_ha_state state)
{
        return tg_ha_state_words[state];
}

const char *tg_gate_verb_text(enum tg_gate_verb verb)
{
        return tg_gate_verb_words[verb];
}

const char *tg_gate_state_text(enum tg_gate_state state)
{
        static const char *const texts[] = { "open", "closing", "closed", "opening", "held" };

        return texts[state];
}

const char *tg_gate_stage_text(enum tg_gate_stage stage)
{
        static const char *const texts[TG_STAGE_COUNT] = { "none",   "intent", "issued", "verified", "opening",
                                                           "undone", "void",   "taken",  "unclear" };

        return texts[stage];
}
