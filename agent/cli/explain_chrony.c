/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a node's chronyd says: tracking, its sources, and the largest error that it claims, spelled out. Signs are chronyd's own. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "explain_chrony.h"
#include "instant.h"
#include "table.h"
#include "units.h"
#include <timeguard/limits.h>

#define LABEL      15 /* "  dispersion:  " */
#define AGEING_PPM 50 /* what the claim grows by after the sample */

static void print_span(const struct tg_page *page, const char *label, const struct tg_real *value, const char *meaning)
{
        char text[TG_UNITS_MAX];

        tg_page_prose(page, LABEL, TG_INK_PLAIN, label, "%s%s", value->known ? tg_units_seconds(value->value, text) : "-",
                      meaning);
}

static void print_tracking(const struct tg_page *page, const struct tg_doc_chrony_sample *chrony)
{
        char instant[TG_INSTANT_MAX], interval[TG_UNITS_MAX];

        tg_page_prose(page, LABEL, TG_INK_PLAIN, "  follows:", "%s, reference id %s, stratum %" PRId64 ", leap %s",
                      chrony->address ? chrony->address : "-", chrony->ref_id ? chrony->ref_id : "-", chrony->stratum.value,
                      chrony->leap < 0 ? "-" : tg_doc_leap_words[chrony->leap]);
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "  updated:", "%s (chronyd blurs this by up to 1 s), every %s",
                      chrony->ref_time_ns.known ? tg_instant_local(chrony->ref_time_ns.value, instant) : "-",
                      tg_units_duration(tg_units_ns(chrony->update_interval_s.value), interval));
        print_span(page, "  correction:", &chrony->correction_s, " (negative: the clock is fast and being slewed back)");
        print_span(page, "  last offset:", &chrony->last_offset_s, " (positive: the clock was ahead)");
        print_span(page, "  RMS offset:", &chrony->rms_offset_s, "");
        print_span(page, "  root delay:", &chrony->root_delay_s, "");
        print_span(page, "  dispersion:", &chrony->root_dispersion_s, " (of the root)");
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "  frequency:", "%+.3f ppm, residual %+.3f ppm, skew %.3f ppm",
                      chrony->freq_ppm.value, chrony->resid_freq_ppm.value, chrony->skew_ppm.value);
}

enum column { SOURCE, NAME, MODE, STATE, STRATUM, POLL, REACH, SAMPLE, COLUMNS };

static const struct tg_table_column columns[COLUMNS] = {
        [SOURCE] = { .name = "  SOURCE", .rank = 0, .narrowest = 17 },
        [NAME] = { .name = "NAME", .rank = 4, .narrowest = 12 },
        [MODE] = { .name = "MODE", .rank = 7, .narrowest = 8 },
        [STATE] = { .name = "STATE", .rank = 0, .narrowest = 5 },
        [STRATUM] = { .name = "STRATUM", .rank = 5, .right = true },
        [POLL] = { .name = "POLL", .rank = 6, .right = true },
        [REACH] = { .name = "REACH", .rank = 1, .right = true },
        [SAMPLE] = { .name = "SAMPLE", .rank = 2, .right = true },
};

/* chronyd's poll is a power of two of seconds. */
static void set_poll(struct tg_table *table, size_t row, int64_t poll)
{
        char text[TG_UNITS_MAX];

        if (poll < 0)
                snprintf(text, sizeof text, "1/%g s", ldexp(1, (int)-poll));
        else
                snprintf(text, sizeof text, "%g s", ldexp(1, (int)poll));
        tg_table_set(table, row, POLL, TG_INK_PLAIN, text);
}

static void set_row(struct tg_table *table, size_t row, const struct tg_doc_source *source)
{
        char text[TG_UNITS_MAX], *address;

        if (asprintf(&address, "  %s", source->address) >= 0) {
                tg_table_set(table, row, SOURCE, TG_INK_PLAIN, address);
                free(address);
        }
        tg_table_set(table, row, NAME, TG_INK_PLAIN, *source->name ? source->name : "-");
        tg_table_set(table, row, MODE, TG_INK_PLAIN, source->mode);
        tg_table_set(table, row, STATE, TG_INK_PLAIN, source->state);
        snprintf(text, sizeof text, "%" PRId64, source->stratum);
        tg_table_set(table, row, STRATUM, TG_INK_PLAIN, text);
        set_poll(table, row, source->poll);
        snprintf(text, sizeof text, "%" PRIo64, source->reach);
        tg_table_set(table, row, REACH, source->reach ? TG_INK_PLAIN : TG_INK_BAD, text);
        tg_table_set(table, row, SAMPLE, TG_INK_PLAIN,
                     source->since_sample_s.known ? tg_units_duration(source->since_sample_s.value * TG_NS_PER_S, text)
                                                  : "never");
}

static int print_sources(const struct tg_page *page, const struct tg_doc_chrony_sample *chrony)
{
        struct tg_table *table = tg_table_new(page, columns, COLUMNS, chrony->sources.n);
        int r;

        if (!table)
                return -ENOMEM;
        for (size_t i = 0; i < chrony->sources.n; i++)
                set_row(table, i, &chrony->sources.items[i]);
        r = tg_table_print(table);
        tg_table_free(table);
        return r;
}

static void print_claim(const struct tg_page *page, const struct tg_doc_node *node)
{
        const struct tg_doc_chrony_sample *chrony = node->chrony;
        char correction[TG_UNITS_MAX], delay[TG_UNITS_MAX], dispersion[TG_UNITS_MAX], age[TG_UNITS_MAX], ageing[TG_UNITS_MAX],
                claim[TG_UNITS_MAX];
        int64_t age_ns = chrony->age_ms * TG_NS_PER_MS;

        if (!node->claim_ns.known) {
                tg_page_prose(page, LABEL, TG_INK_WARN, "  claim:", "none: %s",
                              node->agent ? "without a selected source that answers, chronyd's own figures prove nothing"
                                          : "this is what it said before its reports ended");
                return;
        }
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "  claim:",
                      "|correction| + root delay / 2 + dispersion + %d ppm x age = %s + %s + %s + %d ppm x %s (%s) = %s%s",
                      AGEING_PPM, tg_units_length(tg_units_ns(fabs(chrony->correction_s.value)), correction),
                      tg_units_length(tg_units_ns(chrony->root_delay_s.value / 2), delay),
                      tg_units_length(tg_units_ns(chrony->root_dispersion_s.value), dispersion), AGEING_PPM,
                      tg_units_duration(age_ns, age), tg_units_length(age_ns / 1000000 * AGEING_PPM, ageing),
                      tg_page_plus_minus(page), tg_units_length(node->claim_ns.value, claim));
}

int tg_explain_chrony(const struct tg_page *page, const struct tg_doc_node *node)
{
        static const char *const silences[] = {
                [TG_DOC_CHRONY_UNKNOWN] = "has not been asked yet",
                [TG_DOC_CHRONY_SILENT] = "does not answer on UDP 323 of the loopback: not running, frozen, or 'cmdport 0'",
                [TG_DOC_CHRONY_REFUSED] = "answers, but not to this agent: not authorised, or another protocol",
                [TG_DOC_CHRONY_GARBLED] = "gives answers that do not fit its protocol",
        };
        const struct tg_doc_chrony_sample *chrony = node->chrony;
        char age[TG_UNITS_MAX];
        int r = 0;

        if (!chrony || chrony->state != TG_DOC_CHRONY_OK) {
                tg_page_prose(page, 2, TG_INK_WARN, "chronyd", "%s",
                              chrony ? silences[chrony->state] : "is unknown: no report has been heard");
                return 0;
        }
        tg_page_prose(page, 2, TG_INK_STRONG, "chronyd",
                      "(asked %s before the report; %" PRId64 " of its %" PRId64 " sources answer)",
                      tg_units_duration(chrony->age_ms * TG_NS_PER_MS, age), chrony->reachable, chrony->known);
        print_tracking(page, chrony);
        print_claim(page, node);
        if (chrony->sources.n == 0)
                tg_page_prose(page, LABEL, TG_INK_WARN, "  sources:", "none is selected or combined");
        else
                r = print_sources(page, chrony);
        return r;
}
