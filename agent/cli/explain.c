/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of `timeguard explain NODE`: from the verdict down to the numbers that it rests on. Shows the sums; judges nothing
   anew. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "explain_asked.h"
#include "explain_chrony.h"
#include "explain_pair.h"
#include "units.h"
#include "words.h"
#include <timeguard/limits.h>

#define LABEL 11 /* "Forecast:  " */

const struct tg_doc_node *tg_explain_find(const struct tg_document *document, const char *name)
{
        char *end;
        long long id;

        for (size_t i = 0; i < document->nodes.n; i++)
                if (!strcmp(document->nodes.items[i].name, name))
                        return &document->nodes.items[i];
        errno = 0;
        id = strtoll(name, &end, 10);
        return errno || *end || end == name ? NULL : tg_document_node(document, id);
}

static void print_state(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node)
{
        char since[TG_WORDS_SINCE_MAX], unnamed[TG_WORDS_NODE_MAX];
        const bool reference = document->cluster.reference.known && document->cluster.reference.value == node->id;

        tg_page_prose(page, LABEL, TG_INK_STRONG, "Node:", "%s (id %" PRId64 ")%s%s",
                      tg_words_node(document, node->id, unnamed), node->id,
                      node->id == document->agent.node_id ? ", the node asked" : "", reference ? ", the reference" : "");
        tg_page_prose(page, LABEL, tg_words_state_ink(node->state), "State:", "%s, since %s", tg_doc_state_words[node->state],
                      tg_words_since(document, node->state_since, since));
        if (*node->reason)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Why:", "%s", node->reason);
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Member:", "%s, %" PRId64 " vote%s; %s the agreeing set%s",
                      !document->cluster.connected ? "unknown, as corosync is not reachable"
                      : node->present              ? "in the ring"
                                                   : "NOT in the ring",
                      node->votes, node->votes == 1 ? "" : "s", node->in_set ? "in" : "not in",
                      node->in_boot_grace ? "; in boot grace: its alerts are held back" : "");
}

static void print_report(const struct tg_page *page, const struct tg_doc_node *node)
{
        char age[TG_UNITS_MAX], up[TG_UNITS_MAX], step[TG_UNITS_MAX], slew[TG_UNITS_MAX];

        if (!node->report_age_ms.known) {
                tg_page_prose(page, LABEL, TG_INK_WARN, "Report:", "none has been heard");
                return;
        }
        tg_page_prose(page, LABEL, node->agent ? TG_INK_PLAIN : TG_INK_WARN,
                      "Report:", "number %" PRId64 ", %s ago%s; up for %s, configuration %s, time zone %s", node->seq.value,
                      tg_units_duration(node->report_age_ms.value * TG_NS_PER_MS, age), node->agent ? "" : " (silent)",
                      tg_units_duration(node->boot_ns.value, up), node->fingerprint ? node->fingerprint : "-",
                      node->time_zone ? node->time_zone : "-");
        if (node->steps.known && node->steps.value > 0)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Steps:", "%" PRId64 " since its agent started, the last of %s",
                              node->steps.value, tg_units_offset(node->last_step_ns.value, step));
        if (node->slew_ppb.known)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Slew:", "REALTIME runs at %s against the raw oscillator%s%s",
                              tg_units_rate(node->slew_ppb.value, slew), node->kernel ? "; the kernel calls itself " : "",
                              node->kernel ? node->kernel : "");
}

static void print_offset(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node)
{
        char reference[TG_WORDS_NODE_MAX], offset[TG_UNITS_MAX], bound[TG_UNITS_MAX], age[TG_UNITS_MAX];

        if (document->cluster.reference.known && document->cluster.reference.value == node->id) {
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Offset:", "it is the reference: the others are measured from it");
                return;
        }
        if (!document->cluster.reference.known || !node->bound_low_ns.known || !node->bound_high_ns.known)
                return;
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Offset:", "from %s: likely %s, certainly %s, as of %s ago",
                      tg_words_node(document, document->cluster.reference.value, reference),
                      node->offset_ns.known ? tg_units_offset(node->offset_ns.value, offset) : "-",
                      tg_units_interval(node->bound_low_ns.value, node->bound_high_ns.value, bound),
                      tg_units_duration(node->as_of_age_ms.value * TG_NS_PER_MS, age));
}

/* (budget - offset in the direction of the rate) / rate */
static void print_forecast(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node)
{
        char budget[TG_UNITS_MAX], offset[TG_UNITS_MAX], rate[TG_UNITS_MAX], span[TG_UNITS_MAX];

        if (!node->rate_ppb.known || !node->offset_ns.known)
                return;
        if (!node->forecast_s.known) {
                tg_page_prose(page, LABEL, TG_INK_PLAIN,
                              "Forecast:", "at %s the budget is not crossed in any time worth naming",
                              tg_units_rate(node->rate_ppb.value, rate));
                return;
        }
        tg_page_prose(page, LABEL, TG_INK_WARN, "Forecast:", "offset %s, moving at %s, crosses %s%s in %s",
                      tg_units_offset(node->offset_ns.value, offset), tg_units_rate(node->rate_ppb.value, rate),
                      node->rate_ppb.value < 0 ? "-" : "+", tg_units_length(document->cluster.budget_ns, budget),
                      tg_units_duration(node->forecast_s.value * TG_NS_PER_S, span));
}

static void print_pairs(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node)
{
        char budget[TG_UNITS_MAX];

        tg_page_gap(page);
        tg_page_prose(page, 2, TG_INK_STRONG, "Pairs",
                      "(offset of the first from the second; positive: the first is ahead; budget %s)",
                      tg_units_length(document->cluster.budget_ns, budget));
        for (size_t i = 0; i < document->pairs.n; i++)
                if (document->pairs.items[i].a == node->id || document->pairs.items[i].b == node->id)
                        tg_explain_pair(page, document, &document->pairs.items[i]);
}

/* Its own ones, and those of the cluster or of two nodes that are at odds; in the others `other` is but the reference. */
static bool concerns(const struct tg_doc_alert *alert, const struct tg_doc_node *node)
{
        if (alert->node_id.known && alert->node_id.value == node->id)
                return true;
        return alert->other && !strcmp(alert->other, node->name) &&
               (!alert->node || !strcmp(alert->id, "node-claim-contradicted"));
}

static void print_alerts(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node)
{
        size_t n = 0;

        tg_page_gap(page);
        for (size_t i = 0; i < document->alerts.n; i++) {
                const struct tg_doc_alert *alert = &document->alerts.items[i];

                if (!concerns(alert, node))
                        continue;
                if (n++ == 0)
                        tg_page_prose(page, 2, TG_INK_STRONG, "Alerts", "of this node");
                tg_words_alert(page, document, alert);
                tg_page_prose(page, 11, TG_INK_PLAIN, "  remedy:", "%s", alert->remedy);
        }
        if (n == 0)
                tg_page_prose(page, 2, TG_INK_STRONG, "Alerts", "of this node: none");
}

int tg_explain_print(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node)
{
        int r;

        print_state(page, document, node);
        print_report(page, node);
        print_offset(page, document, node);
        print_forecast(page, document, node);
        tg_page_gap(page);
        r = tg_explain_chrony(page, node);
        tg_explain_asked(page, document, node);
        print_pairs(page, document, node);
        print_alerts(page, document, node);
        return r;
}
