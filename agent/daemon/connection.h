/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection to corosync: its four handles, which are opened and closed together. All calls here block for as long as corosync
   likes and belong in the worker's thread. */
#pragma once

#include <corosync/cmap.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <stdbool.h>
#include <stdint.h>

#include <timeguard/quorum.h>

struct tg_connection {
        /* used by the loop alone between opening and closing */
        cpg_handle_t cpg;
        quorum_handle_t quorum;
        int cpg_fd, quorum_fd;
        uint32_t node_id; /* the own one */
        bool provider;    /* corosync has a quorum provider; false: no votes handle */
        /* used by the worker alone */
        votequorum_handle_t votes;
        cmap_handle_t map;
        uint8_t n_open; /* steps of opening that were taken */
};

/* The ring as the quorum service told it: what votes are to be read for. */
struct tg_membership {
        struct tg_ring_id ring;
        bool quorate;
        uint32_t n_members;
        uint32_t members[TG_NODES_MAX];
};

/* Joins the group and starts tracking; corosync's callbacks come only when the loop dispatches, and find `context` as that of
   their handle. On failure *what names the call. */
cs_error_t tg_connection_open(struct tg_connection **out, void *context, const char **what);
struct tg_connection *tg_connection_close(struct tg_connection *link); /* accepts NULL, returns NULL */

cs_error_t tg_connection_read_topology(struct tg_connection *link, struct tg_topology *out);
cs_error_t tg_connection_read_quorum(struct tg_connection *link, const struct tg_membership *view,
                                     const struct tg_topology *topology, struct tg_quorum *out);

/* The callbacks of the loop's handles (cluster_events.c). */
extern const cpg_model_v1_data_t tg_cluster_cpg_callbacks;
extern const quorum_model_v1_data_t tg_cluster_quorum_callbacks;
