/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See alerts.h. Local RAW decides how long a condition has lasted. A transition that reverses before it was told is not told: the
   reader would see nothing but noise, and raised and cleared still alternate. */
#include <string.h>

#include "alerts.h"

void tg_alerts_begin(struct tg_alerts *alerts)
{
        for (int id = 0; id < TG_ALERT_COUNT; id++)
                for (int slot = 0; slot < TG_ALERT_SLOTS; slot++)
                        alerts->marks[id][slot] &= (uint8_t)~TG_ALERT_NOW;
}

void tg_alerts_set(struct tg_alerts *alerts, enum tg_alert_id id, int slot, const struct tg_evidence *evidence)
{
        alerts->marks[id][slot] |= TG_ALERT_NOW;
        alerts->cases[id][slot].evidence = *evidence;
}

void tg_alerts_keep(struct tg_alerts *alerts, enum tg_alert_id id, int slot)
{
        if (alerts->marks[id][slot] & TG_ALERT_RAISED)
                alerts->marks[id][slot] |= TG_ALERT_NOW;
}

static void settle(uint8_t *mark, struct tg_alert_case *c, const struct tg_alert_kind *kind, bool in_grace, int64_t now_raw_ns,
                   int64_t now_real_ns)
{
        bool raised = *mark & TG_ALERT_RAISED, held = *mark & TG_ALERT_HOLDING;
        bool holds = (*mark & TG_ALERT_NOW) && !(kind->grace && in_grace && !raised);

        if (holds != held) {
                *mark ^= TG_ALERT_HOLDING;
                c->changed_raw_ns = now_raw_ns;
        }
        if (holds == raised ||
            (now_raw_ns - c->changed_raw_ns) / TG_NS_PER_MS < (holds ? kind->raise_after_ms : kind->clear_after_ms))
                return;
        *mark ^= TG_ALERT_RAISED;
        if (holds)
                c->since_real_ns = now_real_ns;
}

void tg_alerts_settle(struct tg_alerts *alerts, const bool in_grace[static TG_ALERT_SLOTS], int64_t now_raw_ns,
                      int64_t now_real_ns)
{
        for (int id = 0; id < TG_ALERT_COUNT; id++)
                for (int slot = 0; slot < TG_ALERT_SLOTS; slot++)
                        if (alerts->marks[id][slot] & (TG_ALERT_NOW | TG_ALERT_HOLDING | TG_ALERT_RAISED))
                                settle(&alerts->marks[id][slot], &alerts->cases[id][slot], tg_alert_kind((enum tg_alert_id)id),
                                       in_grace[slot], now_raw_ns, now_real_ns);
}

bool tg_alerts_next(struct tg_alerts *alerts, struct tg_alert *out, int *slot)
{
        for (int id = 0; id < TG_ALERT_COUNT; id++)
                for (int s = 0; s < TG_ALERT_SLOTS; s++) {
                        uint8_t *mark = &alerts->marks[id][s];
                        bool raised = *mark & TG_ALERT_RAISED, told = *mark & TG_ALERT_TOLD;

                        if (raised == told)
                                continue;
                        *mark ^= TG_ALERT_TOLD;
                        *slot = s;
                        memset(out, 0, sizeof *out);
                        out->id = (enum tg_alert_id)id;
                        out->raised = raised;
                        out->evidence = alerts->cases[id][s].evidence;
                        out->since_real_ns = alerts->cases[id][s].since_real_ns;
                        return true;
                }
        return false;
}

bool tg_alerts_any(const struct tg_alerts *alerts, int slot)
{
        for (int id = 0; id < TG_ALERT_COUNT; id++)
                if (alerts->marks[id][slot] & (TG_ALERT_HOLDING | TG_ALERT_RAISED | TG_ALERT_TOLD))
                        return true;
        return false;
}

bool tg_alerts_raised(const struct tg_alerts *alerts, enum tg_alert_id id, int slot)
{
        return alerts->marks[id][slot] & TG_ALERT_RAISED;
}
