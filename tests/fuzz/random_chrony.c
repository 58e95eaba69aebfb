/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples of chronyd with every field in its range. */
#include <stdio.h>
#include <string.h>

#include "moves.h"

void random_addr(struct fuzz_input *in, struct tg_addr *addr)
{
        static const char *const known[] = { "10.0.0.254", "10.0.0.1", "10.0.0.2",  "10.0.0.3",     "192.0.2.1",
                                             "fd00::1",    "2001::1",  "127.0.0.1", "refclock:PPS0" };
        uint32_t i = fuzz_pick(in, 12);

        memset(addr, 0, sizeof *addr);
        if (i < 9) {
                tg_addr_parse(known[i], addr);
                return;
        }
        addr->family = (uint8_t)(i - 8);
        for (size_t at = 0; at < (addr->family == TG_ADDR_IPV6 ? 16 : 4); at++)
                addr->bytes[at] = (uint8_t)fuzz_take(in, 1);
}

void random_name(struct fuzz_input *in, char name[static TG_NAME_MAX])
{
        static const char *const known[] = { "", "ntp.example", "2.debian.pool.ntp.org", "10.0.0.254", "$(reboot)", "%s%n" };
        uint32_t i = fuzz_pick(in, 8);
        size_t len = i == 6 ? TG_NAME_MAX - 1 : fuzz_pick(in, 8);

        if (i < 6) {
                snprintf(name, TG_NAME_MAX, "%s", known[i]);
                return;
        }
        for (size_t at = 0; at < len; at++)
                name[at] = (char)('!' + fuzz_pick(in, 94));
        name[len] = 0;
}

void random_sample(struct fuzz_input *in, struct tg_chrony_sample *s, int64_t raw_ns)
{
        tg_chrony_float *floats = &s->tracking.correction_s;

        game_good_source(s, raw_ns);
        s->state = (uint8_t)(fuzz_pick(in, 4) ? TG_CHRONY_OK : 1 + fuzz_pick(in, TG_CHRONY_GARBLED));
        s->n_sources = (uint8_t)(fuzz_pick(in, 4) ? fuzz_pick(in, 3) : fuzz_pick(in, TG_SOURCES_MAX + 1));
        s->n_known = s->n_sources;
        s->n_reachable = (uint8_t)fuzz_pick(in, s->n_sources + 1u);
        for (size_t i = 0; i < s->n_sources; i++) {
                struct tg_source *one = &s->sources[i];

                *one = (struct tg_source){ .mode = (uint8_t)fuzz_pick(in, 3), .state = "*+"[fuzz_pick(in, 2)] };
                random_addr(in, &one->addr);
                random_name(in, one->name);
                one->reach = (uint8_t)fuzz_take(in, 1);
                one->stratum = (uint8_t)fuzz_pick(in, 17);
                one->since_sample_s = (uint32_t)fuzz_number(in, 0, UINT32_MAX);
        }
        if (s->n_sources)
                s->tracking.addr = s->sources[0].addr;
        if (fuzz_pick(in, 2))
                s->tracking.ref_id = fuzz_pick(in, 2) ? TG_REFID_LOCAL : (uint32_t)fuzz_take(in, 4);
        s->tracking.stratum = (uint8_t)fuzz_pick(in, 17);
        s->tracking.leap = (uint8_t)fuzz_pick(in, 4);
        s->tracking.ref_time_ns = fuzz_number(in, 0, INT64_MAX);
        for (uint32_t n = fuzz_pick(in, 4); n > 0; n--)
                floats[fuzz_pick(in, 9)] = (tg_chrony_float)fuzz_take(in, 4);
}
