/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports that no sound agent sends: of other versions, damaged, repeated, forged, invented. Corosync vouches for the sender's node id and
   pid only. */
#include <string.h>

#include "sim.h"

#define MAJOR_AT 4 /* lib/report_layout.h: after the magic */
#define MINOR_AT 5

static void newer_minor(struct sim *sim, uint32_t from, uint8_t *data, size_t *len)
{
        (void)sim, (void)from;
        data[MINOR_AT] = TG_REPORT_MINOR + 1;
        for (int i = 0; i < 12 && *len < TG_REPORT_BYTES_MAX; i++)
                data[(*len)++] = 0xa5;
}

static void newer_major(struct sim *sim, uint32_t from, uint8_t *data, size_t *len)
{
        (void)sim, (void)from, (void)len;
        data[MAJOR_AT] = TG_REPORT_MAJOR + 1;
}

static void corrupt(struct sim *sim, uint32_t from, uint8_t *data, size_t *len)
{
        (void)from;
        if (sim_random(sim, 2))
                return;
        for (uint64_t n = 1 + sim_random(sim, 4); n; n--)
                data[sim_random(sim, *len)] ^= (uint8_t)(1 + sim_random(sim, 255));
        if (!sim_random(sim, 8))
                *len = sim_random(sim, *len);
}

/* What was sent earlier, by the node or by another, comes once more in the name of the node. */
static void repeat(struct sim *sim, uint32_t from, uint8_t *data, size_t *len)
{
        struct sim_node *node = &sim->nodes[from];

        if (sim_random(sim, 4)) {
                memcpy(node->kept, data, *len);
                node->n_kept = (uint16_t)*len;
        } else if (node->n_kept) {
                memcpy(data, node->kept, node->n_kept);
                *len = node->n_kept;
        }
}

static void forge(struct sim *sim, uint32_t from, uint8_t *data, size_t *len)
{
        struct tg_report report;
        int n;

        if (sim_random(sim, 3) || tg_report_decode(data, *len, &report, NULL) != TG_REPORT_OK)
                return;
        report.node_id = (from + 1 + (uint32_t)sim_random(sim, sim->n - 1)) % sim->n + 1;
        report.c_ns += 3 * TG_NS_PER_S;
        report.hull_low_ns = report.hull_high_ns = report.c_ns;
        n = tg_report_encode(&report, data);
        *len = n > 0 ? (size_t)n : *len;
}

static int64_t invented(struct sim *sim)
{
        static const int64_t sizes[] = { 1000, 1000000, 50000000, 1000000000, 4000000000 };

        return ((int64_t)sim_random(sim, 2001) - 1000) * (sizes[sim_random(sim, 5)] / 1000);
}

static void invent(struct sim *sim, uint32_t from, uint8_t *data, size_t *len)
{
        struct tg_report report;
        int64_t c = invented(sim);
        int n;

        (void)from;
        if (tg_report_decode(data, *len, &report, NULL) != TG_REPORT_OK)
                return;
        report.c_ns += c;
        report.hull_low_ns += c;
        report.hull_high_ns += c;
        report.steps += (uint32_t)sim_random(sim, 2);
        for (uint32_t k = 0; k < report.n_echoes; k++) {
                report.echoes[k].upper_ns += invented(sim);
                report.echoes[k].has_heard = report.echoes[k].has_heard && sim_random(sim, 2);
                report.echoes[k].rho_ppm = (uint16_t)(sim_random(sim, 4) ? report.echoes[k].rho_ppm : sim_random(sim, 60000));
        }
        if (!sim_random(sim, 4)) {
                report.chrony.tracking.ref_id = (uint32_t)sim_random(sim, UINT32_MAX);
                report.reference_id = (uint32_t)sim_random(sim, sim->n + 2);
        }
        n = tg_report_encode(&report, data);
        *len = n > 0 ? (size_t)n : *len;
}

void sim_tamper(struct sim *sim, uint32_t from, uint8_t data[static TG_REPORT_BYTES_MAX], size_t *len)
{
        static void (*const kinds[])(struct sim *, uint32_t, uint8_t *, size_t *) = {
                [SIM_MINOR] = newer_minor, [SIM_MAJOR] = newer_major, [SIM_CORRUPT] = corrupt,
                [SIM_REPLAY] = repeat,     [SIM_FORGE] = forge,       [SIM_LIAR] = invent,
        };

        kinds[sim->nodes[from].tamper](sim, from, data, len);
}
