/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's parts, each alone: registers on disk, pairs over time, the release. */
#include "gate.h"
#include "property.h"
#include "random_report.h"

#define S TG_NS_PER_S

/* ---- registers on disk ---- */

static void random_registers(struct tg_random *r, struct tg_gate_registers *out)
{
        struct tg_gate_report gate = { 0 };

        memset(out, 0, sizeof *out);
        random_gate(r, &gate);
        out->hold = gate.hold;
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                random_record(r, i, &out->records[i]);
        out->own.acted = (uint8_t)random_below(r, TG_ACTED_UNCLEAR + 1);
        out->own.backend = (uint8_t)random_below(r, TG_BACKEND_NONE + 1);
        random_bytes(r, out->own.uuid, 16);
        random_bytes(r, out->own.boot_id, 16);
        random_word(r, out->own.prior, TG_GATE_PRIOR_MAX - 1);
        out->recent = (uint8_t)random_u64(r);
}

/* Field by field: what lies between the fields is anything. */
static bool same_record(const struct tg_gate_record *a, const struct tg_gate_record *b)
{
        return tg_gate_record_same(a, b) && a->owner_id == b->owner_id && a->target_id == b->target_id &&
               a->scope == b->scope && a->stage == b->stage && a->whole == b->whole && a->backend == b->backend &&
               a->boot_tag == b->boot_tag && a->damping == b->damping && a->since_real_ns == b->since_real_ns &&
               !memcmp(a->prior, b->prior, sizeof a->prior);
}

static bool same_hold(const struct tg_gate_hold *a, const struct tg_gate_hold *b)
{
        return tg_gate_hold_same(a, b) && a->holds == b->holds && a->closes == b->closes && a->taken == b->taken &&
               a->left_s == b->left_s && !memcmp(a->ack, b->ack, sizeof a->ack);
}

static bool same_registers(const struct tg_gate_registers *a, const struct tg_gate_registers *b)
{
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (!same_record(&a->records[i], &b->records[i]))
                        return false;
        return same_hold(&a->hold, &b->hold) && !memcmp(&a->own, &b->own, sizeof a->own) && a->recent == b->recent;
}

static void what_is_saved_is_loaded(void **state)
{
        struct property p = property_begin(20000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_gate_registers saved, loaded, before;
                uint8_t bytes[TG_GATE_SAVED_MAX + 1];
                size_t len;

                random_registers(&r, &saved);
                random_registers(&r, &loaded);
                len = tg_gate_save(&saved, bytes);
                assert_in_range(len, 1, TG_GATE_SAVED_MAX);
                before = loaded;
                bytes[len] = 0;
                assert_false(tg_gate_load(bytes, random_below(&r, (uint32_t)len), &loaded));
                assert_false(tg_gate_load(bytes, len + 1, &loaded));
                bytes[random_below(&r, (uint32_t)len)] ^= (uint8_t)(1u << random_below(&r, 8));
                assert_false(tg_gate_load(bytes, len, &loaded));
                assert_true(same_registers(&before, &loaded));
                len = tg_gate_save(&saved, bytes);
                assert_true(tg_gate_load(bytes, len, &loaded));
                assert_true(same_registers(&saved, &loaded));
        }
}

static void newer_versions(void **state)
{
        (void)state;
        assert_true(tg_gate_version_order(8, 1, 4, 9) > 0); /* a later ring, whatever the serial */
        assert_true(tg_gate_version_order(4, 9, 8, 1) < 0);
        assert_true(tg_gate_version_order(4, 2, 4, 1) > 0);
        assert_true(tg_gate_version_order(4, 1, 4, 2) < 0);
        assert_int_equal(tg_gate_version_order(4, 1, 4, 1), 0);
}

/* ---- pairs over time ---- */

/* A clock that runs away at a constant rate, seen through bounds that hold it. */
struct runaway {
        int64_t start_ns, rate_ppb, half_ns;
        struct tg_track track;
};

static int64_t truth_at(const struct runaway *w, int64_t t_ns)
{
        return w->start_ns + (int64_t)((double)w->rate_ppb * (double)t_ns / 1e9);
}

static void see(struct tg_random *r, struct runaway *w, int64_t t_ns)
{
        struct tg_track *k = &w->track;
        int64_t low = truth_at(w, t_ns) - random_range(r, 0, w->half_ns), high = low + 2 * w->half_ns;

        if (high < truth_at(w, t_ns))
                high = truth_at(w, t_ns);
        if (k->n == TG_TRACK_BOUNDS) {
                memmove(k->at_ns, k->at_ns + 1, sizeof k->at_ns - sizeof k->at_ns[0]);
                memmove(k->offset, k->offset + 1, sizeof k->offset - sizeof k->offset[0]);
                k->n--;
        }
        k->at_ns[k->n] = t_ns;
        k->offset[k->n++] = (struct tg_interval){ low, high };
}

/* What a track says will cross does cross, if the clock goes on as it does; and one that is fast against its bounds is seen to. */
static void a_proven_rate_is_no_faster_than_the_true_one(void **state)
{
        struct property p = property_begin(50000, 300);
        uint32_t crossed = 0, missed = 0, slow = 0;
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct runaway w = { .start_ns = random_signed(&r, 6 * S),
                                     .rate_ppb = random_signed(&r, 100000000),
                                     .half_ns = 1 + random_size(&r, 20 * TG_NS_PER_MS) };
                int64_t limit = random_range(&r, S, 6 * S), horizon = random_range(&r, 10 * S, 200 * S), rate = 0, end, t = 0;
                bool says;

                for (int i = 0; i < TG_TRACK_BOUNDS; i++)
                        see(&r, &w, t = i * S + random_range(&r, 0, S / 4));
                says = tg_track_crosses(&w.track, limit, horizon, &rate);
                end = truth_at(&w, t + horizon);
                if (says) {
                        crossed++;
                        assert_true(llabs(end) > limit && (!rate || (end > 0) == (rate > 0)));
                        assert_true(llabs(rate) <= llabs(w.rate_ppb) + 1);
                        slow += llabs(w.rate_ppb) < 100000;
                } else if (llabs(w.rate_ppb) * 5 > 6 * w.half_ns && llabs(truth_at(&w, 0)) > 2 * w.half_ns &&
                           (truth_at(&w, 0) > 0) == (w.rate_ppb > 0) && llabs(end) > 2 * limit + 6 * S) {
                        /* five seconds at that rate are more than three widths of the bounds, and it is well over the limit then */
                        missed++;
                }
        }
        assert_int_equal(missed, 0);
        assert_true(crossed > 100 && slow > 0);
}

static void a_short_or_inward_track_says_nothing(void **state)
{
        struct runaway out = { .start_ns = S, .rate_ppb = 50000000, .half_ns = TG_NS_PER_MS };
        struct runaway home = { .start_ns = 4 * S, .rate_ppb = -50000000, .half_ns = TG_NS_PER_MS };
        struct runaway mended = { .start_ns = -S / 5, .rate_ppb = 50000000, .half_ns = TG_NS_PER_MS }; /* beyond zero at last */
        struct tg_random r = { 3 };
        int64_t rate;

        (void)state;
        for (int i = 0; i < TG_TRACK_BOUNDS; i++) {
                assert_false(tg_track_crosses(&out.track, 2 * S, 120 * S, &rate));
                see(&r, &out, i * S);
                see(&r, &home, i * S);
                see(&r, &mended, i * S);
                assert_false(tg_track_crosses(&mended.track, 2 * S, 120 * S, &rate));
                assert_false(tg_track_crosses(&home.track, 2 * S, 120 * S, &rate));
        }
        assert_true(tg_track_crosses(&out.track, 2 * S, 120 * S, &rate));
        assert_true(rate > 49000000 && rate <= 50000000);
        assert_false(tg_track_crosses(&out.track, 60 * S, 120 * S, &rate));
}

/* ---- a pending step ---- */

/* One node, whose only source said three times that it is `ahead_ns` ahead of RAW. */
static uint64_t pending_votes(int64_t ahead_ns, int8_t side, int64_t c_ns, int64_t age_ns, enum tg_asked_state state)
{
        static struct tg_watchfulness w;
        static struct tg_view view;
        struct tg_options options;
        struct tg_quorum quorum = { 0 };
        struct tg_situation s = { .view = &view, .options = &options, .quorum = &quorum };
        char why[TG_REASON_MAX];
        int slot;

        tg_options_default(&options);
        view = (struct tg_view){ 0 };
        w = (struct tg_watchfulness){ 0 };
        slot = tg_view_slot(&view, 1);
        view.members[slot].fresh = view.members[slot].present = true;
        view.members[slot].votes = 3;
        view.members[slot].report.raw_ns = view.members[slot].report.boot_ns = 9000 * S;
        view.members[slot].report.c_ns = c_ns;
        w.n_asked[slot] = 1;
        w.asked[slot][0] = (struct tg_asked){ .addr.family = TG_ADDR_IPV4,
                                              .state = (uint8_t)state,
                                              .raw_ns = 9000 * S - age_ns,
                                              .ahead_low_ns = ahead_ns - TG_NS_PER_MS,
                                              .ahead_high_ns = ahead_ns + TG_NS_PER_MS,
                                              .side = side,
                                              .clear = 3,
                                              .span_s = 40 };
        return tg_gate_pending_votes(&w, &s, why, sizeof why);
}

static void a_step_is_pending_until_it_is_done(void **state)
{
        (void)state;
        assert_int_equal(pending_votes(3600 * S, 1, 0, 20 * S, TG_ASKED_OK), 3);
        assert_int_equal(pending_votes(-3600 * S, -1, 0, 20 * S, TG_ASKED_OK), 3);
        /* the clock was stepped there, and the source has not been asked since */
        assert_int_equal(pending_votes(3600 * S, 1, 3600 * S, 20 * S, TG_ASKED_OK), 0);
        assert_int_equal(pending_votes(3600 * S, 1, 3600 * S - 6 * S, 20 * S, TG_ASKED_OK), 3);
        /* half a second of age at 500 ppm is 1000 s */
        assert_int_equal(pending_votes(5400 * TG_NS_PER_MS, 1, 0, 700 * S, TG_ASKED_OK), 3);
        assert_int_equal(pending_votes(5400 * TG_NS_PER_MS, 1, 0, 900 * S, TG_ASKED_OK), 0);
        /* it answers no more: chronyd will not follow it for long */
        assert_int_equal(pending_votes(3600 * S, 1, 0, 150 * S, TG_ASKED_SILENT), 3);
        assert_int_equal(pending_votes(3600 * S, 1, 0, 151 * S, TG_ASKED_SILENT), 0);
        assert_int_equal(pending_votes(3600 * S, 1, 0, 2049 * S, TG_ASKED_OK), 0);
}

/* ---- the release ---- */

static void the_release_doubles_and_ends_at_a_day(void **state)
{
        struct tg_options options;
        struct tg_gate gate = { 0 };
        uint8_t damping = 0;
        int64_t now = 0;

        (void)state;
        tg_options_default(&options);
        assert_true(tg_gate_release_ns(&options, 0) == 600 * S);
        assert_true(tg_gate_release_ns(&options, 3) == 4800 * S);
        for (int i = 8; i < 256; i++)
                assert_true(tg_gate_release_ns(&options, (uint8_t)i) == 86400 * S);
        for (int i = 0; i < 4; i++) {
                assert_int_equal(tg_gate_damping(&gate, now, damping), 0);
                tg_gate_transition(&gate, now += 300 * S);
        }
        for (int i = 0; i < 300; i++) {
                uint8_t next = tg_gate_damping(&gate, now, damping);

                assert_true(next > damping || damping >= 8);
                damping = next;
                tg_gate_transition(&gate, now += 300 * S);
        }
        assert_int_equal(tg_gate_damping(&gate, now + 3601 * S, damping), 0);
}

/* ---- quorum ---- */

/* What keeps the gate from opening, and what from closing, name the same cause, and the true one. */
static void why_nothing_can_be_decided(void **state)
{
        static struct tg_watchfulness watch;
        static struct tg_gate gate;
        static struct tg_view view;
        struct tg_quorum quorum = { .provider = true, .quorate = true, .quorum = 1, .total_votes = 1 };
        struct tg_situation s = { .view = &view, .quorum = &quorum, .connected = true, .self = 0, .now_raw_ns = 1000 * S };
        struct tg_agreement agreement = { .fresh_votes = 1 };
        struct tg_options options;
        const struct {
                bool connected, provider, quorate, hears;
                const char *why;
        } cases[] = {
                { false, false, false, false, "this agent has no connection to corosync" },
                { false, true, true, true, "this agent has no connection to corosync" },
                { true, false, false, true, "corosync runs without a quorum provider" },
                { true, false, true, true, "corosync runs without a quorum provider" },
                { true, true, false, true, "this part of the cluster has no quorum" },
                { true, true, true, false, "corosync does not deliver this node's own reports" },
        };

        (void)state;
        tg_options_default(&options);
        s.options = &options;
        view.n = 1;
        view.members[0] = (struct tg_member){ .used = true, .id = 1, .votes = 1, .configured = true, .present = true };
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                char buf[TG_REASON_MAX];
                struct tg_finding finding;

                s.connected = cases[i].connected;
                quorum.provider = cases[i].provider;
                quorum.quorate = cases[i].quorate;
                view.members[0].fresh = cases[i].hears;
                tg_gate_find(&watch, &s, &agreement, &finding);
                assert_string_equal(finding.why_not, cases[i].why);
                assert_false(finding.calm);
                assert_string_equal(tg_gate_may_not(&gate, &s, buf, sizeof buf), cases[i].why);
        }
}

TESTS_MAIN(TEST(what_is_saved_is_loaded), TEST(newer_versions), TEST(a_proven_rate_is_no_faster_than_the_true_one),
           TEST(a_short_or_inward_track_says_nothing), TEST(a_step_is_pending_until_it_is_done),
           TEST(the_release_doubles_and_ends_at_a_day), TEST(why_nothing_can_be_decided))
