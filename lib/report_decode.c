/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a report from bytes that anybody may have sent: report_layout.h. Nothing is believed but lengths that were checked. */
#include <string.h>

#include "gate_record.h"
#include "report_layout.h"
#include "wire.h"

static void read_text(struct tg_reader *r, char out[static TG_NAME_MAX])
{
        size_t n = tg_read_le(r, 1);
        const uint8_t *bytes = tg_read_bytes(r, n);

        if (!bytes)
                n = 0;
        if (n > TG_NAME_MAX - 1)
                n = TG_NAME_MAX - 1;
        for (size_t i = 0; i < n; i++)
                out[i] = (char)(bytes[i] > ' ' && bytes[i] <= '~' ? bytes[i] : '?');
        out[n] = 0;
}

static int64_t read_instant(struct tg_reader *r, int64_t raw_ns)
{
        int64_t age_ns = (int64_t)tg_read_le(r, 4) * 1000;

        /* a raw_ns out of its range is refused in the end; until then it must not overflow */
        return raw_ns < 0 || raw_ns > TG_RAW_MAX_NS ? 0 : raw_ns - age_ns;
}

static void read_addr(struct tg_reader *r, struct tg_addr *addr)
{
        const uint8_t *bytes;
        size_t n;

        memset(addr, 0, sizeof *addr);
        addr->family = (uint8_t)tg_read_le(r, 1);
        n = addr->family == TG_ADDR_IPV6 ? 16 : addr->family == TG_ADDR_NONE ? 0 : 4;
        if (n && (bytes = tg_read_bytes(r, n)))
                memcpy(addr->bytes, bytes, n);
        if (addr->family > TG_ADDR_REFCLOCK)
                r->bad = true;
}

static void read_tracking(struct tg_reader *r, struct tg_tracking *t)
{
        tg_chrony_float *const floats[] = { &t->correction_s, &t->last_offset_s,     &t->rms_offset_s,
                                            &t->freq_ppm,     &t->resid_freq_ppm,    &t->skew_ppm,
                                            &t->root_delay_s, &t->root_dispersion_s, &t->update_interval_s };

        t->ref_id = (uint32_t)tg_read_le(r, 4);
        read_addr(r, &t->addr);
        t->stratum = (uint8_t)tg_read_le(r, 1);
        t->leap = (uint8_t)tg_read_le(r, 1);
        t->ref_time_ns = tg_read_i64(r);
        for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
                *floats[i] = (tg_chrony_float)tg_read_le(r, 4);
}

static void read_asked(struct tg_reader *r, int64_t raw_ns, struct tg_asked *a)
{
        a->state = (uint8_t)tg_read_le(r, 1);
        if (a->state == TG_ASKED_NEVER)
                return;
        read_addr(r, &a->addr);
        a->stratum = (uint8_t)tg_read_le(r, 1);
        a->leap = (uint8_t)tg_read_le(r, 1);
        a->ref_id = (uint32_t)tg_read_le(r, 4);
        a->ref_time_ns = tg_read_i64(r);
        a->raw_ns = read_instant(r, raw_ns);
        a->ahead_low_ns = tg_read_i64(r);
        a->ahead_high_ns = tg_read_i64(r);
        a->steady_s = (uint16_t)tg_read_le(r, 2);
        a->side = (int8_t)tg_read_le(r, 1);
        a->clear = (uint8_t)tg_read_le(r, 1);
        a->span_s = (uint16_t)tg_read_le(r, 2);
}

static void read_fixed(struct tg_reader *r, struct tg_report *out)
{
        const uint8_t *boot_id;

        out->node_id = (uint32_t)tg_read_le(r, 4);
        out->seq = (uint32_t)tg_read_le(r, 4);
        boot_id = tg_read_bytes(r, sizeof out->epoch.boot_id);
        if (boot_id)
                memcpy(out->epoch.boot_id, boot_id, sizeof out->epoch.boot_id);
        out->epoch.suspends = (uint32_t)tg_read_le(r, 4);
        out->ring.node_id = (uint32_t)tg_read_le(r, 4);
        out->ring.seq = tg_read_le(r, 8);
        out->flags = (uint32_t)tg_read_le(r, 4);
        out->raw_ns = tg_read_i64(r);
        out->c_ns = tg_read_i64(r);
        out->boot_ns = tg_read_i64(r);
        out->bracket_ns = tg_read_i64(r);
        out->steps = (uint32_t)tg_read_le(r, 4);
        out->last_step_ns = tg_read_i64(r);
        out->kernel_status = (uint32_t)tg_read_le(r, 4);
        out->slew_ppb = tg_read_i32(r);
        out->hull_low_ns = tg_read_i64(r);
        out->hull_high_ns = tg_read_i64(r);
        out->hull_since_raw_ns = tg_read_i64(r);
        out->steady_since_raw_ns = tg_read_i64(r);
        out->reference_id = (uint32_t)tg_read_le(r, 4);
        out->fingerprint = tg_read_le(r, 8);
        out->gate_version = (uint16_t)tg_read_le(r, 2);
        out->gate_state = (uint8_t)tg_read_le(r, 1);
        read_text(r, out->time_zone);
        out->chrony.state = (uint8_t)tg_read_le(r, 1);
        out->chrony.n_known = (uint8_t)tg_read_le(r, 1);
        out->chrony.n_reachable = (uint8_t)tg_read_le(r, 1);
        out->chrony.raw_ns = read_instant(r, out->raw_ns);
        read_tracking(r, &out->chrony.tracking);
        if (out->minor < 1)
                return;
        tg_gate_read_report(r, &out->gate);
        read_asked(r, out->raw_ns, &out->asked);
}

static void read_source(struct tg_reader *r, struct tg_source *s)
{
        size_t len = tg_read_le(r, 1);
        struct tg_reader part = { .data = tg_read_bytes(r, len), .size = len };

        if (!part.data)
                return;
        read_addr(&part, &s->addr);
        s->mode = (uint8_t)tg_read_le(&part, 1);
        s->state = (char)tg_read_le(&part, 1);
        s->reach = (uint8_t)tg_read_le(&part, 1);
        s->poll = (int8_t)tg_read_le(&part, 1);
        s->stratum = (uint8_t)tg_read_le(&part, 1);
        s->since_sample_s = (uint32_t)tg_read_le(&part, 4);
        read_text(&part, s->name);
        r->bad |= part.bad;
}

static void read_sources(struct tg_reader *r, struct tg_chrony_sample *sample)
{
        size_t n = tg_read_le(r, 1);

        if (n > TG_SOURCES_MAX)
                r->bad = true;
        for (size_t i = 0; i < n && !r->bad; i++)
                read_source(r, &sample->sources[i]);
        sample->n_sources = (uint8_t)n;
}

static void read_echo(struct tg_reader *r, size_t len, int64_t raw_ns, int64_t c_ns, struct tg_echo *e)
{
        struct tg_reader part = { .data = tg_read_bytes(r, len), .size = len };
        uint64_t heard_age_ns;
        int64_t age_ns;

        if (!part.data)
                return;
        e->node_id = (uint32_t)tg_read_le(&part, 4);
        e->epoch_tag = (uint32_t)tg_read_le(&part, 4);
        e->upper_ns = tg_read_i64(&part);
        age_ns = (int64_t)tg_read_le(&part, TG_AGE_BYTES);
        e->measured_raw_ns = raw_ns < 0 || raw_ns > TG_RAW_MAX_NS ? 0 : raw_ns - age_ns;
        e->estimate_gap_ns = tg_read_i32(&part);
        e->rate_ppb = tg_read_i32(&part);
        e->rate_error_ppb = (uint32_t)tg_read_le(&part, 4);
        e->rho_ppm = (uint16_t)tg_read_le(&part, 2);
        heard_age_ns = tg_read_le(&part, 4);
        /* a clock out of its range is refused in the end; until then it must not overflow */
        e->has_heard = heard_age_ns != TG_NOT_HEARD && raw_ns >= 0 && raw_ns <= TG_RAW_MAX_NS && c_ns >= -TG_RAW_MAX_NS &&
                       c_ns <= TG_C_MAX_NS;
        e->heard_raw_ns = e->has_heard ? raw_ns - (int64_t)heard_age_ns : 0;
        e->heard_c_ns = e->has_heard ? c_ns + tg_read_i32(&part) : 0;
        r->bad |= part.bad;
}

static void read_echoes(struct tg_reader *r, struct tg_report *out)
{
        size_t n = tg_read_le(r, 1), len = tg_read_le(r, 1);

        if (n > TG_ECHOES_MAX || (n && len < TG_ECHO_BYTES))
                r->bad = true;
        for (size_t i = 0; i < n && !r->bad; i++)
                read_echo(r, len, out->raw_ns, out->c_ns, &out->echoes[i]);
        out->n_echoes = (uint8_t)n;
}

enum tg_report_fault tg_report_decode(const uint8_t *data, size_t len, struct tg_report *out, const char **field)
{
        struct tg_reader r = { .data = data, .size = len }, fixed;
        uint64_t magic = tg_read_le(&r, 4), major = tg_read_le(&r, 1), minor = tg_read_le(&r, 1), fixed_len = tg_read_le(&r, 2);
        const char *fault;

        if (field)
                *field = "preamble";
        if (r.bad || magic != TG_REPORT_MAGIC)
                return TG_REPORT_FOREIGN;
        if (major != TG_REPORT_MAJOR)
                return TG_REPORT_MAJOR_NEW;
        if (len > TG_REPORT_BYTES_MAX)
                return TG_REPORT_OVERSIZED;
        memset(out, 0, sizeof *out);
        out->minor = (uint8_t)minor;
        fixed = (struct tg_reader){ .data = tg_read_bytes(&r, fixed_len), .size = fixed_len };
        if (!fixed.data)
                return TG_REPORT_SHORT;
        read_fixed(&fixed, out);
        if (field)
                *field = "fixed part";
        if (fixed.bad)
                return TG_REPORT_SHORT;
        read_sources(&r, &out->chrony);
        read_echoes(&r, out);
        if (field)
                *field = "sources or echoes";
        if (r.bad)
                return TG_REPORT_SHORT;
        fault = tg_report_range_fault(out);
        if (field)
                *field = fault;
        return fault ? TG_REPORT_RANGE : TG_REPORT_OK;
}
