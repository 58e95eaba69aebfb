/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The events that are the gate's: what the sources said, what the executor found, what is on disk, an administrator's word; and its chance to act, once
   an own report has come back. */
#include <string.h>

#include "node_private.h"

void tg_node_on_asked(struct tg_node *node, const struct tg_event *event)
{
        node->n_asked = event->asked.n < TG_ASK_SOURCES ? event->asked.n : TG_ASK_SOURCES;
        memcpy(node->asked, event->asked.list, node->n_asked * sizeof node->asked[0]);
}

void tg_node_on_gate_result(struct tg_node *node, const struct tg_event *event)
{
        struct tg_situation s = tg_node_situation(node);

        tg_gate_result(&node->gate, &s, event->gate);
        node->dirty = true;
}

void tg_node_on_stored(struct tg_node *node, const struct tg_event *event)
{
        tg_gate_stored(&node->gate, event->stored.version, event->stored.ok, event->now.raw_ns);
}

void tg_node_on_admin(struct tg_node *node, const struct tg_event *event)
{
        struct tg_situation s = tg_node_situation(node);

        if (event->admin.look)
                node->gate.look_raw_ns = event->now.raw_ns;
        else
                tg_gate_admin(&node->gate, &s, event->admin.word, event->admin.left_s);
        node->dirty = true;
}

void tg_node_act_if_due(struct tg_node *node)
{
        int self = tg_node_self(node);
        struct tg_situation s;

        if (node->acts && self >= 0) {
                if (node->dirty)
                        tg_agree(&node->view, &node->verdict.agreement);
                s = tg_node_situation(node);
                tg_gate_act(&node->gate, &s, &node->verdict.agreement, node->view.members[self].report.raw_ns);
        }
        node->acts = false;
        node->wants_report |= node->gate.wants_report;
}
