/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When what was closed may open again: after gate.release of unbroken proof, or at an administrator's word and a little proof. A gate that goes to and
   fro is opened ever later, but always some day. */
#include <string.h>

#include "gate.h"

#define HOUR_NS      (3600 * TG_NS_PER_S)
#define DAY_NS       (24 * HOUR_NS)
#define MANY         4 /* transitions an hour */
#define DAMPING_MOST 14

void tg_gate_release_judge(struct tg_gate *gate, const struct tg_situation *s)
{
        if (!gate->finding.calm) {
                gate->calm_raw_ns = 0;
                gate->calm_reports = 0;
        } else if (!gate->calm_raw_ns) {
                gate->calm_raw_ns = s->now_raw_ns;
        }
}

int64_t tg_gate_release_ns(const struct tg_options *options, uint8_t damping)
{
        int64_t ns = options->gate_release_ns;

        for (uint8_t i = 0; i < damping && ns < DAY_NS; i++)
                ns *= 2;
        return ns < DAY_NS ? ns : options->gate_release_ns > DAY_NS ? options->gate_release_ns : DAY_NS;
}

bool tg_gate_may_open(const struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        const struct tg_gate_record *record = &gate->reg.records[slot];

        if (!gate->calm_raw_ns || gate->calm_reports < s->options->gate_confirm)
                return false;
        if (tg_gate_is_acknowledged(gate, slot))
                return true;
        return !s->options->gate_release_ack &&
               s->now_raw_ns - gate->calm_raw_ns >= tg_gate_release_ns(s->options, record->damping);
}

void tg_gate_transition(struct tg_gate *gate, int64_t now_raw_ns)
{
        if (gate->n_recent == TG_GATE_RECENT) {
                memmove(gate->recent, gate->recent + 1, (TG_GATE_RECENT - 1) * sizeof gate->recent[0]);
                gate->n_recent--;
        }
        gate->recent[gate->n_recent++] = now_raw_ns;
}

uint8_t tg_gate_recent(const struct tg_gate *gate, int64_t now_raw_ns)
{
        uint8_t n = 0;

        for (uint8_t i = 0; i < gate->n_recent; i++)
                n = (uint8_t)(n + (now_raw_ns - gate->recent[i] <= HOUR_NS));
        return n;
}

uint8_t tg_gate_damping(const struct tg_gate *gate, int64_t now_raw_ns, uint8_t before)
{
        uint8_t n = tg_gate_recent(gate, now_raw_ns);

        if (n >= MANY)
                return before < DAMPING_MOST ? (uint8_t)(before + 1) : before;
        return n ? before : 0;
}
