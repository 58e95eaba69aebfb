/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of `timeguard status`: what an administrator wants to know, in that order. A closed gate, verdict, reason, since when, remedy; what
   the verdict rests on; alerts; then a row a node (node_table.c). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gate_say.h"
#include "node_table.h"
#include "status.h"
#include "threshold.h"
#include "units.h"
#include "words.h"

#define LABEL        9 /* "Quorum:  " */
#define UNHEARD_MANY 2 /* own reports under way; more of them: corosync delivers nothing */

static void print_verdict(const struct tg_page *page, const struct tg_document *document)
{
        static const struct {
                enum tg_ink ink;
                const char *word, *sentence;
        } verdicts[TG_DOC_VERDICTS] = {
                [TG_DOC_AGREED] = { TG_INK_GOOD, "AGREED:", "all nodes tell the same time" },
                [TG_DOC_AT_RISK] = { TG_INK_WARN, "AT RISK:", "the nodes still agree, but that is in danger" },
                [TG_DOC_BREACHED] = { TG_INK_BAD, "BREACHED:", "clocks of this cluster differ by more than the budget" },
                [TG_DOC_SPLIT] = { TG_INK_BAD, "SPLIT:", "no majority of the nodes tells the same time" },
                [TG_DOC_UNPROVEN] = { TG_INK_WARN,
                                      "UNPROVEN:", "whether the nodes tell the same time is not known at present" },
        };
        const struct tg_doc_cluster *cluster = &document->cluster;
        const bool parted = cluster->verdict == TG_DOC_AGREED && cluster->absent.n > 0;
        char since[TG_WORDS_SINCE_MAX];

        tg_page_prose(page, 2, verdicts[cluster->verdict].ink, verdicts[cluster->verdict].word, "%s",
                      parted ? "all nodes of this partition tell the same time" : verdicts[cluster->verdict].sentence);
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Why:", "%s", *cluster->reason ? cluster->reason : "-");
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Since:", "%s", tg_words_since(document, cluster->since, since));
        if (*cluster->remedy)
                tg_page_prose(page, LABEL, TG_INK_STRONG, "Remedy:", "%s", cluster->remedy);
        tg_page_gap(page);
}

/* How many votes may go, in words. */
static void print_margin(FILE *out, const struct tg_doc_cluster *cluster)
{
        if (!cluster->quorate)
                fprintf(out, ", %" PRId64 " missing", cluster->quorum > cluster->votes ? cluster->quorum - cluster->votes : 0);
        else if (cluster->margin > 0)
                fprintf(out, ", margin %" PRId64, cluster->margin);
        else
                fprintf(out, ", margin 0: one more lost vote ends quorum");
        if (cluster->quorate && cluster->margin_without_qdevice != cluster->margin)
                fprintf(out, " (without qdevice %" PRId64 ")", cluster->margin_without_qdevice);
}

static void print_flags(FILE *out, const struct tg_doc_cluster *cluster)
{
        for (size_t i = 0; i < cluster->quorum_flags.n; i++) {
                const char *flag = cluster->quorum_flags.items[i], *meaning = tg_words_flag(flag);

                fprintf(out, "; %s%s%s%s", flag, meaning ? " (" : "", meaning ? meaning : "", meaning ? ")" : "");
        }
}

static void print_quorum(const struct tg_page *page, const struct tg_document *document)
{
        const struct tg_doc_cluster *cluster = &document->cluster;
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        if (!out)
                return;
        if (!cluster->connected) {
                fputs("unknown: not connected to corosync", out);
        } else if (!cluster->provider) {
                fputs("none: corosync runs without a quorum provider", out);
        } else {
                if (document->agent.own_unheard > UNHEARD_MANY)
                        fputs("before corosync fell silent: ", out);
                fprintf(out, "%s: %" PRId64 " of %" PRId64 " votes, %" PRId64 " needed",
                        cluster->quorate ? "quorate" : "NOT QUORATE", cluster->votes, cluster->expected_votes, cluster->quorum);
                print_margin(out, cluster);
                print_flags(out, cluster);
        }
        if (fclose(out) == 0)
                tg_page_prose(page, LABEL,
                              cluster->connected && cluster->provider && !cluster->quorate ? TG_INK_BAD : TG_INK_PLAIN,
                              "Quorum:", "%s", text);
        free(text);
}

static void print_absent(const struct tg_page *page, const struct tg_doc_cluster *cluster)
{
        char *text = NULL;
        size_t len;
        FILE *out = cluster->absent.n ? open_memstream(&text, &len) : NULL;

        if (!out)
                return;
        for (size_t i = 0; i < cluster->absent.n; i++)
                fprintf(out, "%s%s", i ? ", " : "", cluster->absent.items[i]);
        if (fclose(out) == 0)
                tg_page_prose(page, LABEL, TG_INK_WARN, "Absent:", "%s (configured, but not in this partition)", text);
        free(text);
}

/* The stratum of a source, as any node's chronyd has it; -1: nobody says. */
static int64_t source_stratum(const struct tg_document *document, const char *source)
{
        for (size_t i = 0; i < document->nodes.n; i++) {
                const struct tg_doc_chrony_sample *chrony = document->nodes.items[i].chrony;

                for (size_t j = 0; chrony && j < chrony->sources.n; j++)
                        if (!strcmp(chrony->sources.items[j].address, source) || !strcmp(chrony->sources.items[j].name, source))
                                return chrony->sources.items[j].stratum;
        }
        return -1;
}

/* Whether an earlier node has that root already. */
static bool is_first_of_root(const struct tg_document *document, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (document->nodes.items[i].root && !strcmp(document->nodes.items[i].root, document->nodes.items[index].root))
                        return false;
        return true;
}

/* Without a common source: who follows what, as far as it is known. */
static void print_roots(FILE *out, const struct tg_document *document)
{
        const char *before = "no common source: ";
        bool known = false;

        for (size_t i = 0; i < document->nodes.n; i++) {
                const char *root = document->nodes.items[i].root, *comma = "";

                if (!root || !is_first_of_root(document, i))
                        continue;
                fprintf(out, "%s%s (", before, root);
                for (size_t j = i; j < document->nodes.n; j++)
                        if (document->nodes.items[j].root && !strcmp(document->nodes.items[j].root, root)) {
                                fprintf(out, "%s%s", comma, document->nodes.items[j].name);
                                comma = ", ";
                        }
                fputc(')', out);
                before = ", ";
                known = true;
        }
        if (!known)
                fputs("none is known at present", out);
}

static void print_source(const struct tg_page *page, const struct tg_document *document)
{
        const char *source = document->cluster.source;
        char *text = NULL;
        size_t len;
        FILE *out;

        if (source) {
                int64_t stratum = source_stratum(document, source);

                if (stratum >= 0)
                        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Source:", "%s, stratum %" PRId64, source, stratum);
                else
                        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Source:", "%s", source);
                return;
        }
        out = open_memstream(&text, &len);
        if (!out)
                return;
        print_roots(out, document);
        if (fclose(out) == 0)
                tg_page_prose(page, LABEL, TG_INK_WARN, "Source:", "%s", text);
        free(text);
}

/* The farthest that the clocks of a pair may be apart; -1: unknown. */
static int64_t reach_of(const struct tg_doc_pair *pair)
{
        if (!pair->low_ns.known || !pair->high_ns.known)
                return -1;
        return -pair->low_ns.value > pair->high_ns.value ? -pair->low_ns.value : pair->high_ns.value;
}

static const struct tg_doc_pair *worst_pair(const struct tg_document *document)
{
        const struct tg_doc_pair *worst = NULL;

        for (size_t i = 0; i < document->pairs.n; i++) {
                const struct tg_doc_pair *pair = &document->pairs.items[i];

                if (reach_of(pair) >= 0 && (!worst || reach_of(pair) > reach_of(worst)))
                        worst = pair;
        }
        return worst;
}

/* Named so that the first of the two is ahead. */
static void print_worst(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_pair *pair)
{
        const bool behind = pair->low_ns.value < -pair->high_ns.value;
        const int64_t low = behind ? -pair->high_ns.value : pair->low_ns.value,
                      high = behind ? -pair->low_ns.value : pair->high_ns.value;
        char estimate[TG_UNITS_MAX] = "", interval[TG_UNITS_MAX], a[TG_WORDS_NODE_MAX], b[TG_WORDS_NODE_MAX];

        if (pair->estimate_ns.known)
                tg_units_offset(behind ? -pair->estimate_ns.value : pair->estimate_ns.value, estimate);
        tg_page_prose(page, LABEL, pair->verdict == TG_DOC_PAIR_BEYOND ? TG_INK_BAD : TG_INK_PLAIN,
                      "Worst:", "%s from %s: %s%scertainly %s%s", tg_words_node(document, behind ? pair->b : pair->a, a),
                      tg_words_node(document, behind ? pair->a : pair->b, b), estimate, *estimate ? ", " : "",
                      tg_units_interval(low, high, interval), pair->stale ? " (before the last ring change)" : "");
}

static void print_budget(const struct tg_page *page, const struct tg_document *document)
{
        const struct tg_doc_cluster *cluster = &document->cluster;
        const struct tg_doc_pair *worst = worst_pair(document);
        char budget[TG_UNITS_MAX], smallest[TG_UNITS_MAX] = "unknown";

        if (cluster->smallest_provable_budget_ns.known)
                tg_units_length(cluster->smallest_provable_budget_ns.value, smallest);
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Budget:", "%s; smallest provable at present: %s",
                      tg_units_length(cluster->budget_ns, budget), smallest);
        if (worst)
                print_worst(page, document, worst);
}

/* What the agent itself has to say, if anything. */
static void print_agent(const struct tg_page *page, const struct tg_document *document)
{
        const struct tg_doc_agent *agent = &document->agent;

        if (agent->alerts_lost > 0)
                tg_page_prose(page, LABEL, TG_INK_WARN, "Agent:", "%" PRId64 " alerts could not be written to the journal",
                              agent->alerts_lost);
        if (agent->own_unheard > UNHEARD_MANY)
                tg_page_prose(page, LABEL, TG_INK_WARN,
                              "Agent:", "%" PRId64 " of its own reports were sent and have not come back", agent->own_unheard);
}

static void print_alerts(const struct tg_page *page, const struct tg_document *document)
{
        if (document->alerts.n == 0) {
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Alerts:", "none");
                return;
        }
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Alerts:", "%" PRId64, (int64_t)document->alerts.n + document->alerts_more);
        for (size_t i = 0; i < document->alerts.n; i++)
                tg_words_alert(page, document, &document->alerts.items[i]);
        if (document->alerts_more > 0)
                tg_page_prose(page, 11, TG_INK_PLAIN, "", "and %" PRId64 " more, in the journal", document->alerts_more);
}

/* Where to read on: the node in the worst state. */
static void print_hint(const struct tg_page *page, const struct tg_document *document)
{
        const struct tg_doc_node *worst = NULL;
        char unnamed[TG_WORDS_NODE_MAX];

        for (size_t i = 0; i < document->nodes.n; i++) {
                const struct tg_doc_node *node = &document->nodes.items[i];

                if (node->state != TG_DOC_OK && (!worst || tg_words_state_ink(node->state) > tg_words_state_ink(worst->state)))
                        worst = node;
        }
        if (!worst)
                return;
        tg_page_gap(page);
        tg_page_prose(page, 2, TG_INK_PLAIN, "Evidence:", "timeguard explain %s", tg_words_node(document, worst->id, unnamed));
}

int tg_status_print(const struct tg_page *page, const struct tg_document *document)
{
        char name[TG_WORDS_NODE_MAX];
        int r = 0;

        tg_gate_say_first(page, document);
        print_verdict(page, document);
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Cluster:", "%s, seen from %s (timeguard %s)",
                      *document->cluster.name ? document->cluster.name : "-",
                      tg_words_node(document, document->agent.node_id, name), document->agent.version);
        print_quorum(page, document);
        print_absent(page, &document->cluster);
        print_source(page, document);
        print_budget(page, document);
        tg_threshold_print(page, LABEL, document);
        tg_gate_say_line(page, LABEL, document);
        print_agent(page, document);
        print_alerts(page, document);
        if (document->nodes.n > 0) {
                tg_page_gap(page);
                r = tg_node_table_print(page, document);
                print_hint(page, document);
        }
        return r;
}
