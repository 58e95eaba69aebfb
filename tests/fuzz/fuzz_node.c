/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole core, played by the input: each move is an event, sound or hostile (game.h). After each the status is well-formed; in the end
   the agent's document of it is read and shown by the CLI; and whatever was done to it, half a minute of a sound cluster heals
   the node. */
#include "agent_words.h"
#include "check_snapshot.h"
#include "moves.h"

#define MOVES_MAX 100
#define HEAL_S    30

static struct tg_snapshot snapshot;

static void (*const moves[])(struct game *g) = {
        move_time,    move_time,         move_second, move_second,  move_second, move_tick,   move_report,
        move_report,  move_lie,          move_lie,    move_lie,     move_poke,   move_bytes,  move_replay,
        move_chrony,  move_peer,         move_peer,   move_members, move_ring,   move_quorum, move_topology,
        move_options, move_disconnected, move_stop,   move_deaf,
};

static void look(struct game *g)
{
        tg_node_snapshot(g->node, &g->now, &snapshot);
        fuzz_check_snapshot(&snapshot);
}

/* Everybody tells the truth from now on, with agents that were started anew; the own clock may stand where it likes. */
static void heal(struct game *g)
{
        struct tg_event options = { .type = TG_EVENT_OPTIONS, .options = &g->options };

        if (g->now.real_ns > INT64_C(4000000000) * TG_NS_PER_S || g->now.real_ns < g->now.raw_ns - (INT64_C(1) << 59))
                return; /* no time that a report can tell */
        g->deaf = false;
        g->ring.seq += 4;
        g->now.bracket_ns = 150;
        tg_options_default(&g->options);
        game_give(g, &options);
        for (uint32_t i = 0; i < g->n_peers; i++) {
                g->peers[i].pid += 10;
                g->peers[i].seq = 0;
                g->peers[i].epoch.boot_id[1]++;
                g->peers[i].skew_ns = 0;
                g->peers[i].base_ns = (i + 1) * 1000 * TG_NS_PER_S;
                game_good_source(&g->peers[i].chrony, 0);
        }
        game_members(g);
        for (int s = 0; s < HEAL_S; s++)
                game_second(g);
        look(g);
        for (uint32_t i = 0; i < snapshot.n_pairs; i++)
                FUZZ_REQUIRE(snapshot.pairs[i].verdict == TG_PAIR_WITHIN, "healed, the pair of %u and %u is %s: [%lld, %lld]",
                             snapshot.pairs[i].a, snapshot.pairs[i].b, tg_pair_verdict_text(snapshot.pairs[i].verdict),
                             (long long)snapshot.pairs[i].low_ns, (long long)snapshot.pairs[i].high_ns);
        FUZZ_REQUIRE(snapshot.n_nodes == g->n_peers + 1, "healed, it sees %u nodes", snapshot.n_nodes);
        FUZZ_REQUIRE(snapshot.verdict == TG_CLUSTER_AGREED, "healed, it says %s: %s", tg_cluster_verdict_text(snapshot.verdict),
                     snapshot.reason);
        FUZZ_REQUIRE(!snapshot.own_unheard, "healed, %u reports are on their way", snapshot.own_unheard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct game g;

        g = (struct game){ .in = { .data = data, .size = size } };
        game_begin(&g);
        look(&g);
        game_members(&g);
        for (int n = 0; n < MOVES_MAX && fuzz_left(&g.in); n++) {
                moves[fuzz_pick(&g.in, sizeof moves / sizeof moves[0])](&g);
                look(&g);
        }
        fuzz_show_status(&g.topology, &snapshot);
        if (size && data[0] & 0x80) /* half of them, as it takes longer than all else */
                heal(&g);
        game_end(&g);
        return 0;
}
