/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One core and what it makes of single events: whom it echoes after a ring change or a suspend, which agent of a node counts, who has
   votes, what it answers and how often. The peer's reports are written here. */
#include "node_private.h"
#include "property.h"

#define S  TG_NS_PER_S
#define MS TG_NS_PER_MS

static struct tg_node *node;
static int64_t now_ns, boot_ahead_ns, real_ahead_ns, slewed_ns;
static struct tg_report sent;
static uint32_t n_sent, peer_seq, peer_steps;

static struct tg_look look(void)
{
        int64_t mono = now_ns + slewed_ns, boot = mono + boot_ahead_ns, real = 1790000000 * S + boot + real_ahead_ns;

        return (struct tg_look){
                .raw_ns = now_ns, .real_ns = real, .mono_ns = mono, .boot_ns = boot, .tai_ns = real + 37 * S, .bracket_ns = 150
        };
}

static void handle(struct tg_event event)
{
        struct tg_action action;
        const char *field;

        event.now = look();
        tg_node_handle(node, &event);
        while (tg_node_next_action(node, &action))
                if (action.type == TG_ACTION_SEND) {
                        n_sent++;
                        assert_int_equal(tg_report_decode(action.send.data, action.send.len, &sent, &field), TG_REPORT_OK);
                }
}

static void tick(int64_t after_ns)
{
        now_ns += after_ns;
        handle((struct tg_event){ .type = TG_EVENT_TICK });
}

static void hear(uint32_t id, uint32_t pid, struct tg_report *report)
{
        static uint8_t data[TG_REPORT_BYTES_MAX];
        struct tg_event event = { .type = TG_EVENT_DELIVERY };
        int len = tg_report_encode(report, data);

        assert_true(len > 0);
        event.delivery.node_id = id;
        event.delivery.pid = pid;
        event.delivery.data = data;
        event.delivery.len = (size_t)len;
        handle(event);
}

/* What the peer with that id sends now, on a RAW of its own. */
static struct tg_report peer_report(uint32_t id)
{
        int64_t raw = now_ns + 5000 * S, c = look().real_ns - raw;

        return (struct tg_report){ .node_id = id,
                                   .seq = ++peer_seq,
                                   .epoch = { .boot_id = { (uint8_t)id } },
                                   .ring = node->view.ring,
                                   .raw_ns = raw,
                                   .boot_ns = raw,
                                   .c_ns = c,
                                   .hull_low_ns = c,
                                   .hull_high_ns = c,
                                   .hull_since_raw_ns = raw - S,
                                   .steady_since_raw_ns = raw - S };
}

/* Measured a millisecond before. */
static void add_echo(struct tg_report *report, uint32_t about, const struct tg_epoch *epoch, int64_t upper_ns)
{
        report->echoes[report->n_echoes++] = (struct tg_echo){ .node_id = about,
                                                               .epoch_tag = tg_epoch_tag(epoch),
                                                               .upper_ns = upper_ns,
                                                               .measured_raw_ns = report->raw_ns - MS,
                                                               .estimate_gap_ns = TG_NO_ESTIMATE,
                                                               .rate_ppb = TG_NO_RATE,
                                                               .rho_ppm = 100 };
}

static void hear_peer(uint32_t id, uint32_t pid)
{
        struct tg_report report = peer_report(id);

        hear(id, pid, &report);
}

static void start(void)
{
        struct tg_identity identity = { .node_id = 1, .pid = 10, .boot_id = { 1 } };
        struct tg_options options;
        struct tg_look l;

        now_ns = 100 * S;
        boot_ahead_ns = real_ahead_ns = slewed_ns = 0;
        n_sent = peer_seq = peer_steps = 0;
        tg_options_default(&options);
        l = look();
        assert_int_equal(tg_node_new(&node, &identity, &options, &l), 0);
        handle((struct tg_event){ .type = TG_EVENT_RING, .ring = { 1, 4 } });
}

static void stop(void)
{
        node = tg_node_free(node);
}

static const struct tg_member *member(uint32_t id)
{
        return &node->view.members[tg_view_find(&node->view, id)];
}

static void only_who_was_heard_in_this_ring_is_echoed(void **state)
{
        (void)state;
        start();
        hear_peer(2, 20);
        tick(S);
        assert_int_equal(sent.n_echoes, 1);
        now_ns += 10 * MS;
        handle((struct tg_event){ .type = TG_EVENT_RING, .ring = { 1, 8 } });
        tick(S);
        assert_true(tg_ring_id_equal(sent.ring, (struct tg_ring_id){ 1, 8 }));
        assert_int_equal(sent.n_echoes, 0);
        hear_peer(2, 20);
        tick(S);
        assert_int_equal(sent.n_echoes, 1);
        assert_true(sent.echoes[0].measured_raw_ns >= now_ns - S - 1000);
        stop();
}

static void a_suspend_drops_what_was_measured(void **state)
{
        uint32_t before;

        (void)state;
        start();
        hear_peer(2, 20);
        tick(S);
        before = sent.epoch.suspends;
        assert_int_equal(sent.n_echoes, 1);
        boot_ahead_ns += 30 * S;
        tick(S);
        assert_int_equal(sent.epoch.suspends, before + 30000);
        assert_int_equal(sent.n_echoes, 0);
        stop();
}

static void of_two_agents_the_lower_pid_counts(void **state)
{
        struct tg_event members = { .type = TG_EVENT_MEMBERS };

        (void)state;
        for (int turn = 0; turn < 2; turn++) {
                start();
                members.members.n = 3;
                members.members.list[0] = (struct tg_group_member){ 1, 10 };
                members.members.list[1] = (struct tg_group_member){ 2, turn ? 20 : 30 };
                members.members.list[2] = (struct tg_group_member){ 2, turn ? 30 : 20 };
                handle(members);
                assert_int_equal(member(2)->agents, 2);
                assert_int_equal(member(2)->pid, 20);
                hear_peer(2, 30);
                assert_false(member(2)->heard);
                hear_peer(2, 20);
                assert_true(member(2)->heard);
                stop();
        }
}

static void votes_and_who_left(void **state)
{
        struct tg_quorum quorum = { .provider = true, .quorate = true, .n_nodes = 4 };
        struct tg_event event = { .type = TG_EVENT_QUORUM, .quorum = &quorum };

        (void)state;
        start();
        quorum.nodes[0] = (struct tg_quorum_node){ 1, 1, true };
        quorum.nodes[1] = (struct tg_quorum_node){ 2, 3, true };
        quorum.nodes[2] = (struct tg_quorum_node){ 3, 0, false }; /* never seen: one, as far as is known */
        quorum.nodes[3] = (struct tg_quorum_node){ 4, 0, true };  /* configured so */
        handle(event);
        assert_int_equal(member(1)->votes + 10 * member(2)->votes + 100 * member(3)->votes + 1000 * member(4)->votes, 131);
        hear_peer(2, 20);
        assert_true(member(2)->fresh);
        quorum.nodes[1].member = false;
        handle(event);
        assert_false(member(2)->fresh || member(2)->present);
        stop();
}

/* What comes in the name of another, or a second time, is dropped and counted. */
static void forged_and_replayed(void **state)
{
        struct tg_report report;

        (void)state;
        start();
        hear_peer(2, 20);
        now_ns += S;
        report = peer_report(3);
        hear(2, 20, &report);
        assert_int_equal(node->reports_bad, 1);
        report = peer_report(2);
        hear(2, 20, &report);
        assert_int_equal(node->reports_bad, 1);
        hear(2, 20, &report);
        assert_int_equal(node->reports_bad, 2);
        report.seq--;
        hear(2, 20, &report);
        assert_int_equal(node->reports_bad, 3);
        now_ns += S;
        report = peer_report(2);
        report.raw_ns -= 2 * S + 1; /* a later number, an earlier clock */
        report.hull_since_raw_ns = report.steady_since_raw_ns = report.raw_ns - S;
        hear(2, 20, &report);
        assert_int_equal(node->reports_bad, 4);
        stop();
}

/* An echo about an epoch that the own node has left says nothing of the present one. */
static void an_echo_of_an_earlier_epoch_is_no_answer(void **state)
{
        struct tg_report report;
        struct tg_epoch own;

        (void)state;
        start();
        hear_peer(2, 20);
        tick(S);
        own = sent.epoch;
        for (int k = 0; k < 2; k++) {
                own.suspends -= (uint32_t)!k;
                now_ns += S;
                report = peer_report(2);
                add_echo(&report, 1, &own, 5000 * S);
                hear(2, 20, &report);
                assert_int_equal(node->links[tg_view_find(&node->view, 2)].line.n, k);
                own.suspends += (uint32_t)!k;
        }
        stop();
}

/* Wherever chronyd lists it: the report may have no room for all. */
static void the_selected_source_is_told_first(void **state)
{
        struct tg_chrony_sample sample = { .state = TG_CHRONY_OK, .n_sources = 3 };

        (void)state;
        start();
        sample.raw_ns = now_ns;
        for (uint8_t i = 0; i < 3; i++)
                sample.sources[i] =
                        (struct tg_source){ .addr = { TG_ADDR_IPV4, { 10, i } }, .state = i == 2 ? '*' : '+', .reach = 1 };
        handle((struct tg_event){ .type = TG_EVENT_CHRONY, .chrony = &sample });
        tick(S);
        assert_int_equal(sent.chrony.n_sources, 3);
        assert_int_equal(sent.chrony.sources[0].state, '*');
        assert_int_equal(sent.chrony.sources[0].addr.bytes[1], 2);
        stop();
}

/* A clock that begins to be slewed, and a source that is no longer reached, are told at once and not at the next second. */
static void what_changes_is_told_at_once(void **state)
{
        struct tg_chrony_sample sample = { .state = TG_CHRONY_OK, .n_sources = 1 };
        struct tg_event chrony = { .type = TG_EVENT_CHRONY, .chrony = &sample };
        uint32_t before;

        (void)state;
        start();
        sample.raw_ns = now_ns;
        sample.sources[0] = (struct tg_source){ .addr = { TG_ADDR_IPV4, { 10 } }, .state = '*', .reach = 255 };
        handle(chrony);
        for (int i = 0; i < 30; i++) {
                now_ns += 100 * MS;
                handle((struct tg_event){ .type = TG_EVENT_LOOK });
        }
        before = n_sent;
        sample.sources[0].reach = 254;
        handle(chrony);
        assert_int_equal(n_sent, before);
        sample.sources[0].reach = 0;
        handle(chrony);
        assert_int_equal(n_sent, before + 1);
        for (int i = 0; i < 5; i++) {
                now_ns += 100 * MS;
                slewed_ns += i ? 200 * TG_NS_PER_US : 0; /* 2000 ppm */
                handle((struct tg_event){ .type = TG_EVENT_LOOK });
                assert_int_equal(n_sent, before + 1 + (i > 0));
        }
        stop();
}

/* A ring forms, and corosync tells of a member: that no agent of it was heard yet means nothing before patience has passed. */
static void after_a_ring_change_nobody_is_mute_at_once(void **state)
{
        struct tg_quorum quorum = { .provider = true, .quorate = true, .quorum = 2, .total_votes = 3, .n_nodes = 2 };
        struct tg_event event = { .type = TG_EVENT_QUORUM, .quorum = &quorum };
        int slot;

        (void)state;
        start();
        for (int i = 0; i < 20; i++) {
                tick(S);
                hear(1, 10, &sent);
                hear_peer(2, 20);
        }
        handle((struct tg_event){ .type = TG_EVENT_RING, .ring = { 1, 8 } });
        quorum.n_nodes = 3;
        for (uint32_t i = 0; i < 3; i++)
                quorum.nodes[i] = (struct tg_quorum_node){ i + 1, 1, true };
        handle(event);
        slot = tg_view_find(&node->view, 3);
        for (int i = 0; i < 8; i++) {
                tick(S);
                hear(1, 10, &sent);
                hear_peer(2, 20);
                assert_int_equal(node->verdict.nodes[slot].state == TG_NODE_MUTE, (i + 1) * S > tg_node_patience_ns(node));
        }
        stop();
}

/* RAW goes back by an hour: what was measured to be unreliable is judged by the clock that there is now. */
static void raw_goes_back_after_a_contradiction(void **state)
{
        struct tg_link *link;

        (void)state;
        start();
        now_ns += 7200 * S;
        hear_peer(2, 20);
        link = &node->links[tg_view_find(&node->view, 2)];
        assert_false(tg_link_contradict(link, now_ns));
        now_ns -= 3600 * S;
        handle((struct tg_event){ .type = TG_EVENT_LOOK });
        now_ns += 10 * S;
        tg_link_receive(link, link->epoch_tag, now_ns, now_ns);
        assert_true(tg_link_contradict(link, now_ns)); /* the second within ten minutes */
        now_ns -= 3600 * S;
        handle((struct tg_event){ .type = TG_EVENT_LOOK });
        now_ns += 3601 * S;
        tg_link_receive(link, link->epoch_tag, now_ns, now_ns);
        assert_int_equal(link->doublings, 0); /* an hour has passed without another */
        stop();
}

/* Two peers that prove something of each other and nothing of the own node: how old that is, is told by their reports. */
static void the_age_of_what_others_prove(void **state)
{
        static struct tg_snapshot snapshot;
        struct tg_epoch epochs[2] = { { .boot_id = { 2 } }, { .boot_id = { 3 } } };
        struct tg_look l;

        (void)state;
        start();
        hear_peer(2, 20);
        hear_peer(3, 30);
        for (uint32_t k = 0; k < 3; k++) { /* 2, 3 and 2 again, 0.3 s after each other */
                struct tg_report report;

                now_ns += 300 * MS;
                report = peer_report(2 + k % 2);
                add_echo(&report, 3 - k % 2, &epochs[!(k % 2)], 1000);
                hear(report.node_id, 10 * report.node_id, &report);
        }
        handle((struct tg_event){ .type = TG_EVENT_RING, .ring = { 1, 8 } }); /* from here on nothing new is proven */
        now_ns += 300 * MS;
        hear_peer(3, 30);
        now_ns += 100 * MS;
        l = look();
        tg_node_snapshot(node, &l, &snapshot);
        for (uint32_t i = 0; i < snapshot.n_pairs; i++)
                if (snapshot.pairs[i].a == 2 && snapshot.pairs[i].b == 3) {
                        assert_true(snapshot.pairs[i].bounded);
                        assert_in_range(snapshot.pairs[i].as_of_age_ns, 699 * MS, 701 * MS); /* 3's report before the last */
                        stop();
                        return;
                }
        fail();
}

/* A peer's step of a tenth of the budget is answered at once, whichever way it went. */
static void large_steps_are_answered(void **state)
{
        static const struct {
                int64_t step_ns;
                bool answered;
        } cases[] = { { 100 * MS, true }, { -100 * MS, true }, { 99 * MS, false }, { -99 * MS, false } };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                struct tg_report report;
                uint32_t before;

                start();
                hear_peer(2, 20);
                tick(S);
                now_ns += 300 * MS;
                before = n_sent;
                report = peer_report(2);
                report.steps = 1;
                report.last_step_ns = cases[i].step_ns;
                hear(2, 20, &report);
                assert_int_equal(n_sent - before, cases[i].answered);
                stop();
        }
}

static bool echoes(uint32_t id)
{
        for (uint32_t i = 0; i < sent.n_echoes; i++)
                if (sent.echoes[i].node_id == id)
                        return true;
        return false;
}

static void hear_step(uint32_t id)
{
        struct tg_report report = peer_report(id);

        report.steps = ++peer_steps;
        report.last_step_ns = 5 * S;
        hear(id, 10 * id, &report);
}

/* Only an answer that echoes the step's report proves what comes after it: where the echoes take turns, those who stepped go before. */
static void who_stepped_is_echoed_first(void **state)
{
        enum { LAST = 33 };

        (void)state;
        for (uint32_t first = 2; first < LAST; first++) {
                uint32_t second = first + 7 <= LAST ? first + 7 : first - 7, before;

                start();
                for (uint32_t id = 2; id <= LAST; id++)
                        hear_peer(id, 10 * id);
                tick(S);
                now_ns += 300 * MS;
                hear_step(first);
                assert_true(echoes(first));
                now_ns += MS;
                hear_step(second);
                assert_true(echoes(second));
                before = n_sent;
                hear_step(second); /* too much for one second: both wait for the next report */
                hear_step(first);
                assert_int_equal(n_sent, before);
                tick(100 * MS);
                assert_true(echoes(first) && echoes(second));
                stop();
        }
}

static void count_echoes(uint32_t *counts, uint32_t *n_counted)
{
        for (uint32_t i = 0; i < sent.n_echoes && n_sent != *n_counted; i++)
                counts[sent.echoes[i].node_id]++;
        *n_counted = n_sent;
}

/* Twelve of 32 step at once: each is answered within the second, though a report has room for eight echoes. */
static void all_who_stepped_are_answered(void **state)
{
        enum { STEPPERS = 12, LAST = 33 };
        uint32_t answers[LAST + 1] = { 0 }, counted;

        (void)state;
        start();
        for (uint32_t id = 2; id <= LAST; id++)
                hear_peer(id, 10 * id);
        tick(S);
        hear(1, 10, &sent); /* the own one comes back */
        counted = n_sent;
        for (uint32_t id = 2; id < 2 + STEPPERS; id++) {
                hear_step(id);
                count_echoes(answers, &counted);
        }
        for (int part = 0; part < 9; part++) {
                now_ns += 100 * MS;
                handle((struct tg_event){ .type = TG_EVENT_LOOK });
                count_echoes(answers, &counted);
        }
        for (uint32_t id = 2; id < 2 + STEPPERS; id++)
                assert_true(answers[id]);
        stop();
}

/* Twelve of 32 say before every report that they stepped: the others have their turn all the same. */
static void who_steps_all_the_time_leaves_room(void **state)
{
        enum { STEPPERS = 12, LAST = 33, SECONDS = 20 };
        uint32_t echoed[LAST + 1] = { 0 }, counted;

        (void)state;
        start();
        for (uint32_t id = 2; id <= LAST; id++)
                hear_peer(id, 10 * id);
        counted = n_sent;
        for (int part = 1; part <= 5 * SECONDS; part++) {
                now_ns += S / 5;
                handle((struct tg_event){ .type = part % 5 ? TG_EVENT_LOOK : TG_EVENT_TICK });
                count_echoes(echoed, &counted);
                hear(1, 10, &sent);
                for (uint32_t id = 2; id < 2 + STEPPERS && part > 5; id++)
                        hear_step(id);
                for (uint32_t id = 2 + STEPPERS; id <= LAST; id++)
                        hear_peer(id, 10 * id);
        }
        for (uint32_t id = 2; id <= LAST; id++)
                assert_in_range(echoed[id], SECONDS / 3, 5 * SECONDS);
        stop();
}

/* However much happens, there are at most five reports a second: the second's own among them. */
static void at_most_five_a_second(void **state)
{
        (void)state;
        start();
        for (int second = 0; second < 5; second++) {
                uint32_t before = n_sent;

                tick(0);
                hear(1, 10, &sent); /* the own one comes back */
                for (int i = 0; i < 100; i++) {
                        real_ahead_ns += S; /* a step at every look */
                        now_ns += 10 * MS;
                        handle((struct tg_event){ .type = TG_EVENT_LOOK });
                        hear(1, 10, &sent);
                }
                assert_in_range(n_sent - before, 2, 6 - (second > 0));
        }
        stop();
}

/* Corosync takes reports and delivers none: ten are tried, then one in five. */
static void few_reports_where_none_comes_back(void **state)
{
        (void)state;
        start();
        for (int i = 0; i < 60; i++)
                tick(S);
        assert_in_range(n_sent, 18, 24);
        stop();
}

static void the_margin_in_the_status(void **state)
{
        static struct tg_snapshot snapshot;
        struct tg_quorum quorum = { .provider = true,
                                    .quorate = true,
                                    .quorum = 3,
                                    .total_votes = 5,
                                    .qdevice_votes = 1,
                                    .n_nodes = 1,
                                    .nodes = { { 1, 1, true } } };
        struct tg_look l = look();

        (void)state;
        start();
        handle((struct tg_event){ .type = TG_EVENT_QUORUM, .quorum = &quorum });
        tg_node_snapshot(node, &l, &snapshot);
        assert_int_equal(snapshot.margin, 2);
        assert_int_equal(snapshot.margin_without_qdevice, 1);
        stop();
}

/* After a large step the verdict waits for the answers of all, but for a tenth of a second only: who does not answer holds up nothing. */
static void a_step_is_judged_without_the_last_answer(void **state)
{
        static const uint32_t ids[] = { 2, 3 };
        struct tg_report report;
        int64_t judged_ns;

        (void)state;
        start();
        for (size_t i = 0; i < COUNT_OF(ids); i++)
                hear_peer(ids[i], 10 * ids[i]);
        now_ns += 500 * MS;
        report = peer_report(2);
        report.steps = 1;
        report.last_step_ns = 5 * S;
        hear(2, 20, &report);
        judged_ns = node->judged_raw_ns;
        assert_true(judged_ns < now_ns);
        now_ns += 50 * MS;
        handle((struct tg_event){ .type = TG_EVENT_LOOK });
        assert_true(node->judged_raw_ns == judged_ns);
        now_ns += 51 * MS;
        handle((struct tg_event){ .type = TG_EVENT_LOOK });
        assert_true(node->judged_raw_ns == now_ns);
        stop();
}

/* Who says in each of its many reports that it stepped holds up the verdict for that tenth once a second, and no more. */
static void who_steps_all_the_time_is_judged(void **state)
{
        int64_t longest_ns = 0;

        (void)state;
        start();
        for (int part = 0; part < 100; part++, now_ns += 30 * MS) {
                int64_t judged_ns = node->judged_raw_ns;

                if (part % 33 == 0)
                        hear_peer(3, 30);
                hear_step(2);
                handle((struct tg_event){ .type = TG_EVENT_LOOK });
                longest_ns = now_ns - judged_ns > longest_ns ? now_ns - judged_ns : longest_ns;
        }
        assert_in_range(longest_ns, 100 * MS, 200 * MS);
        stop();
}

/* Every few seconds the own report of the second is followed up once, and that one by no other. */
static void a_follow_up_is_not_followed_up(void **state)
{
        uint32_t twice = 0;

        (void)state;
        start();
        for (int second = 0; second < 12; second++) {
                uint32_t before = n_sent, heard = n_sent;

                tick(S);
                for (int i = 0; i < 50; i++) {
                        now_ns += MS;
                        if (heard != n_sent) {
                                heard = n_sent;
                                hear(1, 10, &sent);
                        }
                }
                assert_in_range(n_sent - before, 1, 2);
                twice += n_sent - before == 2;
        }
        assert_int_equal(twice, 3);
        stop();
}

/* The own reports do not come back: that is told after the patience for it, counted from the first that did not. */
static void what_is_not_heard_is_told(void **state)
{
        struct tg_action action;
        int64_t since;
        bool told = false;

        (void)state;
        start();
        tick(S);
        hear(1, 10, &sent);
        since = now_ns + S;
        for (int i = 0; i < 10 && !told; i++) {
                struct tg_event event = { .type = TG_EVENT_TICK };

                now_ns += S;
                event.now = look();
                tg_node_handle(node, &event);
                while (tg_node_next_action(node, &action))
                        if (action.type == TG_ACTION_ALERT && action.alert.id == TG_ALERT_NOT_HEARD && action.alert.raised) {
                                told = true;
                                assert_non_null(strstr(action.alert.evidence.reason, "are on their way"));
                        }
        }
        assert_true(told);
        assert_in_range(now_ns - since, 4 * S, 6 * S); /* patience is 3 s here, and the alert's own second */
        stop();
}

TESTS_MAIN(TEST(only_who_was_heard_in_this_ring_is_echoed), TEST(a_suspend_drops_what_was_measured),
           TEST(of_two_agents_the_lower_pid_counts), TEST(votes_and_who_left), TEST(forged_and_replayed),
           TEST(an_echo_of_an_earlier_epoch_is_no_answer), TEST(the_selected_source_is_told_first),
           TEST(what_changes_is_told_at_once), TEST(after_a_ring_change_nobody_is_mute_at_once),
           TEST(raw_goes_back_after_a_contradiction), TEST(the_age_of_what_others_prove), TEST(large_steps_are_answered),
           TEST(who_stepped_is_echoed_first), TEST(all_who_stepped_are_answered), TEST(who_steps_all_the_time_leaves_room),
           TEST(at_most_five_a_second), TEST(few_reports_where_none_comes_back), TEST(the_margin_in_the_status),
           TEST(a_step_is_judged_without_the_last_answer), TEST(who_steps_all_the_time_is_judged),
           TEST(a_follow_up_is_not_followed_up), TEST(what_is_not_heard_is_told))
