/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What corosync says of the ring: its id, the members of the process group, quorum and votes, the configured nodes. CPG and
   quorum speak over different sockets in either order, so each only updates its own fields. */
#include <stdio.h>
#include <string.h>

#include "node_private.h"

static void begin_quiet(struct tg_node *node)
{
        node->quiet_raw_ns = node->clock.last.raw_ns;
        node->wants_report = true;
}

void tg_node_on_ring(struct tg_node *node, const struct tg_event *event)
{
        node->connected = true;
        if (tg_ring_id_equal(node->view.ring, event->ring))
                return;
        tg_view_ring(&node->view, event->ring);
        for (int i = 0; i < TG_NODES_MAX; i++)
                node->links[i].heard_in_ring = false;
        tg_gate_ring(&node->gate, node->clock.last.raw_ns);
        memset(node->told, 0, sizeof node->told); /* tell everybody what the sources said */
        begin_quiet(node);
}

/* The member of that id, made if need be; NULL when there is no room. */
struct tg_member *tg_node_member(struct tg_node *node, uint32_t id)
{
        int slot = tg_view_find(&node->view, id);
        struct tg_member *m;

        if (slot < 0) {
                slot = tg_view_slot(&node->view, id);
                if (slot < 0)
                        return NULL;
                /* what was known of the one that had the slot is nothing to this one */
                tg_link_start(&node->links[slot]);
                node->bad[slot] = (struct tg_bad_report){ 0 };
                node->verdict.nodes[slot] = (struct tg_node_verdict){ 0 };
                tg_watch_forget(&node->gate.watch, slot);
        }
        m = &node->view.members[slot];
        if (!m->name[0])
                snprintf(m->name, sizeof m->name, "node%u", id);
        return m;
}

void tg_node_on_members(struct tg_node *node, const struct tg_event *event)
{
        node->connected = true;
        for (uint32_t i = 0; i < node->view.n; i++) {
                struct tg_member *m = &node->view.members[node->view.order[i]];

                m->agents = 0;
                m->pid = 0;
        }
        for (uint32_t i = 0; i < event->members.n && i < TG_GROUP_MEMBERS_MAX; i++) {
                struct tg_member *m = tg_node_member(node, event->members.list[i].node_id);

                /* of two agents on a node the one with the lower pid counts, on every node alike */
                if (m && (!m->agents++ || event->members.list[i].pid < m->pid))
                        m->pid = event->members.list[i].pid;
        }
        for (uint32_t i = 0; i < node->view.n; i++) {
                struct tg_member *m = &node->view.members[node->view.order[i]];

                /* its agent is gone: the next one counts anew, whatever its pid */
                if (!m->agents)
                        m->heard_pid = 0;
        }
        node->dirty = true;
}

void tg_node_on_quorum(struct tg_node *node, const struct tg_event *event)
{
        const struct tg_quorum *q = event->quorum;
        bool was_present[TG_NODES_MAX] = { false };

        node->quorum = *q;
        node->connected = true;
        for (uint32_t i = 0; i < node->view.n; i++) {
                was_present[node->view.order[i]] = node->view.members[node->view.order[i]].present;
                node->view.members[node->view.order[i]].present = false;
        }
        for (uint32_t i = 0; i < q->n_nodes && i < TG_NODES_MAX; i++) {
                struct tg_member *m = tg_node_member(node, q->nodes[i].node_id);

                if (!m)
                        continue;
                /* votequorum does not know the votes of a node that it has never seen */
                m->votes = q->nodes[i].votes || (q->provider && q->nodes[i].member) ? q->nodes[i].votes : 1;
                m->present = q->nodes[i].member;
        }
        for (uint32_t i = 0; i < node->view.n; i++) {
                int slot = node->view.order[i];

                if (was_present[slot] && !node->view.members[slot].present)
                        tg_view_silence(&node->view, slot);
        }
        node->dirty = true;
}

void tg_node_on_topology(struct tg_node *node, const struct tg_event *event)
{
        const struct tg_topology *t = event->topology;

        node->topology = *t;
        node->view.patience_ns = tg_node_patience_ns(node);
        for (uint32_t i = 0; i < node->view.n; i++)
                node->view.members[node->view.order[i]].configured = false;
        for (uint32_t i = 0; i < t->n_nodes && i < TG_NODES_MAX; i++) {
                struct tg_member *m = tg_node_member(node, t->nodes[i].node_id);

                if (!m)
                        continue;
                m->configured = true;
                if (t->nodes[i].name[0])
                        memcpy(m->name, t->nodes[i].name, sizeof m->name);
                m->n_addresses = t->nodes[i].n_addresses;
                memcpy(m->addresses, t->nodes[i].addresses, sizeof m->addresses);
        }
        node->dirty = true;
}

void tg_node_on_disconnected(struct tg_node *node, const struct tg_event *event)
{
        (void)event;
        node->connected = false;
        node->view.ring = (struct tg_ring_id){ 0 };
        node->heard_seq = node->seq; /* what was on its way is lost */
        for (uint32_t i = 0; i < node->view.n; i++) {
                int slot = node->view.order[i];

                node->view.members[slot].present = slot == tg_node_self(node);
                node->view.members[slot].agents = 0;
                node->view.members[slot].heard_pid = 0; /* it may come again unseen, whatever its pid */
                tg_view_silence(&node->view, slot);
                node->links[slot].heard_in_ring = false;
        }
        tg_gate_ring(&node->gate, node->clock.last.raw_ns);
        begin_quiet(node);
        node->dirty = true;
}
