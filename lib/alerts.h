/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of every alert: conditions are set anew in each evaluation, and settling turns what lasted into transitions, each told
   once, raised and cleared in turn. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/alert.h>

#define TG_ALERT_CLUSTER_SLOT TG_NODES_MAX /* the slot of the cluster's alerts */
#define TG_ALERT_SLOTS        (TG_NODES_MAX + 1)

enum tg_alert_mark {
        TG_ALERT_NOW = 1 << 0,     /* the condition holds in this evaluation */
        TG_ALERT_HOLDING = 1 << 1, /* ... as of the last settling */
        TG_ALERT_RAISED = 1 << 2,  /* what should be known */
        TG_ALERT_TOLD = 1 << 3,    /* what has been told */
};

struct tg_alert_case {
        int64_t changed_raw_ns; /* when HOLDING last changed */
        int64_t since_real_ns;  /* when it was raised */
        struct tg_evidence evidence;
};

struct tg_alerts {
        uint8_t marks[TG_ALERT_COUNT][TG_ALERT_SLOTS]; /* apart, since most cases are never touched */
        struct tg_alert_case cases[TG_ALERT_COUNT][TG_ALERT_SLOTS];
};

/* Begins an evaluation: no condition holds. */
void tg_alerts_begin(struct tg_alerts *alerts);
/* A condition holds, with what is known of it. */
void tg_alerts_set(struct tg_alerts *alerts, enum tg_alert_id id, int slot, const struct tg_evidence *evidence);
/* A condition that was told holds no more, but neither is it over: while this is said, the alert is not cleared. */
void tg_alerts_keep(struct tg_alerts *alerts, enum tg_alert_id id, int slot);
/* Ends an evaluation; in_grace, by slot, holds back the raising of alerts that know grace. */
void tg_alerts_settle(struct tg_alerts *alerts, const bool in_grace[static TG_ALERT_SLOTS], int64_t now_raw_ns,
                      int64_t now_real_ns);
/* The next transition to tell; false when all are told. The slot tells whose it is. */
bool tg_alerts_next(struct tg_alerts *alerts, struct tg_alert *out, int *slot);
/* Whether anything of that slot is or may soon be told. */
bool tg_alerts_any(const struct tg_alerts *alerts, int slot);
bool tg_alerts_raised(const struct tg_alerts *alerts, enum tg_alert_id id, int slot);
