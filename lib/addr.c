/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses: comparing, matching with prefixes, reading and writing. Pure text and bytes; names are not resolved. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <timeguard/addr.h>

#include "text.h"

#define REFCLOCK_PREFIX "refclock:"

bool tg_addr_equal(const struct tg_addr *a, const struct tg_addr *b)
{
        return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool tg_addr_in(const struct tg_addr *addr, const struct tg_prefix *prefix)
{
        unsigned whole = prefix->length / 8, rest = prefix->length % 8;

        if (addr->family != prefix->addr.family || memcmp(addr->bytes, prefix->addr.bytes, whole))
                return false;
        return rest == 0 || (addr->bytes[whole] ^ prefix->addr.bytes[whole]) >> (8 - rest) == 0;
}

bool tg_addr_is_private(const struct tg_addr *addr)
{
        static const struct tg_prefix prefixes[] = {
                { { TG_ADDR_IPV4, { 10 } }, 8 },         { { TG_ADDR_IPV4, { 172, 16 } }, 12 },
                { { TG_ADDR_IPV4, { 192, 168 } }, 16 },  { { TG_ADDR_IPV4, { 100, 64 } }, 10 },
                { { TG_ADDR_IPV4, { 169, 254 } }, 16 },  { { TG_ADDR_IPV4, { 127 } }, 8 },
                { { TG_ADDR_IPV6, { 0xfc } }, 7 },       { { TG_ADDR_IPV6, { 0xfe, 0x80 } }, 10 },
                { { TG_ADDR_IPV6, { [15] = 1 } }, 128 }, { { TG_ADDR_REFCLOCK, { 0 } }, 0 },
        };

        for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
                if (tg_addr_in(addr, &prefixes[i]))
                        return true;
        return false;
}

static int parse_refclock(const char *id, struct tg_addr *out)
{
        size_t n = strlen(id);

        if (n < 1 || n > 4)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                if (id[i] <= ' ' || id[i] > '~')
                        return -EINVAL;
        out->family = TG_ADDR_REFCLOCK;
        memcpy(out->bytes, id, n);
        return 0;
}

int tg_addr_parse(const char *text, struct tg_addr *out)
{
        struct tg_addr addr = { 0 };

        if (!strncmp(text, REFCLOCK_PREFIX, sizeof REFCLOCK_PREFIX - 1)) {
                int r = parse_refclock(text + sizeof REFCLOCK_PREFIX - 1, &addr);
                if (r < 0)
                        return r;
        } else if (inet_pton(AF_INET, text, addr.bytes) == 1) {
                addr.family = TG_ADDR_IPV4;
        } else if (inet_pton(AF_INET6, text, addr.bytes) == 1) {
                addr.family = TG_ADDR_IPV6;
        } else {
                return -EINVAL;
        }
        *out = addr;
        return 0;
}

/* Bits below the prefix would silently match nothing; they are a typing error. */
static bool has_host_bits(const struct tg_prefix *prefix)
{
        for (unsigned bit = prefix->length; bit < 8 * sizeof prefix->addr.bytes; bit++)
                if (prefix->addr.bytes[bit / 8] & (0x80 >> bit % 8))
                        return true;
        return false;
}

int tg_prefix_parse(const char *text, struct tg_prefix *out)
{
        const char *slash = strchr(text, '/');
        struct tg_prefix prefix = { 0 };
        char addr[TG_ADDR_TEXT_MAX], *end;
        size_t n = slash ? (size_t)(slash - text) : strlen(text);
        unsigned long length, whole;

        if (n >= sizeof addr)
                return -EINVAL;
        memcpy(addr, text, n);
        addr[n] = 0;
        if (tg_addr_parse(addr, &prefix.addr) < 0)
                return -EINVAL;
        length = whole = prefix.addr.family == TG_ADDR_IPV6 ? 128 : 32;
        if (slash) {
                if (slash[1] < '0' || slash[1] > '9' || prefix.addr.family == TG_ADDR_REFCLOCK)
                        return -EINVAL;
                length = strtoul(slash + 1, &end, 10);
                if (*end || length > whole)
                        return -EINVAL;
        }
        prefix.length = (uint8_t)length;
        if (has_host_bits(&prefix))
                return -EINVAL;
        *out = prefix;
        return 0;
}

const char *tg_addr_text(const struct tg_addr *addr, char buf[static TG_ADDR_TEXT_MAX])
{
        switch (addr->family) {
        case TG_ADDR_IPV4:
                return inet_ntop(AF_INET, addr->bytes, buf, TG_ADDR_TEXT_MAX);
        case TG_ADDR_IPV6:
                return inet_ntop(AF_INET6, addr->bytes, buf, TG_ADDR_TEXT_MAX);
        case TG_ADDR_REFCLOCK:
                snprintf(buf, TG_ADDR_TEXT_MAX, REFCLOCK_PREFIX "%.4s", (const char *)addr->bytes);
                for (char *p = buf; *p; p++)
                        if (*p <= ' ' || *p > '~') /* as parse_refclock has it: a blank would end the word */
                                *p = '?';
                return buf;
        default:
                return tg_copy(buf, TG_ADDR_TEXT_MAX, "-");
        }
}
