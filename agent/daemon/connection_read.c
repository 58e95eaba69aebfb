/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read over a connection: names, addresses and timings from the cluster map, votes from votequorum. Positions in the
   node list are neither stable nor dense; a node is who its nodeid says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

#define NODE_PREFIX "nodelist.node."

static void read_u32(cmap_handle_t map, const char *key, uint32_t *out)
{
        (void)cmap_get_uint32(map, key, out);
}

static bool read_text(cmap_handle_t map, const char *key, char *buf, size_t size)
{
        char *text = NULL;

        if (cmap_get_string(map, key, &text) != CS_OK)
                return false;
        (void)snprintf(buf, size, "%s", text);
        free(text);
        return true;
}

/* The entry of the topology for a node, made when it is new; NULL when there is no more room. */
static struct tg_topology_node *node_of(struct tg_topology *topology, uint32_t node_id)
{
        for (uint32_t i = 0; i < topology->n_nodes; i++)
                if (topology->nodes[i].node_id == node_id)
                        return &topology->nodes[i];
        if (topology->n_nodes == TG_NODES_MAX)
                return NULL;
        topology->nodes[topology->n_nodes] = (struct tg_topology_node){ .node_id = node_id };
        return &topology->nodes[topology->n_nodes++];
}

/* The ring addresses; host names among them are passed over. The first one names a node that has no name. */
static void read_addresses(cmap_handle_t map, unsigned position, struct tg_topology_node *node)
{
        for (unsigned ring = 0; ring < TG_ADDRESSES_MAX; ring++) {
                char key[CMAP_KEYNAME_MAXLEN + 1], text[256];

                (void)snprintf(key, sizeof(key), NODE_PREFIX "%u.ring%u_addr", position, ring);
                if (!read_text(map, key, text, sizeof(text)))
                        continue;
                if (!node->name[0])
                        (void)snprintf(node->name, sizeof(node->name), "%.*s", TG_NAME_MAX - 1, text);
                if (tg_addr_parse(text, &node->addresses[node->n_addresses]) == 0)
                        node->n_addresses++;
        }
}

static void read_node(cmap_handle_t map, unsigned position, struct tg_topology *topology)
{
        char key[CMAP_KEYNAME_MAXLEN + 1];
        struct tg_topology_node *node;
        uint32_t node_id = 0;

        (void)snprintf(key, sizeof(key), NODE_PREFIX "%u.nodeid", position);
        read_u32(map, key, &node_id);
        node = node_id != 0 ? node_of(topology, node_id) : NULL;
        if (!node)
                return;
        (void)snprintf(key, sizeof(key), NODE_PREFIX "%u.name", position);
        (void)read_text(map, key, node->name, sizeof(node->name));
        read_addresses(map, position, node);
}

/* Each node once: at its key "nodeid". */
static cs_error_t read_nodes(cmap_handle_t map, struct tg_topology *topology)
{
        char key[CMAP_KEYNAME_MAXLEN + 1];
        cmap_iter_handle_t iterator;
        cs_error_t r = cmap_iter_init(map, NODE_PREFIX, &iterator);

        if (r != CS_OK)
                return r;
        while ((r = cmap_iter_next(map, iterator, key, NULL, NULL)) == CS_OK) {
                char *end;
                unsigned long position = strtoul(key + strlen(NODE_PREFIX), &end, 10);

                if (strcmp(end, ".nodeid") == 0)
                        read_node(map, (unsigned)position, topology);
        }
        (void)cmap_iter_finalize(map, iterator);
        return r == CS_ERR_NO_SECTIONS ? CS_OK : r;
}

cs_error_t tg_connection_read_topology(struct tg_connection *link, struct tg_topology *out)
{
        cs_error_t r;

        memset(out, 0, sizeof(*out));
        r = read_nodes(link->map, out);
        if (r != CS_OK)
                return r;
        (void)read_text(link->map, "totem.cluster_name", out->cluster_name, sizeof(out->cluster_name));
        read_u32(link->map, "runtime.config.totem.token", &out->token_ms);
        read_u32(link->map, "runtime.config.totem.consensus", &out->consensus_ms);
        return CS_OK;
}

static void add_node(struct tg_quorum *q, uint32_t node_id, bool member)
{
        for (uint32_t i = 0; i < q->n_nodes; i++)
                if (q->nodes[i].node_id == node_id) {
                        q->nodes[i].member |= member;
                        return;
                }
        if (q->n_nodes < TG_NODES_MAX)
                q->nodes[q->n_nodes++] = (struct tg_quorum_node){ .node_id = node_id, .member = member };
}

/* The members first: they must not be crowded out. */
static void add_nodes(struct tg_quorum *q, const struct tg_membership *view, const struct tg_topology *topology)
{
        for (uint32_t i = 0; i < view->n_members; i++)
                add_node(q, view->members[i], true);
        for (uint32_t i = 0; i < topology->n_nodes; i++)
                add_node(q, topology->nodes[i].node_id, false);
}

static cs_error_t read_own(votequorum_handle_t votes, uint32_t node_id, struct tg_quorum *q)
{
        struct votequorum_info info = { 0 };
        cs_error_t r = votequorum_getinfo(votes, node_id, &info);

        if (r != CS_OK)
                return r;
        q->flags = info.flags; /* enum tg_quorum_flag has corosync's values */
        q->expected_votes = info.node_expected_votes;
        q->highest_expected = info.highest_expected;
        q->total_votes = info.total_votes;
        q->quorum = info.quorum;
        q->qdevice_votes = info.flags & VOTEQUORUM_INFO_QDEVICE_CAST_VOTE ? info.qdevice_votes : 0;
        return CS_OK;
}

/* A configured node that was never seen is unknown to votequorum: its votes stay 0. */
static cs_error_t read_votes(votequorum_handle_t votes, struct tg_quorum *q)
{
        for (uint32_t i = 0; i < q->n_nodes; i++) {
                struct votequorum_info info = { 0 };
                cs_error_t r = votequorum_getinfo(votes, q->nodes[i].node_id, &info);

                if (r == CS_OK)
                        q->nodes[i].votes = info.node_votes;
                else if (r != CS_ERR_NOT_EXIST)
                        return r;
        }
        return CS_OK;
}

cs_error_t tg_connection_read_quorum(struct tg_connection *link, const struct tg_membership *view,
                                     const struct tg_topology *topology, struct tg_quorum *out)
{
        cs_error_t r;

        memset(out, 0, sizeof(*out));
        out->provider = link->provider;
        out->quorate = view->quorate;
        out->ring = view->ring;
        add_nodes(out, view, topology);
        if (!link->provider)
                return CS_OK;
        r = read_own(link->votes, link->node_id, out);
        return r == CS_OK ? read_votes(link->votes, out) : r;
}
