/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What corosync calls while the loop dispatches: turned into events, in the order of their coming. Nothing here closes the
   connection, as a handle must outlive its own dispatching. */
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "cluster_state.h"

static struct tg_cluster *of_cpg(cpg_handle_t handle)
{
        void *context = NULL;

        return cpg_context_get(handle, &context) == CS_OK ? context : NULL;
}

static struct tg_cluster *of_quorum(quorum_handle_t handle)
{
        const void *context = NULL;

        return quorum_context_get(handle, &context) == CS_OK ? (struct tg_cluster *)context : NULL;
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t node_id, uint32_t pid, void *data,
                       size_t len)
{
        struct tg_event event = { .type = TG_EVENT_DELIVERY, .now = tg_clock_look() };
        struct tg_cluster *cluster = of_cpg(handle);

        (void)group;
        if (!cluster)
                return;
        event.delivery.node_id = node_id;
        event.delivery.pid = pid;
        event.delivery.data = data;
        event.delivery.len = len;
        if (node_id == cluster->link->node_id && pid == (uint32_t)getpid())
                tg_cluster_heard(cluster, data, len);
        tg_agent_event(cluster->agent, &event);
}

static void on_members(cpg_handle_t handle, const struct cpg_name *group, const struct cpg_address *members, size_t n_members,
                       const struct cpg_address *left, size_t n_left, const struct cpg_address *joined, size_t n_joined)
{
        struct tg_event event = { .type = TG_EVENT_MEMBERS };
        struct tg_cluster *cluster = of_cpg(handle);

        (void)group;
        (void)left;
        (void)n_left;
        (void)joined;
        (void)n_joined;
        if (!cluster)
                return;
        for (size_t i = 0; i < n_members && event.members.n < TG_GROUP_MEMBERS_MAX; i++)
                event.members.list[event.members.n++] =
                        (struct tg_group_member){ .node_id = members[i].nodeid, .pid = members[i].pid };
        tg_agent_event(cluster->agent, &event);
}

static void take_view(struct tg_membership *view, struct tg_ring_id ring, uint32_t n_members, const uint32_t *members)
{
        view->ring = ring;
        view->n_members = n_members < TG_NODES_MAX ? n_members : TG_NODES_MAX;
        if (view->n_members > 0)
                memcpy(view->members, members, view->n_members * sizeof(view->members[0]));
}

/* Without a quorum provider the quorum service knows no members: they are totem's, and every ring may act. */
static void on_ring(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t n_members, const uint32_t *members)
{
        struct tg_event event = { .type = TG_EVENT_RING, .ring = { .node_id = ring.nodeid, .seq = ring.seq } };
        struct tg_cluster *cluster = of_cpg(handle);

        if (!cluster)
                return;
        if (!cluster->link->provider) {
                take_view(&cluster->view, event.ring, n_members, members);
                cluster->view.quorate = true;
                tg_cluster_read_votes(cluster);
        }
        tg_agent_event(cluster->agent, &event);
}

/* The votes are still those of the ring before; corosync tells the quorum next. */
static void on_nodelist(quorum_handle_t handle, struct quorum_ring_id ring, uint32_t n_members, const uint32_t *members,
                        uint32_t n_joined, const uint32_t *joined, uint32_t n_left, const uint32_t *left)
{
        struct tg_cluster *cluster = of_quorum(handle);

        (void)n_joined;
        (void)joined;
        (void)n_left;
        (void)left;
        if (!cluster || !cluster->link->provider)
                return;
        take_view(&cluster->view, (struct tg_ring_id){ .node_id = ring.nodeid, .seq = ring.seq }, n_members, members);
        tg_cluster_refresh_soon(cluster);
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring, uint32_t n_members,
                      const uint32_t *members)
{
        struct tg_cluster *cluster = of_quorum(handle);

        if (!cluster || !cluster->link->provider)
                return;
        take_view(&cluster->view, (struct tg_ring_id){ .node_id = ring.nodeid, .seq = ring.seq }, n_members, members);
        cluster->view.quorate = quorate != 0;
        tg_cluster_read_votes(cluster);
}

const cpg_model_v1_data_t tg_cluster_cpg_callbacks = {
        .model = CPG_MODEL_V1,
        .cpg_deliver_fn = on_deliver,
        .cpg_confchg_fn = on_members,
        .cpg_totem_confchg_fn = on_ring,
        .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
};

const quorum_model_v1_data_t tg_cluster_quorum_callbacks = {
        .model = QUORUM_MODEL_V1,
        .quorum_notify_fn = on_quorum,
        .nodelist_notify_fn = on_nodelist,
};
