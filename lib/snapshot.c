/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status: a copy of what the core knows, as of a look. Ages are on the own RAW: an instant of another node's RAW is carried over by
   the likely offset of the two, and never shown younger than its report, so an age is good to about a delivery. The instant of a
   pair's bound is there exactly as well, on the RAW where it is known. */
#include <stdio.h>
#include <string.h>

#include "node_private.h"
#include "text.h"

#define KERNEL_UNSYNC 0x0040 /* STA_UNSYNC of linux/timex.h */

/* How long ago it was raw_ns on the member's RAW. */
static int64_t age_of(const struct tg_node *node, int slot, int64_t raw_ns, int64_t now_raw_ns)
{
        const struct tg_member *m = &node->view.members[slot];
        int64_t age = m->report.raw_ns - raw_ns + now_raw_ns - m->heard_raw_ns;
        int self = tg_node_self(node);
        bool swapped;

        if (slot == self)
                return now_raw_ns - raw_ns;
        if (self >= 0) {
                const struct tg_pair *pair = tg_view_pair_of(&node->view, self, slot, &swapped);
                int64_t raw_offset = pair->raw.low_ns + (pair->raw.high_ns - pair->raw.low_ns) / 2; /* RAW(a) - RAW(b) */

                if (pair->bounded && now_raw_ns - raw_ns - (swapped ? -raw_offset : raw_offset) > age)
                        return now_raw_ns - raw_ns - (swapped ? -raw_offset : raw_offset);
        }
        return age;
}

static void copy_report(const struct tg_member *m, int64_t now_raw_ns, struct tg_node_status *out)
{
        const struct tg_report *r = &m->report;

        out->has_report = m->heard;
        if (!m->heard)
                return;
        out->report_age_ns = now_raw_ns - m->heard_raw_ns;
        out->seq = r->seq;
        out->steps = r->steps;
        out->last_step_ns = r->last_step_ns;
        out->slew_ppb = r->slew_ppb;
        out->has_kernel = r->flags & TG_REPORT_KERNEL;
        out->kernel_synchronised = !(r->kernel_status & KERNEL_UNSYNC);
        out->c_ns = r->c_ns;
        out->boot_ns = r->boot_ns;
        out->fingerprint = r->fingerprint;
        out->gate_version = r->gate_version;
        memcpy(out->time_zone, r->time_zone, sizeof out->time_zone);
        out->chrony = r->chrony;
        out->chrony_age_ns = r->raw_ns - r->chrony.raw_ns;
        out->gate_state = (enum tg_gate_state)r->gate_state;
        out->gate = r->gate;
}

static void copy_asked(const struct tg_node *node, int slot, struct tg_node_status *out)
{
        const struct tg_report *r = &node->view.members[slot].report;

        out->n_asked = node->gate.watch.n_asked[slot];
        for (uint32_t i = 0; i < out->n_asked; i++) {
                struct tg_asked_status *status = &out->asked[i];

                *status = (struct tg_asked_status){ .asked = node->gate.watch.asked[slot][i] };
                status->answered = tg_asked_ahead(&status->asked, r->raw_ns, &status->low_ns, &status->high_ns);
                status->age_ns = r->raw_ns - status->asked.raw_ns;
                status->low_ns -= r->c_ns;
                status->high_ns -= r->c_ns;
        }
}

static void copy_node(const struct tg_node *node, int slot, int64_t now_raw_ns, struct tg_node_status *out)
{
        const struct tg_member *m = &node->view.members[slot];
        const struct tg_node_verdict *v = &node->verdict.nodes[slot];
        int reference = node->verdict.agreement.reference;
        bool swapped;

        memset(out, 0, sizeof *out);
        out->id = m->id;
        memcpy(out->name, m->name, sizeof out->name);
        out->present = m->present;
        out->agent = m->fresh;
        out->votes = m->votes;
        out->state = v->state;
        out->state_since_real_ns = v->since_real_ns;
        memcpy(out->reason, v->reason, sizeof out->reason);
        memcpy(out->root, v->root, sizeof out->root);
        out->in_set = node->verdict.agreement.in_set[slot];
        out->in_grace = v->in_grace;
        out->has_offset = v->has_offset;
        out->offset_ns = v->offset_ns;
        out->bound_low_ns = v->bound.low_ns;
        out->bound_high_ns = v->bound.high_ns;
        if (v->has_offset && reference >= 0 && reference != slot) {
                const struct tg_pair *pair = tg_view_pair_of(&node->view, slot, reference, &swapped);

                out->as_of_age_ns =
                        age_of(node, swapped != pair->as_of_on_b ? reference : slot, pair->as_of_raw_ns, now_raw_ns);
        }
        out->has_rate = v->has_rate;
        out->rate_ppb = v->rate_ppb;
        out->has_forecast = v->has_forecast;
        out->forecast_ns = v->forecast_ns;
        out->has_claim = v->has_claim;
        out->claim_ns = v->claim_ns;
        copy_report(m, now_raw_ns, out);
        if (m->heard)
                copy_asked(node, slot, out);
}

static void copy_pair(const struct tg_node *node, int a, int b, int64_t now_raw_ns, struct tg_pair_status *out)
{
        const struct tg_pair *p = &node->view.pairs[a][b];
        const struct tg_member *ma = &node->view.members[a], *mb = &node->view.members[b];

        *out = (struct tg_pair_status){ .a = ma->id,
                                        .b = mb->id,
                                        .bounded = p->bounded,
                                        .stale = p->stale,
                                        .contradicted = p->contradicted,
                                        .verdict = p->verdict };
        if (!p->bounded)
                return;
        out->low_ns = p->offset.low_ns;
        out->high_ns = p->offset.high_ns;
        out->estimate_ns = p->estimate_ns;
        out->as_of_node = p->as_of_on_b ? mb->id : ma->id;
        out->as_of_raw_ns = p->as_of_raw_ns;
        out->as_of_age_ns = age_of(node, p->as_of_on_b ? b : a, p->as_of_raw_ns, now_raw_ns);
        out->has_rate = p->has_rate;
        out->rate_ppb = p->rate_ppb;
        out->raw_low_ns = p->raw.low_ns;
        out->raw_high_ns = p->raw.high_ns;
        out->a_c_low_ns = p->a_c.low_ns - ma->report.c_ns;
        out->a_c_high_ns = p->a_c.high_ns - ma->report.c_ns;
        out->b_c_low_ns = p->b_c.low_ns - mb->report.c_ns;
        out->b_c_high_ns = p->b_c.high_ns - mb->report.c_ns;
        out->a_age_ns = p->a_age_ns;
        out->b_age_ns = p->b_age_ns;
        out->rho_ppm = p->rho_ppm;
}

static void copy_members(const struct tg_node *node, int64_t now_raw_ns, struct tg_snapshot *out)
{
        const struct tg_view *view = &node->view;

        for (uint32_t i = 0; i < view->n; i++) {
                const struct tg_member *m = &view->members[view->order[i]];

                if (!m->present && !m->fresh)
                        continue;
                copy_node(node, view->order[i], now_raw_ns, &out->nodes[out->n_nodes++]);
                for (uint32_t j = i + 1; j < view->n; j++) {
                        const struct tg_member *other = &view->members[view->order[j]];

                        if (other->present || other->fresh)
                                copy_pair(node, view->order[i], view->order[j], now_raw_ns, &out->pairs[out->n_pairs++]);
                }
        }
}

static void copy_alerts(const struct tg_node *node, struct tg_snapshot *out)
{
        for (int id = 0; id < TG_ALERT_COUNT; id++)
                for (int slot = 0; slot < TG_ALERT_SLOTS; slot++) {
                        struct tg_alert_status *status = &out->alerts[out->n_alerts];
                        const struct tg_alert_case *c = &node->alerts.cases[id][slot];

                        if (!tg_alerts_raised(&node->alerts, (enum tg_alert_id)id, slot))
                                continue;
                        if (out->n_alerts == TG_ALERTS_MAX) {
                                out->n_alerts_more++;
                                continue;
                        }
                        *status = (struct tg_alert_status){ .id = (enum tg_alert_id)id,
                                                            .evidence = c->evidence,
                                                            .since_real_ns = c->since_real_ns };
                        if (slot < TG_NODES_MAX)
                                memcpy(status->node_name, node->view.members[slot].name, sizeof status->node_name);
                        out->n_alerts++;
                }
}

void tg_node_snapshot(const struct tg_node *node, const struct tg_look *now, struct tg_snapshot *out)
{
        const struct tg_verdict *v = &node->verdict;

        out->n_nodes = out->n_pairs = out->n_alerts = out->n_alerts_more = 0;
        memcpy(out->cluster_name, node->topology.cluster_name, sizeof out->cluster_name);
        out->self_id = node->identity.node_id;
        out->now_real_ns = now->real_ns;
        out->verdict = v->cluster;
        memcpy(out->reason, v->reason, sizeof out->reason);
        memcpy(out->remedy, v->remedy, sizeof out->remedy);
        out->since_real_ns = v->since_real_ns;
        out->connected = node->connected;
        out->quorum = node->quorum;
        out->margin = tg_quorum_margin(&node->quorum);
        out->margin_without_qdevice = tg_quorum_margin_without_qdevice(&node->quorum);
        out->budget_ns = node->options.budget_ns;
        out->has_smallest = v->has_smallest;
        out->smallest_provable_ns = v->smallest_ns;
        out->reference_id = v->agreement.reference >= 0 ? node->view.members[v->agreement.reference].id : 0;
        tg_root_text(&node->view, &node->options, &v->graph.root, out->source, sizeof out->source);
        if (v->graph.n_distinct > 1 && 2 * v->graph.root_votes <= v->graph.votes)
                out->source[0] = 0;
        out->fingerprint = node->fingerprint;
        out->own_unheard = node->seq - node->heard_seq;
        out->reports_heard = node->reports_heard;
        out->reports_bad = node->reports_bad;
        tg_node_gate_status(node, now, &out->gate);
        copy_members(node, now->raw_ns, out);
        copy_alerts(node, out);
}

const char *tg_node_summary(const struct tg_node *node, char *buf, size_t size)
{
        static const char *const gates[] = { [TG_GATE_IS_OPEN] = "",
                                             [TG_GATE_IS_CLOSING] = "gate closing; ",
                                             [TG_GATE_IS_CLOSED] = "gate closed, no failover; ",
                                             [TG_GATE_IS_OPENING] = "gate opening; ",
                                             [TG_GATE_IS_HELD] = "" };

        snprintf(buf, size, "%s%s: %s", gates[tg_gate_state(&node->gate, node->clock.last.raw_ns)],
                 tg_cluster_verdict_text(node->verdict.cluster), node->verdict.reason);
        return buf;
}
