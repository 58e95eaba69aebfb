/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses: texts there and back, prefixes against a loop over bits, private ranges at both of their edges. */
#include <errno.h>

#include <timeguard/addr.h>

#include "property.h"

static struct tg_addr random_addr(struct tg_random *r)
{
        struct tg_addr addr = { .family = (uint8_t)(1 + random_below(r, 3)) };
        size_t n = addr.family == TG_ADDR_IPV4 ? 4 : addr.family == TG_ADDR_IPV6 ? 16 : 1 + random_below(r, 4);

        for (size_t i = 0; i < n; i++)
                if (addr.family == TG_ADDR_REFCLOCK)
                        addr.bytes[i] = (uint8_t)('!' + random_below(r, '~' - '!' + 1));
                else if (random_chance(r, 50))
                        addr.bytes[i] = (uint8_t)random_u64(r);
        return addr;
}

static void text_round_trip(void **state)
{
        struct property p = property_begin(20000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_addr addr = random_addr(&r), back;
                char text[TG_ADDR_TEXT_MAX];

                assert_ptr_equal(tg_addr_text(&addr, text), text);
                assert_int_equal(tg_addr_parse(text, &back), 0);
                assert_true(tg_addr_equal(&addr, &back));
        }
}

static bool bit(const struct tg_addr *addr, unsigned i)
{
        return addr->bytes[i / 8] >> (7 - i % 8) & 1;
}

static bool naive_in(const struct tg_addr *addr, const struct tg_prefix *prefix)
{
        for (unsigned i = 0; i < prefix->length; i++)
                if (bit(addr, i) != bit(&prefix->addr, i))
                        return false;
        return addr->family == prefix->addr.family;
}

static void prefixes_match_bit_by_bit(void **state)
{
        struct property p = property_begin(50000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_addr addr = random_addr(&r);
                unsigned bits = addr.family == TG_ADDR_IPV6 ? 128 : 32, flip = random_below(&r, bits);
                struct tg_prefix prefix = { addr, (uint8_t)random_below(&r, bits + 1) };

                assert_true(tg_addr_in(&addr, &prefix));
                addr.bytes[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
                assert_int_equal(tg_addr_in(&addr, &prefix), naive_in(&addr, &prefix));
                addr.family = (uint8_t)(addr.family % 3 + 1);
                assert_false(tg_addr_in(&addr, &prefix));
        }
}

static void prefix_texts(void **state)
{
        struct property p = property_begin(20000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_addr addr = random_addr(&r);
                unsigned bits = addr.family == TG_ADDR_IPV6 ? 128 : 32, length = random_below(&r, bits + 1);
                struct tg_prefix out = { .length = 99 }, zero = { .addr.family = addr.family, .length = (uint8_t)length };
                char text[TG_ADDR_TEXT_MAX + 8], buf[TG_ADDR_TEXT_MAX];
                bool host_bits = false;

                if (addr.family == TG_ADDR_REFCLOCK)
                        continue;
                for (unsigned i = length; i < bits; i++)
                        host_bits |= bit(&addr, i);
                snprintf(text, sizeof text, "%s/%u", tg_addr_text(&addr, buf), length);
                assert_int_equal(tg_prefix_parse(text, &out), host_bits ? -EINVAL : 0);
                assert_int_equal(out.length, host_bits ? 99 : length);
                snprintf(text, sizeof text, "%s/%u", tg_addr_text(&zero.addr, buf), length);
                assert_int_equal(tg_prefix_parse(text, &out), 0);
                assert_true(naive_in(&addr, &out) == naive_in(&addr, &zero));
                snprintf(text, sizeof text, "%s/%u", buf, bits + 1);
                assert_int_equal(tg_prefix_parse(text, &out), -EINVAL);
        }
}

static void private_ranges_at_their_edges(void **state)
{
        static const struct {
                const char *text;
                bool is_private;
        } cases[] = {
                { "9.255.255.255", false },
                { "10.0.0.0", true },
                { "10.255.255.255", true },
                { "11.0.0.0", false },
                { "172.15.255.255", false },
                { "172.16.0.0", true },
                { "172.31.255.255", true },
                { "172.32.0.0", false },
                { "192.167.255.255", false },
                { "192.168.0.0", true },
                { "192.168.255.255", true },
                { "192.169.0.0", false },
                { "100.63.255.255", false },
                { "100.64.0.0", true },
                { "100.127.255.255", true },
                { "100.128.0.0", false },
                { "169.253.255.255", false },
                { "169.254.0.0", true },
                { "169.254.255.255", true },
                { "169.255.0.0", false },
                { "126.255.255.255", false },
                { "127.0.0.0", true },
                { "127.255.255.255", true },
                { "128.0.0.0", false },
                { "0.0.0.0", false },
                { "255.255.255.255", false },
                { "::", false },
                { "::1", true },
                { "::2", false },
                { "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
                { "fc00::", true },
                { "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
                { "fe00::", false },
                { "fe7f:ffff::", false },
                { "fe80::", true },
                { "febf:ffff::1", true },
                { "fec0::", false },
                { "2001:db8::1", false },
                { "refclock:PPS0", true },
                { "refclock:G", true },
        };
        struct tg_addr addr, none = { 0 };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                assert_int_equal(tg_addr_parse(cases[i].text, &addr), 0);
                if (tg_addr_is_private(&addr) != cases[i].is_private)
                        fail_msg("%s", cases[i].text);
        }
        assert_false(tg_addr_is_private(&none));
}

static void what_is_no_address(void **state)
{
        static const char *const addrs[] = {
                "",    " ",         "10.0.0",           "10.0.0.256",   "10.0.0.1 ",     "10.0.0.1/8", "1:2:3", "fe80::1%eth0",
                ":::", "refclock:", "refclock:TOOLONG", "refclock:A B", "refclock:\x80", "n1",         "-"
        };
        static const char *const prefixes[] = {
                "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/ 8",      "10.0.0.0/8x", "10.0.0.0/33",
                "/8",        "::/129",      "refclock:PPS0/32", "10.0.0.1/8",  "10.0.0.0/99999999999999999999"
        };
        struct tg_addr addr = { .family = 77 };
        struct tg_prefix prefix = { .length = 77 };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(addrs); i++)
                if (tg_addr_parse(addrs[i], &addr) != -EINVAL || addr.family != 77)
                        fail_msg("'%s'", addrs[i]);
        for (size_t i = 0; i < COUNT_OF(prefixes); i++)
                if (tg_prefix_parse(prefixes[i], &prefix) != -EINVAL || prefix.length != 77)
                        fail_msg("'%s'", prefixes[i]);
}

static void known_texts(void **state)
{
        static const struct {
                const char *in, *out;
        } cases[] = { { "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
                      { "fd00:0:0:0::1", "fd00::1" },
                      { "refclock:PPS", "refclock:PPS" } };
        struct tg_addr addr = { 0 };
        char text[TG_ADDR_TEXT_MAX];

        (void)state;
        assert_string_equal(tg_addr_text(&addr, text), "-");
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                assert_int_equal(tg_addr_parse(cases[i].in, &addr), 0);
                assert_string_equal(tg_addr_text(&addr, text), cases[i].out);
        }
        addr = (struct tg_addr){ TG_ADDR_REFCLOCK, "A\n\x1b\xff" };
        assert_string_equal(tg_addr_text(&addr, text), "refclock:A???");
        addr = (struct tg_addr){ TG_ADDR_REFCLOCK, "A B" };
        assert_string_equal(tg_addr_text(&addr, text), "refclock:A?B");
}

TESTS_MAIN(TEST(text_round_trip), TEST(prefixes_match_bit_by_bit), TEST(prefix_texts), TEST(private_ranges_at_their_edges),
           TEST(what_is_no_address), TEST(known_texts))
