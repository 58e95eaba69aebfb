/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An agent that comes again counts its reports from 1: its peers must hear it at once, whatever pid it has got this time. */
#include <string.h>

#include <timeguard/node.h>

#include "plain_look.h"
#include "property.h"

#define S TG_NS_PER_S

static struct tg_options options;
static struct tg_node *hearer;

static struct tg_node *make(uint32_t id, uint32_t pid, uint8_t boot, int64_t raw_ns)
{
        struct tg_identity identity = { .node_id = id, .pid = pid, .boot_id = { boot } };
        struct tg_event ring = { .type = TG_EVENT_RING, .now = at(raw_ns), .ring = { 1, 4 } };
        struct tg_look look = at(raw_ns);
        struct tg_node *node;

        assert_int_equal(tg_node_new(&node, &identity, &options, &look), 0);
        tg_node_handle(node, &ring);
        return node;
}

static void tell_members(bool both, uint32_t pid, int64_t raw_ns)
{
        struct tg_event event = { .type = TG_EVENT_MEMBERS, .now = at(raw_ns) };

        event.members.n = both ? 2 : 1;
        event.members.list[0] = (struct tg_group_member){ 1, 1 };
        event.members.list[1] = (struct tg_group_member){ 2, pid };
        tg_node_handle(hearer, &event);
}

/* An agent of node 2 lives for `seconds` and is heard. */
static void live(uint32_t pid, uint8_t boot, int64_t from_raw_ns, int64_t hearer_raw_ns, int seconds)
{
        struct tg_node *node = make(2, pid, boot, from_raw_ns);
        struct tg_action action;

        for (int i = 1; i <= seconds; i++) {
                struct tg_event tick = { .type = TG_EVENT_TICK, .now = at(from_raw_ns + i * S) };

                tg_node_handle(node, &tick);
                while (tg_node_next_action(node, &action)) {
                        struct tg_event delivery = { .type = TG_EVENT_DELIVERY, .now = at(hearer_raw_ns + i * S) };

                        if (action.type != TG_ACTION_SEND)
                                continue;
                        delivery.delivery.node_id = 2;
                        delivery.delivery.pid = pid;
                        delivery.delivery.data = action.send.data;
                        delivery.delivery.len = action.send.len;
                        tg_node_handle(hearer, &delivery);
                }
        }
        tg_node_free(node);
}

static uint64_t refused(void)
{
        static struct tg_snapshot snapshot;
        struct tg_look look = at(100 * S);

        tg_node_snapshot(hearer, &look, &snapshot);
        return snapshot.reports_bad;
}

static void begin(void)
{
        tg_options_default(&options);
        hearer = make(1, 1, 1, 5000 * S);
        tell_members(true, 812, 5000 * S);
        live(812, 7, 300 * S, 5000 * S, 20);
        assert_int_equal(refused(), 0);
}

/* The node crashed and booted while no membership change was told in between (a frozen corosync sees none). */
static void a_reboot_with_the_same_pid(void **state)
{
        (void)state;
        begin();
        live(812, 8, 10 * S, 5030 * S, 3);
        assert_int_equal(refused(), 0);
        tg_node_free(hearer);
}

static void an_agent_gone_and_back_with_the_same_pid(void **state)
{
        (void)state;
        begin();
        tell_members(false, 0, 5025 * S);
        tell_members(true, 812, 5030 * S);
        live(812, 7, 330 * S, 5030 * S, 3);
        assert_int_equal(refused(), 0);
        tg_node_free(hearer);
}

/* This node's corosync was away meanwhile: when it is back, the first it says of the members is that the peer has an agent, with the pid
   that it had before (in a container it is often the same). */
static void an_agent_that_came_again_unseen(void **state)
{
        struct tg_event gone = { .type = TG_EVENT_DISCONNECTED, .now = at(5025 * S) };

        (void)state;
        begin();
        tg_node_handle(hearer, &gone);
        tell_members(true, 812, 5030 * S);
        live(812, 7, 330 * S, 5030 * S, 3);
        assert_int_equal(refused(), 0);
        tg_node_free(hearer);
}

/* The very same agent cannot go back. */
static void a_replay_is_refused(void **state)
{
        (void)state;
        begin();
        live(812, 7, 330 * S, 5030 * S, 3);
        assert_int_equal(refused(), 3);
        tg_node_free(hearer);
}

/* Of two agents on a node the one with the lower pid counts. The other's reports come back all the same. */
static void the_second_agent_hears_itself(void **state)
{
        struct tg_action action;

        (void)state;
        tg_options_default(&options);
        hearer = make(2, 900, 7, 300 * S);
        tell_members(true, 812, 300 * S); /* the own pid is not told: the first is all that counts */
        for (int i = 1; i <= 20; i++) {
                struct tg_event event = { .type = TG_EVENT_TICK, .now = at((300 + i) * S) };

                tg_node_handle(hearer, &event);
                while (tg_node_next_action(hearer, &action)) {
                        if (action.type == TG_ACTION_ALERT) {
                                assert_int_not_equal(action.alert.id, TG_ALERT_NOT_HEARD);
                                continue;
                        }
                        event = (struct tg_event){ .type = TG_EVENT_DELIVERY, .now = at((300 + i) * S + TG_NS_PER_MS) };
                        event.delivery.node_id = 2;
                        event.delivery.data = action.send.data;
                        event.delivery.len = action.send.len;
                        event.delivery.pid = 812; /* the first agent says about the same */
                        tg_node_handle(hearer, &event);
                        event.delivery.pid = 900;
                        tg_node_handle(hearer, &event);
                }
        }
        tg_node_free(hearer);
}

/* In a full house the one who left gives his place to the one who comes, but not his sins. */
static void a_new_node_in_an_old_place(void **state)
{
        static struct tg_quorum quorum = { .provider = true, .quorate = true, .n_nodes = TG_NODES_MAX };
        static const uint8_t junk[4] = { 1, 2, 3, 4 };
        struct tg_event event = { .type = TG_EVENT_QUORUM, .now = at(5000 * S), .quorum = &quorum };
        struct tg_action action;

        (void)state;
        tg_options_default(&options);
        hearer = make(1, 1, 1, 5000 * S);
        for (uint32_t i = 0; i < TG_NODES_MAX; i++)
                quorum.nodes[i] = (struct tg_quorum_node){ i + 1, 1, true };
        tg_node_handle(hearer, &event);
        event = (struct tg_event){ .type = TG_EVENT_DELIVERY, .now = at(5001 * S) };
        event.delivery.node_id = TG_NODES_MAX;
        event.delivery.data = junk;
        event.delivery.len = sizeof junk;
        tg_node_handle(hearer, &event);
        quorum.nodes[TG_NODES_MAX - 1].member = false;
        event = (struct tg_event){ .type = TG_EVENT_QUORUM, .now = at(5001 * S), .quorum = &quorum };
        tg_node_handle(hearer, &event);
        quorum.nodes[TG_NODES_MAX - 1] = (struct tg_quorum_node){ TG_NODES_MAX + 1, 1, true };
        tg_node_handle(hearer, &event);
        for (int i = 2; i < 10; i++) {
                event = (struct tg_event){ .type = TG_EVENT_LOOK, .now = at((5000 + i) * S) };
                tg_node_handle(hearer, &event);
                while (tg_node_next_action(hearer, &action))
                        if (action.type == TG_ACTION_ALERT && action.alert.id == TG_ALERT_NODE_BAD_REPORT)
                                assert_int_not_equal(action.alert.evidence.node_id, TG_NODES_MAX + 1);
        }
        tg_node_free(hearer);
}

TESTS_MAIN(TEST(a_reboot_with_the_same_pid), TEST(an_agent_gone_and_back_with_the_same_pid),
           TEST(an_agent_that_came_again_unseen), TEST(a_replay_is_refused), TEST(the_second_agent_hears_itself),
           TEST(a_new_node_in_an_old_place))
