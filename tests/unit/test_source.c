/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the nodes' time comes from: each kind of root and of fault by hand, and random graphs against an oracle. */
#include "property.h"
#include "source.h"

static struct tg_view view;
static struct tg_options options;
static struct tg_source_graph graph;

static struct tg_addr addr_of(const char *text)
{
        struct tg_addr addr;

        if (tg_addr_parse(text, &addr))
                fail_msg("%s", text);
        return addr;
}

/* Nodes 1..n in slots n..1, at 10.1.0.ID and 10.2.0.ID, one vote each, chronyd answering, no source. */
static void make_nodes(int n)
{
        memset(&view, 0, sizeof view);
        tg_options_default(&options);
        view.n = (uint32_t)n;
        for (int id = 1; id <= n; id++) {
                int slot = n - id + 1;
                struct tg_member *m = &view.members[slot];
                char text[32];

                view.order[id - 1] = (uint8_t)slot;
                *m = (struct tg_member){ .used = true,
                                         .id = (uint32_t)id,
                                         .configured = true,
                                         .present = true,
                                         .votes = 1,
                                         .heard = true,
                                         .fresh = true };
                snprintf(m->name, sizeof m->name, "n%d", id);
                for (int ring = 1; ring <= 2; ring++) {
                        snprintf(text, sizeof text, "10.%d.0.%d", ring, id);
                        m->addresses[m->n_addresses++] = addr_of(text);
                }
                m->report.chrony.state = TG_CHRONY_OK;
                m->report.chrony.tracking.ref_id = 5;
        }
}

static struct tg_member *node(int id)
{
        return &view.members[tg_view_find(&view, (uint32_t)id)];
}

static struct tg_source *follow(int id, char state, const char *text)
{
        struct tg_chrony_sample *chrony = &node(id)->report.chrony;
        struct tg_source *s = &chrony->sources[chrony->n_sources++];

        *s = (struct tg_source){ .addr = addr_of(text), .state = state, .reach = 255 };
        if (s->addr.family == TG_ADDR_REFCLOCK)
                s->mode = TG_SOURCE_REFCLOCK;
        return s;
}

static void local_mode(int id)
{
        node(id)->report.chrony.tracking.ref_id = TG_REFID_LOCAL;
}

static void set(const char *name, const char *value)
{
        char error[TG_OPTION_ERROR_MAX];

        if (tg_options_set(&options, name, value, error))
                fail_msg("%s", error);
}

static const struct tg_node_source *of(int id)
{
        return &graph.nodes[tg_view_find(&view, (uint32_t)id)];
}

static void look(void)
{
        memset(&graph, 0xaa, sizeof graph);
        tg_source_graph(&view, &options, &graph);
}

static void assert_root(const struct tg_root *root, const char *text)
{
        char buf[TG_NAME_MAX];

        assert_string_equal(tg_root_text(&view, &options, root, buf, sizeof buf), text);
}

static void assert_sole_root(int id, const char *text)
{
        assert_int_equal(of(id)->n_roots, 1);
        assert_root(&of(id)->roots[0], text);
}

static void one_server(void **state)
{
        (void)state;
        make_nodes(3);
        for (int id = 1; id <= 3; id++)
                follow(id, '*', "10.0.0.254");
        look();
        assert_true(graph.has_root && !graph.cycle);
        assert_root(&graph.root, "10.0.0.254");
        assert_int_equal(graph.root_votes, 3);
        assert_int_equal(graph.n_distinct, 1);
        for (int id = 1; id <= 3; id++) {
                assert_true(of(id)->known && of(id)->has_edges && !of(id)->local && !of(id)->cycle);
                assert_true(of(id)->public_edge < 0 && of(id)->denied_edge < 0 && of(id)->pool_edge < 0);
        }
}

static void two_addresses_of_one_server(void **state)
{
        (void)state;
        make_nodes(3);
        follow(1, '*', "10.9.0.254");
        follow(2, '*', "10.0.0.254");
        follow(3, '*', "fd00::254");
        look();
        assert_int_equal(graph.n_distinct, 3);
        set("source.alias", "10.9.0.254 fd00::254 10.0.0.254");
        look();
        assert_int_equal(graph.n_distinct, 1);
        assert_root(&graph.root, "10.0.0.254");
        assert_int_equal(graph.root_votes, 3);
}

/* A group names one of the addresses, an alias the other. */
static void groups_are_one_authority(void **state)
{
        (void)state;
        make_nodes(3);
        follow(1, '*', "10.0.0.1");
        follow(1, '+', "10.0.0.2");
        follow(2, '*', "10.0.0.2");
        follow(3, '*', "10.9.0.1");
        set("source.group", "10.9.0.3 10.0.0.2");
        look();
        assert_int_equal(graph.n_distinct, 3);
        set("source.alias", "10.9.0.3 10.9.0.1 10.0.0.1");
        look();
        assert_int_equal(graph.n_distinct, 1);
        assert_root(&graph.root, "the group of 10.9.0.3");
        assert_int_equal(graph.root_votes, 3);
}

/* Two nodes are the servers of a third, and declared to be one authority: what they follow themselves is then not asked. */
static void a_group_of_nodes_ends_the_walk(void **state)
{
        (void)state;
        make_nodes(3);
        follow(1, '*', "10.0.0.1");
        follow(2, '*', "10.0.0.2");
        follow(3, '*', "10.1.0.1");
        look();
        assert_sole_root(3, "10.0.0.1");
        set("source.group", "10.1.0.1 10.1.0.2");
        look();
        assert_sole_root(3, "the group of 10.1.0.1");
}

static void reference_clocks_are_each_nodes_own(void **state)
{
        (void)state;
        make_nodes(2);
        follow(1, '*', "refclock:PPS0");
        follow(2, '*', "refclock:PPS0");
        look();
        assert_int_equal(graph.n_distinct, 2);
        assert_sole_root(1, "refclock:PPS0 of n1");
        assert_sole_root(2, "refclock:PPS0 of n2");
        set("source.group", "refclock:PPS0 refclock:GPS");
        look();
        assert_int_equal(graph.n_distinct, 1);
}

static void local_mode_and_its_followers(void **state)
{
        (void)state;
        make_nodes(3);
        local_mode(1);
        follow(1, '+', "10.0.0.254"); /* what it also combines does not count then */
        follow(2, '*', "10.2.0.1");
        follow(3, '*', "10.1.0.2");
        look();
        assert_true(of(1)->local);
        for (int id = 1; id <= 3; id++)
                assert_sole_root(id, "the local clock of n1");
        assert_false(of(2)->local || of(2)->cycle || of(1)->public_edge >= 0);
}

static void a_node_whose_source_is_not_known(void **state)
{
        (void)state;
        for (int why = 0; why < 3; why++) {
                make_nodes(2);
                follow(2, '*', "10.1.0.1");
                if (why == 0)
                        node(1)->fresh = false;
                else if (why == 1)
                        node(1)->report.chrony.state = TG_CHRONY_SILENT;
                look();
                assert_int_equal(of(1)->n_roots, 0);
                assert_int_equal(of(1)->known, why == 2);
                assert_sole_root(2, "n1");
                assert_int_equal(of(2)->roots[0].kind, TG_ROOT_NODE);
        }
}

static void cycles(void **state)
{
        (void)state;
        make_nodes(4);
        follow(1, '*', "10.1.0.2");
        follow(2, '*', "10.2.0.3");
        follow(3, '+', "10.1.0.1");
        follow(4, '*', "10.1.0.1"); /* leads into it, and is no part of it */
        look();
        assert_true(graph.cycle && of(1)->cycle && of(2)->cycle && of(3)->cycle && !of(4)->cycle);
        assert_false(graph.has_root);
        follow(2, '+', "10.0.0.254"); /* a root does not undo the cycle */
        look();
        assert_true(graph.cycle && of(1)->cycle);
        assert_sole_root(4, "10.0.0.254");
        make_nodes(1);
        follow(1, '*', "10.2.0.1");
        look();
        assert_true(of(1)->cycle);
}

/* A node that is known by an address outside of corosync's networks. */
static void aliases_of_a_node(void **state)
{
        (void)state;
        make_nodes(2);
        follow(1, '*', "10.77.0.2");
        follow(2, '*', "10.1.0.1");
        look();
        assert_false(graph.cycle);
        set("source.alias", "10.77.0.2 10.1.0.2");
        look();
        assert_true(graph.cycle);
}

static void two_authorities(void **state)
{
        (void)state;
        make_nodes(5);
        for (int id = 1; id <= 5; id++)
                follow(id, '*', id <= 2 ? "10.0.0.1" : "10.0.0.2");
        follow(5, '+', "10.0.0.1");
        look();
        assert_int_equal(graph.n_distinct, 2);
        assert_root(&graph.root, "10.0.0.1"); /* both have three votes: the lowest node's */
        assert_root(&graph.other, "10.0.0.2");
        assert_int_equal(graph.root_votes, 2);
        assert_int_equal(graph.votes, 5);
        node(4)->votes = 2;
        look();
        assert_root(&graph.root, "10.0.0.2");
        assert_root(&graph.other, "10.0.0.1");
        assert_int_equal(graph.root_votes, 3);
}

/* Votes do not make a root of what is not allowed, nor of a local clock. */
static void an_allowed_root_comes_first(void **state)
{
        static const char *const bad[] = { "8.8.8.8", "10.0.0.7", "10.2.0.1" };

        (void)state;
        for (int which = 0; which < 3; which++) {
                make_nodes(4);
                if (which == 2)
                        local_mode(1);
                else
                        follow(1, '*', bad[which]);
                follow(2, '*', bad[which]);
                follow(3, '*', bad[which]);
                follow(4, '*', "10.0.0.254");
                if (which == 1)
                        set("source.allow", "10.0.0.254");
                look();
                assert_root(&graph.root, "10.0.0.254");
                assert_int_equal(graph.root_votes, 1);
        }
}

static void check_edges(int public_edge, int denied_edge, int pool_edge)
{
        look();
        assert_int_equal(of(1)->public_edge, public_edge);
        assert_int_equal(of(1)->denied_edge, denied_edge);
        assert_int_equal(of(1)->pool_edge, pool_edge);
}

static void edges_that_are_not_allowed(void **state)
{
        (void)state;
        make_nodes(2);
        follow(1, '*', "10.0.0.254");
        follow(1, '+', "192.0.2.7");
        check_edges(1, -1, -1);
        set("source.allow", "10.0.0.0/24");
        check_edges(1, -1, -1);
        set("source.allow", "192.0.2.0/24");
        check_edges(-1, -1, -1);
        follow(1, '+', "10.0.1.9");
        check_edges(-1, 2, -1);
        set("source.alias", "10.0.1.9 10.0.0.9"); /* the same server, allowed by its other address */
        check_edges(-1, -1, -1);
        follow(1, '+', "refclock:GPS");
        check_edges(-1, 3, -1);
        set("source.allow", "refclock:GPS");
        check_edges(-1, -1, -1);
        follow(1, '+', "10.2.0.2"); /* a node of the cluster is always allowed: its own source is judged */
        check_edges(-1, -1, -1);
}

static void names_and_the_default_pool(void **state)
{
        (void)state;
        make_nodes(1);
        strcpy(follow(1, '*', "192.0.2.7")->name, "2.debian.pool.ntp.org");
        check_edges(-1, -1, 0);
        strcpy(follow(1, '+', "192.0.2.8")->name, "ntp.example.org");
        check_edges(1, -1, 0);
        set("source.allow", "ntp.example.org");
        check_edges(-1, -1, 0);
        set("source.allow", "2.debian.pool.ntp.org");
        check_edges(-1, -1, -1);
        make_nodes(1);
        strcpy(follow(1, '*', "192.0.2.7")->name, "pool.ntp.org.example");
        check_edges(0, -1, -1);
}

static void more_roots_than_are_kept(void **state)
{
        char text[32];

        (void)state;
        make_nodes(1);
        for (int i = 0; i < TG_SOURCES_MAX; i++) {
                snprintf(text, sizeof text, "10.0.0.%d", i);
                follow(1, i ? '+' : '*', text);
        }
        look();
        assert_int_equal(of(1)->n_roots, TG_ROOTS_MAX);
        assert_root(&graph.root, "10.0.0.0");
}

/* ---- random graphs ---- */

#define NODES   5
#define OUTSIDE 3

struct oracle {
        int n;
        bool dark[NODES], local[NODES]; /* own source not known; local mode */
        bool to[NODES][NODES], out[NODES][OUTSIDE];
        bool reach[NODES][NODES]; /* over edges, one at least */
};

static void random_graph(struct tg_random *r, struct oracle *o)
{
        static const char *const outside[OUTSIDE] = { "10.0.0.1", "10.0.0.2", "10.0.0.3" };
        uint32_t dense = random_below(r, 60);

        memset(o, 0, sizeof *o);
        o->n = 1 + (int)random_below(r, NODES);
        make_nodes(o->n);
        for (int i = 0; i < o->n; i++) {
                node(i + 1)->votes = random_below(r, 4);
                for (int j = 0; j < o->n; j++)
                        if ((o->to[i][j] = random_chance(r, dense / 2))) {
                                char text[32];

                                snprintf(text, sizeof text, "10.%u.0.%d", 1 + random_below(r, 2), j + 1);
                                follow(i + 1, '+', text);
                        }
                for (int k = 0; k < OUTSIDE; k++)
                        if ((o->out[i][k] = random_chance(r, dense)))
                                follow(i + 1, '*', outside[k]);
                if ((o->local[i] = random_chance(r, 10)))
                        local_mode(i + 1);
                if ((o->dark[i] = random_chance(r, 10))) {
                        node(i + 1)->fresh = random_chance(r, 50);
                        node(i + 1)->report.chrony.state = node(i + 1)->fresh ? TG_CHRONY_SILENT : TG_CHRONY_OK;
                }
                o->dark[i] |= !o->local[i] && !node(i + 1)->report.chrony.n_sources;
                for (int j = 0; j < o->n; j++)
                        o->to[i][j] &= !o->dark[i] && !o->local[i];
                for (int k = 0; k < OUTSIDE; k++)
                        o->out[i][k] &= !o->dark[i] && !o->local[i];
                o->local[i] &= !o->dark[i];
        }
        memcpy(o->reach, o->to, sizeof o->reach);
        for (int k = 0; k < o->n; k++)
                for (int i = 0; i < o->n; i++)
                        for (int j = 0; j < o->n; j++)
                                o->reach[i][j] |= o->reach[i][k] && o->reach[k][j];
}

static bool has_root(int id, struct tg_root root)
{
        for (uint8_t i = 0; i < of(id)->n_roots; i++)
                if (tg_root_equal(&of(id)->roots[i], &root))
                        return true;
        return false;
}

static void check_roots(const struct oracle *o, int i)
{
        int n = 0;

        for (int k = 0; k < OUTSIDE; k++) {
                struct tg_root root = { .kind = TG_ROOT_ADDRESS, .addr = node(1)->addresses[0] };
                bool want = o->out[i][k];

                root.addr.bytes[1] = 0;
                root.addr.bytes[3] = (uint8_t)(k + 1);
                for (int j = 0; j < o->n; j++)
                        want |= o->reach[i][j] && o->out[j][k];
                assert_int_equal(has_root(i + 1, root), want);
                n += want;
        }
        for (int j = 0; j < o->n; j++) {
                bool there = o->reach[i][j] || i == j;

                assert_int_equal(has_root(i + 1, (struct tg_root){ .kind = TG_ROOT_LOCAL, .node_id = (uint32_t)j + 1 }),
                                 there && o->local[j]);
                assert_int_equal(has_root(i + 1, (struct tg_root){ .kind = TG_ROOT_NODE, .node_id = (uint32_t)j + 1 }),
                                 o->reach[i][j] && i != j && o->dark[j]);
                n += (there && o->local[j]) + (o->reach[i][j] && i != j && o->dark[j]);
        }
        assert_int_equal(of(i + 1)->n_roots, n);
}

/* Votes of those that follow a root; local clocks and what only cycles follow come last. */
static int64_t weight(const struct oracle *o, struct tg_root root)
{
        int64_t votes = 0;
        bool solid = false;

        for (int i = 0; i < o->n; i++)
                if (has_root(i + 1, root)) {
                        votes += node(i + 1)->votes;
                        solid |= !of(i + 1)->cycle && root.kind != TG_ROOT_LOCAL;
                }
        return votes + (solid ? 1000 : 0);
}

static void random_graphs(void **state)
{
        struct property p = property_begin(20000, 1000);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                bool cycle = false, any = false;
                struct oracle o;

                random_graph(&r, &o);
                look();
                for (int i = 0; i < o.n; i++) {
                        assert_int_equal(of(i + 1)->cycle, o.reach[i][i]);
                        cycle |= o.reach[i][i];
                        check_roots(&o, i);
                        for (uint8_t k = 0; k < of(i + 1)->n_roots; k++) {
                                any = true;
                                assert_true(weight(&o, of(i + 1)->roots[k]) <= weight(&o, graph.root));
                        }
                }
                assert_int_equal(graph.cycle, cycle);
                assert_int_equal(graph.has_root, any);
                if (graph.n_distinct > 1)
                        assert_false(tg_root_equal(&graph.root, &graph.other));
        }
}

TESTS_MAIN(TEST(one_server), TEST(two_addresses_of_one_server), TEST(groups_are_one_authority),
           TEST(a_group_of_nodes_ends_the_walk), TEST(reference_clocks_are_each_nodes_own), TEST(local_mode_and_its_followers),
           TEST(a_node_whose_source_is_not_known), TEST(cycles), TEST(aliases_of_a_node), TEST(two_authorities),
           TEST(an_allowed_root_comes_first), TEST(edges_that_are_not_allowed), TEST(names_and_the_default_pool),
           TEST(more_roots_than_are_kept), TEST(random_graphs))
