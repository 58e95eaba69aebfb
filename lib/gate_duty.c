/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who acts for the cluster. A claim stands in the reports of whoever wants the duty; the first that is delivered in a ring has it, on every node
   alike, until its reports claim nothing any more, it falls silent, or the ring changes. Whoever lost it without giving it back may
   have set the executor going at the very end: nobody else acts before that run is over. */
#include <string.h>

#include "gate.h"

#define DUTY_SLACK_NS (TG_GATE_RUN_NS + 15 * TG_NS_PER_S)
#define PAST_LOCK_NS  (100 * TG_NS_PER_S)

static void lose(struct tg_gate *gate)
{
        /* what it last began, it began before it was last heard, or within the two seconds that its report was on its way */
        if (gate->duty.id != gate->self_id && gate->duty.heard_raw_ns + TG_GATE_RUN_NS > gate->duty.guard_until_ns)
                gate->duty.guard_until_ns = gate->duty.heard_raw_ns + TG_GATE_RUN_NS;
        gate->duty.id = 0;
}

void tg_gate_ring(struct tg_gate *gate, int64_t now_raw_ns)
{
        if (gate->duty.id)
                lose(gate);
        gate->duty.deaf_to = 0;
        gate->claim = TG_CLAIM_NONE;
        tg_gate_ha_doubt(gate, now_raw_ns);
        /* who was away has missed what they said meanwhile; all say it again in a new ring (node_ring.c) */
        memset(gate->watch.n_asked, 0, sizeof gate->watch.n_asked);
}

/* Beside the sizes of steps that its loops, which sleep on the wall clock, have to sit out; and where its manager was set back, or a clock was set
   forward past the end of the manager's lock (120 s, renewed every 10 s), it takes until there is a manager again. */
int64_t tg_gate_limit_of_duty_ns(const struct tg_situation *s)
{
        int64_t back_ns = 0, limit_ns = 60 * TG_NS_PER_S;
        bool unmanaged = false;

        for (uint32_t i = 0; i < s->view->n; i++) {
                const struct tg_member *m = &s->view->members[s->view->order[i]];
                int64_t step_ns = m->fresh ? m->report.last_step_ns : 0;

                if (step_ns < 0 && -step_ns > back_ns)
                        back_ns = -step_ns;
                unmanaged |= step_ns > PAST_LOCK_NS || (step_ns < 0 && m->report.gate.flags & TG_GATE_MASTER);
        }
        limit_ns += back_ns < 3600 * TG_NS_PER_S ? back_ns : 3600 * TG_NS_PER_S;
        return unmanaged && limit_ns < 180 * TG_NS_PER_S ? 180 * TG_NS_PER_S : limit_ns;
}

static bool is_there(const struct tg_situation *s, uint32_t id)
{
        int slot = tg_view_find(s->view, id);

        return slot >= 0 && s->view->members[slot].fresh && s->view->members[slot].present;
}

void tg_gate_duty_deliver(struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        const struct tg_member *m = &s->view->members[slot];
        bool claims = m->report.gate.claim != TG_CLAIM_NONE && tg_ring_id_equal(m->report.ring, s->view->ring);
        struct tg_gate_duty *duty = &gate->duty;

        /* the agent that begins anew where it was does not give it back: what the old one set going may go on */
        if (duty->id && (duty->id != m->id ? !is_there(s, duty->id) : duty->pid != m->heard_pid))
                lose(gate);
        if (duty->id == m->id) {
                duty->heard_raw_ns = s->now_raw_ns;
                if (!claims) {
                        duty->id = 0; /* given back: nothing of it runs */
                } else if (m->id != gate->self_id &&
                           s->now_raw_ns - duty->since_raw_ns > tg_gate_limit_of_duty_ns(s) + DUTY_SLACK_NS) {
                        lose(gate);
                        duty->deaf_to = m->id;
                }
                return;
        }
        if (duty->deaf_to == m->id && !claims)
                duty->deaf_to = 0;
        if (!claims || duty->id || duty->deaf_to == m->id)
                return;
        duty->id = m->id;
        duty->pid = m->heard_pid;
        duty->since_raw_ns = duty->heard_raw_ns = s->now_raw_ns;
}

/* It may close nothing yet, or has nothing to close: an administrator has closed it, where each node closes itself. */
static bool comes_last(const struct tg_situation *s, const struct tg_member *m)
{
        const struct tg_gate_report *gate = &m->report.gate;

        return m->report.boot_ns < s->options->boot_grace_ns ||
               (gate->ha_state == TG_HA_CLOSED && !(gate->flags & (TG_GATE_WHOLE | TG_GATE_OURS)));
}

static bool can_act(const struct tg_gate *gate, const struct tg_member *m)
{
        return m->fresh && m->present && (m->report.gate.flags & TG_GATE_READY) && m->id != gate->duty.deaf_to;
}

/* Whoever wrote that a command may run goes on with it, also in the next ring: its run may still go on, and only it knows what came of it. */
static const struct tg_member *who_began(const struct tg_gate *gate, const struct tg_situation *s)
{
        const struct tg_gate_record *r = &gate->reg.records[0];
        int slot = r->stage == TG_STAGE_INTENT || r->stage == TG_STAGE_OPENING ? tg_view_find(s->view, r->owner_id) : -1;

        return slot >= 0 && can_act(gate, &s->view->members[slot]) ? &s->view->members[slot] : NULL;
}

/* It, or the lowest id of those that can act. */
bool tg_gate_is_first(const struct tg_gate *gate, const struct tg_situation *s)
{
        const struct tg_member *begun = who_began(gate, s);
        uint32_t last = 0;

        if (begun)
                return begun->id == gate->self_id;

        for (uint32_t i = 0; i < s->view->n; i++) {
                const struct tg_member *m = &s->view->members[s->view->order[i]];

                if (!can_act(gate, m))
                        continue;
                if (!comes_last(s, m))
                        return m->id == gate->self_id;
                last = last ? last : m->id;
        }
        return last && last == gate->self_id;
}

bool tg_gate_duty_mine(struct tg_gate *gate, const struct tg_situation *s, enum tg_claim kind)
{
        if (gate->duty.id == gate->self_id) {
                gate->claim = (uint8_t)kind;
                return s->now_raw_ns >= gate->duty.guard_until_ns;
        }
        if (gate->duty.id && is_there(s, gate->duty.id)) {
                if (gate->claim != TG_CLAIM_NONE)
                        gate->wants_report = true;
                gate->claim = TG_CLAIM_NONE;
                return false;
        }
        if (gate->claim == TG_CLAIM_NONE && tg_gate_is_first(gate, s) && s->now_raw_ns >= gate->work[0].rest_until_ns) {
                gate->claim = (uint8_t)kind;
                gate->wants_report = true;
        }
        return false;
}

void tg_gate_duty_release(struct tg_gate *gate)
{
        if (gate->claim == TG_CLAIM_NONE)
                return;
        gate->claim = TG_CLAIM_NONE;
        gate->wants_report = true;
}
