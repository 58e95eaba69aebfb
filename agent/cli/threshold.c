/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thresholds at which Proxmox VE and Ceph take offence at the wall clock, as read in their sources. Only what is proven counts: the near end
   of a bound. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "threshold.h"
#include "units.h"
#include <timeguard/limits.h>

static const struct {
        int64_t ns;
        const char *effect; /* of that much, or more */
} thresholds[] = {
        { 50 * TG_NS_PER_MS, "Ceph's monitors warn of clock skew" },
        { 2 * TG_NS_PER_S, "Proxmox VE calls it time drift" },
        { 5 * TG_NS_PER_S, "set back by that, a node's HA manager stalls for as long" },
        { 20 * TG_NS_PER_S, "consoles of another node are refused" },
        { 50 * TG_NS_PER_S,
          "set forward by that, a node whose HA watchdog is armed may be reset; set back, a guest may run twice" },
        { 120 * TG_NS_PER_S, "set forward by that, the node with the lowest id breaks every contended lock" },
        { 300 * TG_NS_PER_S, "logins of another node are refused" },
};

static int64_t proven_ns(const struct tg_doc_pair *pair)
{
        if (!pair->low_ns.known || !pair->high_ns.known)
                return 0;
        return pair->low_ns.value > 0 ? pair->low_ns.value : pair->high_ns.value < 0 ? -pair->high_ns.value : 0;
}

void tg_threshold_print(const struct tg_page *page, int hang, const struct tg_document *document)
{
        int64_t farthest_ns = 0;
        char *text = NULL, amount[TG_UNITS_MAX];
        size_t len;
        FILE *out;

        for (size_t i = 0; i < document->pairs.n; i++)
                if (proven_ns(&document->pairs.items[i]) > farthest_ns)
                        farthest_ns = proven_ns(&document->pairs.items[i]);
        if (farthest_ns < thresholds[0].ns)
                return;
        out = open_memstream(&text, &len);
        if (!out)
                return;
        for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds && thresholds[i].ns <= farthest_ns; i++)
                fprintf(out, "%sfrom %s on %s", i ? "; " : "", tg_units_length(thresholds[i].ns, amount), thresholds[i].effect);
        if (fclose(out) == 0)
                tg_page_prose(page, hang, TG_INK_WARN, "Means:", "%s", text);
        free(text);
}
