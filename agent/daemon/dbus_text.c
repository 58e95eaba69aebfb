/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dbus_text.h. */
#include <string.h>

#include "agent.h"
#include "dbus_text.h"
#include "status_gate.h"

static const char *mode_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        (void)agent, (void)buf;
        return tg_status_gate_mode(gate);
}

static const char *state_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        (void)agent, (void)buf;
        return tg_gate_state_text(gate->state);
}

static const char *backend_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        (void)buf;
        return tg_status_gate_backend(gate, agent);
}

static const char *target_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        return gate->target_id ? tg_agent_node_name(agent, gate->target_id, buf) : "";
}

static const char *why_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        (void)agent, (void)buf;
        return gate->why[0] ? gate->why : gate->why_not;
}

static const char *blocked_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        (void)agent, (void)buf;
        return gate->blocked;
}

static const char *command_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        (void)agent, (void)buf;
        return gate->read ? gate->ha.command : "";
}

static const char *ha_state_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        (void)agent, (void)buf;
        return tg_ha_state_text(gate->read ? gate->ha.state : TG_HA_UNKNOWN);
}

static const char *holder_of(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX])
{
        return gate->holds ? tg_agent_node_name(agent, gate->hold.node_id, buf) : "";
}

static const struct {
        const char *name;
        const char *(*of)(const struct tg_gate_status *gate, const struct tg_agent *agent, char buf[static TG_NAME_MAX]);
} texts[] = {
        [TG_DBUS_STATE] = { "State", state_of },
        { "Mode", mode_of },
        { "Backend", backend_of },
        { "Target", target_of },
        [TG_DBUS_WHY] = { "Why", why_of },
        { "Blocked", blocked_of },
        { "WouldRun", command_of },
        { "HaState", ha_state_of },
        { "HoldBy", holder_of },
};

_Static_assert(sizeof(texts) / sizeof(texts[0]) == TG_DBUS_TEXTS, "each property of text is in the table");

const char *tg_dbus_text_name(size_t i)
{
        return texts[i].name;
}

const char *tg_dbus_text(size_t i, const struct tg_gate_status *gate, const struct tg_agent *agent,
                         char buf[static TG_NAME_MAX])
{
        return texts[i].of(gate, agent, buf);
}
