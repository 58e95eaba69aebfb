/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of time sources and cluster nodes: IPv4, IPv6, or the four letters of a reference clock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tg_addr_family {
        TG_ADDR_NONE = 0,
        TG_ADDR_IPV4 = 1, /* bytes[0..3], network order; the rest is zero */
        TG_ADDR_IPV6 = 2,
        TG_ADDR_REFCLOCK = 3, /* bytes[0..3] hold the reference id, such as "PPS0" */
};

struct tg_addr {
        uint8_t family; /* enum tg_addr_family */
        uint8_t bytes[16];
};

struct tg_prefix {
        struct tg_addr addr;
        uint8_t length; /* bits: 0..32 for IPv4, 0..128 for IPv6, 32 for a reference clock */
};

#define TG_ADDR_TEXT_MAX 56 /* longest text of an address, NUL included */

bool tg_addr_equal(const struct tg_addr *a, const struct tg_addr *b);
bool tg_addr_in(const struct tg_addr *addr, const struct tg_prefix *prefix);

/* True for addresses that no public network routes: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 link-local, loopback,
   and reference clocks. */
bool tg_addr_is_private(const struct tg_addr *addr);

/* Reads "10.0.0.254", "fd00::1" or "refclock:PPS0". Returns 0 or -EINVAL. */
int tg_addr_parse(const char *text, struct tg_addr *out);
/* As above with an optional "/bits". */
int tg_prefix_parse(const char *text, struct tg_prefix *out);
/* Writes the canonical text (RFC 5952 for IPv6, "refclock:PPS0", "-" for none) into buf and returns buf. */
const char *tg_addr_text(const struct tg_addr *addr, char buf[static TG_ADDR_TEXT_MAX]);
