/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See check_report.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check_report.h"
#include "fuzz.h"

#define YEARS_36  (INT64_C(1) << 60)
#define YEAR_2116 (INT64_C(1) << 62)

static void check_range(const char *what, int64_t value, int64_t low, int64_t high)
{
        FUZZ_REQUIRE(value >= low && value <= high, "%s is %lld, not in %lld .. %lld", what, (long long)value, (long long)low,
                     (long long)high);
}

void fuzz_check_addr(const struct tg_addr *addr)
{
        static const size_t used[] = { [TG_ADDR_NONE] = 0, [TG_ADDR_IPV4] = 4, [TG_ADDR_IPV6] = 16, [TG_ADDR_REFCLOCK] = 4 };
        char text[TG_ADDR_TEXT_MAX];

        check_range("address family", addr->family, TG_ADDR_NONE, TG_ADDR_REFCLOCK);
        for (size_t i = used[addr->family]; i < sizeof addr->bytes; i++)
                FUZZ_REQUIRE(!addr->bytes[i], "byte %zu of an address of family %d is 0x%02x", i, addr->family, addr->bytes[i]);
        fuzz_check_name("text of an address", tg_addr_text(addr, text), sizeof text);
}

static void check_tracking(const struct tg_tracking *t)
{
        const tg_chrony_float floats[] = { t->correction_s, t->last_offset_s,     t->rms_offset_s,
                                           t->freq_ppm,     t->resid_freq_ppm,    t->skew_ppm,
                                           t->root_delay_s, t->root_dispersion_s, t->update_interval_s };

        fuzz_check_addr(&t->addr);
        check_range("stratum", t->stratum, 0, 16);
        check_range("leap", t->leap, 0, 3);
        check_range("reference time", t->ref_time_ns, 0, INT64_MAX - 1);
        for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
                double value = tg_chrony_float_value(floats[i]);

                FUZZ_REQUIRE(isfinite(value), "chrony's float 0x%08x is %g", floats[i], value);
                check_range("chrony's float as ns", tg_chrony_float_ns(floats[i]), -INT64_MAX, INT64_MAX);
                check_range("chrony's float as ppb", tg_chrony_float_ppb(floats[i]), -INT64_MAX, INT64_MAX);
        }
}

void fuzz_check_sample(const struct tg_chrony_sample *sample)
{
        check_range("chrony's state", sample->state, TG_CHRONY_UNKNOWN, TG_CHRONY_GARBLED);
        check_range("number of sources", sample->n_sources, 0, TG_SOURCES_MAX);
        check_tracking(&sample->tracking);
        for (size_t i = 0; i < sample->n_sources; i++) {
                const struct tg_source *s = &sample->sources[i];

                fuzz_check_addr(&s->addr);
                check_range("mode of a source", s->mode, TG_SOURCE_CLIENT, TG_SOURCE_REFCLOCK);
                FUZZ_REQUIRE(s->state == '*' || s->state == '+', "state of a source is 0x%02x", (unsigned char)s->state);
                fuzz_check_name("name of a source", s->name, sizeof s->name);
        }
}

static void check_clock(const struct tg_report *r)
{
        check_range("raw", r->raw_ns, 0, YEARS_36);
        check_range("realtime - raw", r->c_ns, -YEARS_36, YEAR_2116);
        check_range("boottime", r->boot_ns, 0, YEAR_2116);
        check_range("bracket", r->bracket_ns, 0, 10 * TG_NS_PER_S);
        check_range("last step", r->last_step_ns, -YEAR_2116, YEAR_2116);
        check_range("low end of the hull", r->hull_low_ns, -YEARS_36, r->c_ns);
        check_range("high end of the hull", r->hull_high_ns, r->c_ns, YEAR_2116);
        check_range("since when the hull holds", r->hull_since_raw_ns, 0, r->raw_ns);
        check_range("since when the clock is steady", r->steady_since_raw_ns, r->hull_since_raw_ns, r->raw_ns);
}

static void check_echo(const struct tg_report *r, const struct tg_echo *e)
{
        check_range("upper bound of an echo", e->upper_ns, -YEARS_36, YEARS_36);
        check_range("when an echo was measured", e->measured_raw_ns, r->raw_ns - (INT64_C(1) << 40), r->raw_ns);
        check_range("rho", e->rho_ppm, 1, UINT16_MAX);
        if (!e->has_heard) {
                FUZZ_REQUIRE(!e->heard_raw_ns && !e->heard_c_ns, "an echo without a look has numbers of one");
                return;
        }
        /* 32 bits of ns */
        check_range("when a peer was heard", e->heard_raw_ns, r->raw_ns - UINT32_MAX, r->raw_ns);
        check_range("realtime - raw when it was heard", e->heard_c_ns, r->c_ns + INT32_MIN, r->c_ns + INT32_MAX);
}

void fuzz_check_report(const struct tg_report *r)
{
        FUZZ_REQUIRE(r->node_id, "no node");
        FUZZ_REQUIRE(r->seq, "no sequence");
        FUZZ_REQUIRE(tg_epoch_tag(&r->epoch), "the tag of an epoch is 0");
        check_clock(r);
        fuzz_check_name("time zone", r->time_zone, sizeof r->time_zone);
        fuzz_check_sample(&r->chrony);
        check_range("when chronyd was asked", r->chrony.raw_ns, r->raw_ns - UINT32_MAX * INT64_C(1000), r->raw_ns);
        check_range("number of echoes", r->n_echoes, 0, TG_ECHOES_MAX);
        for (size_t i = 0; i < r->n_echoes; i++)
                check_echo(r, &r->echoes[i]);
}
