/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that makes the blocking calls to corosync. Requests are wishes: a newer one of a kind takes the place of an older, and
   all wait while corosync holds the thread. Results wait in a mailbox; an eventfd tells of them. */
#pragma once

#include <stdbool.h>

#include "connection.h"

struct tg_cluster_worker;

/* `context` becomes the context of the corosync handles. Returns 0 or -errno; *out is set only on success. */
int tg_cluster_worker_new(struct tg_cluster_worker **out, void *context);
/* Ends the thread if it is at rest. False when it hangs in a call: it is left behind, and what it uses stays. */
bool tg_cluster_worker_free(struct tg_cluster_worker *worker); /* accepts NULL */

/* Readable when there are results. */
int tg_cluster_worker_fd(const struct tg_cluster_worker *worker);

void tg_cluster_worker_connect(struct tg_cluster_worker *worker);
/* Takes the link back from the loop and closes it. */
void tg_cluster_worker_disconnect(struct tg_cluster_worker *worker, struct tg_connection *link);
void tg_cluster_worker_read_topology(struct tg_cluster_worker *worker);
void tg_cluster_worker_read_votes(struct tg_cluster_worker *worker, const struct tg_membership *view);

struct tg_cluster_results {
        struct tg_connection *connected; /* the loop's from now on */
        bool failed;                     /* to connect: */
        cs_error_t error;
        const char *what;
        bool closed;
        bool lost; /* a reading failed because the connection is gone */
        bool has_topology, has_quorum;
        struct tg_topology topology;
        struct tg_quorum quorum;
};

/* Empties the mailbox into *out. */
void tg_cluster_worker_results(struct tg_cluster_worker *worker, struct tg_cluster_results *out);
