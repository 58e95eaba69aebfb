/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report decoder on any bytes. What it accepts is in range, is written again and read as the same, also with a tail that this
   version does not know, and is refused when it ends early; what it refuses it can name. */
#include <string.h>

#include <timeguard/report.h>

#include "check_report.h"
#include "fuzz.h"

static void same_but_for_sources(const struct tg_report *first, const struct tg_report *again)
{
        struct tg_report a = *first;
        bool cut = again->chrony.n_sources < first->chrony.n_sources;

        FUZZ_REQUIRE(!cut || again->flags & TG_REPORT_CUT, "sources were left out, and it is not told");
        /* what may differ: the minor is the writer's, and sources that find no room are left out from the end */
        a.minor = again->minor;
        a.flags |= cut ? TG_REPORT_CUT : 0;
        for (size_t i = again->chrony.n_sources; i < TG_SOURCES_MAX; i++)
                memset(&a.chrony.sources[i], 0, sizeof a.chrony.sources[i]);
        a.chrony.n_sources = again->chrony.n_sources;
        for (size_t i = 0; i < sizeof a; i++)
                FUZZ_REQUIRE(((const uint8_t *)&a)[i] == ((const uint8_t *)again)[i],
                             "a report of node %u, number %u, was read as another, from byte %zu of the structure on",
                             first->node_id, first->seq, i);
}

static void survives_the_wire(const struct tg_report *report)
{
        uint8_t once[TG_REPORT_BYTES_MAX], twice[TG_REPORT_BYTES_MAX];
        struct tg_report again, tailed;
        int n = tg_report_encode(report, once), m;

        FUZZ_REQUIRE(n > 0, "what was read cannot be written: %d", n);
        FUZZ_REQUIRE(tg_report_decode(once, (size_t)n, &again, NULL) == TG_REPORT_OK, "what was written cannot be read");
        same_but_for_sources(report, &again);
        m = tg_report_encode(&again, twice);
        FUZZ_REQUIRE(m == n && !memcmp(once, twice, (size_t)n), "written again, a report has other bytes");
        for (int i = 0; i < n; i += n / 16 + 1)
                FUZZ_REQUIRE(tg_report_decode(once, (size_t)i, &tailed, NULL) != TG_REPORT_OK, "%d of %d bytes are read", i, n);
        if (n == TG_REPORT_BYTES_MAX)
                return;
        once[n] = 0xa5;
        FUZZ_REQUIRE(tg_report_decode(once, (size_t)n + 1, &tailed, NULL) == TG_REPORT_OK &&
                             !memcmp(&tailed, &again, sizeof again),
                     "a tail that is not known changes what is read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *field = "?";
        struct tg_report report;
        enum tg_report_fault fault = tg_report_decode(data, size, &report, &field);

        FUZZ_REQUIRE(fault <= TG_REPORT_RANGE && tg_report_fault_text(fault)[0], "fault %d", fault);
        if (fault != TG_REPORT_OK) {
                FUZZ_REQUIRE(field && field[0], "fault %d has no place", fault);
                return 0;
        }
        FUZZ_REQUIRE(size <= TG_REPORT_BYTES_MAX, "%zu bytes were read as a report", size);
        fuzz_check_report(&report);
        survives_the_wire(&report);
        return 0;
}
