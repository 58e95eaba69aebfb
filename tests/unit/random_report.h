/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random reports with every field in its range. */
#pragma once

#include <timeguard/report.h>

#include "chrony_reply.h"
#include "report_layout.h"

static inline void random_report_source(struct tg_random *r, struct tg_source *s, size_t name_max)
{
        random_source(r, s);
        s->state = random_chance(r, 50) ? '*' : '+';
        random_word(r, s->name, name_max);
}

static inline void random_echo(struct tg_random *r, struct tg_echo *e, int64_t raw_ns, int64_t c_ns)
{
        *e = (struct tg_echo){ .node_id = (uint32_t)random_u64(r),
                               .epoch_tag = (uint32_t)random_u64(r),
                               .upper_ns = random_signed(r, TG_RAW_MAX_NS),
                               .measured_raw_ns = raw_ns - random_size(r, INT64_C(4000) * TG_NS_PER_S),
                               .estimate_gap_ns = random_chance(r, 20) ? TG_NO_ESTIMATE : (int32_t)random_u64(r),
                               .rate_ppb = random_chance(r, 20) ? TG_NO_RATE : (int32_t)random_u64(r),
                               .rate_error_ppb = (uint32_t)random_u64(r),
                               .rho_ppm = (uint16_t)random_range(r, 1, UINT16_MAX) };
        e->has_heard = random_chance(r, 70);
        if (e->has_heard) {
                e->heard_raw_ns = raw_ns - random_size(r, 4 * TG_NS_PER_S);
                e->heard_c_ns = c_ns + random_signed(r, 2 * TG_NS_PER_S);
        }
}

static inline void random_clock(struct tg_random *r, struct tg_report *report)
{
        report->raw_ns = random_size(r, TG_RAW_MAX_NS);
        report->c_ns = random_chance(r, 10) ? -random_size(r, TG_RAW_MAX_NS) : random_size(r, TG_C_MAX_NS);
        report->boot_ns = random_size(r, TG_C_MAX_NS);
        report->bracket_ns = random_size(r, 10 * TG_NS_PER_S);
        report->steps = (uint32_t)random_u64(r);
        report->last_step_ns = random_signed(r, INT64_C(1) << 62);
        report->kernel_status = (uint32_t)random_u64(r);
        report->slew_ppb = (int32_t)random_u64(r);
        report->hull_low_ns = random_range(r, -TG_RAW_MAX_NS, report->c_ns);
        report->hull_high_ns = random_range(r, report->c_ns, TG_C_MAX_NS);
        report->hull_since_raw_ns = random_range(r, 0, report->raw_ns);
        report->steady_since_raw_ns = random_range(r, report->hull_since_raw_ns, report->raw_ns);
}

static inline void random_record(struct tg_random *r, bool of_a_node, struct tg_gate_record *record)
{
        record->stage = (uint8_t)random_below(r, TG_STAGE_COUNT);
        if (record->stage == TG_STAGE_NONE)
                return;
        random_bytes(r, record->uuid, sizeof record->uuid);
        record->uuid[0] |= 1;
        record->ring_seq = random_u64(r);
        record->serial = (uint32_t)random_u64(r);
        record->owner_id = (uint32_t)random_range(r, 1, UINT32_MAX);
        record->target_id = of_a_node ? (uint32_t)random_range(r, 1, UINT32_MAX) : 0;
        record->scope = of_a_node ? TG_GATE_NODE : TG_GATE_CLUSTER;
        record->whole = random_chance(r, 50);
        record->backend = (uint8_t)random_below(r, TG_BACKEND_NONE + 1);
        record->boot_tag = (uint32_t)random_u64(r);
        record->damping = (uint8_t)random_u64(r);
        record->since_real_ns = (int64_t)random_u64(r);
        random_word(r, record->prior, TG_GATE_PRIOR_MAX - 1);
}

static inline void random_gate(struct tg_random *r, struct tg_gate_report *gate)
{
        gate->ha_state = (uint8_t)random_below(r, TG_HA_OPENING + 1);
        gate->backend = (uint8_t)random_below(r, TG_BACKEND_NONE + 1);
        gate->flags = (uint8_t)random_u64(r);
        gate->stored = (uint8_t)random_u64(r);
        gate->claim = (uint8_t)random_below(r, TG_CLAIM_OPEN + 1);
        if (random_chance(r, 30)) {
                gate->hold = (struct tg_gate_hold){ .ring_seq = random_u64(r),
                                                    .serial = (uint32_t)random_u64(r),
                                                    .node_id = (uint32_t)random_range(r, 1, UINT32_MAX),
                                                    .holds = random_chance(r, 50),
                                                    .closes = random_chance(r, 50),
                                                    .taken = random_chance(r, 50),
                                                    .left_s = (uint32_t)random_u64(r) };
                if (random_chance(r, 50))
                        random_bytes(r, gate->hold.ack, sizeof gate->hold.ack);
        }
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (random_chance(r, 30))
                        random_record(r, i, &gate->records[i]);
}

static inline void random_asked(struct tg_random *r, int64_t raw_ns, struct tg_asked *a)
{
        a->state = (uint8_t)random_below(r, TG_ASKED_BAD + 1);
        if (a->state == TG_ASKED_NEVER)
                return;
        a->addr.family = TG_ADDR_IPV6;
        random_bytes(r, a->addr.bytes, 16);
        a->stratum = (uint8_t)random_below(r, 17);
        a->leap = (uint8_t)random_below(r, 4);
        a->ref_id = (uint32_t)random_u64(r);
        a->ref_time_ns = random_range(r, 0, INT64_MAX);
        a->raw_ns = raw_ns - random_size(r, 4000 * TG_NS_PER_S);
        a->ahead_low_ns = random_range(r, -TG_RAW_MAX_NS, TG_C_MAX_NS);
        a->ahead_high_ns = random_range(r, a->ahead_low_ns, TG_C_MAX_NS);
        a->steady_s = (uint16_t)random_u64(r);
        a->side = (int8_t)random_range(r, -1, 1);
        a->clear = (uint8_t)random_u64(r);
        a->span_s = (uint16_t)random_u64(r);
}

static inline void random_report_of(struct tg_random *r, struct tg_report *report, uint8_t sources, uint8_t echoes,
                                    size_t name_max)
{
        memset(report, 0, sizeof *report);
        report->node_id = (uint32_t)random_range(r, 1, UINT32_MAX);
        report->seq = (uint32_t)random_range(r, 1, UINT32_MAX);
        random_bytes(r, report->epoch.boot_id, 16);
        report->epoch.suspends = (uint32_t)random_u64(r);
        report->ring = (struct tg_ring_id){ (uint32_t)random_u64(r), random_u64(r) };
        report->flags = (uint32_t)random_u64(r) &
                        (TG_REPORT_LEAVING | TG_REPORT_EVENT | TG_REPORT_LEAP | TG_REPORT_KERNEL | TG_REPORT_WARNED);
        random_clock(r, report);
        report->reference_id = (uint32_t)random_u64(r);
        report->fingerprint = random_u64(r);
        report->gate_version = (uint16_t)random_u64(r);
        report->gate_state = (uint8_t)random_below(r, TG_GATE_IS_HELD + 1);
        random_gate(r, &report->gate);
        random_asked(r, report->raw_ns, &report->asked);
        random_word(r, report->time_zone, name_max);
        report->chrony.state = (uint8_t)random_below(r, TG_CHRONY_GARBLED + 1);
        report->chrony.n_known = (uint8_t)random_u64(r);
        report->chrony.n_reachable = (uint8_t)random_u64(r);
        report->chrony.raw_ns = report->raw_ns - random_size(r, 4000 * TG_NS_PER_S);
        random_tracking(r, &report->chrony.tracking);
        report->chrony.n_sources = sources;
        for (uint8_t i = 0; i < sources; i++)
                random_report_source(r, &report->chrony.sources[i], name_max);
        if (echoes > tg_report_echo_room(report))
                echoes = (uint8_t)tg_report_echo_room(report);
        report->n_echoes = echoes;
        for (uint8_t i = 0; i < echoes; i++)
                random_echo(r, &report->echoes[i], report->raw_ns, report->c_ns);
}

static inline void random_report(struct tg_random *r, struct tg_report *report)
{
        random_report_of(r, report, (uint8_t)random_below(r, TG_SOURCES_MAX + 1), (uint8_t)random_below(r, TG_ECHOES_MAX + 1),
                         TG_NAME_MAX - 1);
}

/* What a reader makes of an instant: its age in whole us, rounded up. */
static inline int64_t on_the_wire(int64_t instant_ns, int64_t raw_ns)
{
        return instant_ns >= raw_ns ? raw_ns : raw_ns - (raw_ns - instant_ns + 999) / 1000 * 1000;
}

static inline void assert_same_addr(const struct tg_addr *a, const struct tg_addr *b)
{
        assert_true(tg_addr_equal(a, b));
}

static inline void assert_same_source(const struct tg_source *a, const struct tg_source *b)
{
        assert_same_addr(&a->addr, &b->addr);
        assert_true(a->mode == b->mode && a->state == b->state && a->reach == b->reach && a->poll == b->poll &&
                    a->stratum == b->stratum);
        assert_int_equal(a->since_sample_s, b->since_sample_s);
        assert_string_equal(a->name, b->name);
}

static inline void assert_same_tracking(const struct tg_tracking *a, const struct tg_tracking *b)
{
        assert_same_addr(&a->addr, &b->addr);
        assert_true(a->ref_id == b->ref_id && a->stratum == b->stratum && a->leap == b->leap &&
                    a->ref_time_ns == b->ref_time_ns);
        assert_memory_equal(&a->correction_s, &b->correction_s, 9 * sizeof a->correction_s);
}

static inline void assert_same_echo(const struct tg_echo *sent, const struct tg_echo *got, int64_t raw_ns)
{
        assert_true(got->measured_raw_ns == sent->measured_raw_ns || raw_ns - sent->measured_raw_ns >= INT64_C(1) << 40);
        assert_true(sent->node_id == got->node_id && sent->epoch_tag == got->epoch_tag && sent->upper_ns == got->upper_ns);
        assert_true(sent->estimate_gap_ns == got->estimate_gap_ns && sent->rate_ppb == got->rate_ppb);
        assert_true(sent->rate_error_ppb == got->rate_error_ppb && sent->rho_ppm == got->rho_ppm);
        assert_true(sent->has_heard == got->has_heard && sent->heard_raw_ns == got->heard_raw_ns &&
                    sent->heard_c_ns == got->heard_c_ns);
}

static inline void assert_same_clock(const struct tg_report *a, const struct tg_report *b)
{
        assert_true(a->raw_ns == b->raw_ns && a->c_ns == b->c_ns && a->boot_ns == b->boot_ns && a->bracket_ns == b->bracket_ns);
        assert_true(a->steps == b->steps && a->last_step_ns == b->last_step_ns && a->kernel_status == b->kernel_status &&
                    a->slew_ppb == b->slew_ppb);
        assert_true(a->hull_low_ns == b->hull_low_ns && a->hull_high_ns == b->hull_high_ns);
        assert_true(a->hull_since_raw_ns == b->hull_since_raw_ns && a->steady_since_raw_ns == b->steady_since_raw_ns);
}

/* Everything but the minor, and the sources that found no room: those are told of by a flag. */
static inline void assert_same_report(const struct tg_report *sent, const struct tg_report *got)
{
        bool cut = got->chrony.n_sources < sent->chrony.n_sources;

        assert_true(sent->node_id == got->node_id && sent->seq == got->seq && tg_ring_id_equal(sent->ring, got->ring));
        assert_memory_equal(sent->epoch.boot_id, got->epoch.boot_id, 16);
        assert_int_equal(sent->epoch.suspends, got->epoch.suspends);
        assert_int_equal(got->flags, sent->flags | (cut ? TG_REPORT_CUT : 0));
        assert_same_clock(sent, got);
        assert_true(sent->reference_id == got->reference_id && sent->fingerprint == got->fingerprint);
        assert_true(sent->gate_version == got->gate_version && sent->gate_state == got->gate_state);
        assert_memory_equal(&sent->gate, &got->gate, sizeof sent->gate);
        assert_true(sent->asked.state == TG_ASKED_NEVER || got->asked.raw_ns == on_the_wire(sent->asked.raw_ns, sent->raw_ns));
        assert_same_addr(&sent->asked.addr, &got->asked.addr);
        assert_true(sent->asked.state == got->asked.state && sent->asked.stratum == got->asked.stratum &&
                    sent->asked.leap == got->asked.leap && sent->asked.ref_id == got->asked.ref_id &&
                    sent->asked.ref_time_ns == got->asked.ref_time_ns && sent->asked.ahead_low_ns == got->asked.ahead_low_ns &&
                    sent->asked.ahead_high_ns == got->asked.ahead_high_ns && sent->asked.steady_s == got->asked.steady_s &&
                    sent->asked.side == got->asked.side && sent->asked.clear == got->asked.clear &&
                    sent->asked.span_s == got->asked.span_s);
        assert_string_equal(sent->time_zone, got->time_zone);
        assert_true(sent->chrony.state == got->chrony.state && sent->chrony.n_known == got->chrony.n_known);
        assert_true(sent->chrony.n_reachable == got->chrony.n_reachable && got->chrony.n_sources <= sent->chrony.n_sources);
        assert_true(got->chrony.raw_ns == on_the_wire(sent->chrony.raw_ns, sent->raw_ns));
        assert_same_tracking(&sent->chrony.tracking, &got->chrony.tracking);
        for (uint8_t i = 0; i < got->chrony.n_sources; i++)
                assert_same_source(&sent->chrony.sources[i], &got->chrony.sources[i]);
        assert_int_equal(sent->n_echoes, got->n_echoes);
        for (uint8_t i = 0; i < got->n_echoes; i++)
                assert_same_echo(&sent->echoes[i], &got->echoes[i], sent->raw_ns);
}
