/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The executor's, the disk's and the duty's part in a scene of the gate (gate_scene.h), played by hand. */
#pragma once

#include "gate_scene.h"

/* The cluster is in danger, as it was last looked at; and node 1 has the duty. */
static inline void hands_begin(uint32_t n, uint32_t flags)
{
        scene_new(n);
        for (uint32_t i = 0; i < n; i++)
                scene_report((int)i)->gate.flags = (uint8_t)flags;
        scene.gate.finding =
                (struct tg_finding){ .danger = TG_DANGER_BREACH, .scope = TG_GATE_CLUSTER, .lone = -1, .suspect = true };
        scene.gate.duty = (struct tg_gate_duty){ .id = 1, .pid = 100, .since_raw_ns = NOW, .heard_raw_ns = NOW };
}

/* All has been proven well for so long. */
static inline void hands_calm(int64_t for_ns)
{
        scene.gate.finding = (struct tg_finding){ .lone = -1, .calm = true, .quiet = true };
        scene.gate.calm_raw_ns = scene.s.now_raw_ns - for_ns;
        scene.gate.calm_reports = 1000;
}

static inline struct tg_gate_record *hands_record(int slot, enum tg_gate_stage stage, bool whole)
{
        struct tg_gate_record *r = &scene.gate.reg.records[slot];

        *r = (struct tg_gate_record){ .uuid = { (uint8_t)(7 + slot) },
                                      .ring_seq = scene.view.ring.seq,
                                      .serial = 3,
                                      .owner_id = 1,
                                      .target_id = slot ? 1 : 0,
                                      .scope = slot ? TG_GATE_NODE : TG_GATE_CLUSTER,
                                      .stage = (uint8_t)stage,
                                      .whole = whole,
                                      .boot_tag = tg_gate_boot_tag(&scene.gate),
                                      .prior = "prior" };
        scene.gate.work[slot].stage = (uint8_t)stage;
        scene.gate.work[slot].stage_raw_ns = scene.s.now_raw_ns;
        return r;
}

/* It has just been read to be so, in the scope that is wanted now. */
static inline void hands_read(int slot, enum tg_ha_state state)
{
        struct tg_ha_reading *ha = &scene.gate.ha[slot];

        *ha = (struct tg_ha_reading){ .known = true,
                                      .asked_raw_ns = scene.s.now_raw_ns,
                                      .scope = TG_GATE_CLUSTER,
                                      .open_seen = ha->open_seen,
                                      .result = { .state = state, .flags = scene_report(0)->gate.flags, .prior = "before" } };
        if (!tg_gate_ha_fits(&scene.gate, slot))
                ha->scope = TG_GATE_NODE;
        scene_report(0)->gate.ha_state = (uint8_t)state;
}

static inline void hands_step(int slot)
{
        tg_gate_step(&scene.gate, &scene.s, slot);
}

static inline void hands_self(void)
{
        tg_gate_step_self(&scene.gate, &scene.s);
}

/* The first n nodes have on disk what node 1 knows. */
static inline void hands_store(int n)
{
        uint8_t bytes[TG_GATE_SAVED_MAX];
        uint32_t version;

        if (tg_gate_next_save(&scene.gate, bytes, &version, scene.s.now_raw_ns))
                tg_gate_stored(&scene.gate, version, true, scene.s.now_raw_ns);
        for (int i = 0; i < n; i++) {
                memcpy(scene_report(i)->gate.records, scene.gate.reg.records, sizeof scene.gate.reg.records);
                scene_report(i)->gate.stored = 3;
        }
}

static inline bool hands_idle(void)
{
        struct tg_gate_order order;

        return !tg_gate_next_order(&scene.gate, &order);
}

/* The order that is due is that one, and ends so. */
static inline struct tg_gate_order hands_answer(enum tg_gate_verb verb, enum tg_gate_outcome outcome, enum tg_ha_state state)
{
        struct tg_gate_order order = { 0 };
        struct tg_gate_result result = { .verb = verb,
                                         .outcome = outcome,
                                         .state = state,
                                         .flags = scene_report(0)->gate.flags,
                                         .prior = "before",
                                         .detail = "by hand" };

        assert_true(tg_gate_next_order(&scene.gate, &order));
        assert_int_equal(order.verb, verb);
        result.ticket = order.ticket;
        tg_gate_result(&scene.gate, &scene.s, &result);
        return order;
}

/* A reading that is asked for now. */
static inline void hands_look(int slot, enum tg_ha_state state)
{
        tg_gate_order_run(&scene.gate, &scene.s, slot, TG_GATE_STATUS);
        hands_answer(TG_GATE_STATUS, TG_GATE_DONE, state);
}

static inline enum tg_gate_stage hands_stage(int slot)
{
        return (enum tg_gate_stage)scene.gate.reg.records[slot].stage;
}
