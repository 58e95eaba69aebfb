/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about why no majority is proven to agree, in one table, the cause before its effects: the first that holds gives the reason and
   the alert. */
#include <stdio.h>

#include "cluster_rule.h"

static bool disconnected(struct tg_cluster_case *c)
{
        if (c->s->connected)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "no cluster: corosync on this node is not reachable");
        return true;
}

static bool not_quorate(struct tg_cluster_case *c)
{
        const struct tg_quorum *quorum = c->s->quorum;

        if (!quorum->provider || quorum->quorate)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "this partition is not quorate: %u of %u votes needed", quorum->total_votes,
                 quorum->quorum);
        return true;
}

static bool not_heard(struct tg_cluster_case *c)
{
        if (!c->s->settled || tg_situation_hears(c->s))
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "corosync on this node delivers nothing: not even this node's own reports come back");
        return true;
}

/* Configured nodes are not in the ring, and those that are hold no majority of the node votes. */
static bool absent(struct tg_cluster_case *c)
{
        char names[TG_REASON_MAX] = "";
        uint64_t present = 0;
        uint32_t n = 0;

        for (uint32_t i = 0; i < c->s->view->n; i++) {
                int slot;
                const struct tg_member *m = tg_cluster_rule_nth(c, i, &slot);

                present += m->present ? m->votes : 0;
                if (m->configured && !m->present && n++ < 5)
                        tg_append(names, sizeof names, "%s%.40s", n > 1 ? ", " : "", m->name);
        }
        if (!n || 2 * present > c->verdict->agreement.total_votes)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "no majority of the nodes is here to be compared; absent: %.200s", names);
        return true;
}

static bool only_begun(struct tg_cluster_case *c)
{
        const struct tg_agreement *agreement = &c->verdict->agreement;

        if (c->s->settled || agreement->fresh_votes * 2 > agreement->total_votes)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "the agents have only begun to hear each other");
        return true;
}

static bool mute(struct tg_cluster_case *c)
{
        char names[TG_REASON_MAX] = "";
        int first;

        if (!tg_cluster_rule_name_state(c, TG_NODE_MUTE, names, sizeof names, &first))
                return false;
        snprintf(c->reason, TG_REASON_MAX,
                 "no majority of the nodes is proven to agree; without an agent that is heard: %.200s", names);
        return true;
}

bool tg_cluster_rule_budget_unprovable(struct tg_cluster_case *c)
{
        char budget[TG_NUMBER_MAX], smallest[TG_NUMBER_MAX];
        const struct tg_agreement *agreement = &c->verdict->agreement;

        if (!c->s->connected || agreement->any_beyond || agreement->has_set || !c->verdict->has_smallest ||
            c->verdict->smallest_ns <= c->s->options->budget_ns)
                return false;
        snprintf(c->reason, TG_REASON_MAX, "the budget of %s is below the smallest that can be proven at present, %s",
                 tg_ns_text(c->s->options->budget_ns, budget), tg_ns_text(c->verdict->smallest_ns, smallest));
        return true;
}

static bool not_yet(struct tg_cluster_case *c)
{
        snprintf(c->reason, TG_REASON_MAX, "no majority of the nodes is proven to agree yet");
        return true;
}

static const struct {
        bool (*holds)(struct tg_cluster_case *c);
        enum tg_alert_id alert;
        bool despite_set; /* what the set rests on is not to be relied on */
} causes[] = {
        { disconnected, TG_ALERT_NO_CLUSTER, true },
        { not_quorate, TG_ALERT_CLUSTER_UNPROVEN, true },
        { not_heard, TG_ALERT_NOT_HEARD, true },
        { absent, TG_ALERT_CLUSTER_UNPROVEN, false },
        { only_begun, TG_ALERT_CLUSTER_UNPROVEN, false },
        { mute, TG_ALERT_CLUSTER_UNPROVEN, false },
        { tg_cluster_rule_budget_unprovable, TG_ALERT_BUDGET_UNPROVABLE, false },
        { not_yet, TG_ALERT_CLUSTER_UNPROVEN, false },
};

bool tg_cluster_rule_unproven(struct tg_cluster_case *c)
{
        for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
                if ((c->verdict->agreement.has_set && !causes[i].despite_set) || !causes[i].holds(c))
                        continue;
                c->alert = causes[i].alert;
                return true;
        }
        return false;
}
