/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each node's time finally comes from: the graph from nodes over their selected and combined sources to roots. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/options.h>

#include "view.h"

#define TG_ROOTS_MAX 8 /* of one node; more change no verdict */

enum tg_root_kind {
        TG_ROOT_NONE,
        TG_ROOT_ADDRESS, /* a server outside the cluster, or an alias set: `addr` is its lowest address */
        TG_ROOT_CLOCK,   /* a reference clock of node_id */
        TG_ROOT_GROUP,   /* source.group number `set` */
        TG_ROOT_LOCAL,   /* node_id on its own clock */
        TG_ROOT_NODE,    /* node_id, whose own source is not known: it has none, or no agent */
};

struct tg_root {
        enum tg_root_kind kind;
        struct tg_addr addr;
        uint32_t node_id;
        uint8_t set;
};

/* What one node's edges lead to, without judging it. */
struct tg_node_source {
        bool known;     /* its chronyd answers */
        bool local;     /* in local mode */
        bool has_edges; /* selected or combined sources */
        bool cycle;     /* its edges come back to itself */
        uint8_t n_roots;
        struct tg_root roots[TG_ROOTS_MAX];
        /* of its own edges to the outside */
        int public_edge, denied_edge, pool_edge; /* index into its report's sources; -1: none */
};

struct tg_source_graph {
        struct tg_node_source nodes[TG_NODES_MAX]; /* by slot */
        bool has_root;
        struct tg_root root;  /* the allowed one that most votes follow; ties: the lowest node id's */
        uint64_t root_votes;  /* of the nodes that follow it and nothing else */
        uint64_t votes;       /* of all nodes with a root */
        uint32_t n_distinct;  /* different roots in all */
        struct tg_root other; /* one that is not `root`, if n_distinct > 1 */
        bool cycle;
};

bool tg_root_equal(const struct tg_root *a, const struct tg_root *b);
/* "10.0.0.254", "refclock:PPS0 of n1", "the local clock of n2", "the group of 10.0.0.1". Returns buf. */
const char *tg_root_text(const struct tg_view *view, const struct tg_options *options, const struct tg_root *root, char *buf,
                         size_t size);
void tg_source_graph(const struct tg_view *view, const struct tg_options *options, struct tg_source_graph *out);
