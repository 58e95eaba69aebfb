/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The own RAW went back, which a restored machine may do: no instant that is kept on it may lie in its future, or silence would not be
   noticed and alerts would not move until RAW has caught up. What was measured on the old RAW is dropped elsewhere. */
#include "node_private.h"

static void no_later(int64_t *raw_ns, int64_t now_raw_ns)
{
        if (*raw_ns > now_raw_ns)
                *raw_ns = now_raw_ns;
}

void tg_node_rewind(struct tg_node *node, int64_t now_raw_ns)
{
        int64_t *const own[] = { &node->event_raw_ns,        &node->unheard_raw_ns, &node->quiet_raw_ns,
                                 &node->judged_raw_ns,       &node->step_raw_ns,    &node->verdict.beyond_raw_ns,
                                 &node->verdict.split_raw_ns };

        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
                no_later(own[i], now_raw_ns);
        for (int slot = 0; slot < TG_NODES_MAX; slot++) {
                no_later(&node->view.members[slot].heard_raw_ns, now_raw_ns);
                no_later(&node->view.members[slot].stepped_raw_ns, now_raw_ns);
                no_later(&node->links[slot].doubled_raw_ns, now_raw_ns);
                no_later(&node->links[slot].contradiction_raw_ns, now_raw_ns);
                no_later(&node->verdict.nodes[slot].outward_raw_ns, now_raw_ns);
                no_later(&node->bad[slot].raw_ns, now_raw_ns);
        }
        for (int id = 0; id < TG_ALERT_COUNT; id++)
                for (int slot = 0; slot < TG_ALERT_SLOTS; slot++)
                        no_later(&node->alerts.cases[id][slot].changed_raw_ns, now_raw_ns);
}
