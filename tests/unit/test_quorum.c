/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The margin of votes against counting votes away one by one, and the names of the flags. */
#include <timeguard/quorum.h>

#include "property.h"

static void margin_is_the_votes_that_may_vanish(void **state)
{
        struct property p = property_begin(5000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_quorum q = { .total_votes = random_below(&r, 70), .quorum = 1 + random_below(&r, 40) };
                int64_t lost = 0;

                q.qdevice_votes = random_below(&r, q.total_votes + 1);
                while (lost < q.total_votes && q.total_votes - lost - 1 >= q.quorum)
                        lost++;
                if (q.total_votes >= q.quorum)
                        assert_int_equal(tg_quorum_margin(&q), lost);
                else
                        assert_true(tg_quorum_margin(&q) < 0);
                assert_int_equal(tg_quorum_margin_without_qdevice(&q), tg_quorum_margin(&q) - q.qdevice_votes);
        }
}

static void margin_of_the_extremes(void **state)
{
        const struct tg_quorum none = { .total_votes = 0, .quorum = UINT32_MAX },
                               all = { .total_votes = UINT32_MAX, .quorum = 0 };

        (void)state;
        assert_true(tg_quorum_margin(&none) == -(int64_t)UINT32_MAX);
        assert_true(tg_quorum_margin(&all) == (int64_t)UINT32_MAX);
}

static void flags_by_name(void **state)
{
        char buf[128], small[10];

        (void)state;
        assert_string_equal(tg_quorum_flags_text(0, buf, sizeof buf), "");
        assert_string_equal(tg_quorum_flags_text(TG_QUORUM_QUORATE | TG_QUORUM_QDEVICE_ALIVE, buf, sizeof buf), "");
        assert_string_equal(tg_quorum_flags_text(TG_QUORUM_TWO_NODE | TG_QUORUM_WAIT_FOR_ALL, buf, sizeof buf),
                            "two_node, wait_for_all");
        assert_string_equal(tg_quorum_flags_text(UINT32_MAX, buf, sizeof buf),
                            "two_node, wait_for_all, last_man_standing, auto_tie_breaker, allow_downscale");
        assert_string_equal(tg_quorum_flags_text(UINT32_MAX, small, sizeof small), "two_node,");
}

TESTS_MAIN(TEST(margin_is_the_votes_that_may_vanish), TEST(margin_of_the_extremes), TEST(flags_by_name))
