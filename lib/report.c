/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What writer and reader of reports share: the ranges of the fields, the names of epochs and faults. Layout: report_layout.h. */
#include "report_layout.h"
#include <timeguard/hash.h>

#define STEP_MAX    (INT64_C(1) << 62)
#define BRACKET_MAX (10 * TG_NS_PER_S)

uint32_t tg_epoch_tag(const struct tg_epoch *epoch)
{
        uint8_t suspends[4] = { (uint8_t)epoch->suspends, (uint8_t)(epoch->suspends >> 8), (uint8_t)(epoch->suspends >> 16),
                                (uint8_t)(epoch->suspends >> 24) };
        uint32_t h = tg_hash32(TG_HASH32_BEGIN, epoch->boot_id, sizeof epoch->boot_id);

        h = tg_hash32(h, suspends, sizeof suspends);
        return h ? h : 1;
}

const char *tg_report_fault_text(enum tg_report_fault fault)
{
        static const char *const texts[] = {
                [TG_REPORT_OK] = "sound",
                [TG_REPORT_FOREIGN] = "no timeguard report",
                [TG_REPORT_MAJOR_NEW] = "of a major version that this timeguard does not know",
                [TG_REPORT_SHORT] = "cut short",
                [TG_REPORT_OVERSIZED] = "longer than a report may be",
                [TG_REPORT_RANGE] = "out of range",
        };
        return texts[fault];
}

static bool within(int64_t value, int64_t limit)
{
        return value >= -limit && value <= limit;
}

const char *tg_report_range_fault(const struct tg_report *r)
{
        const struct {
                bool good;
                const char *field;
        } checks[] = {
                { r->node_id != 0, "node id" },
                { r->seq != 0, "sequence" },
                { r->raw_ns >= 0 && r->raw_ns <= TG_RAW_MAX_NS, "raw" },
                { r->boot_ns >= 0 && r->boot_ns <= TG_C_MAX_NS, "boottime" },
                { within(r->c_ns, TG_C_MAX_NS) && r->c_ns >= -TG_RAW_MAX_NS, "realtime - raw" },
                { r->bracket_ns >= 0 && r->bracket_ns <= BRACKET_MAX, "bracket" },
                { within(r->last_step_ns, STEP_MAX), "last step" },
                { r->hull_low_ns >= -TG_RAW_MAX_NS && r->hull_low_ns <= r->c_ns, "hull low" },
                { r->hull_high_ns <= TG_C_MAX_NS && r->hull_high_ns >= r->c_ns, "hull high" },
                { r->hull_since_raw_ns >= 0 && r->hull_since_raw_ns <= r->raw_ns, "hull since" },
                { r->steady_since_raw_ns >= r->hull_since_raw_ns && r->steady_since_raw_ns <= r->raw_ns, "steady since" },
                { r->chrony.state <= TG_CHRONY_GARBLED, "chrony state" },
                { r->chrony.tracking.stratum <= 16, "stratum" },
                { r->chrony.tracking.leap <= 3, "leap" },
                { r->chrony.tracking.ref_time_ns >= 0 && r->chrony.tracking.ref_time_ns < INT64_MAX, "reference time" },
                { r->chrony.n_sources <= TG_SOURCES_MAX, "source count" },
                { r->gate_state <= TG_GATE_IS_HELD, "gate state" },
                { r->asked.state <= TG_ASKED_BAD, "asked state" },
                { r->asked.stratum <= 16, "asked stratum" },
                { r->asked.leap <= 3, "asked leap" },
                { r->asked.ref_time_ns >= 0, "asked reference time" },
                { r->asked.side >= -1 && r->asked.side <= 1, "asked side" },
                { r->asked.ahead_low_ns >= -TG_RAW_MAX_NS && r->asked.ahead_low_ns <= r->asked.ahead_high_ns &&
                          r->asked.ahead_high_ns <= TG_C_MAX_NS,
                  "asked offset" },
                { r->n_echoes <= TG_ECHOES_MAX, "echo count" },
        };

        for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
                if (!checks[i].good)
                        return checks[i].field;
        for (size_t i = 0; i < r->chrony.n_sources; i++)
                if ((r->chrony.sources[i].state != '*' && r->chrony.sources[i].state != '+') ||
                    r->chrony.sources[i].mode > TG_SOURCE_REFCLOCK)
                        return "source state";
        for (size_t i = 0; i < r->n_echoes; i++)
                if (!within(r->echoes[i].upper_ns, TG_RAW_MAX_NS) || !r->echoes[i].rho_ppm)
                        return "echo bound";
        return NULL;
}
