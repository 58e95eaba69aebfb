/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status of the cluster as one node's core sees it: plain data for the status socket. Pairs are named by indexes into nodes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/alert.h>
#include <timeguard/chrony.h>
#include <timeguard/gate.h>
#include <timeguard/limits.h>
#include <timeguard/ntp.h>
#include <timeguard/quorum.h>

enum tg_node_state {
        TG_NODE_OK,
        TG_NODE_DRIFTING,
        TG_NODE_BEYOND,
        TG_NODE_HOLDOVER,
        TG_NODE_UNSYNCHRONISED,
        TG_NODE_FOREIGN_SOURCE,
        TG_NODE_LOCAL_CLOCK,
        TG_NODE_UNPROVEN,
        TG_NODE_MUTE,
};
const char *tg_node_state_text(enum tg_node_state state); /* "ok", "foreign-source", ... */

enum tg_cluster_verdict { TG_CLUSTER_AGREED, TG_CLUSTER_AT_RISK, TG_CLUSTER_BREACHED, TG_CLUSTER_SPLIT, TG_CLUSTER_UNPROVEN };
const char *tg_cluster_verdict_text(enum tg_cluster_verdict verdict);

enum tg_pair_verdict { TG_PAIR_UNPROVEN, TG_PAIR_WITHIN, TG_PAIR_BEYOND };
const char *tg_pair_verdict_text(enum tg_pair_verdict verdict);

struct tg_pair_status {
        uint32_t a, b;     /* node ids, a < b */
        bool bounded;      /* false: no bound at present; the numbers are 0 */
        bool stale;        /* the verdict is from before a ring change */
        bool contradicted; /* the last bound had its lower end above the upper */
        enum tg_pair_verdict verdict;
        int64_t low_ns, high_ns; /* certain bound of the offset of a from b, at as_of */
        int64_t estimate_ns;     /* likely value within it */
        uint32_t as_of_node;     /* a or b: on whose RAW as_of is known exactly */
        int64_t as_of_raw_ns;    /* as_of, on that RAW */
        int64_t as_of_age_ns;    /* how long ago that is, on this node's RAW, likely: by its own offset of the two RAWs */
        int64_t rate_ppb;        /* d(offset of a from b)/dt of REALTIME; positive: a gains on b */
        bool has_rate;
        /* the arithmetic behind it, for `explain` */
        int64_t raw_low_ns, raw_high_ns; /* bound of RAW(a) - RAW(b) at as_of */
        int64_t a_c_low_ns, a_c_high_ns; /* REALTIME - RAW of a at as_of, relative to its newest report's c */
        int64_t b_c_low_ns, b_c_high_ns;
        int64_t a_age_ns, b_age_ns; /* age at as_of of the two one-way bounds */
        uint32_t rho_ppm;
};

/* One time source as a node that asked it directly found it. */
struct tg_asked_status {
        struct tg_asked asked;
        bool answered; /* what follows is of its newest answer */
        int64_t age_ns;
        int64_t low_ns, high_ns; /* certain: the source's time minus that node's REALTIME, at its last report */
};

struct tg_node_status {
        uint32_t id;
        char name[TG_NAME_MAX];
        bool present; /* in the ring */
        bool agent;   /* heard lately */
        uint32_t votes;
        enum tg_node_state state;
        int64_t state_since_real_ns;
        char reason[TG_REASON_MAX];
        char root[TG_NAME_MAX]; /* what its time finally comes from; "" unknown */
        bool in_set;            /* one of the agreeing set */
        bool in_grace;
        bool has_offset; /* offset from the reference */
        int64_t offset_ns, bound_low_ns, bound_high_ns, as_of_age_ns;
        bool has_rate;
        int64_t rate_ppb; /* against the reference */
        bool has_forecast;
        int64_t forecast_ns; /* until the budget is crossed at the present rate */
        bool has_claim;
        int64_t claim_ns; /* chrony's own maximum error, aged to the report */
        bool has_report;  /* what follows is from its last report */
        int64_t report_age_ns;
        uint32_t seq;
        uint32_t steps;
        int64_t last_step_ns;
        int32_t slew_ppb;
        bool has_kernel;
        bool kernel_synchronised; /* STA_UNSYNC is not set: chronyd sees to that only with rtcsync */
        int64_t c_ns;
        int64_t boot_ns;
        uint64_t fingerprint;
        uint16_t gate_version;
        char time_zone[TG_NAME_MAX];
        struct tg_chrony_sample chrony;
        int64_t chrony_age_ns; /* of the sample, at the report */
        enum tg_gate_state gate_state;
        struct tg_gate_report gate;
        uint32_t n_asked; /* what its sources said when it asked them, collected from its reports */
        struct tg_asked_status asked[TG_ASK_SOURCES];
};

/* One condition without which the gate closes nothing. */
struct tg_gate_check {
        const char *name; /* "quorum", ... */
        bool met;
        char why[TG_REASON_MAX]; /* "" when it is met */
};

#define TG_GATE_CHECKS 6

struct tg_gate_status {
        enum tg_gate_mode mode;
        enum tg_gate_state state;
        enum tg_gate_scope scope;    /* of what is closed, else of the danger; NOTHING without either */
        uint32_t target_id;          /* NODE: which */
        char why[TG_REASON_MAX];     /* the danger; "" none */
        char why_not[TG_REASON_MAX]; /* what is not proven, where that is neither danger nor safety; "" nothing */
        char blocked[TG_REASON_MAX]; /* why it does not close in spite of a danger; "" it does, or there is none */
        bool would_close;            /* and does not only because it observes */
        bool read;                   /* the HA stack, at least once: what was found last */
        struct tg_gate_result ha;
        bool has_read_age; /* false: it is being read anew */
        int64_t read_age_ns;
        bool holds;                                   /* an administrator's word keeps it from closing ... */
        bool wants_closed;                            /* ... or keeps it closed: */
        struct tg_gate_hold hold;                     /* ... this one, with what is left of it */
        struct tg_gate_record records[TG_GATE_SLOTS]; /* stage NONE: none known */
        bool owes; /* this node has closed itself, or may have, whatever becomes of the records */
        uint32_t failures[TG_GATE_SLOTS];
        char failed[TG_GATE_SLOTS][TG_GATE_TEXT_MAX]; /* why the last attempt failed; "" it did not */
        bool save_failed;                             /* the registers are not on disk */
        bool has_opens;                               /* it is closed and opens in so long, if all stays as it is */
        int64_t opens_ns;
        bool wants_word; /* it is closed, and opens at an administrator's word alone (gate.release_ack) */
        struct tg_gate_check checks[TG_GATE_CHECKS];
};

struct tg_alert_status {
        enum tg_alert_id id;
        struct tg_evidence evidence;
        char node_name[TG_NAME_MAX];
        int64_t since_real_ns;
};

#define TG_PAIRS_MAX  (TG_NODES_MAX * (TG_NODES_MAX - 1) / 2)
#define TG_ALERTS_MAX 256 /* active at once in a snapshot; more are counted */

struct tg_snapshot {
        char cluster_name[TG_NAME_MAX];
        uint32_t self_id;
        int64_t now_real_ns;
        enum tg_cluster_verdict verdict;
        char reason[TG_REASON_MAX];
        char remedy[TG_REASON_MAX]; /* "" when nothing is wanted of the administrator */
        int64_t since_real_ns;
        bool connected; /* to corosync */
        struct tg_quorum quorum;
        int64_t margin, margin_without_qdevice;
        int64_t budget_ns;
        bool has_smallest;
        int64_t smallest_provable_ns;
        uint32_t reference_id;    /* 0: none */
        char source[TG_NAME_MAX]; /* the one root; "" when there is none */
        uint64_t fingerprint;
        uint32_t own_unheard; /* own reports sent that have not come back */
        uint64_t reports_heard, reports_bad;
        uint32_t n_nodes;
        struct tg_node_status nodes[TG_NODES_MAX]; /* by id, members first configured or not */
        struct tg_gate_status gate;
        uint32_t n_pairs;
        struct tg_pair_status pairs[TG_PAIRS_MAX]; /* by (a, b) */
        uint32_t n_alerts, n_alerts_more;
        struct tg_alert_status alerts[TG_ALERTS_MAX];
};
