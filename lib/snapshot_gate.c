/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's part of the status: a copy of what the core knows of it, and of what it waits for. Judges nothing anew. */
#include <string.h>

#include "node_private.h"
#include "text.h"

static const struct tg_gate_record *live_record(const struct tg_gate *gate)
{
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (tg_stage_is_live(gate->reg.records[i].stage))
                        return &gate->reg.records[i];
        return NULL;
}

static void copy_finding(const struct tg_node *node, struct tg_gate_status *out)
{
        const struct tg_finding *f = &node->gate.finding;
        const struct tg_gate_record *record = live_record(&node->gate);

        tg_copy(out->why, sizeof out->why, f->why);
        tg_copy(out->why_not, sizeof out->why_not, f->why_not);
        tg_copy(out->blocked, sizeof out->blocked, node->gate.blocked);
        out->would_close = node->gate.would_close;
        if (record) {
                out->scope = (enum tg_gate_scope)record->scope;
                out->target_id = record->target_id;
        } else if (tg_gate_self_owes(&node->gate)) {
                out->scope = TG_GATE_NODE;
                out->target_id = node->identity.node_id;
        } else if (f->danger != TG_DANGER_NONE) {
                out->scope = f->scope;
                out->target_id = f->lone >= 0 ? node->view.members[f->lone].id : 0;
        }
}

/* What would be run here. Which command another node would run on itself is known there. */
static void copy_command(const struct tg_gate *gate, int self, struct tg_gate_status *out)
{
        if (gate->finding.lone >= 0)
                tg_copy(out->ha.command, sizeof out->ha.command,
                        gate->finding.lone == self && gate->ha[1].known ? gate->ha[1].result.command : "");
}

static void copy_reading(const struct tg_gate *gate, int64_t now_raw_ns, struct tg_gate_status *out)
{
        out->read = gate->ha[0].known;
        out->ha = gate->ha[0].result;
        out->has_read_age = gate->ha[0].known && gate->ha[0].asked_raw_ns;
        out->read_age_ns = now_raw_ns - gate->ha[0].asked_raw_ns;
}

/* When a closed gate opens, if all stays as it is. */
static void foretell(const struct tg_node *node, int64_t now_raw_ns, struct tg_gate_status *out)
{
        const struct tg_gate *gate = &node->gate;
        const struct tg_gate_record *record = live_record(gate);
        bool word;

        if (!record || record->stage != TG_STAGE_VERIFIED)
                return;
        word = tg_gate_is_acknowledged(gate, (int)(record - gate->reg.records));
        out->wants_word = node->options.gate_release_ack && !word;
        if (!gate->calm_raw_ns || out->wants_word)
                return;
        out->has_opens = true;
        out->opens_ns = word ? 0 : gate->calm_raw_ns + tg_gate_release_ns(&node->options, record->damping) - now_raw_ns;
        if (out->opens_ns < 0)
                out->opens_ns = 0;
}

void tg_node_gate_status(const struct tg_node *node, const struct tg_look *now, struct tg_gate_status *out)
{
        const struct tg_gate *gate = &node->gate;
        struct tg_situation s = tg_node_situation(node);

        *out = (struct tg_gate_status){ .mode = (enum tg_gate_mode)node->options.gate_mode,
                                        .state = tg_gate_state(gate, now->raw_ns),
                                        .holds = tg_gate_holds(gate, now->raw_ns),
                                        .hold = gate->reg.hold,
                                        .save_failed = gate->save_failed };
        out->owes = gate->reg.own.acted != TG_ACTED_NOT;
        out->wants_closed = tg_gate_wants_closed(gate, now->raw_ns);
        out->hold.left_s = tg_gate_word_left_s(gate, now->raw_ns);
        memcpy(out->records, gate->reg.records, sizeof out->records);
        for (int i = 0; i < TG_GATE_SLOTS; i++) {
                out->failures[i] = gate->work[i].failures;
                tg_copy(out->failed[i], sizeof out->failed[i], gate->work[i].failed);
        }
        copy_finding(node, out);
        copy_reading(gate, now->raw_ns, out);
        copy_command(gate, s.self, out);
        foretell(node, now->raw_ns, out);
        tg_gate_check_all(gate, &s, out->checks);
}
