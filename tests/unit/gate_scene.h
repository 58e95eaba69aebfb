/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A scene for the gate's parts: what one node's view, quorum and HA stack say at an instant, set field by field. Nodes have the ids 1 .. n and a vote
   each, their slots are 0 .. n - 1, node 1 is the own one; at first all is well and every pair is proven within a millisecond. */
#pragma once

#include "foes.h"
#include "gate_step.h"
#include "pair.h"
#include "property.h"

#define S   TG_NS_PER_S
#define NOW (9000 * S)

struct scene {
        struct tg_view view;
        struct tg_options options;
        struct tg_quorum quorum;
        struct tg_agreement agreement;
        struct tg_gate gate;
        struct tg_situation s;
};

static struct scene scene;

static inline struct tg_report *scene_report(int slot)
{
        return &scene.view.members[slot].report;
}

static inline struct tg_pair *scene_pair(int i, int j)
{
        return tg_view_pair(&scene.view, i, j);
}

/* i is offset_ns ahead of j, and has been for long. */
static inline void scene_apart(int i, int j, int64_t offset_ns)
{
        struct tg_pair *pair = scene_pair(i, j);
        struct tg_track *track = &scene.gate.watch.tracks.of[i < j ? i : j][i < j ? j : i];
        int64_t at_ns = i < j ? offset_ns : -offset_ns;

        pair->bounded = true;
        pair->as_of_raw_ns = NOW;
        pair->offset = (struct tg_interval){ at_ns - TG_NS_PER_MS, at_ns + TG_NS_PER_MS };
        pair->estimate_ns = at_ns;
        pair->verdict = tg_pair_judge(pair->offset, scene.options.budget_ns);
        track->beyond = tg_pair_judge(pair->offset, tg_gate_limit_ns(&scene.options)) == TG_PAIR_BEYOND ? 30 : 0;
}

static inline void scene_member(int slot)
{
        struct tg_member *m = &scene.view.members[slot];

        snprintf(m->name, sizeof m->name, "n%d", slot + 1);
        m->configured = m->present = m->fresh = m->heard = true;
        m->votes = 1;
        m->pid = m->heard_pid = 100 + (uint32_t)slot;
        m->agents = 1;
        m->heard_raw_ns = NOW;
        m->report = (struct tg_report){ .node_id = m->id,
                                        .seq = 1000,
                                        .ring = scene.view.ring,
                                        .raw_ns = NOW,
                                        .boot_ns = NOW,
                                        .fingerprint = 7,
                                        .gate_version = TG_GATE_VERSION,
                                        .chrony.state = TG_CHRONY_OK,
                                        .gate = { .ha_state = TG_HA_OPEN, .flags = TG_GATE_READY | TG_GATE_WHOLE } };
}

static inline void scene_new(uint32_t n)
{
        struct tg_identity identity = { .node_id = 1, .boot_id = { 1 } };

        memset(&scene, 0, sizeof scene);
        tg_options_default(&scene.options);
        scene.options.gate_mode = TG_GATE_ENFORCE;
        scene.view.ring = (struct tg_ring_id){ .node_id = 1, .seq = 8 };
        scene.view.budget_ns = scene.options.budget_ns;
        scene.view.patience_ns = 5 * S;
        scene.quorum = (struct tg_quorum){
                .provider = true, .quorate = true, .ring = scene.view.ring, .total_votes = n, .quorum = n / 2 + 1
        };
        for (uint32_t id = 1; id <= n; id++)
                assert_int_equal(tg_view_slot(&scene.view, id), id - 1);
        for (int i = 0; i < (int)n; i++)
                scene_member(i);
        for (int i = 0; i < (int)n; i++)
                for (int j = i + 1; j < (int)n; j++)
                        scene_apart(i, j, 0);
        scene.s = (struct tg_situation){ .view = &scene.view,
                                         .options = &scene.options,
                                         .quorum = &scene.quorum,
                                         .connected = true,
                                         .settled = true,
                                         .self = 0,
                                         .now_raw_ns = NOW,
                                         .now_real_ns = NOW };
        tg_gate_start(&scene.gate, &identity, 0);
}

/* Node j falls silent: its report is as old as it may become. */
static inline void scene_mute(int slot)
{
        scene.view.members[slot].fresh = false;
}

/* What the view as it stands proves. */
static inline const struct tg_finding *scene_find(void)
{
        tg_agree(&scene.view, &scene.agreement);
        tg_gate_look(&scene.gate, &scene.s, &scene.agreement);
        return &scene.gate.finding;
}

/* Its source, asked directly for long, is ahead_ns ahead of its RAW, and has never moved. */
static inline struct tg_asked *scene_asked(int slot, int64_t ahead_ns)
{
        struct tg_watchfulness *w = &scene.gate.watch;

        w->n_asked[slot] = 1;
        w->told_raw_ns[slot][0] = NOW;
        w->asked[slot][0] = (struct tg_asked){ .addr = { .family = TG_ADDR_IPV4, .bytes = { 10, 0, 0, 254 } },
                                               .state = TG_ASKED_OK,
                                               .raw_ns = NOW - 10 * S,
                                               .ahead_low_ns = ahead_ns - TG_NS_PER_MS,
                                               .ahead_high_ns = ahead_ns + TG_NS_PER_MS,
                                               .steady_s = 3600 };
        return &w->asked[slot][0];
}

/* ... and says so for long enough that a step is pending. */
static inline struct tg_asked *scene_pending(int slot, int64_t ahead_ns)
{
        struct tg_asked *a = scene_asked(slot, ahead_ns);

        a->side = ahead_ns > 0 ? 1 : -1;
        a->clear = 3;
        a->span_s = 40;
        return a;
}

/* A pair's bounds of the last seconds: its offset grows by rate_ns each second and is now offset_ns. */
static inline void scene_runs_away(int i, int j, int64_t offset_ns, int64_t rate_ns)
{
        struct tg_track *track = &scene.gate.watch.tracks.of[i][j];

        scene_apart(i, j, offset_ns);
        track->n = TG_TRACK_BOUNDS;
        for (int k = 0; k < TG_TRACK_BOUNDS; k++) {
                int64_t at_ns = offset_ns - (TG_TRACK_BOUNDS - 1 - k) * rate_ns;

                track->at_ns[k] = NOW - (TG_TRACK_BOUNDS - 1 - k) * S;
                track->offset[k] = (struct tg_interval){ at_ns - TG_NS_PER_MS, at_ns + TG_NS_PER_MS };
        }
}
