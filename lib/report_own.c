/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the own node reports. With more peers than a report holds echoes, they take turns, but those who stepped go first; only peers heard
   in the present ring are echoed. */
#include <string.h>

#include "node_private.h"

#define ASKED_AGAIN_S 16

static bool add_echo(struct tg_node *node, int slot, struct tg_report *report)
{
        const struct tg_member *m = &node->view.members[slot];
        struct tg_link *link = &node->links[slot];
        struct tg_echo *echo = &report->echoes[report->n_echoes];

        link->to_answer = false;
        if (slot == tg_node_self(node) || !m->fresh)
                return false;
        tg_link_judge(link, &node->chrony, &m->report.chrony);
        if (!tg_link_echo(link, report->raw_ns, echo))
                return false;
        echo->node_id = m->id;
        report->n_echoes++;
        return true;
}

/* Those who stepped. They get half of the room in turn, so that some who step all the time do not keep the others from being echoed. */
static void add_answers(struct tg_node *node, struct tg_report *report, uint32_t most, bool *done)
{
        const struct tg_view *view = &node->view;

        for (uint32_t i = 0; i < view->n; i++) {
                int slot = view->order[(node->echo_at + i) % view->n];

                if (!node->links[slot].to_answer)
                        continue;
                if (report->n_echoes == most)
                        break;
                done[slot] = add_echo(node, slot, report);
        }
}

static bool owes_answers(const struct tg_node *node)
{
        for (uint32_t i = 0; i < node->view.n; i++)
                if (node->links[node->view.order[i]].to_answer)
                        return true;
        return false;
}

static void add_echoes(struct tg_node *node, struct tg_report *report)
{
        const struct tg_view *view = &node->view;
        uint32_t share = tg_echo_share(view->n ? view->n - 1 : 0), room = tg_report_echo_room(report), i;
        bool done[TG_NODES_MAX] = { false };

        if (share > room)
                share = room;
        add_answers(node, report, (share + 1) / 2, done);
        for (i = 0; i < view->n && report->n_echoes < share; i++) {
                int slot = view->order[(node->echo_at + i) % view->n];

                if (!done[slot])
                        add_echo(node, slot, report);
        }
        node->echo_at = view->n ? (node->echo_at + i) % view->n : 0;
        node->owes_answers = owes_answers(node);
}

static uint32_t reference_id(const struct tg_node *node)
{
        int reference = node->verdict.agreement.reference;

        return reference >= 0 && node->verdict.agreement.has_set ? node->view.members[reference].id : 0;
}

static bool is_warned(const struct tg_node *node)
{
        int self = tg_node_self(node);

        return self >= 0 && node->verdict.nodes[self].warned;
}

static bool is_told(const struct tg_asked *a, const struct tg_asked *told)
{
        return tg_addr_equal(&a->addr, &told->addr) && a->state == told->state && a->raw_ns == told->raw_ns &&
               a->side == told->side && a->clear == told->clear && a->steady_s == told->steady_s;
}

/* What a source said is told once, and now and then for those who have just come. */
static void take_asked(struct tg_node *node, struct tg_asked *out)
{
        for (uint32_t i = 0; i < node->n_asked; i++) {
                uint32_t at = (node->ask_at + i) % node->n_asked;

                if (is_told(&node->asked[at], &node->told[at]) && node->ticks % ASKED_AGAIN_S != at)
                        continue;
                *out = node->told[at] = node->asked[at];
                node->ask_at = at + 1;
                return;
        }
}

void tg_node_compose(struct tg_node *node, bool event)
{
        struct tg_report report = { .node_id = node->identity.node_id,
                                    .seq = node->seq + 1,
                                    .ring = node->view.ring,
                                    .fingerprint = node->fingerprint,
                                    .reference_id = reference_id(node),
                                    .chrony = node->chrony };
        int len;

        report.flags = (event ? TG_REPORT_EVENT : 0) | (node->leaving ? TG_REPORT_LEAVING : 0) |
                       (is_warned(node) ? TG_REPORT_WARNED : 0);
        memcpy(report.epoch.boot_id, node->identity.boot_id, sizeof report.epoch.boot_id);
        memcpy(report.time_zone, node->identity.time_zone, sizeof report.time_zone);
        tg_clock_report(&node->clock, &report);
        tg_gate_fill(&node->gate, &report.gate, report.raw_ns);
        report.gate_version = TG_GATE_VERSION;
        report.gate_state = (uint8_t)tg_gate_state(&node->gate, report.raw_ns);
        take_asked(node, &report.asked);
        add_echoes(node, &report);
        len = tg_report_encode(&report, node->send);
        if (len < 0)
                return;
        if (node->heard_seq == node->seq)
                node->unheard_raw_ns = report.raw_ns;
        node->seq++;
        node->send_len = (size_t)len;
        node->has_send = true;
}
