/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A message of the process group: read, checked, measured and handed to the view. Whatever is wrong with it costs its sender alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_private.h"

#define STEP_APART_NS  (1000 * TG_NS_PER_MS)
#define FOLLOW_UP_S    4
#define ANSWER_PERCENT 10 /* a peer's step of that share of the budget is answered at once */

static void refuse(struct tg_node *node, uint32_t node_id, const char *reason, const char *field)
{
        int slot = tg_view_find(&node->view, node_id);
        struct tg_bad_report *bad = slot < 0 ? NULL : &node->bad[slot];

        node->reports_bad++;
        node->dirty = true;
        if (!bad)
                return;
        bad->n++;
        bad->raw_ns = node->clock.last.raw_ns;
        snprintf(bad->reason, sizeof bad->reason, "a message of node %u in the process group was dropped: %s%s%s (%llu in all)",
                 node_id, reason, field ? ", " : "", field ? field : "", (unsigned long long)bad->n);
}

/* A report that is sound in itself but cannot come from the agent that corosync names. */
static const char *forgery(const struct tg_member *m, const struct tg_report *report, uint32_t node_id, uint32_t pid)
{
        if (report->node_id != node_id)
                return "it names another node as its sender";
        /* another agent counts anew, even where a reboot has given it the pid of the one before */
        if (!m->heard || pid != m->heard_pid ||
            memcmp(report->epoch.boot_id, m->report.epoch.boot_id, sizeof report->epoch.boot_id))
                return NULL;
        if (report->seq <= m->report.seq)
                return "it is older than the last one of that node (replayed?)";
        if (tg_epoch_tag(&report->epoch) == m->epoch_tag && report->raw_ns < m->report.raw_ns)
                return "its CLOCK_MONOTONIC_RAW went back";
        return NULL;
}

static void measure(struct tg_node *node, int slot, const struct tg_report *report, int64_t rx_ns)
{
        struct tg_link *link = &node->links[slot];
        struct tg_epoch own = { .suspends = node->clock.epochs };
        uint32_t own_tag;

        memcpy(own.boot_id, node->identity.boot_id, sizeof own.boot_id);
        own_tag = tg_epoch_tag(&own);
        tg_link_receive(link, tg_epoch_tag(&report->epoch), report->raw_ns, rx_ns);
        tg_link_heard(link, &node->clock.last);
        for (uint8_t i = 0; i < report->n_echoes; i++)
                if (report->echoes[i].node_id == node->identity.node_id && report->echoes[i].epoch_tag == own_tag) {
                        link->peer_rho_ppm = report->echoes[i].rho_ppm;
                        tg_link_answer(link, report->echoes[i].upper_ns, report->raw_ns - report->echoes[i].measured_raw_ns,
                                       rx_ns);
                }
}

/* The own pairs that contradict themselves lose what was measured, on this side too. */
static void drop_contradicted(struct tg_node *node, int slot)
{
        int self = tg_node_self(node);

        for (uint32_t i = 0; self >= 0 && i < node->view.n; i++) {
                int other = node->view.order[i];

                if (other == self || (slot != self && other != slot) || !tg_view_pair(&node->view, self, other)->contradicted)
                        continue;
                tg_link_contradict(&node->links[other], node->clock.last.raw_ns);
                node->wants_report = true;
        }
}

static bool is_large_step(const struct tg_node *node, const struct tg_report *report)
{
        return llabs(report->last_step_ns) >= node->options.budget_ns / 100 * ANSWER_PERCENT;
}

/* An idle ring sleeps between the seconds, and its first messages are slow. Every few seconds all nodes send once more while it is awake:
   messages of a fraction of the delay, which bound the offsets for the seconds that follow. */
static bool is_time_to_follow_up(const struct tg_node *node, const struct tg_report *report)
{
        return !(report->flags & TG_REPORT_EVENT) && node->clock.last.real_ns / TG_NS_PER_S % FOLLOW_UP_S == 0;
}

/* The own report has come back. */
static void hear_own(struct tg_node *node, uint32_t seq)
{
        node->heard_seq = seq;
        node->unheard_raw_ns = node->clock.last.raw_ns;
}

static void accept(struct tg_node *node, int slot, const struct tg_report *report, uint32_t pid)
{
        bool own = slot == tg_node_self(node);
        int64_t now = node->clock.last.raw_ns;
        struct tg_situation situation;
        unsigned change;

        node->reports_heard++;
        if (!own) {
                measure(node, slot, report, now);
        } else if (pid == node->identity.pid) {
                hear_own(node, report->seq);
                if (is_time_to_follow_up(node, report))
                        node->wants_report = node->must_report = true;
        }
        node->view.members[slot].heard_pid = pid;
        change = tg_view_deliver(&node->view, slot, report, now);
        situation = tg_node_situation(node);
        tg_gate_deliver(&node->gate, &situation, slot);
        if (change & TG_VIEW_CONTRADICTION)
                drop_contradicted(node, slot);
        if (change & (TG_VIEW_VERDICT | TG_VIEW_CONTRADICTION | TG_VIEW_STEPPED))
                node->urgent = true;
        /* a fresh report from everybody that echoes this one proves the new offsets within milliseconds and not at the next second */
        if ((change & TG_VIEW_STEPPED) && is_large_step(node, report)) {
                node->wants_report |= !own;
                node->links[slot].to_answer = !own;
                /* a member that steps, or says so, all the time must not keep the others from being judged */
                if (!node->step_raw_ns || now - node->step_raw_ns > STEP_APART_NS)
                        node->step_raw_ns = now;
        }
        node->dirty = true;
        if (own && pid == node->identity.pid)
                node->acts = true;
}

void tg_node_on_delivery(struct tg_node *node, const struct tg_event *event)
{
        struct tg_report report;
        const char *field = NULL, *why;
        enum tg_report_fault fault = tg_report_decode(event->delivery.data, event->delivery.len, &report, &field);
        struct tg_member *m = tg_node_member(node, event->delivery.node_id);

        if (!m)
                return;
        if (fault != TG_REPORT_OK) {
                refuse(node, event->delivery.node_id, tg_report_fault_text(fault), field);
                return;
        }
        why = forgery(m, &report, event->delivery.node_id, event->delivery.pid);
        if (why) {
                refuse(node, event->delivery.node_id, why, NULL);
                return;
        }
        if (m->agents && event->delivery.pid != m->pid) {
                /* another agent of this node counts; but corosync does deliver */
                if (m->id == node->identity.node_id && event->delivery.pid == node->identity.pid)
                        hear_own(node, report.seq);
                return;
        }
        accept(node, (int)(m - node->view.members), &report, event->delivery.pid);
}
