/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alerts: raised and cleared in turn, and the grave ones (levels 0 to 3) only with a basis. The table gives the basis of each; an alert of such
   a level that stands not in it has none. What the gate does is check_gate.c's. */
#include "check_private.h"
#include "cluster_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRAVE 3

struct basis_case {
        struct sim_check *c;
        uint32_t observer;
        const struct tg_node *core;
        const struct tg_evidence *evidence;
        int slot; /* of the node that it is about; -1: the cluster */
};

void check_transition(struct sim_check *c, uint32_t observer, const struct tg_alert *alert)
{
        uint32_t subject = tg_alert_kind(alert->id)->scope == TG_SCOPE_CLUSTER ? 0 : alert->evidence.node_id;
        uint8_t *up;

        if (subject > SIM_NODES)
                return;
        up = &c->nodes[observer].up[alert->id][subject];
        c->counts.checked[SIM_CHECK_ALTERNATE]++;
        if (*up == alert->raised)
                sim_trouble(c->sim, "alternate: n%u tells %s of node %u %s twice", observer + 1, tg_alert_kind(alert->id)->name,
                            subject, alert->raised ? "raised" : "cleared");
        *up = alert->raised;
}

/* A pair is proven beyond, by a bound that holds the truth or broke no promise. */
static bool proven_beyond(const struct basis_case *k, int a, int b)
{
        const struct tg_view *view = &k->core->view;
        uint32_t i, j;
        bool swapped;
        const struct check_bound *bound;

        if (a < 0 || b < 0 || a == b || !view->members[a].fresh || !view->members[b].fresh ||
            tg_view_pair_of(view, a, b, &swapped)->verdict != TG_PAIR_BEYOND)
                return false;
        i = view->members[swapped ? b : a].id - 1;
        j = view->members[swapped ? a : b].id - 1;
        bound = check_bound(k->c, k->observer, i, j);
        return check_ever_lied(k->c, i) || check_ever_lied(k->c, j) || !bound->known || bound->excused ||
               llabs(bound->truth_ns) > k->core->options.budget_ns;
}

static bool on_pair(const struct basis_case *k)
{
        return proven_beyond(k, tg_view_find(&k->core->view, k->evidence->node_id),
                             tg_view_find(&k->core->view, k->evidence->other_id));
}

/* A pair is, and a while ago at most (the core holds a split for that long) no set could hold a majority: see check_split. */
static bool on_split(const struct basis_case *k)
{
        return on_pair(k) && k->core->quorum.quorate &&
               k->core->clock.last.raw_ns - k->core->verdict.split_raw_ns <= TG_CLUSTER_HOLD_NS;
}

static bool on_blame(const struct basis_case *k)
{
        const struct tg_agreement *agreement = &k->core->verdict.agreement;
        bool any = false;

        for (uint32_t i = 0; k->slot >= 0 && i < k->core->view.n; i++) {
                int other = k->core->view.order[i];

                if (!agreement->in_set[other])
                        continue;
                any = true;
                if (!proven_beyond(k, k->slot, other))
                        return false;
        }
        return any && agreement->beyond[k->slot];
}

static const struct tg_chrony_sample *told(const struct basis_case *k, int slot)
{
        const struct tg_member *m = &k->core->view.members[slot];

        return slot >= 0 && m->fresh && m->report.chrony.state != TG_CHRONY_UNKNOWN ? &m->report.chrony : NULL;
}

/* It told something of its chronyd, and not that a reachable source is selected. */
static bool on_no_source(const struct basis_case *k)
{
        const struct tg_chrony_sample *sample = told(k, k->slot);

        for (uint8_t i = 0; sample && sample->state == TG_CHRONY_OK && i < sample->n_sources; i++)
                if (sample->sources[i].state == '*' && sample->sources[i].reach)
                        return false;
        return sample;
}

static bool is_local(const struct tg_chrony_sample *sample)
{
        return sample && sample->state == TG_CHRONY_OK && sample->tracking.ref_id == TG_REFID_LOCAL;
}

static bool on_local(const struct basis_case *k)
{
        return is_local(told(k, k->slot));
}

static bool on_orphan(const struct basis_case *k)
{
        bool local = false;

        for (uint32_t i = 0; i < k->core->view.n; i++)
                local |= is_local(told(k, k->core->view.order[i]));
        return local && told(k, k->slot) && told(k, k->slot)->n_sources;
}

/* Two different sources were named, or one of a node's and another's own clock. */
static bool on_two_sources(const struct basis_case *k)
{
        const struct tg_source *first = NULL;
        uint32_t different = 0;

        for (uint32_t i = 0; i < k->core->view.n; i++) {
                const struct tg_chrony_sample *sample = told(k, k->core->view.order[i]);

                different += is_local(sample);
                for (uint8_t s = 0; sample && s < sample->n_sources; s++) {
                        if (!first)
                                different++, first = &sample->sources[s];
                        different += !tg_addr_equal(&first->addr, &sample->sources[s].addr);
                }
        }
        return different > 1;
}

static bool on_peers(const struct basis_case *k)
{
        for (uint32_t i = 0; i < k->core->view.n; i++) {
                const struct tg_chrony_sample *sample = told(k, k->core->view.order[i]);

                for (uint8_t s = 0; sample && s < sample->n_sources; s++)
                        for (uint32_t n = 0; n < k->c->sim->n; n++)
                                if (tg_addr_equal(&k->c->sim->topology.nodes[n].addresses[0], &sample->sources[s].addr))
                                        return true;
        }
        return false;
}

/* The pair is bounded away from zero by at least the warning share, and truly so. */
static bool on_apart(const struct basis_case *k)
{
        const struct tg_view *view = &k->core->view;
        int other = tg_view_find(view, k->evidence->other_id);
        int64_t warn = k->core->options.budget_ns / 100 * k->core->options.warn_percent;
        const struct check_bound *bound;
        const struct tg_pair *pair;
        bool swapped;
        uint32_t i, j;

        if (k->slot < 0 || other < 0 || !told(k, k->slot) || !told(k, other))
                return false;
        pair = tg_view_pair_of(view, k->slot, other, &swapped);
        i = view->members[swapped ? other : k->slot].id - 1;
        j = view->members[swapped ? k->slot : other].id - 1;
        bound = check_bound(k->c, k->observer, i, j);
        if (!pair->bounded || (pair->offset.low_ns < warn && pair->offset.high_ns > -warn))
                return false;
        return check_ever_lied(k->c, i) || check_ever_lied(k->c, j) || !bound->known || bound->excused ||
               llabs(bound->truth_ns) >= warn;
}

static bool on_danger(const struct basis_case *k)
{
        return check_gate_late(k->c, k->observer) || check_gate_danger(k->c, k->observer);
}

/* ... and it names the command that would truly be run there, which for the node itself is another one than for the cluster. */
static bool on_would_close(const struct basis_case *k)
{
        const struct tg_finding *finding = &k->core->gate.finding;
        const char *command = k->c->sim->ha.kind == SIM_HA_WHOLE ? "ha-manager crm-command disarm-ha freeze" : "systemctl stop";

        if (finding->lone >= 0)
                command = k->core->view.members[finding->lone].id == k->observer + 1 ? "systemctl stop" : "by which command";
        return on_danger(k) && strstr(k->evidence->reason, command);
}

static bool on_pending(const struct basis_case *k)
{
        struct tg_finding finding = k->core->gate.finding;

        return finding.pending && check_gate_pending(k->c, k->observer);
}

static bool on_record(const struct basis_case *k)
{
        const struct tg_gate_record *r = k->core->gate.reg.records;

        /* a node's part of it may outlast it */
        for (uint32_t i = 0; i < k->c->sim->n && !tg_stage_is_live(r[0].stage); i++)
                if (k->c->sim->nodes[i].ha.own.hand == SIM_TIMEGUARD ||
                    (k->c->sim->nodes[i].core && tg_gate_self_owes(&k->c->sim->nodes[i].core->gate)))
                        return true;
        return r[0].stage == TG_STAGE_VERIFIED || r[0].stage == TG_STAGE_OPENING || r[1].stage == TG_STAGE_VERIFIED ||
               r[1].stage == TG_STAGE_OPENING;
}

static bool on_failure(const struct basis_case *k)
{
        return k->core->gate.work[0].failed[0] || k->core->gate.work[1].failed[0] || k->core->gate.save_failed;
}

static bool on_unclear(const struct basis_case *k)
{
        return k->core->gate.reg.own.acted == TG_ACTED_UNCLEAR || k->core->gate.reg.records[0].stage == TG_STAGE_UNCLEAR ||
               k->core->gate.reg.records[1].stage == TG_STAGE_UNCLEAR;
}

static bool (*const bases[TG_ALERT_COUNT])(const struct basis_case *k) = {
        [TG_ALERT_CLUSTER_BREACHED] = on_pair,
        [TG_ALERT_CLUSTER_SPLIT] = on_split,
        [TG_ALERT_NODE_BEYOND] = on_blame,
        [TG_ALERT_TWO_AUTHORITIES] = on_two_sources,
        [TG_ALERT_SOURCE_CYCLE] = on_peers,
        [TG_ALERT_NODE_UNSYNCHRONISED] = on_no_source,
        [TG_ALERT_NODE_LOCAL_CLOCK] = on_local,
        [TG_ALERT_NODE_ORPHAN] = on_orphan,
        [TG_ALERT_NODE_CLAIM_CONTRADICTED] = on_apart,
        [TG_ALERT_PENDING_STEP] = on_pending,
        [TG_ALERT_GATE_CLOSED] = on_record,
        [TG_ALERT_GATE_MAX_HOLD] = on_record,
        [TG_ALERT_GATE_WOULD_CLOSE] = on_would_close,
        [TG_ALERT_GATE_BLOCKED] = on_danger,
        [TG_ALERT_GATE_FAILED] = on_failure,
        [TG_ALERT_GATE_UNCLEAR] = on_unclear,
};

void check_proof(struct sim_check *c, uint32_t observer, const struct tg_alert *alert)
{
        struct basis_case k = { c, observer, c->sim->nodes[observer].core, &alert->evidence, -1 };

        if (!alert->raised || tg_alert_kind(alert->id)->level > GRAVE)
                return;
        if (tg_alert_kind(alert->id)->scope == TG_SCOPE_NODE)
                k.slot = tg_view_find(&k.core->view, alert->evidence.node_id);
        c->counts.checked[SIM_CHECK_PROOF]++;
        if (!bases[alert->id] || !bases[alert->id](&k))
                sim_trouble(c->sim, "proof: n%u raises %s of node %u without a basis: %s", observer + 1,
                            tg_alert_kind(alert->id)->name, alert->evidence.node_id, alert->evidence.reason);
}
