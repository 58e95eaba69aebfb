/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of members outlives neither them nor the clock that it was kept by: an alert is cleared in the name that it was raised in,
   though the member's place is wanted by another; and instants do not lie in the future of a RAW that went back. */
#include <stdio.h>
#include <string.h>

#include <timeguard/node.h>

#include "plain_look.h"
#include "property.h"

#define S     TG_NS_PER_S
#define IDS   512
#define OTHER (TG_NODES_MAX - 1) /* members beside the own node */

static struct tg_node *node;
static struct tg_snapshot snapshot;
static bool up[IDS];
static int told;

static void make(int64_t raw_ns)
{
        struct tg_identity identity = { .node_id = 1, .pid = 1, .boot_id = { 1 } };
        struct tg_event ring = { .type = TG_EVENT_RING, .now = at(raw_ns), .ring = { 1, 4 } };
        struct tg_options options;
        struct tg_look look = at(raw_ns);

        tg_options_default(&options);
        assert_int_equal(tg_node_new(&node, &identity, &options, &look), 0);
        tg_node_handle(node, &ring);
        memset(up, 0, sizeof up);
        told = 0;
}

static void drain(void)
{
        struct tg_action action;
        char name[TG_NAME_MAX];

        while (tg_node_next_action(node, &action)) {
                uint32_t id = action.type == TG_ACTION_ALERT ? action.alert.evidence.node_id : 0;

                if (action.type != TG_ACTION_ALERT || action.alert.id != TG_ALERT_NODE_BAD_REPORT)
                        continue;
                snprintf(name, sizeof name, "node%u", id);
                assert_string_equal(action.alert.node_name, name);
                assert_int_not_equal(up[id], action.alert.raised);
                up[id] = action.alert.raised;
                told++;
        }
}

static void give(struct tg_event event, int64_t raw_ns)
{
        event.now = at(raw_ns);
        tg_node_handle(node, &event);
        drain();
}

static void deliver(uint32_t id, const void *data, size_t len, int64_t raw_ns)
{
        struct tg_event event = { .type = TG_EVENT_DELIVERY };

        event.delivery.node_id = id;
        event.delivery.pid = 7;
        event.delivery.data = data;
        event.delivery.len = len;
        give(event, raw_ns);
}

static void look_for(int64_t *raw_ns, int seconds)
{
        for (int i = 0; i < 2 * seconds; i++)
                give((struct tg_event){ .type = TG_EVENT_LOOK }, *raw_ns += S / 2);
}

static void tell_members(uint32_t first, int64_t raw_ns)
{
        struct tg_event event = { .type = TG_EVENT_MEMBERS };

        event.members.n = TG_NODES_MAX;
        event.members.list[0] = (struct tg_group_member){ 1, 1 };
        for (uint32_t i = 0; i < OTHER; i++)
                event.members.list[1 + i] = (struct tg_group_member){ first + i, 7 };
        give(event, raw_ns);
}

/* All 63 others are replaced twice, and each of them has said something that nobody understands. */
static void alerts_keep_their_names(void **state)
{
        int64_t raw_ns = 1000 * S;

        (void)state;
        make(raw_ns);
        for (uint32_t first = 100; first < 400; first += 100) {
                tell_members(first, raw_ns += S);
                for (uint32_t i = 0; i < OTHER; i += 7)
                        deliver(first + i, "x", 1, raw_ns += S / 100);
                look_for(&raw_ns, 2);
        }
        look_for(&raw_ns, 100);
        tell_members(400, raw_ns += S);
        deliver(400, "x", 1, raw_ns += S / 100);
        look_for(&raw_ns, 1);
        assert_true(up[400]); /* there is room again */
        assert_false(up[100] || up[200] || up[300]);
        assert_true(told >= 3);
        node = tg_node_free(node);
}

static void raw_goes_back(void **state)
{
        struct tg_report report = { .node_id = 2, .seq = 1, .raw_ns = 5 * S, .epoch.boot_id = { 2 } };
        uint8_t bytes[TG_REPORT_BYTES_MAX];
        int64_t raw_ns = 10000 * S;
        int n = tg_report_encode(&report, bytes);

        (void)state;
        assert_true(n > 0);
        make(raw_ns);
        deliver(2, bytes, (size_t)n, raw_ns += S);
        raw_ns -= 3600 * S;
        give((struct tg_event){ .type = TG_EVENT_LOOK }, raw_ns);
        tg_node_snapshot(node, &(struct tg_look){ .raw_ns = raw_ns }, &snapshot);
        assert_int_equal(snapshot.n_nodes, 1);
        assert_true(snapshot.nodes[0].id == 2 && snapshot.nodes[0].agent);
        assert_int_equal(snapshot.nodes[0].report_age_ns, 0);
        deliver(2, "x", 1, raw_ns);
        look_for(&raw_ns, 4);
        tg_node_snapshot(node, &(struct tg_look){ .raw_ns = raw_ns }, &snapshot);
        assert_int_equal(snapshot.n_nodes, 0); /* silent for longer than mute_after */
        assert_true(up[2]);
        look_for(&raw_ns, 100);
        assert_false(up[2]);
        node = tg_node_free(node);
}

static bool says_two_agents(int64_t raw_ns)
{
        tg_node_snapshot(node, &(struct tg_look){ .raw_ns = raw_ns }, &snapshot);
        for (uint32_t i = 0; i < snapshot.n_alerts; i++)
                if (snapshot.alerts[i].id == TG_ALERT_NODE_TWO_AGENTS)
                        return true;
        return false;
}

/* What has begun to hold, or to hold no more, before RAW goes back is told in due time, and not when RAW has come where it was. */
static void raw_goes_back_before_an_alert_moves(void **state)
{
        struct tg_event event = { .type = TG_EVENT_MEMBERS };
        int64_t raw_ns = 10000 * S;

        (void)state;
        make(raw_ns);
        for (uint32_t agents = 2; agents >= 1; agents--) {
                event.members.n = agents;
                for (uint32_t i = 0; i < agents; i++)
                        event.members.list[i] = (struct tg_group_member){ 2, 7 + i };
                give(event, raw_ns += S);
                look_for(&raw_ns, 1);
                raw_ns -= 3600 * S;
                look_for(&raw_ns, 7);
                assert_int_equal(says_two_agents(raw_ns), agents == 2);
        }
        node = tg_node_free(node);
}

TESTS_MAIN(TEST(alerts_keep_their_names), TEST(raw_goes_back), TEST(raw_goes_back_before_an_alert_moves))
