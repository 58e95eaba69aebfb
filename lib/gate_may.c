/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What forbids closing, in the order in which it is said. Opening what is our own knows none of these. */
#include <stdio.h>
#include <string.h>

#include "gate.h"
#include "text.h"

struct may {
        const struct tg_gate *gate;
        const struct tg_situation *s;
        char *buf;
        size_t size;
};

static const char *without_quorum(struct may *m)
{
        const char *why = tg_situation_no_quorum(m->s);

        return why || tg_ring_id_equal(m->s->quorum->ring, m->s->view->ring) ? why : "the ring is changing";
}

static const char *unheard(struct may *m)
{
        return tg_situation_hears(m->s) ? NULL : TG_UNHEARD;
}

static const char *in_grace(struct may *m)
{
        return m->s->self >= 0 && m->s->view->members[m->s->self].report.boot_ns < m->s->options->boot_grace_ns
                       ? "this node has just booted"
                       : NULL;
}

static const char *held(struct may *m)
{
        if (!tg_gate_holds(m->gate, m->s->now_raw_ns))
                return NULL;
        return m->gate->reg.hold.taken ? "an administrator has opened it by hand; 'timeguard gate release' ends the hold"
                                       : "an administrator holds it; 'timeguard gate release' ends the hold";
}

static const char *differing(struct may *m)
{
        const struct tg_view *view = m->s->view;
        const struct tg_member *first = NULL;

        for (uint32_t i = 0; i < view->n; i++) {
                const struct tg_member *member = &view->members[view->order[i]];

                if (!member->fresh)
                        continue;
                if (!first)
                        first = member;
                if (member->report.fingerprint == first->report.fingerprint && member->report.gate_version == TG_GATE_VERSION)
                        continue;
                snprintf(m->buf, m->size, "%.60s runs with another configuration or version", member->name);
                return m->buf;
        }
        return NULL;
}

static const char *not_ready(struct may *m)
{
        const struct tg_ha_reading *ha = &m->gate->ha[0];

        if (m->s->options->gate_backend == TG_BACKEND_NONE)
                return "gate.backend is none";
        if (!ha->known)
                return "the HA stack has not been read yet";
        if (ha->result.state == TG_HA_UNUSED)
                return "there is no HA stack here that could act";
        if (ha->result.state == TG_HA_UNKNOWN || !(ha->result.flags & TG_GATE_READY)) {
                snprintf(m->buf, m->size, "the HA stack cannot be read: %.200s", ha->result.detail);
                return m->buf;
        }
        return ha->result.flags & TG_GATE_BUSY ? "services are being fenced, recovered or migrated" : NULL;
}

static const struct {
        const char *name;
        const char *(*rule)(struct may *m);
} rules[TG_GATE_CHECKS] = {
        { "quorum", without_quorum },   { "corosync", unheard },   { "boot-grace", in_grace }, { "hold", held },
        { "configuration", differing }, { "ha-stack", not_ready },
};

const char *tg_gate_may_not(const struct tg_gate *gate, const struct tg_situation *s, char *buf, size_t size)
{
        struct may m = { gate, s, buf, size };

        for (size_t i = 0; i < TG_GATE_CHECKS; i++) {
                const char *why = rules[i].rule(&m);

                if (why)
                        return why;
        }
        return NULL;
}

void tg_gate_check_all(const struct tg_gate *gate, const struct tg_situation *s,
                       struct tg_gate_check out[static TG_GATE_CHECKS])
{
        char buf[TG_REASON_MAX];
        struct may m = { gate, s, buf, sizeof buf };

        for (size_t i = 0; i < TG_GATE_CHECKS; i++) {
                const char *why = rules[i].rule(&m);

                out[i].name = rules[i].name;
                out[i].met = !why;
                tg_copy(out[i].why, sizeof out[i].why, why ? why : "");
        }
}
