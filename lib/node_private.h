/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of tg_node, shared by the files that make it up: node.c (events), node_ring.c, node_delivery.c, node_judge.c, node_gate.c, node_rewind.c, report_own.c (what it sends), snapshot.c (status). */
#pragma once

#include <timeguard/node.h>

#include "alerts.h"
#include "clock.h"
#include "gate.h"
#include "link.h"
#include "verdict.h"
#include "view.h"

/* A message that no sound agent sends, from one node: said for a while, counted for ever. */
struct tg_bad_report {
        uint64_t n;
        int64_t raw_ns;
        char reason[TG_REASON_MAX];
};

struct tg_node {
        struct tg_identity identity;
        struct tg_options options;
        uint64_t fingerprint;
        struct tg_clock clock;
        struct tg_chrony_sample chrony; /* the last that was OK, with the state of the last poll */
        struct tg_quorum quorum;
        struct tg_topology topology;
        bool connected; /* to corosync */
        struct tg_view view;
        struct tg_link links[TG_NODES_MAX]; /* by slot */
        struct tg_verdict verdict;
        struct tg_gate gate;
        uint32_t n_asked, ask_at; /* what the sources said, and whose turn it is in the reports */
        struct tg_asked asked[TG_ASK_SOURCES], told[TG_ASK_SOURCES];
        struct tg_alerts alerts;
        struct tg_bad_report bad[TG_NODES_MAX];

        uint32_t seq;           /* of the last report sent */
        uint32_t heard_seq;     /* of the last own report that came back */
        uint8_t event_tokens;   /* reports beside the second that may be sent at once ... */
        int64_t event_raw_ns;   /* ... since when the next one is being earned */
        int64_t unheard_raw_ns; /* when the oldest report that has not come back was sent */
        int64_t quiet_raw_ns; /* start, or last change of ring or connection: silence means nothing before patience has passed */
        uint32_t ticks;
        uint32_t echo_at;  /* where the next report's echoes begin in the order of members */
        bool owes_answers; /* more have stepped than the last report could answer */
        bool wants_report; /* something happened: report at once */
        bool ticked;       /* the second's own report is due */
        bool must_report;  /* ... even past the limit of five a second */
        bool leaving;
        bool let_pass; /* HA services were started, and since then this node has not been proven */
        bool dirty;    /* the verdict is older than the view */
        bool acts;     /* the own report has come back: the gate may act */
        bool urgent;   /* ... and must not wait for the next look */
        int64_t judged_raw_ns;
        int64_t step_raw_ns; /* when the last large step was heard of; 0: of none */
        uint64_t reports_heard, reports_bad;
        bool has_send;
        size_t send_len;
        uint8_t send[TG_REPORT_BYTES_MAX];
};

/* Composes and encodes the own report as of the clock's last look; `event` tells why. */
void tg_node_compose(struct tg_node *node, bool event);
/* How long silence may last before it means something. */
int64_t tg_node_patience_ns(const struct tg_node *node);
/* node_ring.c: handlers of events; the member of an id, made if need be, NULL when there is no room. */
void tg_node_on_ring(struct tg_node *node, const struct tg_event *event);
void tg_node_on_members(struct tg_node *node, const struct tg_event *event);
void tg_node_on_quorum(struct tg_node *node, const struct tg_event *event);
void tg_node_on_topology(struct tg_node *node, const struct tg_event *event);
void tg_node_on_disconnected(struct tg_node *node, const struct tg_event *event);
struct tg_member *tg_node_member(struct tg_node *node, uint32_t id);
/* node_delivery.c */
void tg_node_on_delivery(struct tg_node *node, const struct tg_event *event);
/* node_judge.c: who has been silent for too long; the verdict and the alerts as of the last look. */
void tg_node_hush(struct tg_node *node);
void tg_node_judge(struct tg_node *node);
void tg_node_on_let_pass(struct tg_node *node, const struct tg_event *event);
struct tg_situation tg_node_situation(const struct tg_node *node);
/* node_gate.c */
void tg_node_on_asked(struct tg_node *node, const struct tg_event *event);
void tg_node_on_gate_result(struct tg_node *node, const struct tg_event *event);
void tg_node_on_stored(struct tg_node *node, const struct tg_event *event);
void tg_node_on_admin(struct tg_node *node, const struct tg_event *event);
void tg_node_act_if_due(struct tg_node *node);
/* node_rewind.c: the own RAW went back to now_raw_ns. */
void tg_node_rewind(struct tg_node *node, int64_t now_raw_ns);
/* Slot of the own node, or -1. */
int tg_node_self(const struct tg_node *node);
