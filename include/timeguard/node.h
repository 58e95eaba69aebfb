/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core of timeguard on one node: events with their time in, actions out. It never asks for the time, opens nothing and
   allocates only in tg_node_new. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/alert.h>
#include <timeguard/chrony.h>
#include <timeguard/clock.h>
#include <timeguard/options.h>
#include <timeguard/quorum.h>
#include <timeguard/report.h>
#include <timeguard/snapshot.h>

struct tg_node;

enum tg_event_type {
        TG_EVENT_LOOK,         /* nothing but the clocks: at least ten times a second, and whenever REALTIME was set */
        TG_EVENT_TICK,         /* the second: send the report */
        TG_EVENT_DELIVERY,     /* a message of the process group; `now` was read after it had come */
        TG_EVENT_CHRONY,       /* a poll of chronyd ended */
        TG_EVENT_MEMBERS,      /* the process group's members changed */
        TG_EVENT_RING,         /* totem formed a ring, in the order of deliveries */
        TG_EVENT_QUORUM,       /* quorum, votes or configured nodes changed */
        TG_EVENT_TOPOLOGY,     /* names, addresses or timings changed */
        TG_EVENT_DISCONNECTED, /* corosync is gone */
        TG_EVENT_OPTIONS,      /* the configuration was read anew */
        TG_EVENT_ASKED,        /* the time sources were asked: what is known of each */
        TG_EVENT_GATE_RESULT,  /* the executor has run an order */
        TG_EVENT_STORED,       /* the gate's registers are on disk, or could not be written */
        TG_EVENT_ADMIN,        /* an administrator's word about the gate */
        TG_EVENT_LET_PASS,     /* 'timeguard wait' has given up: this node starts its HA services, proven or not */
        TG_EVENT_STOP,         /* the agent is about to stop: say so to the peers */
};

#define TG_GATE_STORE_MAX 512

struct tg_group_member {
        uint32_t node_id;
        uint32_t pid;
};

#define TG_GROUP_MEMBERS_MAX 128 /* corosync: CPG_MEMBERS_MAX */

struct tg_event {
        enum tg_event_type type;
        struct tg_look now;
        union {
                struct {
                        uint32_t node_id, pid; /* the sender, as corosync has it */
                        const uint8_t *data;
                        size_t len;
                } delivery;
                const struct tg_chrony_sample *chrony;
                struct {
                        uint32_t n;
                        struct tg_group_member list[TG_GROUP_MEMBERS_MAX];
                } members;
                struct tg_ring_id ring;
                const struct tg_quorum *quorum;
                const struct tg_topology *topology;
                const struct tg_options *options;
                struct {
                        uint32_t n;
                        const struct tg_asked *list; /* at most TG_ASK_SOURCES */
                } asked;
                const struct tg_gate_result *gate;
                struct {
                        uint32_t version;
                        bool ok;
                } stored;
                struct {
                        enum tg_gate_word word;
                        uint32_t left_s; /* UINT32_MAX: until released */
                        bool look;       /* none of both: only read the HA stack anew */
                } admin;
        };
};

enum tg_action_type {
        TG_ACTION_SEND,  /* multicast `send` now; the time in it is that of the event just handled */
        TG_ACTION_ALERT, /* tell the transition */
        TG_ACTION_GATE,  /* run the order; its result is a TG_EVENT_GATE_RESULT */
        TG_ACTION_STORE, /* make `store` durable, in the place of what was there; then TG_EVENT_STORED */
};

struct tg_action {
        enum tg_action_type type;
        union {
                struct {
                        size_t len;
                        uint8_t data[TG_REPORT_BYTES_MAX];
                } send;
                struct tg_alert alert;
                struct tg_gate_order gate;
                struct {
                        uint32_t version;
                        size_t len;
                        uint8_t data[TG_GATE_STORE_MAX];
                } store;
        };
};

struct tg_identity {
        uint32_t node_id; /* corosync's */
        uint32_t pid;     /* of the agent: (node_id, pid) is its identity in the process group */
        uint8_t boot_id[16];
        char time_zone[TG_NAME_MAX];
};

/* Makes a node; `now` starts its clocks. *out is set only on success. Returns 0 or -ENOMEM. The node owns nothing of its
   arguments. node_id may be 0 until the first TG_EVENT_QUORUM through tg_node_set_id. */
int tg_node_new(struct tg_node **out, const struct tg_identity *identity, const struct tg_options *options,
                const struct tg_look *now);
struct tg_node *tg_node_free(struct tg_node *node); /* accepts NULL, returns NULL */

/* What TG_ACTION_STORE made durable last, if anything, before the first event. False: it is not sound; nothing is taken over of it. */
bool tg_node_restore(struct tg_node *node, const uint8_t *data, size_t len);

/* The own node id, once corosync is known; a change drops all that was measured. */
void tg_node_set_id(struct tg_node *node, uint32_t node_id);

/* Takes one event. What the event points to is not kept. Events must come in the order of their `now.raw_ns`, as far as the
   deliveries of one agent go; a clock that went back (a restored virtual machine) begins a new epoch. */
void tg_node_handle(struct tg_node *node, const struct tg_event *event);

/* Fetches the next action due, false when there is none: call it until then after each event, and carry out a SEND at once. */
bool tg_node_next_action(struct tg_node *node, struct tg_action *action);

/* The state of the own node; TG_NODE_UNPROVEN while its id is not known. */
enum tg_node_state tg_node_own_state(const struct tg_node *node);
/* Something may become a danger: the time sources are to be asked as soon as may be. */
bool tg_node_suspects(const struct tg_node *node);

/* Writes the status as of `now`. */
void tg_node_snapshot(const struct tg_node *node, const struct tg_look *now, struct tg_snapshot *out);

/* The gate's part of it alone. */
void tg_node_gate_status(const struct tg_node *node, const struct tg_look *now, struct tg_gate_status *out);

/* One line of truth for the service manager: "agreed: 3 nodes within 1 s of 10.0.0.254". */
const char *tg_node_summary(const struct tg_node *node, char *buf, size_t size);
