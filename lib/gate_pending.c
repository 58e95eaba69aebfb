/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose clock is about to be stepped: by what its source, asked directly, said, or by what its chronyd still has to correct. */
#include <stdio.h>

#include "gate_danger.h"
#include "text.h"

#define ANSWERS 3
#define SPAN_S  32
#define UPDATES 3
#define LOST_NS (150 * TG_NS_PER_S) /* a server that answers no more is not followed for long */

/* One that chronyd does not follow steps nobody, unless it follows none for the time being. */
static bool is_followed(const struct tg_chrony_sample *chrony, const struct tg_addr *addr)
{
        for (uint8_t i = 0; i < chrony->n_sources; i++)
                if (tg_addr_equal(&chrony->sources[i].addr, addr))
                        return true;
        return chrony->n_sources == 0;
}

/* By its newest answer, aged to the report, it is still beyond the step limit from the node's clock as that is now: own steps and slews since are in. */
static bool is_beyond(const struct tg_asked *a, const struct tg_report *report, int64_t limit_ns)
{
        struct tg_interval ahead;

        if (!tg_asked_ahead(a, report->raw_ns, &ahead.low_ns, &ahead.high_ns))
                return false;
        return a->side > 0 ? ahead.low_ns - report->c_ns > limit_ns : ahead.high_ns - report->c_ns < -limit_ns;
}

/* What a source said that is about to step the node, or NULL. */
static const struct tg_asked *asked_step(const struct tg_watchfulness *w, const struct tg_situation *s, int slot)
{
        const struct tg_report *report = &s->view->members[slot].report;

        for (int i = 0; i < w->n_asked[slot]; i++) {
                const struct tg_asked *a = &w->asked[slot][i];

                if (a->side && a->clear >= ANSWERS && a->span_s >= SPAN_S && is_followed(&report->chrony, &a->addr) &&
                    is_beyond(a, report, s->options->gate_step_limit_ns) &&
                    (a->state == TG_ASKED_OK || report->raw_ns - a->raw_ns <= LOST_NS))
                        return a;
        }
        return NULL;
}

static void tell(const struct tg_situation *s, int slot, const struct tg_asked *a, char *why, size_t size)
{
        const struct tg_member *m = &s->view->members[slot];
        char addr[TG_ADDR_TEXT_MAX], amount[TG_NUMBER_MAX];

        if (a)
                snprintf(why, size, "%.60s, asked directly, is %s from the clock of %.60s, which may be stepped there",
                         tg_addr_text(&a->addr, addr),
                         tg_offset_text((a->side > 0 ? a->ahead_low_ns : a->ahead_high_ns) - m->report.c_ns, amount), m->name);
        else
                snprintf(why, size, "chronyd of %.60s has %s still to correct", m->name,
                         tg_offset_text(tg_chrony_float_ns(m->report.chrony.tracking.correction_s), amount));
}

uint64_t tg_gate_pending_votes(const struct tg_watchfulness *w, const struct tg_situation *s, char *why, size_t size)
{
        uint64_t votes = 0;
        uint32_t n = 0;

        why[0] = 0;
        for (uint32_t i = 0; i < s->view->n; i++) {
                int slot = s->view->order[i];
                const struct tg_member *m = &s->view->members[slot];
                const struct tg_asked *a = asked_step(w, s, slot);

                if (!m->fresh || !m->present || m->report.boot_ns < s->options->boot_grace_ns ||
                    (!a && w->corrections[slot].n < UPDATES))
                        continue;
                if (!n++)
                        tell(s, slot, a, why, size);
                votes += m->votes;
        }
        if (n > 1)
                tg_append(why, size, "; so it is for %u nodes", n);
        return votes;
}
