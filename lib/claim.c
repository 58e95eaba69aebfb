/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See claim.h. In ns; saturating, since a peer may claim anything. */
#include <stdlib.h>

#include "claim.h"

#define LARGE_NS (INT64_C(1) << 60)

const struct tg_source *tg_selected_source(const struct tg_chrony_sample *sample)
{
        for (uint8_t i = 0; i < sample->n_sources; i++)
                if (sample->sources[i].state == '*')
                        return &sample->sources[i];
        return NULL;
}

bool tg_has_live_source(const struct tg_chrony_sample *sample)
{
        const struct tg_source *selected = tg_selected_source(sample);

        return sample->state == TG_CHRONY_OK && selected && selected->reach;
}

static int64_t capped(int64_t ns)
{
        return ns < 0 ? (ns > -LARGE_NS ? -ns : LARGE_NS) : ns < LARGE_NS ? ns : LARGE_NS;
}

static int64_t base_ns(const struct tg_tracking *t)
{
        return capped(tg_chrony_float_ns(t->correction_s)) + capped(tg_chrony_float_ns(t->root_delay_s)) / 2 +
               capped(tg_chrony_float_ns(t->root_dispersion_s));
}

static int64_t growth_ns(int64_t age_ns)
{
        return age_ns > 0 ? age_ns / (1000000 / TG_CLAIM_GROWTH_PPM) : 0;
}

bool tg_claim(const struct tg_report *report, int64_t *claim_ns)
{
        const struct tg_source *selected = tg_selected_source(&report->chrony);

        if (report->chrony.state != TG_CHRONY_OK || !selected || !selected->reach ||
            report->chrony.tracking.ref_id == TG_REFID_LOCAL || report->chrony.tracking.ref_id == 0)
                return false;
        *claim_ns = base_ns(&report->chrony.tracking) + growth_ns(report->raw_ns - report->chrony.raw_ns);
        return true;
}

bool tg_claim_without_source(const struct tg_report *report, int64_t *claim_ns)
{
        const struct tg_tracking *t = &report->chrony.tracking;
        int64_t now_ns = report->raw_ns + report->c_ns;

        if (t->ref_id == 0 || t->ref_id == TG_REFID_LOCAL || t->ref_time_ns < 0)
                return false;
        *claim_ns = base_ns(t) + growth_ns(t->ref_time_ns < now_ns ? now_ns - t->ref_time_ns : 0);
        return true;
}
