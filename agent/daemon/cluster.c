/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the connection: connect, serve, close, try again. The loop only dispatches and multicasts, which do not block as long
   as few messages wait (sent.h); every other call is the worker's. While the worker hangs in a frozen corosync, the loop goes on. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "agent.h"
#include "clock.h"
#include "cluster.h"
#include "cluster_state.h"
#include "journal.h"

#define BACKOFF_FIRST_MS 500
#define BACKOFF_LAST_MS  5000
#define REFRESH_NS       (5 * TG_NS_PER_S)
#define REFRESH_SOON_NS  (500 * TG_NS_PER_MS)
#define LAST_WORD_NS     (300 * TG_NS_PER_MS)
#define UNHEARD_NS       (30 * TG_NS_PER_S)
#define DISPATCHES_MAX   64 /* in one turn of the loop: a flood of messages must not starve the clocks */

static void plan_try(struct tg_cluster *cluster)
{
        int64_t spread_ms = cluster->backoff_ms / 2;

        cluster->state = TG_CLUSTER_DOWN;
        tg_alarm_once(&cluster->next, (cluster->backoff_ms - spread_ms / 2 + random() % (spread_ms + 1)) * TG_NS_PER_MS);
        cluster->backoff_ms = cluster->backoff_ms * 2 < BACKOFF_LAST_MS ? cluster->backoff_ms * 2 : BACKOFF_LAST_MS;
}

static void drop(struct tg_cluster *cluster)
{
        struct tg_event event = { .type = TG_EVENT_DISCONNECTED };
        struct tg_connection *link = cluster->link;

        if (cluster->state != TG_CLUSTER_UP)
                return;
        /* Out of the loop before the worker closes the descriptors. */
        (void)qb_loop_poll_del(cluster->agent->loop, link->cpg_fd);
        (void)qb_loop_poll_del(cluster->agent->loop, link->quorum_fd);
        tg_alarm_stop(&cluster->refresh);
        tg_alarm_stop(&cluster->next);
        cluster->link = NULL;
        cluster->state = TG_CLUSTER_CLOSING;
        cluster->broken = false;
        cluster->sent.n = 0;
        tg_cluster_worker_disconnect(cluster->worker, link);
        if (!cluster->leaving)
                tg_agent_event(cluster->agent, &event);
}

static void lose(struct tg_cluster *cluster, const char *why)
{
        if (cluster->state != TG_CLUSTER_UP)
                return;
        if (!cluster->leaving)
                tg_log(LOG_WARNING, "connection to corosync lost (%s), connecting anew", why);
        cluster->told_down = true;
        drop(cluster);
}

static void on_next(void *data)
{
        struct tg_cluster *cluster = data;

        if (cluster->state == TG_CLUSTER_UP && cluster->leaving) {
                drop(cluster);
        } else if (cluster->state == TG_CLUSTER_UP && cluster->broken) {
                lose(cluster, "a send failed");
        } else if (cluster->state == TG_CLUSTER_DOWN) {
                cluster->state = TG_CLUSTER_CONNECTING;
                tg_cluster_worker_connect(cluster->worker);
        }
}

/* One callback of corosync at most. CS_OK may also mean that nothing was there; a connection that ended shows in revents. */
static cs_error_t dispatch_one(struct tg_cluster *cluster, int fd)
{
        if (fd == cluster->link->cpg_fd)
                return cpg_dispatch(cluster->link->cpg, CS_DISPATCH_ONE_NONBLOCKING);
        return quorum_dispatch(cluster->link->quorum, CS_DISPATCH_ONE_NONBLOCKING);
}

static int32_t on_corosync(int32_t fd, int32_t revents, void *data)
{
        struct tg_cluster *cluster = data;
        cs_error_t r = CS_OK;

        if (cluster->state != TG_CLUSTER_UP)
                return 0;
        if (revents & (POLLHUP | POLLERR | POLLNVAL)) {
                lose(cluster, "it hung up");
                return 0;
        }
        for (int i = 0; i < DISPATCHES_MAX && r == CS_OK && !cluster->broken; i++)
                r = dispatch_one(cluster, fd);
        if (cluster->broken)
                lose(cluster, "a send failed");
        else if (r != CS_OK && r != CS_ERR_TRY_AGAIN)
                lose(cluster, cs_strerror(r));
        return 0;
}

static void tell_failure(struct tg_cluster *cluster, const struct tg_cluster_results *results)
{
        if (!cluster->told_down)
                tg_log(LOG_WARNING, "no connection to corosync (%s: %s), trying on", results->what,
                       cs_strerror(results->error));
        cluster->told_down = true;
}

static bool watch(struct tg_cluster *cluster, struct tg_connection *link)
{
        qb_loop_t *loop = cluster->agent->loop;

        if (qb_loop_poll_add(loop, QB_LOOP_HIGH, link->cpg_fd, POLLIN, cluster, on_corosync) < 0)
                return false;
        if (qb_loop_poll_add(loop, QB_LOOP_HIGH, link->quorum_fd, POLLIN, cluster, on_corosync) == 0)
                return true;
        (void)qb_loop_poll_del(loop, link->cpg_fd);
        return false;
}

static void come_up(struct tg_cluster *cluster, struct tg_connection *link)
{
        if (!watch(cluster, link)) {
                cluster->state = TG_CLUSTER_CLOSING;
                tg_cluster_worker_disconnect(cluster->worker, link);
                return;
        }
        cluster->link = link;
        cluster->state = TG_CLUSTER_UP;
        cluster->backoff_ms = BACKOFF_FIRST_MS;
        cluster->told_down = false;
        cluster->view = (struct tg_membership){ 0 };
        tg_alarm_once(&cluster->refresh, REFRESH_NS);
        cluster->agent->node_id = link->node_id;
        tg_node_set_id(cluster->agent->node, link->node_id);
        tg_log(LOG_INFO, "connected to corosync as node %u", link->node_id);
}

static void go_down(struct tg_cluster *cluster)
{
        if (cluster->leaving)
                tg_agent_left(cluster->agent);
        plan_try(cluster);
}

/* Readings of a link that is being closed are of no interest any more. */
static void take_readings(struct tg_cluster *cluster, const struct tg_cluster_results *results)
{
        struct tg_event topology = { .type = TG_EVENT_TOPOLOGY, .topology = &results->topology };
        struct tg_event quorum = { .type = TG_EVENT_QUORUM, .quorum = &results->quorum };

        if (cluster->state == TG_CLUSTER_UP && results->has_topology) {
                cluster->agent->topology = results->topology;
                tg_agent_event(cluster->agent, &topology);
        }
        if (cluster->state == TG_CLUSTER_UP && results->has_quorum)
                tg_agent_event(cluster->agent, &quorum);
        if (results->lost)
                lose(cluster, "a reading failed");
}

static int32_t on_results(int32_t fd, int32_t revents, void *data)
{
        struct tg_cluster *cluster = data;
        struct tg_cluster_results results;

        (void)fd;
        (void)revents;
        tg_cluster_worker_results(cluster->worker, &results);
        if (results.closed)
                go_down(cluster);
        if (results.failed) {
                tell_failure(cluster, &results);
                go_down(cluster);
        }
        if (results.connected)
                come_up(cluster, results.connected);
        take_readings(cluster, &results);
        if (cluster->state == TG_CLUSTER_UP && cluster->leaving)
                drop(cluster);
        return 0;
}

static void on_refresh(void *data)
{
        struct tg_cluster *cluster = data;

        if (cluster->state != TG_CLUSTER_UP)
                return;
        if (cluster->read_topology_too)
                tg_cluster_worker_read_topology(cluster->worker);
        cluster->read_topology_too = !cluster->read_topology_too;
        tg_cluster_read_votes(cluster);
        tg_alarm_once(&cluster->refresh, REFRESH_NS);
}

void tg_cluster_read_votes(struct tg_cluster *cluster)
{
        /* Before the first word of the quorum service there is no view to read votes for. */
        if (cluster->view.n_members > 0)
                tg_cluster_worker_read_votes(cluster->worker, &cluster->view);
}

void tg_cluster_refresh_soon(struct tg_cluster *cluster)
{
        cluster->read_topology_too = true;
        tg_alarm_once(&cluster->refresh, REFRESH_SOON_NS);
}

void tg_cluster_heard(struct tg_cluster *cluster, const uint8_t *data, size_t len)
{
        tg_sent_heard(&cluster->sent, data, len);
        if (cluster->leaving && cluster->sent.n == 0)
                tg_alarm_once(&cluster->next, 0);
}

void tg_cluster_send(struct tg_cluster *cluster, const uint8_t *data, size_t len)
{
        struct iovec part = { .iov_base = (void *)data, .iov_len = len };
        cs_error_t r;

        if (cluster->state != TG_CLUSTER_UP || cluster->broken || tg_sent_full(&cluster->sent))
                return;
        r = cpg_mcast_joined(cluster->link->cpg, CPG_TYPE_AGREED, &part, 1);
        if (r == CS_OK) {
                tg_sent_add(&cluster->sent, data, len, tg_clock_raw_ns());
        } else if (r != CS_ERR_TRY_AGAIN) {
                /* Perhaps inside of a callback of the very handle: closed afterwards. */
                cluster->broken = true;
                tg_alarm_once(&cluster->next, 0);
        }
}

static int64_t patience_ns(const struct tg_cluster *cluster)
{
        const struct tg_topology *topology = &cluster->agent->topology;
        int64_t reform_ns = ((int64_t)topology->token_ms + topology->consensus_ms) * TG_NS_PER_MS;

        return 3 * reform_ns > UNHEARD_NS ? 3 * reform_ns : UNHEARD_NS;
}

void tg_cluster_tick(struct tg_cluster *cluster)
{
        if (cluster->state == TG_CLUSTER_UP && tg_sent_age_ns(&cluster->sent, tg_clock_raw_ns()) > patience_ns(cluster))
                lose(cluster, "it delivers no messages");
}

void tg_cluster_leave(struct tg_cluster *cluster)
{
        cluster->leaving = true;
        if (cluster->state == TG_CLUSTER_DOWN)
                tg_agent_left(cluster->agent);
        else if (cluster->state == TG_CLUSTER_UP)
                tg_alarm_once(&cluster->next, cluster->sent.n > 0 ? LAST_WORD_NS : 0);
}

static int open_all(struct tg_cluster *cluster)
{
        qb_loop_t *loop = cluster->agent->loop;
        int r = tg_alarm_open(&cluster->next, loop, QB_LOOP_HIGH, on_next, cluster);

        if (r == 0)
                r = tg_alarm_open(&cluster->refresh, loop, QB_LOOP_MED, on_refresh, cluster);
        if (r == 0)
                r = tg_cluster_worker_new(&cluster->worker, cluster);
        if (r == 0)
                r = qb_loop_poll_add(loop, QB_LOOP_HIGH, tg_cluster_worker_fd(cluster->worker), POLLIN, cluster, on_results);
        return r;
}

int tg_cluster_new(struct tg_cluster **out, struct tg_agent *agent)
{
        struct tg_cluster *cluster = calloc(1, sizeof(*cluster));
        int r;

        if (!cluster)
                return -ENOMEM;
        cluster->agent = agent;
        cluster->backoff_ms = BACKOFF_FIRST_MS;
        r = open_all(cluster);
        if (r < 0) {
                (void)tg_cluster_free(cluster);
                return r;
        }
        tg_alarm_once(&cluster->next, 0);
        *out = cluster;
        return 0;
}

bool tg_cluster_free(struct tg_cluster *cluster)
{
        bool clean;

        if (!cluster)
                return true;
        cluster->leaving = true;
        drop(cluster);
        if (cluster->worker)
                (void)qb_loop_poll_del(cluster->agent->loop, tg_cluster_worker_fd(cluster->worker));
        tg_alarm_close(&cluster->next);
        tg_alarm_close(&cluster->refresh);
        clean = tg_cluster_worker_free(cluster->worker);
        if (clean)
                free(cluster);
        return clean;
}
