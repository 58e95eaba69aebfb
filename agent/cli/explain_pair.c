/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arithmetic behind the bound of one pair (lib/pair.c), so that it can be added up by hand: all in seconds, to the nanosecond.
   RAW is CLOCK_MONOTONIC_RAW; c of a node is its REALTIME - RAW. Offset = RAW(a) - RAW(b) + c(a) - c(b). */
#include <inttypes.h>
#include <stdio.h>

#include "explain_pair.h"
#include "units.h"
#include "words.h"
#include <timeguard/limits.h>

#define LABEL 25

struct span {
        int64_t low_ns, high_ns;
};

static void print_span(const struct tg_page *page, const char *label, struct span span, const char *more)
{
        char low[TG_UNITS_MAX], high[TG_UNITS_MAX];

        tg_page_prose(page, LABEL, TG_INK_PLAIN, label, "%s .. %s s%s", tg_units_exact_s(span.low_ns, low),
                      tg_units_exact_s(span.high_ns, high), more);
}

/* c of a node at the pair's instant: what it last reported, and where it was around that. */
static bool c_of(const struct tg_doc_node *node, struct tg_integer low, struct tg_integer high, struct span *out)
{
        if (!node || !node->c_ns.known || !low.known || !high.known)
                return false;
        *out = (struct span){ tg_units_sum(node->c_ns.value, low.value), tg_units_sum(node->c_ns.value, high.value) };
        return true;
}

static void print_raw(const struct tg_page *page, const struct tg_doc_pair *pair, const char *a, const char *b)
{
        struct span raw = { pair->raw_low_ns.value, pair->raw_high_ns.value };
        char a_age[TG_UNITS_MAX], b_age[TG_UNITS_MAX], a_ageing[TG_UNITS_MAX], b_ageing[TG_UNITS_MAX];

        print_span(page, "      RAW - RAW:", raw, "");
        if (pair->a_age_ms.known && pair->b_age_ms.known && pair->rho_ppm.known)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "      of that, ageing:",
                              "rho %" PRId64 " ppm x %s = %s (upper end, by %s), x %s = %s (lower end, by %s)",
                              pair->rho_ppm.value, tg_units_duration(pair->a_age_ms.value * TG_NS_PER_MS, a_age),
                              tg_units_length(tg_units_ns((double)pair->a_age_ms.value * (double)pair->rho_ppm.value / 1e9),
                                              a_ageing),
                              a, tg_units_duration(pair->b_age_ms.value * TG_NS_PER_MS, b_age),
                              tg_units_length(tg_units_ns((double)pair->b_age_ms.value * (double)pair->rho_ppm.value / 1e9),
                                              b_ageing),
                              b);
}

/* The sum holds at this instant alone. */
static void print_as_of(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_pair *pair)
{
        char name[TG_WORDS_NODE_MAX], raw[TG_UNITS_MAX];

        if (pair->as_of_node.known && pair->as_of_raw_ns.known)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "      as of:", "%s s on RAW of %s",
                              tg_units_exact_s(pair->as_of_raw_ns.value, raw),
                              tg_words_node(document, pair->as_of_node.value, name));
}

static void print_sum(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_pair *pair,
                      const char *a, const char *b)
{
        struct span a_c, b_c, sum, said = { pair->low_ns.value, pair->high_ns.value };

        print_as_of(page, document, pair);
        if (!pair->raw_low_ns.known || !pair->raw_high_ns.known ||
            !c_of(tg_document_node(document, pair->a), pair->a_c_low_ns, pair->a_c_high_ns, &a_c) ||
            !c_of(tg_document_node(document, pair->b), pair->b_c_low_ns, pair->b_c_high_ns, &b_c)) {
                tg_page_prose(page, 6, TG_INK_PLAIN, "", "      the parts of the sum are not known");
                return;
        }
        print_raw(page, pair, a, b);
        print_span(page, "      + c of the first:", a_c, "");
        print_span(page, "      - c of the second:", b_c, "");
        sum.low_ns = tg_units_sum(pair->raw_low_ns.value, tg_units_sum(a_c.low_ns, -b_c.high_ns));
        sum.high_ns = tg_units_sum(pair->raw_high_ns.value, tg_units_sum(a_c.high_ns, -b_c.low_ns));
        print_span(page, "      = offset:", sum, "");
        if (said.low_ns == sum.low_ns && said.high_ns == sum.high_ns)
                return;
        if (said.low_ns >= sum.low_ns && said.high_ns <= sum.high_ns)
                print_span(page, "      narrowed to:", said, " (to each end of RAW belongs the c of its own instant)");
        else
                print_span(page, "      agent's own sum:", said, "");
}

static void print_state(const struct tg_page *page, const struct tg_doc_pair *pair)
{
        if (pair->stale)
                tg_page_prose(page, 6, TG_INK_WARN, "", "stale: the verdict is from before the last ring change");
        if (pair->contradicted)
                tg_page_prose(page, 6, TG_INK_WARN, "",
                              "the last bound contradicted itself: a paused machine or a broken oscillator");
}

void tg_explain_pair(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_pair *pair)
{
        static const enum tg_ink inks[] = {
                [TG_DOC_WITHIN] = TG_INK_PLAIN, [TG_DOC_PAIR_BEYOND] = TG_INK_BAD, [TG_DOC_PAIR_UNPROVEN] = TG_INK_WARN
        };
        char a_buf[TG_WORDS_NODE_MAX], b_buf[TG_WORDS_NODE_MAX];
        const char *a = tg_words_node(document, pair->a, a_buf), *b = tg_words_node(document, pair->b, b_buf);
        char likely[TG_UNITS_MAX] = "-", rate[TG_UNITS_MAX] = "-", age[TG_UNITS_MAX], interval[TG_UNITS_MAX];

        if (!pair->low_ns.known || !pair->high_ns.known) {
                tg_page_prose(page, 4, inks[pair->verdict], "", "  %s - %s: %s, nothing is bounded at present", a, b,
                              tg_doc_pair_words[pair->verdict]);
                print_state(page, pair);
                return;
        }
        if (pair->estimate_ns.known)
                tg_units_offset(pair->estimate_ns.value, likely);
        if (pair->rate_ppb.known)
                tg_units_rate(pair->rate_ppb.value, rate);
        tg_page_prose(page, 4, inks[pair->verdict], "", "  %s - %s: %s; certainly %s, likely %s, rate %s, as of %s ago", a, b,
                      tg_doc_pair_words[pair->verdict], tg_units_interval(pair->low_ns.value, pair->high_ns.value, interval),
                      likely, rate, tg_units_duration(pair->as_of_age_ms.value * TG_NS_PER_MS, age));
        print_state(page, pair);
        print_sum(page, document, pair, a, b);
}
