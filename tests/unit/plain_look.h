/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A look at clocks that all run alike and were never set, for stories of single events. */
#pragma once

#include <timeguard/clock.h>
#include <timeguard/limits.h>

static inline struct tg_look at(int64_t raw_ns)
{
        const int64_t real_ns = 1790000000 * TG_NS_PER_S + raw_ns;

        return (struct tg_look){ .raw_ns = raw_ns,
                                 .real_ns = real_ns,
                                 .mono_ns = raw_ns,
                                 .boot_ns = raw_ns,
                                 .tai_ns = real_ns + 37 * TG_NS_PER_S,
                                 .bracket_ns = 150 };
}
