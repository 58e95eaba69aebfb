/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of the gate. */
#include <stdio.h>
#include <string.h>

#include "gate_step.h"
#include "text.h"

#define CLOSED_MOST_NS (30 * 86400 * TG_NS_PER_S)

static void raise_alert(struct tg_alerts *alerts, enum tg_alert_id id, int slot, struct tg_evidence *evidence,
                        const char *reason)
{
        tg_copy(evidence->reason, sizeof evidence->reason, reason);
        tg_alerts_set(alerts, id, slot, evidence);
}

/* What, and by which command. A node's is known to itself alone. */
static const char *what_would_close(const struct tg_gate *gate, const struct tg_situation *s, char *buf, size_t size)
{
        int lone = gate->finding.lone;
        const struct tg_ha_reading *ha = &gate->ha[lone >= 0];
        const char *name = lone >= 0 ? s->view->members[lone].name : "the cluster";

        if (lone >= 0 && lone != s->self)
                snprintf(buf, size, "%.60s, whose own agent says by which command", name);
        else if (lone < 0 && ha->known && (ha->result.flags & TG_GATE_WHOLE) && !tg_gate_all_say(s, -1, tg_gate_knows_whole))
                snprintf(buf, size, "the cluster, by what each node's agent runs on its own, as not every node knows '%.60s'",
                         ha->result.command);
        else
                snprintf(buf, size, "%.60s by '%.110s'", name,
                         ha->known && ha->result.command[0] ? ha->result.command : "nothing");
        return buf;
}

/* Not at timeguard's word: no record is live, or may be. */
static bool is_stuck(const struct tg_gate *gate, const struct tg_situation *s)
{
        const struct tg_ha_reading *ha = &gate->ha[0];

        return ha->known && ha->result.state == TG_HA_CLOSING && gate->reg.records[0].stage != TG_STAGE_UNCLEAR &&
               s->now_raw_ns - ha->state_raw_ns > tg_gate_limit_of_duty_ns(s);
}

static void alert_danger(struct tg_gate *gate, const struct tg_situation *s, struct tg_alerts *alerts)
{
        const struct tg_finding *f = &gate->finding;
        struct tg_evidence evidence = f->evidence;
        char reason[TG_REASON_MAX], buf[TG_REASON_MAX];
        const char *why_not;

        gate->would_close = false;
        gate->blocked[0] = 0;
        if (f->danger == TG_DANGER_NONE || f->waits || tg_stage_is_live(gate->reg.records[0].stage) ||
            (f->scope == TG_GATE_NODE && tg_stage_is_live(gate->reg.records[1].stage)) ||
            (tg_gate_is_shut_state(gate->ha[0].result.state) && !is_stuck(gate, s)))
                return;
        why_not = is_stuck(gate, s) ? "what somebody else began to close does not come to be closed"
                                    : tg_gate_may_not(gate, s, buf, sizeof buf);
        if (why_not) {
                tg_copy(gate->blocked, sizeof gate->blocked, why_not);
                if (s->options->gate_mode == TG_GATE_OBSERVE && f->danger != TG_DANGER_WORD)
                        return;
                snprintf(reason, sizeof reason, "the gate should close and does not, as %.180s; %.250s", why_not, f->why);
                raise_alert(alerts, TG_ALERT_GATE_BLOCKED, TG_ALERT_CLUSTER_SLOT, &evidence, reason);
                return;
        }
        if (s->options->gate_mode == TG_GATE_ENFORCE || f->danger == TG_DANGER_WORD)
                return;
        gate->would_close = true;
        if (f->lone >= 0 && f->lone == s->self && !gate->ha[1].known)
                return; /* it says it once it can say what it would run */
        snprintf(reason, sizeof reason, "with gate.mode = enforce the gate would now close for %.180s: %.230s",
                 what_would_close(gate, s, buf, sizeof buf), f->why);
        raise_alert(alerts, TG_ALERT_GATE_WOULD_CLOSE, TG_ALERT_CLUSTER_SLOT, &evidence, reason);
}

static const char *target_of(const struct tg_situation *s, const struct tg_gate_record *r)
{
        int slot = tg_view_find(s->view, r->target_id);

        return r->scope != TG_GATE_NODE ? "the cluster" : slot >= 0 ? s->view->members[slot].name : "a node";
}

/* Nothing is wrong any more, and it is closed. */
static const char *what_it_waits_for(const struct tg_gate *gate, const struct tg_situation *s)
{
        if (tg_gate_wants_closed(gate, s->now_raw_ns))
                return "an administrator has asked for it, until 'timeguard gate release'";
        return s->options->gate_release_ack ? "all is proven well again, it opens at 'timeguard gate release'"
                                            : "all is proven well again, it opens when that has lasted";
}

/* For how long it had been closed when this agent began, as far as the wall clocks tell: an alarm hangs on it, and no deed. */
static int64_t closed_before_ns(const struct tg_gate *gate, const struct tg_situation *s)
{
        int64_t longest = 0;

        for (int i = 0; i < TG_GATE_SLOTS; i++) {
                int64_t ago = s->now_real_ns - gate->reg.records[i].since_real_ns;

                if (tg_stage_is_live(gate->reg.records[i].stage) && gate->work[i].stage_raw_ns == gate->start_raw_ns &&
                    ago > longest && ago < CLOSED_MOST_NS)
                        longest = ago;
        }
        return longest;
}

/* A node that has closed itself under a record that is over by now: it was away, or all is not proven well where it is. */
static const struct tg_member *left_closed(const struct tg_gate *gate, const struct tg_situation *s)
{
        for (uint32_t i = 0; i < s->view->n && !tg_stage_is_live(gate->reg.records[0].stage); i++) {
                const struct tg_member *m = &s->view->members[s->view->order[i]];

                if (m->fresh && m->present && m->report.gate.flags & TG_GATE_OURS)
                        return m;
        }
        return NULL;
}

/* What keeps it closed. */
static const char *why_closed(const struct tg_gate *gate, const struct tg_situation *s)
{
        if (gate->finding.why[0])
                return gate->finding.why;
        return gate->finding.why_not[0] ? gate->finding.why_not : what_it_waits_for(gate, s);
}

static void tell_closed(const struct tg_gate *gate, const struct tg_situation *s, struct tg_alerts *alerts, const char *what,
                        bool fencing)
{
        struct tg_evidence evidence = { .node_id = 0 };
        char reason[TG_REASON_MAX];

        snprintf(reason, sizeof reason, "HA actions are blocked for %.60s: no failover%s; %.250s", what,
                 fencing ? " (fencing still active)" : "", why_closed(gate, s));
        raise_alert(alerts, TG_ALERT_GATE_CLOSED, TG_ALERT_CLUSTER_SLOT, &evidence, reason);
}

static void alert_records(struct tg_gate *gate, const struct tg_situation *s, struct tg_alerts *alerts)
{
        const struct tg_member *left = left_closed(gate, s);
        char reason[TG_REASON_MAX];
        bool closed = left;

        if (left)
                tell_closed(gate, s, alerts, left->name, left->report.gate.flags & TG_GATE_FENCING);
        for (int i = 0; i < TG_GATE_SLOTS; i++) {
                const struct tg_gate_record *r = &gate->reg.records[i];

                if (r->stage != TG_STAGE_VERIFIED && r->stage != TG_STAGE_OPENING)
                        continue;
                closed = true;
                tell_closed(gate, s, alerts, target_of(s, r), gate->ha[i].known && gate->ha[i].result.flags & TG_GATE_FENCING);
        }
        if (!closed)
                gate->closed_raw_ns = 0;
        else if (!gate->closed_raw_ns)
                gate->closed_raw_ns = s->now_raw_ns - closed_before_ns(gate, s);
        if (closed && s->now_raw_ns - gate->closed_raw_ns > s->options->gate_max_hold_ns) {
                struct tg_evidence evidence = { .value_ns = s->now_raw_ns - gate->closed_raw_ns };
                char age[TG_NUMBER_MAX];

                snprintf(reason, sizeof reason, "HA actions have been blocked for %s, longer than gate.max_hold: %.300s",
                         tg_ns_text(evidence.value_ns, age), why_closed(gate, s));
                raise_alert(alerts, TG_ALERT_GATE_MAX_HOLD, TG_ALERT_CLUSTER_SLOT, &evidence, reason);
        }
}

static void alert_trouble(struct tg_gate *gate, const struct tg_situation *s, struct tg_alerts *alerts)
{
        struct tg_evidence evidence = { 0 };
        char reason[TG_REASON_MAX];

        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (gate->work[i].failed[0]) {
                        snprintf(reason, sizeof reason, "the gate could not be moved for %.60s: %.250s (tried %u times)",
                                 target_of(s, &gate->reg.records[i]), gate->work[i].failed, gate->work[i].failures);
                        raise_alert(alerts, TG_ALERT_GATE_FAILED, TG_ALERT_CLUSTER_SLOT, &evidence, reason);
                }
        if (gate->save_failed)
                raise_alert(alerts, TG_ALERT_GATE_FAILED, TG_ALERT_CLUSTER_SLOT, &evidence,
                            "the gate's record cannot be written to /var/lib/timeguard: without it nothing is closed");
        if (gate->reg.hold.taken && tg_gate_holds(gate, s->now_raw_ns))
                raise_alert(alerts, TG_ALERT_GATE_TAKEN, TG_ALERT_CLUSTER_SLOT, &evidence,
                            "what timeguard had closed was opened by somebody else: it closes nothing until it is released");
        if (gate->reg.records[1].stage == TG_STAGE_UNCLEAR || gate->reg.own.acted == TG_ACTED_UNCLEAR ||
            (gate->reg.records[0].stage == TG_STAGE_UNCLEAR && gate->ha[0].known &&
             (gate->ha[0].result.state == TG_HA_CLOSED || gate->ha[0].result.state == TG_HA_CLOSING)))
                raise_alert(
                        alerts, TG_ALERT_GATE_UNCLEAR, TG_ALERT_CLUSTER_SLOT, &evidence,
                        "HA actions are blocked, and it is not proven whether by timeguard or by an administrator: timeguard "
                        "does not open them");
}

void tg_gate_alert(struct tg_gate *gate, const struct tg_situation *s, struct tg_alerts *alerts)
{
        struct tg_evidence evidence = { 0 };

        if (gate->finding.pending)
                raise_alert(alerts, TG_ALERT_PENDING_STEP, TG_ALERT_CLUSTER_SLOT, &evidence, gate->finding.step_why);
        alert_danger(gate, s, alerts);
        alert_records(gate, s, alerts);
        alert_trouble(gate, s, alerts);
}

void tg_gate_judge(struct tg_gate *gate, const struct tg_situation *s, const struct tg_agreement *agreement,
                   struct tg_alerts *alerts)
{
        bool danger = gate->finding.danger != TG_DANGER_NONE && !gate->finding.waits;

        tg_gate_look(gate, s, agreement);
        /* the last proof may have come with another node's report */
        if (!danger && gate->finding.danger != TG_DANGER_NONE && !gate->finding.waits)
                gate->wants_report = true;
        tg_gate_ha_watch(gate, s);
        tg_gate_alert(gate, s, alerts);
}
