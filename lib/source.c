/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See source.h. Edges are a node's selected ('*') and combined ('+') sources: the clock follows the weighted mean of all of them
   (chrony: sources.c, combine_sources), while tracking names the selected one only. A source in a group leads to the group; else one
   with an address of a cluster node leads on to that node; else to its server (server.h). A walk is bounded by the number of nodes:
   it never enters a node twice. */
#include <stdio.h>
#include <string.h>

#include "server.h"
#include "source.h"

struct walk {
        const struct tg_view *view;
        const struct tg_options *options;
        bool visited[TG_NODES_MAX];
        int start;
        struct tg_node_source *out;
};

bool tg_root_equal(const struct tg_root *a, const struct tg_root *b)
{
        return a->kind == b->kind && a->node_id == b->node_id && a->set == b->set && tg_addr_equal(&a->addr, &b->addr);
}

static int node_with_address(const struct walk *walk, const struct tg_addr *addr)
{
        int alias = tg_server_alias(walk->options, addr);

        for (uint32_t i = 0; i < walk->view->n; i++) {
                const struct tg_member *m = &walk->view->members[walk->view->order[i]];

                for (uint8_t k = 0; k < m->n_addresses; k++)
                        if (tg_server_same(walk->options, &m->addresses[k], addr, alias))
                                return walk->view->order[i];
        }
        return -1;
}

static void add_root(struct tg_node_source *out, struct tg_root root)
{
        for (uint8_t i = 0; i < out->n_roots; i++)
                if (tg_root_equal(&out->roots[i], &root))
                        return;
        if (out->n_roots < TG_ROOTS_MAX)
                out->roots[out->n_roots++] = root;
}

static bool is_local(const struct tg_chrony_sample *sample)
{
        return sample->tracking.ref_id == TG_REFID_LOCAL;
}

static void follow(struct walk *walk, int slot);

static void follow_edge(struct walk *walk, int slot, const struct tg_source *source)
{
        struct tg_root root = { .kind = TG_ROOT_ADDRESS, .addr = tg_server_canonical(walk->options, source->addr) };
        int group = tg_server_group(walk->options, &source->addr);
        int node = source->mode == TG_SOURCE_REFCLOCK ? -1 : node_with_address(walk, &source->addr);

        if (group >= 0) {
                root = (struct tg_root){ .kind = TG_ROOT_GROUP, .set = (uint8_t)group };
        } else if (node >= 0) {
                follow(walk, node);
                return;
        } else if (source->mode == TG_SOURCE_REFCLOCK) {
                root.kind = TG_ROOT_CLOCK;
                root.node_id = walk->view->members[slot].id;
        }
        add_root(walk->out, root);
}

static void follow(struct walk *walk, int slot)
{
        const struct tg_member *m = &walk->view->members[slot];
        const struct tg_chrony_sample *sample = &m->report.chrony;

        if (walk->visited[slot]) {
                walk->out->cycle |= slot == walk->start;
                return;
        }
        walk->visited[slot] = true;
        if (!m->fresh || sample->state != TG_CHRONY_OK || (!sample->n_sources && !is_local(sample))) {
                if (slot != walk->start)
                        add_root(walk->out, (struct tg_root){ .kind = TG_ROOT_NODE, .node_id = m->id });
                return;
        }
        if (is_local(sample)) {
                add_root(walk->out, (struct tg_root){ .kind = TG_ROOT_LOCAL, .node_id = m->id });
                return;
        }
        for (uint8_t i = 0; i < sample->n_sources; i++)
                follow_edge(walk, slot, &sample->sources[i]);
}

static bool is_pool(const char *name)
{
        static const char suffix[] = "pool.ntp.org";
        size_t n = strlen(name);

        return n >= sizeof suffix - 1 && !strcmp(name + n - (sizeof suffix - 1), suffix);
}

static void classify_edges(const struct walk *walk, const struct tg_chrony_sample *sample, struct tg_node_source *out)
{
        bool listed = walk->options->source_allow.n > 0;

        for (uint8_t i = 0; i < sample->n_sources; i++) {
                const struct tg_source *source = &sample->sources[i];

                if (node_with_address(walk, &source->addr) >= 0 || tg_server_listed(walk->options, source))
                        continue;
                if (is_pool(source->name))
                        out->pool_edge = i;
                else if (!tg_addr_is_private(&source->addr))
                        out->public_edge = i;
                else if (listed)
                        out->denied_edge = i;
        }
}

static void look_at_node(const struct tg_view *view, const struct tg_options *options, int slot, struct tg_node_source *out)
{
        const struct tg_chrony_sample *sample = &view->members[slot].report.chrony;
        struct walk walk = { .view = view, .options = options, .start = slot, .out = out };

        *out = (struct tg_node_source){ .public_edge = -1, .denied_edge = -1, .pool_edge = -1 };
        if (!view->members[slot].fresh || sample->state != TG_CHRONY_OK)
                return;
        out->known = true;
        out->local = is_local(sample);
        out->has_edges = sample->n_sources > 0;
        if (!out->local)
                classify_edges(&walk, sample, out);
        follow(&walk, slot);
}

static bool allowed(const struct tg_node_source *node)
{
        return node->public_edge < 0 && node->denied_edge < 0 && node->pool_edge < 0 && !node->cycle;
}

struct tally {
        struct tg_root root;
        uint64_t votes; /* of the nodes that follow it */
        uint64_t sole;  /* ... and nothing else */
        bool allowed;
};

static int better(const struct tally *a, const struct tally *b)
{
        bool solid_a = a->allowed && a->root.kind != TG_ROOT_LOCAL, solid_b = b->allowed && b->root.kind != TG_ROOT_LOCAL;

        if (solid_a != solid_b)
                return solid_a;
        return a->votes > b->votes;
}

static void tally_root(struct tally *tallies, uint32_t *n, const struct tg_node_source *node, const struct tg_root *root,
                       uint64_t votes)
{
        uint32_t i = 0;

        while (i < *n && !tg_root_equal(&tallies[i].root, root))
                i++;
        if (i == *n) {
                if (*n == TG_NODES_MAX)
                        return;
                tallies[(*n)++] = (struct tally){ .root = *root };
        }
        tallies[i].votes += votes;
        tallies[i].sole += node->n_roots == 1 ? votes : 0;
        tallies[i].allowed |= allowed(node);
}

static void choose_root(const struct tg_view *view, struct tg_source_graph *out)
{
        struct tally tallies[TG_NODES_MAX];
        uint32_t n = 0, best = 0;

        for (uint32_t i = 0; i < view->n; i++) {
                int slot = view->order[i];
                const struct tg_node_source *node = &out->nodes[slot];

                out->cycle |= node->cycle;
                out->votes += node->n_roots ? view->members[slot].votes : 0;
                for (uint8_t k = 0; k < node->n_roots; k++)
                        tally_root(tallies, &n, node, &node->roots[k], view->members[slot].votes);
        }
        for (uint32_t i = 1; i < n; i++)
                if (better(&tallies[i], &tallies[best]))
                        best = i;
        out->n_distinct = n;
        out->has_root = n > 0;
        if (!n)
                return;
        out->root = tallies[best].root;
        out->root_votes = tallies[best].sole;
        if (n > 1)
                out->other = tallies[best == 0].root;
}

void tg_source_graph(const struct tg_view *view, const struct tg_options *options, struct tg_source_graph *out)
{
        memset(out, 0, sizeof *out);
        for (uint32_t i = 0; i < view->n; i++)
                look_at_node(view, options, view->order[i], &out->nodes[view->order[i]]);
        choose_root(view, out);
}

static const char *name_of(const struct tg_view *view, uint32_t id)
{
        int slot = tg_view_find(view, id);

        return slot >= 0 ? view->members[slot].name : "?";
}

const char *tg_root_text(const struct tg_view *view, const struct tg_options *options, const struct tg_root *root, char *buf,
                         size_t size)
{
        char addr[TG_ADDR_TEXT_MAX];

        buf[0] = 0;
        switch (root->kind) {
        case TG_ROOT_NONE:
                break;
        case TG_ROOT_ADDRESS:
                snprintf(buf, size, "%s", tg_addr_text(&root->addr, addr));
                break;
        case TG_ROOT_CLOCK:
                snprintf(buf, size, "%s of %s", tg_addr_text(&root->addr, addr), name_of(view, root->node_id));
                break;
        case TG_ROOT_GROUP:
                for (uint32_t i = 0; i < options->source_group.n && !buf[0]; i++)
                        if (options->source_group.entries[i].set == root->set)
                                snprintf(buf, size, "the group of %s",
                                         tg_addr_text(&options->source_group.entries[i].addr, addr));
                break;
        case TG_ROOT_LOCAL:
                snprintf(buf, size, "the local clock of %s", name_of(view, root->node_id));
                break;
        case TG_ROOT_NODE:
                snprintf(buf, size, "%s", name_of(view, root->node_id));
                break;
        }
        return buf;
}
