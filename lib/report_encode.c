/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a report: report_layout.h. Every echo finds room, since one left out would be left out each second; sources take what
   remains of a share of their own. */
#include <errno.h>
#include <string.h>

#include "gate_record.h"
#include "report_layout.h"
#include "wire.h"

#define SOURCES_BYTES_MAX 230
#define AGE_US_MAX        UINT32_MAX
#define ECHOES_HEAD       2

static void write_text(struct tg_writer *w, const char *text)
{
        size_t n = strnlen(text, TG_NAME_MAX - 1);

        tg_write_le(w, n, 1);
        tg_write_bytes(w, text, n);
}

static uint32_t age_us(int64_t from_ns, int64_t to_ns)
{
        int64_t us = to_ns <= from_ns ? 0 : (to_ns - from_ns + 999) / 1000;

        return us > AGE_US_MAX ? AGE_US_MAX : (uint32_t)us;
}

static void write_addr(struct tg_writer *w, const struct tg_addr *addr)
{
        tg_write_le(w, addr->family, 1);
        tg_write_bytes(w, addr->bytes, addr->family == TG_ADDR_IPV6 ? 16 : addr->family == TG_ADDR_NONE ? 0 : 4);
}

static void write_tracking(struct tg_writer *w, const struct tg_tracking *t)
{
        const tg_chrony_float floats[] = { t->correction_s, t->last_offset_s,     t->rms_offset_s,
                                           t->freq_ppm,     t->resid_freq_ppm,    t->skew_ppm,
                                           t->root_delay_s, t->root_dispersion_s, t->update_interval_s };

        tg_write_le(w, t->ref_id, 4);
        write_addr(w, &t->addr);
        tg_write_le(w, t->stratum, 1);
        tg_write_le(w, t->leap, 1);
        tg_write_le(w, (uint64_t)t->ref_time_ns, 8);
        for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
                tg_write_le(w, floats[i], 4);
}

static void write_asked(struct tg_writer *w, const struct tg_asked *a, int64_t raw_ns)
{
        tg_write_le(w, a->state, 1);
        if (a->state == TG_ASKED_NEVER)
                return;
        write_addr(w, &a->addr);
        tg_write_le(w, a->stratum, 1);
        tg_write_le(w, a->leap, 1);
        tg_write_le(w, a->ref_id, 4);
        tg_write_le(w, (uint64_t)a->ref_time_ns, 8);
        tg_write_le(w, age_us(a->raw_ns, raw_ns), 4);
        tg_write_le(w, (uint64_t)a->ahead_low_ns, 8);
        tg_write_le(w, (uint64_t)a->ahead_high_ns, 8);
        tg_write_le(w, a->steady_s, 2);
        tg_write_le(w, (uint8_t)a->side, 1);
        tg_write_le(w, a->clear, 1);
        tg_write_le(w, a->span_s, 2);
}

static void write_fixed(struct tg_writer *w, const struct tg_report *r, uint32_t flags)
{
        tg_write_le(w, r->node_id, 4);
        tg_write_le(w, r->seq, 4);
        tg_write_bytes(w, r->epoch.boot_id, sizeof r->epoch.boot_id);
        tg_write_le(w, r->epoch.suspends, 4);
        tg_write_le(w, r->ring.node_id, 4);
        tg_write_le(w, r->ring.seq, 8);
        tg_write_le(w, flags, 4);
        tg_write_le(w, (uint64_t)r->raw_ns, 8);
        tg_write_le(w, (uint64_t)r->c_ns, 8);
        tg_write_le(w, (uint64_t)r->boot_ns, 8);
        tg_write_le(w, (uint64_t)r->bracket_ns, 8);
        tg_write_le(w, r->steps, 4);
        tg_write_le(w, (uint64_t)r->last_step_ns, 8);
        tg_write_le(w, r->kernel_status, 4);
        tg_write_le(w, (uint32_t)r->slew_ppb, 4);
        tg_write_le(w, (uint64_t)r->hull_low_ns, 8);
        tg_write_le(w, (uint64_t)r->hull_high_ns, 8);
        tg_write_le(w, (uint64_t)r->hull_since_raw_ns, 8);
        tg_write_le(w, (uint64_t)r->steady_since_raw_ns, 8);
        tg_write_le(w, r->reference_id, 4);
        tg_write_le(w, r->fingerprint, 8);
        tg_write_le(w, r->gate_version, 2);
        tg_write_le(w, r->gate_state, 1);
        write_text(w, r->time_zone);
        tg_write_le(w, r->chrony.state, 1);
        tg_write_le(w, r->chrony.n_known, 1);
        tg_write_le(w, r->chrony.n_reachable, 1);
        tg_write_le(w, age_us(r->chrony.raw_ns, r->raw_ns), 4);
        write_tracking(w, &r->chrony.tracking);
        tg_gate_write_report(w, &r->gate);
        write_asked(w, &r->asked, r->raw_ns);
}

static void write_source(struct tg_writer *w, const struct tg_source *s)
{
        size_t at = w->pos;

        tg_write_le(w, 0, 1);
        write_addr(w, &s->addr);
        tg_write_le(w, s->mode, 1);
        tg_write_le(w, (uint8_t)s->state, 1);
        tg_write_le(w, s->reach, 1);
        tg_write_le(w, (uint8_t)s->poll, 1);
        tg_write_le(w, s->stratum, 1);
        tg_write_le(w, s->since_sample_s, 4);
        write_text(w, s->name);
        if (!w->bad)
                w->data[at] = (uint8_t)(w->pos - at - 1);
}

/* Returns false when not all found room beside the `reserved` bytes that follow. */
static bool write_sources(struct tg_writer *w, const struct tg_chrony_sample *sample, size_t reserved)
{
        struct tg_writer part = { .data = w->data, .pos = w->pos, .size = w->size - reserved };
        size_t at = w->pos;
        uint8_t n = 0;

        if (part.size > at + SOURCES_BYTES_MAX)
                part.size = at + SOURCES_BYTES_MAX;
        tg_write_le(&part, 0, 1);
        w->pos = part.pos;
        for (; n < sample->n_sources; n++) {
                write_source(&part, &sample->sources[n]);
                if (part.bad)
                        break;
                w->pos = part.pos;
        }
        w->data[at] = n;
        return n == sample->n_sources;
}

static uint64_t measured_age_ns(const struct tg_echo *e, int64_t raw_ns)
{
        int64_t age = raw_ns - e->measured_raw_ns, max = (INT64_C(1) << 8 * TG_AGE_BYTES) - 1;

        return age < 0 ? 0 : (uint64_t)(age < max ? age : max);
}

static uint32_t heard_age_ns(const struct tg_echo *e, int64_t raw_ns, int64_t c_ns)
{
        int64_t age = raw_ns - e->heard_raw_ns, moved = e->heard_c_ns - c_ns;
        bool fits = age >= 0 && age < TG_NOT_HEARD && moved >= INT32_MIN && moved <= INT32_MAX;

        return e->has_heard && fits ? (uint32_t)age : TG_NOT_HEARD;
}

static void write_echo(struct tg_writer *w, const struct tg_echo *e, int64_t raw_ns, int64_t c_ns)
{
        tg_write_le(w, e->node_id, 4);
        tg_write_le(w, e->epoch_tag, 4);
        tg_write_le(w, (uint64_t)e->upper_ns, 8);
        tg_write_le(w, measured_age_ns(e, raw_ns), TG_AGE_BYTES);
        tg_write_le(w, (uint32_t)e->estimate_gap_ns, 4);
        tg_write_le(w, (uint32_t)e->rate_ppb, 4);
        tg_write_le(w, e->rate_error_ppb, 4);
        tg_write_le(w, e->rho_ppm, 2);
        tg_write_le(w, heard_age_ns(e, raw_ns, c_ns), 4);
        tg_write_le(w, (uint32_t)(e->heard_c_ns - c_ns), 4);
}

static void write_echoes(struct tg_writer *w, const struct tg_report *r)
{
        tg_write_le(w, r->n_echoes, 1);
        tg_write_le(w, TG_ECHO_BYTES, 1);
        for (uint8_t i = 0; i < r->n_echoes; i++)
                write_echo(w, &r->echoes[i], r->raw_ns, r->c_ns);
}

uint32_t tg_report_echo_room(const struct tg_report *report)
{
        uint8_t buf[TG_REPORT_BYTES_MAX];
        struct tg_writer w = { .data = buf, .size = sizeof buf };

        tg_write_room(&w, TG_REPORT_PREAMBLE + ECHOES_HEAD);
        write_fixed(&w, report, report->flags);
        tg_write_le(&w, report->chrony.n_sources, 1);
        if (report->chrony.n_sources)
                write_source(&w, &report->chrony.sources[0]);
        if (w.bad)
                return 0;
        return (sizeof buf - w.pos) / TG_ECHO_BYTES < TG_ECHOES_MAX ? (uint32_t)((sizeof buf - w.pos) / TG_ECHO_BYTES)
                                                                    : TG_ECHOES_MAX;
}

int tg_report_encode(const struct tg_report *report, uint8_t buf[static TG_REPORT_BYTES_MAX])
{
        struct tg_writer w = { .data = buf, .size = TG_REPORT_BYTES_MAX }, flags;

        if (tg_report_range_fault(report))
                return -EINVAL;
        tg_write_le(&w, TG_REPORT_MAGIC, 4);
        tg_write_le(&w, TG_REPORT_MAJOR, 1);
        tg_write_le(&w, TG_REPORT_MINOR, 1);
        tg_write_le(&w, 0, 2);
        flags = w;
        write_fixed(&w, report, report->flags);
        buf[6] = (uint8_t)(w.pos - TG_REPORT_PREAMBLE);
        buf[7] = (uint8_t)((w.pos - TG_REPORT_PREAMBLE) >> 8);
        if (!write_sources(&w, &report->chrony, ECHOES_HEAD + (size_t)report->n_echoes * TG_ECHO_BYTES))
                write_fixed(&flags, report, report->flags | TG_REPORT_CUT);
        write_echoes(&w, report);
        return w.bad ? -EINVAL : (int)w.pos;
}
