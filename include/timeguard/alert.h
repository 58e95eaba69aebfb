/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that timeguard says to an administrator is one of these alerts; each is raised and cleared in turn. Defined once, in
   the table of lib/alert_table.c; the catalogs and manuals are tested against it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/limits.h>

enum tg_alert_id {
        /* the cluster's */
        TG_ALERT_CLUSTER_BREACHED,
        TG_ALERT_CLUSTER_SPLIT,
        TG_ALERT_CLUSTER_UNPROVEN,
        TG_ALERT_BUDGET_UNPROVABLE,
        TG_ALERT_TWO_AUTHORITIES,
        TG_ALERT_SOURCE_CYCLE,
        TG_ALERT_CONFIGURATION_DIFFERS,
        TG_ALERT_NO_CLUSTER,
        TG_ALERT_NOT_HEARD,
        TG_ALERT_PENDING_STEP,
        TG_ALERT_GATE_CLOSED,
        TG_ALERT_GATE_WOULD_CLOSE,
        TG_ALERT_GATE_BLOCKED,
        TG_ALERT_GATE_FAILED,
        TG_ALERT_GATE_TAKEN,
        TG_ALERT_GATE_UNCLEAR,
        TG_ALERT_GATE_MAX_HOLD,
        /* a node's */
        TG_ALERT_NODE_BEYOND,
        TG_ALERT_NODE_DRIFTING,
        TG_ALERT_NODE_HOLDOVER,
        TG_ALERT_NODE_UNSYNCHRONISED,
        TG_ALERT_NODE_LOCAL_CLOCK,
        TG_ALERT_NODE_ORPHAN,
        TG_ALERT_NODE_FOREIGN_SOURCE,
        TG_ALERT_NODE_PUBLIC_SOURCE,
        TG_ALERT_NODE_DEFAULT_POOL,
        TG_ALERT_NODE_CHRONY_SILENT,
        TG_ALERT_NODE_MUTE,
        TG_ALERT_NODE_STEPPED,
        TG_ALERT_NODE_OSCILLATOR,
        TG_ALERT_NODE_CLAIM_CONTRADICTED,
        TG_ALERT_NODE_BAD_REPORT,
        TG_ALERT_NODE_TWO_AGENTS,
        TG_ALERT_NODE_VERSION,
        TG_ALERT_NODE_STARTED_UNPROVEN,
        TG_ALERT_COUNT
};

enum tg_alert_scope { TG_SCOPE_CLUSTER, TG_SCOPE_NODE };

struct tg_alert_kind {
        enum tg_alert_id id;
        const char *name; /* "node-beyond": stable, for filters and the JSON */
        enum tg_alert_scope scope;
        const char *message_id; /* 32 hex digits, of the journal's catalog */
        int level;              /* syslog priority when raised: 2 critical ... 5 notice; cleared is always 6 */
        int32_t raise_after_ms; /* the condition must have held that long */
        int32_t clear_after_ms; /* and must have been gone that long */
        bool grace;             /* held back while the node is in boot grace */
        const char *remedy;     /* one or two sentences with the commands to type */
};

const struct tg_alert_kind *tg_alert_kind(enum tg_alert_id id);
const struct tg_alert_kind *tg_alert_kind_named(const char *name);

/* What is known when an alert changes; fields that do not apply are as `tg_evidence_none` leaves them. */
struct tg_evidence {
        uint32_t node_id;  /* 0: the cluster's */
        uint32_t other_id; /* the other node of a pair; 0: none */
        bool has_offset;
        int64_t offset_ns; /* of node_id from other_id (or from the reference); positive: node_id is ahead */
        int64_t bound_low_ns, bound_high_ns;
        int64_t value_ns;           /* the size of a step, a budget, ...: the reason says what; 0 when it has none */
        char source[TG_NAME_MAX];   /* the time source that it is about; "" none */
        char reason[TG_REASON_MAX]; /* one sentence with the numbers */
};

/* One transition, to be told once. */
struct tg_alert {
        enum tg_alert_id id;
        bool raised; /* false: cleared */
        struct tg_evidence evidence;
        char node_name[TG_NAME_MAX]; /* "" for the cluster's */
        int64_t since_real_ns;       /* REALTIME of the node at which the alert was raised */
};
