/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The target of a step is what the node's source said when timeguardd asked it directly, not what chronyd makes of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "step_plan.h"
#include "units.h"
#include "words.h"
#include <timeguard/limits.h>

#define LABEL 10 /* "Present:  " */

/* The selected source if it answers, else the first that does. */
static const struct tg_doc_asked *source_of(const struct tg_doc_node *node)
{
        const struct tg_doc_asked *first = NULL;

        for (size_t i = 0; node && i < node->asked.n; i++) {
                const struct tg_doc_asked *a = &node->asked.items[i];

                if (a->state != TG_DOC_ASKED_OK || !a->low_ns.known || !a->high_ns.known)
                        continue;
                if (node->chrony && node->chrony->address && !strcmp(node->chrony->address, a->address))
                        return a;
                if (!first)
                        first = a;
        }
        return first;
}

static bool is_near(const struct tg_doc_asked *a, int64_t budget_ns)
{
        return a->low_ns.value >= -budget_ns && a->high_ns.value <= budget_ns;
}

static bool is_far(const struct tg_document *document, const struct tg_doc_node *node)
{
        const struct tg_doc_asked *a = node->agent && node->id != document->agent.node_id ? source_of(node) : NULL;

        return a && (a->low_ns.value > document->cluster.budget_ns || a->high_ns.value < -document->cluster.budget_ns);
}

void tg_step_plan_make(struct tg_step_plan *plan, const struct tg_document *document)
{
        *plan = (struct tg_step_plan){ .source = source_of(tg_document_node(document, document->agent.node_id)) };
        plan->needed = plan->source && !is_near(plan->source, document->cluster.budget_ns);
        for (size_t i = 0; i < document->nodes.n; i++)
                plan->n_others += is_far(document, &document->nodes.items[i]);
}

const char *tg_step_plan_others(const struct tg_document *document, char buf[static TG_STEP_OTHERS_MAX])
{
        char unnamed[TG_WORDS_NODE_MAX];
        size_t len = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < document->nodes.n && len < TG_STEP_OTHERS_MAX; i++)
                if (is_far(document, &document->nodes.items[i]))
                        len += (size_t)snprintf(buf + len, TG_STEP_OTHERS_MAX - len, "%s%s", len ? ", " : "",
                                                tg_words_node(document, document->nodes.items[i].id, unnamed));
        return buf;
}

void tg_step_plan_print(const struct tg_page *page, const struct tg_document *document, const struct tg_step_plan *plan)
{
        const struct tg_doc_asked *a = plan->source;
        char instant[TG_INSTANT_MAX], interval[TG_UNITS_MAX], age[TG_UNITS_MAX], others[TG_STEP_OTHERS_MAX];

        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Source:", "%s, stratum %" PRId64 ", asked directly %s ago", a->address,
                      a->stratum.value, tg_units_duration(a->age_ms.value * TG_NS_PER_MS, age));
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Present:", "%s", tg_instant_local(document->agent.now, instant));
        tg_page_prose(page, LABEL, plan->needed ? TG_INK_WARN : TG_INK_PLAIN, "Target:", "%s, certainly %s from the present",
                      tg_instant_local(document->agent.now + a->low_ns.value / 2 + a->high_ns.value / 2, instant),
                      tg_units_interval(a->low_ns.value, a->high_ns.value, interval));
        if (plan->n_others)
                tg_page_prose(page, LABEL, TG_INK_WARN,
                              "Others:", "%s are as far from their sources: run 'timeguard safe-step --yes' there too",
                              tg_step_plan_others(document, others));
        if (plan->needed)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Doing:",
                              "closes the gate of the cluster, so that nothing fails over; steps this node's clock by 'chronyc "
                              "makestep', if no "
                              "HA watchdog is armed here; waits until all nodes are proven to agree; opens the gate. If it is "
                              "interrupted, the gate "
                              "stays closed: 'timeguard safe-step --resume' or '--abort'");
}
