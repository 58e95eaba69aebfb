/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alerts: what is told against a model that keeps the whole history; and the table itself. */
#include "alerts.h"
#include "property.h"

#define ROUNDS 200

struct history {
        enum tg_alert_id id;
        int slot;
        int n;
        bool held[ROUNDS]; /* the condition, grace taken into account */
        bool raised, told;
        int64_t since_real;
        int64_t value; /* of the evidence last given */
        bool now;
};

static struct tg_alerts alerts;
static int64_t times[ROUNDS];

static bool lasted(const struct history *h, bool held, int32_t ms)
{
        int64_t since = 0;

        for (int i = h->n - 1; i >= 0 && h->held[i] == held; i--)
                since = times[i];
        return (times[h->n - 1] - since) / TG_NS_PER_MS >= ms;
}

static void model(struct history *h, bool in_grace, int64_t real)
{
        const struct tg_alert_kind *kind = tg_alert_kind(h->id);

        h->held[h->n++] = h->now && (h->raised || !kind->grace || !in_grace);
        if (!h->raised && h->held[h->n - 1] && lasted(h, true, kind->raise_after_ms)) {
                h->raised = true;
                h->since_real = real;
        } else if (h->raised && !h->held[h->n - 1] && lasted(h, false, kind->clear_after_ms)) {
                h->raised = false;
        }
        assert_int_equal(tg_alerts_raised(&alerts, h->id, h->slot), h->raised);
}

static void check_told(struct history *all, int n)
{
        struct tg_alert alert;
        int slot;

        while (tg_alerts_next(&alerts, &alert, &slot)) {
                int i = 0;

                while (i < n && (all[i].id != alert.id || all[i].slot != slot))
                        i++;
                assert_true(i < n);
                assert_int_equal(alert.raised, !all[i].told); /* raised and cleared in turn */
                assert_int_equal(alert.raised, all[i].raised);
                assert_true(alert.since_real_ns == all[i].since_real);
                assert_true(alert.evidence.value_ns == all[i].value);
                all[i].told = alert.raised;
        }
        for (int i = 0; i < n; i++)
                assert_int_equal(all[i].told, all[i].raised);
}

static void begin(struct tg_random *r, struct history *all, int n)
{
        memset(&alerts, 0, sizeof alerts);
        memset(all, 0, (size_t)n * sizeof *all);
        for (int i = 0; i < n; i++) {
                all[i].id = (enum tg_alert_id)((i * 5 + (int)random_below(r, 5)) % TG_ALERT_COUNT);
                all[i].slot = random_chance(r, 20) ? TG_ALERT_CLUSTER_SLOT : i;
        }
}

static void raised_and_cleared_in_turn(void **state)
{
        enum { N = 5 };
        struct property p = property_begin(1500, 1000);
        static struct history all[N];
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                int64_t raw = random_size(&r, INT64_C(1) << 58), step = random_range(&r, 50, 4000) * TG_NS_PER_MS;
                bool grace[TG_ALERT_SLOTS] = { 0 };

                begin(&r, all, N);
                for (int round = 0; round < ROUNDS; round++) {
                        int64_t real = random_size(&r, INT64_C(1) << 60);

                        times[round] = raw += random_chance(&r, 20) ? random_size(&r, 20 * TG_NS_PER_S) : step;
                        tg_alerts_begin(&alerts);
                        for (int i = 0; i < N; i++) {
                                grace[all[i].slot] ^= random_chance(&r, 4);
                                all[i].now ^= random_chance(&r, 25);
                                if (all[i].now)
                                        tg_alerts_set(
                                                &alerts, all[i].id, all[i].slot,
                                                &(struct tg_evidence){ .value_ns = all[i].value = random_size(&r, INT64_MAX) });
                        }
                        tg_alerts_settle(&alerts, grace, raw, real);
                        for (int i = 0; i < N; i++)
                                model(&all[i], grace[all[i].slot], real);
                        if (random_chance(&r, 40))
                                check_told(all, N);
                }
                check_told(all, N);
        }
}

static void settle_at(enum tg_alert_id id, bool holds, int64_t raw_ms, bool in_grace)
{
        bool grace[TG_ALERT_SLOTS] = { [3] = in_grace };

        tg_alerts_begin(&alerts);
        if (holds)
                tg_alerts_set(&alerts, id, 3, &(struct tg_evidence){ .node_id = 3 });
        tg_alerts_settle(&alerts, grace, raw_ms * TG_NS_PER_MS, raw_ms);
}

static bool told(bool *raised)
{
        struct tg_alert alert;
        int slot;

        if (!tg_alerts_next(&alerts, &alert, &slot))
                return false;
        *raised = alert.raised;
        assert_int_equal(slot, 3);
        return true;
}

/* Every alert at the very edges of its delays. */
static void delays_to_the_millisecond(void **state)
{
        (void)state;
        for (int id = 0; id < TG_ALERT_COUNT; id++) {
                const struct tg_alert_kind *kind = tg_alert_kind((enum tg_alert_id)id);
                int64_t t = 1000;
                bool raised;

                memset(&alerts, 0, sizeof alerts);
                settle_at(kind->id, true, t, false);
                assert_int_equal(told(&raised), kind->raise_after_ms == 0);
                if (kind->raise_after_ms) {
                        settle_at(kind->id, true, t += kind->raise_after_ms - 1, false);
                        assert_false(told(&raised));
                        settle_at(kind->id, true, ++t, false);
                        assert_true(told(&raised) && raised);
                }
                settle_at(kind->id, false, ++t, false);
                if (kind->clear_after_ms) {
                        assert_false(told(&raised));
                        settle_at(kind->id, false, t + kind->clear_after_ms - 1, false);
                        assert_false(told(&raised));
                        settle_at(kind->id, false, t + kind->clear_after_ms, false);
                }
                assert_true(told(&raised) && !raised);
                assert_false(told(&raised));
        }
}

static void grace_holds_back_and_takes_nothing_back(void **state)
{
        bool raised;

        (void)state;
        for (int id = 0; id < TG_ALERT_COUNT; id++) {
                const struct tg_alert_kind *kind = tg_alert_kind((enum tg_alert_id)id);

                memset(&alerts, 0, sizeof alerts);
                for (int64_t t = 1; t < 100000; t += 1000)
                        settle_at(kind->id, true, t, true);
                assert_int_equal(told(&raised), !kind->grace);
                settle_at(kind->id, true, 100000, false);
                settle_at(kind->id, true, 200000, false);
                assert_int_equal(told(&raised), kind->grace);
                for (int64_t t = 200001; t < 300000; t += 1000) /* in grace again: what was raised stays */
                        settle_at(kind->id, true, t, true);
                assert_false(told(&raised));
        }
}

static void what_reverses_untold_is_not_told(void **state)
{
        const struct tg_alert_kind *kind = tg_alert_kind(TG_ALERT_NODE_BEYOND);
        bool raised;

        (void)state;
        memset(&alerts, 0, sizeof alerts);
        settle_at(kind->id, true, 0, false);
        assert_true(tg_alerts_raised(&alerts, kind->id, 3));
        settle_at(kind->id, false, 10, false);
        settle_at(kind->id, false, 10 + kind->clear_after_ms, false);
        assert_false(tg_alerts_raised(&alerts, kind->id, 3));
        assert_false(told(&raised));
}

static bool is_hex(const char *text, size_t n)
{
        return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

static void the_table_is_sound(void **state)
{
        (void)state;
        for (int id = 0; id < TG_ALERT_COUNT; id++) {
                const struct tg_alert_kind *kind = tg_alert_kind((enum tg_alert_id)id);
                bool of_node = !strncmp(kind->name, "node-", 5);

                assert_int_equal(kind->id, id);
                assert_ptr_equal(tg_alert_kind_named(kind->name), kind);
                assert_true(is_hex(kind->message_id, 32));
                assert_int_equal(kind->scope, of_node ? TG_SCOPE_NODE : TG_SCOPE_CLUSTER);
                assert_in_range(kind->level, 2, 5);
                assert_true(kind->raise_after_ms >= 0 && kind->clear_after_ms > 0 && strlen(kind->remedy) > 20);
                assert_true(of_node || !kind->grace); /* grace is a node's */
                for (int other = 0; other < id; other++)
                        assert_string_not_equal(kind->message_id, tg_alert_kind((enum tg_alert_id)other)->message_id);
        }
        assert_null(tg_alert_kind_named("node-"));
}

TESTS_MAIN(TEST(raised_and_cleared_in_turn), TEST(delays_to_the_millisecond), TEST(grace_holds_back_and_takes_nothing_back),
           TEST(what_reverses_untold_is_not_told), TEST(the_table_is_sound))
