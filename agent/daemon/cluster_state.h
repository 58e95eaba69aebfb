/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection's inside, shared by cluster.c (its life) and cluster_events.c (what corosync calls). */
#pragma once

#include "alarm.h"
#include "cluster_worker.h"
#include "sent.h"

enum tg_cluster_state {
        TG_CLUSTER_DOWN,       /* waiting for the next try */
        TG_CLUSTER_CONNECTING, /* the worker is at it */
        TG_CLUSTER_UP,
        TG_CLUSTER_CLOSING, /* the worker closes the link */
};

struct tg_cluster {
        struct tg_agent *agent;
        struct tg_cluster_worker *worker;
        enum tg_cluster_state state;
        struct tg_connection *link; /* while UP */
        struct tg_alarm next;       /* the next try; while UP: the end of a broken or leaving connection */
        struct tg_alarm refresh;
        int64_t backoff_ms;
        bool told_down; /* this outage is in the log */
        bool broken;    /* to be closed as soon as corosync's callbacks have returned */
        bool leaving;
        bool read_topology_too; /* with the next refresh of the votes */
        struct tg_sent sent;
        struct tg_membership view;
};

/* The votes are read for the view as it is now. */
void tg_cluster_read_votes(struct tg_cluster *cluster);
/* The ring changed: should no word of the quorum follow, the votes are read all the same, soon. */
void tg_cluster_refresh_soon(struct tg_cluster *cluster);
/* An own message came back. */
void tg_cluster_heard(struct tg_cluster *cluster, const uint8_t *data, size_t len);
