/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What corosync says. */
#include "moves.h"

void move_members(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_MEMBERS };
        uint32_t crowd = fuzz_pick(&g->in, 8) == 0 ? fuzz_pick(&g->in, TG_GROUP_MEMBERS_MAX) : 0,
                 first = 1 + fuzz_pick(&g->in, 100);

        for (uint32_t i = 0; i < g->n_peers; i++)
                if (fuzz_pick(&g->in, 4))
                        event.members.list[event.members.n++] =
                                (struct tg_group_member){ g->peers[i].id, g->peers[i].pid + !fuzz_pick(&g->in, 8) };
        if (fuzz_pick(&g->in, 8))
                event.members.list[event.members.n++] = (struct tg_group_member){ g->own_id, GAME_OWN_PID };
        if (fuzz_pick(&g->in, 4) == 0) /* a second agent */
                event.members.list[event.members.n++] = (struct tg_group_member){ pick_id(g), 5 };
        for (uint32_t i = 0; i < crowd && event.members.n < TG_GROUP_MEMBERS_MAX; i++)
                event.members.list[event.members.n++] = (struct tg_group_member){ first + i, 9 };
        game_give(g, &event);
}

void move_ring(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_RING };

        g->ring.seq += 4 * fuzz_pick(&g->in, 3);
        g->ring.node_id = pick_id(g);
        event.ring = g->ring;
        game_give(g, &event);
}

void move_quorum(struct game *g)
{
        struct tg_quorum q = g->quorum;
        struct tg_event event = { .type = TG_EVENT_QUORUM, .quorum = &q };

        q.provider = fuzz_pick(&g->in, 8);
        q.quorate = fuzz_pick(&g->in, 4);
        q.flags = (uint32_t)fuzz_take(&g->in, 2) & 0x3ff;
        q.total_votes = (uint32_t)fuzz_number(&g->in, 0, UINT32_MAX);
        q.quorum = (uint32_t)fuzz_number(&g->in, 0, UINT32_MAX);
        q.qdevice_votes = (uint32_t)fuzz_number(&g->in, 0, q.total_votes);
        for (uint32_t i = 0; i < q.n_nodes; i++)
                q.nodes[i] = (struct tg_quorum_node){ g->quorum.nodes[i].node_id, (uint32_t)fuzz_number(&g->in, 0, UINT32_MAX),
                                                      fuzz_pick(&g->in, 4) };
        for (uint32_t n = fuzz_pick(&g->in, 3) ? 0 : fuzz_pick(&g->in, 70), first = 1 + fuzz_pick(&g->in, 100);
             n > 0 && q.n_nodes < TG_NODES_MAX; n--)
                q.nodes[q.n_nodes++] = (struct tg_quorum_node){ first++, 1, n % 2 };
        game_give(g, &event);
}

void move_topology(struct game *g)
{
        struct tg_topology t = g->topology;
        struct tg_event event = { .type = TG_EVENT_TOPOLOGY, .topology = &t };

        t.token_ms = (uint32_t)fuzz_number(&g->in, 0, 600000);
        t.consensus_ms = (uint32_t)fuzz_number(&g->in, 0, 600000);
        t.n_nodes = fuzz_pick(&g->in, t.n_nodes + 1);
        for (uint32_t i = 0; i < t.n_nodes; i++) {
                random_name(&g->in, t.nodes[i].name);
                t.nodes[i].n_addresses = (uint8_t)fuzz_pick(&g->in, TG_ADDRESSES_MAX + 1);
                for (uint8_t a = 0; a < t.nodes[i].n_addresses; a++)
                        random_addr(&g->in, &t.nodes[i].addresses[a]);
        }
        game_give(g, &event);
}

void move_disconnected(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_DISCONNECTED };

        game_give(g, &event);
}
