/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One thread, one wish at a time, in the order: close, connect, topology, votes. The link that it reads over is its own between
   connecting and closing; the loop never uses those handles. Results of a link that is gone are dropped when the next one opens. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cluster_worker.h"
#include "thread.h"

struct tg_cluster_worker {
        pthread_t thread;
        pthread_mutex_t mutex;
        pthread_cond_t wake;
        int fd;
        void *context;

        /* wishes, under the mutex */
        bool connect, topology, votes, stop, busy;
        struct tg_connection *close;
        struct tg_membership view;

        struct tg_cluster_results results; /* under the mutex */

        /* the thread's own */
        struct tg_connection *link;
        struct tg_topology known; /* the topology last read */
        struct tg_quorum quorum;
};

static void lock(struct tg_cluster_worker *worker)
{
        (void)pthread_mutex_lock(&worker->mutex);
}

static void unlock(struct tg_cluster_worker *worker)
{
        (void)pthread_mutex_unlock(&worker->mutex);
}

/* Ends the work on a wish; the mutex is held. From here on the thread makes no call that may block. */
static void publish(struct tg_cluster_worker *worker)
{
        worker->busy = false;
        unlock(worker);
        (void)eventfd_write(worker->fd, 1);
}

/* A connection that ended shows itself in these; others pass (corosync is syncing, say), and the next reading tries again. */
static bool is_lost(cs_error_t error)
{
        return error == CS_ERR_LIBRARY || error == CS_ERR_BAD_HANDLE;
}

/* Posts what a reading of the topology gave; the mutex is held. */
static void post_topology(struct tg_cluster_worker *worker, cs_error_t error, const struct tg_topology *topology)
{
        if (error == CS_OK) {
                worker->known = *topology;
                worker->results.topology = *topology;
                worker->results.has_topology = true;
        }
        worker->results.lost |= is_lost(error);
}

static void read_topology(struct tg_cluster_worker *worker)
{
        struct tg_topology topology;
        cs_error_t r = worker->link ? tg_connection_read_topology(worker->link, &topology) : CS_ERR_NOT_EXIST;

        lock(worker);
        post_topology(worker, r, &topology);
        publish(worker);
}

static void read_votes(struct tg_cluster_worker *worker, const struct tg_membership *view)
{
        cs_error_t r = worker->link ? tg_connection_read_quorum(worker->link, view, &worker->known, &worker->quorum)
                                    : CS_ERR_NOT_EXIST;

        lock(worker);
        if (r == CS_OK) {
                worker->results.quorum = worker->quorum;
                worker->results.has_quorum = true;
        }
        worker->results.lost |= is_lost(r);
        publish(worker);
}

/* The names come with the connection, so that nothing happens to nodes without a name. */
static void make_connection(struct tg_cluster_worker *worker)
{
        struct tg_topology topology;
        const char *what = "";
        cs_error_t r = tg_connection_open(&worker->link, worker->context, &what);
        cs_error_t read = r == CS_OK ? tg_connection_read_topology(worker->link, &topology) : CS_ERR_NOT_EXIST;

        lock(worker);
        post_topology(worker, read, &topology);
        worker->results.connected = worker->link;
        worker->results.failed = r != CS_OK;
        worker->results.error = r;
        worker->results.what = what;
        publish(worker);
}

static void close_connection(struct tg_cluster_worker *worker, struct tg_connection *link)
{
        tg_connection_close(link);
        worker->link = NULL;
        worker->known.n_nodes = 0;
        lock(worker);
        worker->results.closed = true;
        worker->results.lost = worker->results.has_quorum = worker->results.has_topology = false;
        publish(worker);
}

/* Fulfils the most urgent wish; the mutex is held on entry and on return. False when there is none. */
static bool fulfil(struct tg_cluster_worker *worker)
{
        struct tg_connection *closing = worker->close;
        struct tg_membership view = worker->view;
        bool connect = worker->connect && !closing;
        bool topology = worker->topology && !closing && !connect;
        bool votes = worker->votes && !closing && !connect && !topology;

        if (!closing && !connect && !topology && !votes)
                return false;
        if (closing) {
                worker->close = NULL;
                worker->topology = worker->votes = false;
        }
        worker->connect &= !connect;
        worker->topology &= !topology;
        worker->votes &= !votes;
        worker->busy = true;
        unlock(worker);
        if (closing)
                close_connection(worker, closing);
        else if (connect)
                make_connection(worker);
        else if (topology)
                read_topology(worker);
        else
                read_votes(worker, &view);
        lock(worker);
        return true;
}

static void *work(void *data)
{
        struct tg_cluster_worker *worker = data;

        lock(worker);
        while (!worker->stop)
                if (!fulfil(worker))
                        (void)pthread_cond_wait(&worker->wake, &worker->mutex);
        unlock(worker);
        return NULL;
}

int tg_cluster_worker_new(struct tg_cluster_worker **out, void *context)
{
        struct tg_cluster_worker *worker = calloc(1, sizeof(*worker));
        int r;

        if (!worker)
                return -ENOMEM;
        (void)pthread_mutex_init(&worker->mutex, NULL);
        (void)pthread_cond_init(&worker->wake, NULL);
        worker->context = context;
        worker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        r = worker->fd < 0 ? -errno : tg_thread_start(&worker->thread, work, worker);
        if (r < 0) {
                if (worker->fd >= 0)
                        (void)close(worker->fd);
                free(worker);
                return r;
        }
        *out = worker;
        return 0;
}

bool tg_cluster_worker_free(struct tg_cluster_worker *worker)
{
        bool busy;

        if (!worker)
                return true;
        lock(worker);
        busy = worker->busy || worker->close || worker->results.connected;
        worker->stop = true;
        (void)pthread_cond_signal(&worker->wake);
        unlock(worker);
        if (busy)
                return false;
        (void)pthread_join(worker->thread, NULL);
        (void)pthread_cond_destroy(&worker->wake);
        (void)pthread_mutex_destroy(&worker->mutex);
        (void)close(worker->fd);
        free(worker);
        return true;
}

int tg_cluster_worker_fd(const struct tg_cluster_worker *worker)
{
        return worker->fd;
}

static void wake(struct tg_cluster_worker *worker)
{
        (void)pthread_cond_signal(&worker->wake);
        unlock(worker);
}

void tg_cluster_worker_connect(struct tg_cluster_worker *worker)
{
        lock(worker);
        worker->connect = true;
        wake(worker);
}

void tg_cluster_worker_disconnect(struct tg_cluster_worker *worker, struct tg_connection *link)
{
        lock(worker);
        worker->close = link;
        wake(worker);
}

void tg_cluster_worker_read_topology(struct tg_cluster_worker *worker)
{
        lock(worker);
        worker->topology = true;
        wake(worker);
}

void tg_cluster_worker_read_votes(struct tg_cluster_worker *worker, const struct tg_membership *view)
{
        lock(worker);
        worker->votes = true;
        worker->view = *view;
        wake(worker);
}

void tg_cluster_worker_results(struct tg_cluster_worker *worker, struct tg_cluster_results *out)
{
        eventfd_t count;

        (void)eventfd_read(worker->fd, &count);
        lock(worker);
        *out = worker->results;
        worker->results.connected = NULL;
        worker->results.failed = worker->results.closed = worker->results.lost = false;
        worker->results.has_topology = worker->results.has_quorum = false;
        unlock(worker);
}
