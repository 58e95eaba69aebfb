/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the sources said when asked directly. Where one gave no answer, this node's chronyd and the other nodes tell a dead server from a blocked
   way to it. Signs: positive, the source is ahead of the node. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_asked.h"
#include "units.h"
#include "words.h"
#include <timeguard/limits.h>

#define LEAP_UNSYNCHRONISED 3

static bool chronyd_reaches(const struct tg_doc_node *node, const char *address)
{
        for (size_t i = 0; node->chrony && i < node->chrony->sources.n; i++)
                if (!strcmp(node->chrony->sources.items[i].address, address) && node->chrony->sources.items[i].reach)
                        return true;
        return false;
}

/* Another node that gets answers from the address; NULL: none does. */
static const struct tg_doc_node *other_that_reaches(const struct tg_document *document, const struct tg_doc_node *node,
                                                    const char *address)
{
        for (size_t i = 0; i < document->nodes.n; i++) {
                const struct tg_doc_node *other = &document->nodes.items[i];

                for (size_t k = 0; other != node && other->agent && k < other->asked.n; k++)
                        if (other->asked.items[k].state == TG_DOC_ASKED_OK && !strcmp(other->asked.items[k].address, address))
                                return other;
        }
        return NULL;
}

static void print_unanswered(FILE *out, const struct tg_document *document, const struct tg_doc_node *node,
                             const struct tg_doc_asked *asked)
{
        static const char *const words[] = {
                [TG_DOC_ASKED_NEVER] = "has not been asked yet",
                [TG_DOC_ASKED_SILENT] = "gave no answer",
                [TG_DOC_ASKED_REFUSED] = "was refused by ICMP",
                [TG_DOC_ASKED_KOD] = "answered with a kiss-o'-death: it wants to be asked less often, or not at all",
                [TG_DOC_ASKED_BAD] = "gave no valid answer",
        };
        const struct tg_doc_node *other = other_that_reaches(document, node, asked->address);
        char unnamed[TG_WORDS_NODE_MAX];

        fputs(words[asked->state], out);
        if (asked->state != TG_DOC_ASKED_SILENT && asked->state != TG_DOC_ASKED_REFUSED)
                return;
        if (chronyd_reaches(node, asked->address))
                fputs(", but this node's chronyd reaches it: the server lives, and something on the way lets chronyd's "
                      "requests "
                      "through and no others to UDP 123; see the firewall",
                      out);
        else if (other)
                fprintf(out,
                        ", nor does this node's chronyd reach it, but %s does: the server lives, and UDP 123 is blocked "
                        "between "
                        "this node and it",
                        tg_words_node(document, other->id, unnamed));
        else if (asked->state == TG_DOC_ASKED_REFUSED)
                fputs(", and nobody reaches it: no NTP server runs there, or a firewall rejects UDP 123", out);
        else
                fputs(", and nobody reaches it: the server is dead, or UDP 123 is blocked for all", out);
}

/* What is wrong with an answer; NULL: nothing. */
static const char *fault_of(const struct tg_document *document, const struct tg_doc_asked *asked)
{
        const int64_t limit = document->gate.step_limit_ns;

        if (asked->low_ns.value > limit || asked->high_ns.value < -limit)
                return "; beyond gate.step_limit: whoever follows it may be stepped there";
        if (asked->stratum.value == 0 || asked->leap.value == LEAP_UNSYNCHRONISED)
                return "; it says itself that it is NOT synchronised";
        if (asked->ref_id && (!strncmp(asked->ref_id, "7F7F", 4) || !strcmp(asked->ref_id, "4C4F434C")))
                return "; it serves its own clock";
        return NULL;
}

static void print_answer(FILE *out, const struct tg_doc_asked *asked, const char *fault)
{
        char interval[TG_UNITS_MAX], age[TG_UNITS_MAX], steady[TG_UNITS_MAX];

        fprintf(out,
                "its clock is certainly %s from this node's, by its answer %s before the report; stratum %" PRId64
                ", leap %s, reference id %s",
                tg_units_interval(asked->low_ns.value, asked->high_ns.value, interval),
                tg_units_duration(asked->age_ms.value * TG_NS_PER_MS, age), asked->stratum.value,
                tg_doc_leap_words[asked->leap.value & 3], asked->ref_id ? asked->ref_id : "-");
        if (asked->steady_s.value > 0)
                fprintf(out, ", one steady clock for %s", tg_units_duration(asked->steady_s.value * TG_NS_PER_S, steady));
        if (fault)
                fputs(fault, out);
}

static void print_one(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node,
                      const struct tg_doc_asked *asked)
{
        const bool answered = asked->low_ns.known && asked->high_ns.known && asked->stratum.known;
        const char *fault = answered ? fault_of(document, asked) : NULL;
        const bool fresh = asked->state == TG_DOC_ASKED_OK && answered;
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        if (!out)
                return;
        if (asked->state != TG_DOC_ASKED_OK)
                print_unanswered(out, document, node, asked);
        if (answered) {
                if (!fresh)
                        fputs("; before that: ", out);
                print_answer(out, asked, fault);
        } else if (asked->state == TG_DOC_ASKED_OK) {
                fputs("answered, but too long ago to say anything of now", out);
        }
        if (fclose(out) == 0)
                tg_page_prose(page, 4, fresh && !fault ? TG_INK_PLAIN : TG_INK_WARN, "  source", "%s: %s", asked->address,
                              text);
        free(text);
}

void tg_explain_asked(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_node *node)
{
        tg_page_gap(page);
        tg_page_prose(page, 2, TG_INK_STRONG, "Asked directly", "%s",
                      node->asked.n ? "(by one NTP request each, beside chronyd)"
                                    : "nothing yet, or nobody: 'port' of section [source] is 0");
        for (size_t i = 0; i < node->asked.n; i++)
                print_one(page, document, node, &node->asked.items[i]);
}
