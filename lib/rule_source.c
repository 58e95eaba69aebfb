/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about where a node's time comes from: local mode, no live source, a source that is not the cluster's. */
#include <stdio.h>
#include <string.h>

#include "rule.h"

const char *tg_rule_source_text(const struct tg_source *source, char buf[static TG_NAME_MAX])
{
        char addr[TG_ADDR_TEXT_MAX];

        if (source->name[0])
                return tg_copy(buf, TG_NAME_MAX, source->name);
        return tg_copy(buf, TG_NAME_MAX, tg_addr_text(&source->addr, addr));
}

const char *tg_rule_root_text(const struct tg_rule_case *c, const struct tg_root *root, char buf[static TG_NAME_MAX])
{
        return tg_root_text(c->s->view, c->s->options, root, buf, TG_NAME_MAX);
}

bool tg_rule_local(struct tg_rule_case *c)
{
        if (!c->m->fresh || !c->source->local)
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "chronyd serves its own clock as if it were right (local mode, stratum %u): it follows no source",
                 c->m->report.chrony.tracking.stratum);
        return true;
}

bool tg_rule_orphan(struct tg_rule_case *c)
{
        char root[TG_NAME_MAX];

        for (uint8_t i = 0; c->m->fresh && !c->source->local && i < c->source->n_roots; i++)
                if (c->source->roots[i].kind == TG_ROOT_LOCAL) {
                        snprintf(c->reason, TG_REASON_MAX, "its time comes from %s, which follows no source",
                                 tg_rule_root_text(c, &c->source->roots[i], root));
                        return true;
                }
        return false;
}

/* It has neither a live source nor local mode: for how long can its clock still be vouched for? */
static bool on_its_own(const struct tg_rule_case *c)
{
        const struct tg_chrony_sample *sample = &c->m->report.chrony;

        return c->m->fresh && sample->state != TG_CHRONY_UNKNOWN && !c->source->local && !tg_has_live_source(sample);
}

const char *tg_rule_why_on_its_own(const struct tg_rule_case *c)
{
        static const char *const silent[] = {
                [TG_CHRONY_SILENT] = "chronyd does not answer",
                [TG_CHRONY_REFUSED] = "chronyd refuses to answer, or speaks another version of its protocol",
                [TG_CHRONY_GARBLED] = "chronyd's answers do not fit its protocol",
        };
        const struct tg_chrony_sample *sample = &c->m->report.chrony;

        if (sample->state != TG_CHRONY_OK)
                return silent[sample->state];
        return sample->n_known ? "no source is selectable and reachable" : "chronyd has no sources";
}

bool tg_rule_unsynchronised(struct tg_rule_case *c)
{
        char claim[TG_NUMBER_MAX], budget[TG_NUMBER_MAX];
        int64_t ns;

        if (!on_its_own(c))
                return false;
        if (!tg_claim_without_source(&c->m->report, &ns)) {
                snprintf(c->reason, TG_REASON_MAX, "%s, and its clock was never synchronised as far as is known",
                         tg_rule_why_on_its_own(c));
                return true;
        }
        if (ns <= c->s->options->budget_ns)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "%s, and its clock may be off by %s by now; the budget is %s",
                 tg_rule_why_on_its_own(c), tg_ns_text(ns, claim), tg_ns_text(c->s->options->budget_ns, budget));
        return true;
}

static bool follows_sourceless(struct tg_rule_case *c)
{
        for (uint8_t i = 0; i < c->source->n_roots; i++) {
                int slot =
                        c->source->roots[i].kind == TG_ROOT_NODE ? tg_view_find(c->s->view, c->source->roots[i].node_id) : -1;

                if (slot < 0 || !tg_rule_member(c, slot)->fresh)
                        continue;
                snprintf(c->reason, TG_REASON_MAX, "it follows %s, which has no live source itself",
                         tg_rule_member(c, slot)->name);
                return true;
        }
        return false;
}

bool tg_rule_holdover(struct tg_rule_case *c)
{
        char since[TG_NUMBER_MAX], claim[TG_NUMBER_MAX];
        int64_t ns, ref = c->m->report.chrony.tracking.ref_time_ns, now = c->m->report.raw_ns + c->m->report.c_ns;

        if (c->m->fresh && follows_sourceless(c))
                return true;
        if (!on_its_own(c) || !tg_claim_without_source(&c->m->report, &ns) || ns > c->s->options->budget_ns)
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "%s: the clock runs on by itself, last updated %s ago, and may be off by %s (leap status of chronyd: %s)",
                 tg_rule_why_on_its_own(c), tg_ns_text(now > ref ? now - ref : 0, since), tg_ns_text(ns, claim),
                 c->m->report.chrony.tracking.leap == 3 ? "not synchronised" : "Normal");
        return true;
}

static bool edge(struct tg_rule_case *c, int index, const char *what)
{
        if (!c->m->fresh || index < 0)
                return false;
        tg_rule_source_text(&c->m->report.chrony.sources[index], c->evidence->source);
        snprintf(c->reason, TG_REASON_MAX, "it follows %s, %s", c->evidence->source, what);
        return true;
}

bool tg_rule_pool(struct tg_rule_case *c)
{
        return edge(c, c->source->pool_edge, "a server of the public pool that Debian configures by default");
}

bool tg_rule_public(struct tg_rule_case *c)
{
        return edge(c, c->source->public_edge, "a public address, not an internal source");
}

bool tg_rule_foreign(struct tg_rule_case *c)
{
        const struct tg_node_source *source = c->source;
        char mine[TG_NAME_MAX], cluster[TG_NAME_MAX];

        if (edge(c, source->denied_edge, "which source.allow does not list"))
                return true;
        if (!source->has_edges || source->local)
                return false;
        if (source->cycle || !source->n_roots) {
                snprintf(c->reason, TG_REASON_MAX, "its sources lead in a circle through cluster nodes");
                return true;
        }
        tg_rule_root_text(c, &source->roots[0], mine);
        tg_rule_root_text(c, &c->verdict->graph.root, cluster);
        if (source->n_roots > 1) {
                const struct tg_root *other = &source->roots[tg_root_equal(&source->roots[0], &c->verdict->graph.root)];

                tg_rule_root_text(c, other, c->evidence->source);
                snprintf(c->reason, TG_REASON_MAX, "its clock follows several sources together: %s besides %s",
                         c->evidence->source, tg_rule_root_text(c, &source->roots[other == &source->roots[0]], mine));
                return true;
        }
        if (source->roots[0].kind == TG_ROOT_LOCAL || tg_root_equal(&source->roots[0], &c->verdict->graph.root))
                return false;
        tg_copy(c->evidence->source, TG_NAME_MAX, mine);
        snprintf(c->reason, TG_REASON_MAX, "it follows %s while the cluster follows %s", mine, cluster);
        return true;
}

bool tg_rule_chrony_silent(struct tg_rule_case *c)
{
        uint8_t state = c->m->report.chrony.state;

        if (!c->m->fresh || state == TG_CHRONY_OK || state == TG_CHRONY_UNKNOWN)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "%s on its command port", tg_rule_why_on_its_own(c));
        return true;
}
