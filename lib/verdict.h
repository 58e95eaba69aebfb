/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdict on each node and on the cluster, with reasons; and the conditions of the alerts that follow from them. A function of
   the view; local time enters where a state must have lasted, and in deciding that a member is silent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/options.h>
#include <timeguard/quorum.h>
#include <timeguard/snapshot.h>

#include "agree.h"
#include "alerts.h"
#include "source.h"
#include "view.h"

struct tg_node_verdict {
        enum tg_node_state state;
        int64_t since_real_ns;
        bool known;             /* since_real_ns is set */
        enum tg_alert_id alert; /* the one whose remedy fits the state; TG_ALERT_COUNT: none */
        char reason[TG_REASON_MAX];
        char root[TG_NAME_MAX];
        bool in_grace;
        bool has_offset; /* from the reference */
        int64_t offset_ns;
        struct tg_interval bound;
        bool has_rate;
        int64_t rate_ppb, rate_error_ppb;
        bool has_forecast;
        int64_t forecast_ns;
        int64_t forecast_slow_ns; /* the same at the slow end of the rate */
        bool has_claim;
        int64_t claim_ns;
        bool warned;            /* past the warning share */
        bool outward;           /* the forecast lies within the horizon ... */
        int64_t outward_raw_ns; /* ... since then */
};

/* What the verdict needs beside the view. */
struct tg_situation {
        const struct tg_view *view;
        const struct tg_options *options;
        const struct tg_quorum *quorum;
        bool connected; /* to corosync */
        bool settled;   /* long enough since the start or the last ring for silence to mean something */
        int self;       /* slot; -1 while the own id is not known */
        int64_t now_raw_ns, now_real_ns;
};

#define TG_UNHEARD "corosync does not deliver this node's own reports"

/* Whether the own reports come back: while they do not, the silence of others says nothing of them. */
static inline bool tg_situation_hears(const struct tg_situation *s)
{
        return s->self >= 0 && s->view->members[s->self].fresh;
}

/* Why nothing can be decided for the cluster from here, whoever reports; NULL: there is quorum. */
const char *tg_situation_no_quorum(const struct tg_situation *s);

struct tg_verdict {
        struct tg_agreement agreement;
        struct tg_source_graph graph;
        struct tg_node_verdict nodes[TG_NODES_MAX]; /* by slot */
        enum tg_cluster_verdict cluster;
        int64_t since_real_ns;
        int64_t beyond_raw_ns; /* when a pair was last proven beyond */
        int64_t split_raw_ns;  /* when no set could last hold a majority */
        bool known;
        char reason[TG_REASON_MAX];
        char remedy[TG_REASON_MAX];
        bool has_smallest;
        int64_t smallest_ns; /* the smallest budget that every fresh pair not proven beyond could be proven within at present */
};

void tg_verdict_evaluate(struct tg_verdict *verdict, const struct tg_situation *s, struct tg_alerts *alerts);

/* node_rules.c: states and alerts of one node. */
void tg_node_rules_apply(struct tg_verdict *verdict, const struct tg_situation *s, int slot, struct tg_alerts *alerts);
/* cluster_rules.c: the cluster's verdict, reason, remedy and alerts, once every node has its state. */
void tg_cluster_rules_apply(struct tg_verdict *verdict, const struct tg_situation *s, struct tg_alerts *alerts);
