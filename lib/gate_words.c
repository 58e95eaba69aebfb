/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the gate, as status and alerts print them. */
#include <timeguard/gate.h>

const char *tg_ha_state_text(enum tg_ha_state state)
{
        static const char *const texts[] = { "unknown", "unused", "open", "closing", "closed", "opening" };

        return texts[state];
}

const char *tg_gate_verb_text(enum tg_gate_verb verb)
{
        static const char *const texts[] = { "status", "close", "open" };

        return texts[verb];
}

const char *tg_gate_scope_text(enum tg_gate_scope scope)
{
        static const char *const texts[] = { "nothing", "cluster", "node" };

        return texts[scope];
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
