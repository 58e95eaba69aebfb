/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An HA stack in virtual time, as it truly is, whatever timeguard thinks of it. Of kind `whole` one command closes it for the cluster (Proxmox VE,
   all nodes >= 5.1.3: disarm-ha), and a node can be closed by itself as well; of kind `each` every node closes itself only (stopping
   its LRM and CRM). Of kind `whole` some nodes may be `old`: they close themselves only, and what closes the cluster never gets done. Its loops sleep on the wall clock: a node whose clock steps back by 30 s stands still for 30 s.

   What it promises: a command of the cluster's is accepted after 0.1 to 10 s of waiting for the lock, and only where there is quorum; closing takes 3
   to 20 s from then on, opening 5 to 21 s; a node closes in 6 to 18 s while an HA manager runs somewhere, and the manager's own node
   stays armed as long as others are not closed, until another one takes over. Without quorum a node reads what was so when it lost it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/gate.h>
#include <timeguard/node.h>
#include <timeguard/ntp.h>

#define SIM_SOURCES    (8 + TG_NODES_MAX)
#define SIM_UNITS      4 /* runs of the executor at once on one node: an agent that was killed leaves its last one behind */
#define SIM_NO_MASTER  UINT32_MAX
#define SIM_UNIT_NS    (35 * TG_NS_PER_S) /* the unit's time limit */
#define SIM_RESET_NS   (90 * TG_NS_PER_S)
#define SIM_WATCHED_NS (60 * TG_NS_PER_S) /* a step forward by more resets an armed node */

struct sim;
struct sim_event;

enum sim_ha_kind { SIM_HA_NONE, SIM_HA_WHOLE, SIM_HA_EACH };
enum sim_hand { SIM_NOBODY, SIM_TIMEGUARD, SIM_ADMINISTRATOR, SIM_HANDS };
const char *sim_hand_text(int hand);

/* The cluster's, or one node's. */
struct sim_switch {
        enum tg_ha_state state; /* OPEN, CLOSING, CLOSED, OPENING */
        enum sim_hand hand;     /* whose command closed it; NOBODY: it is open */
        int64_t closed_t_ns;    /* when that was accepted */
        int64_t opened_t_ns;    /* when the last command to open it was accepted, or a boot opened it */
        bool raced;             /* somebody else's command came while the executor's waited: nobody can tell whose it was */
};

struct sim_ha {
        enum sim_ha_kind kind;
        bool watchdogs, busy;
        uint64_t random;
        uint64_t old;    /* bits: nodes that do not know the command for the cluster */
        uint32_t master; /* index of a node */
        int64_t master_lost_t_ns;
        struct sim_switch cluster;
        uint32_t closes, opens; /* commands of timeguard's that were accepted */
        uint32_t resets;
        /* an administrator's last word */
        bool held, asked; /* hold; close */
        uint32_t word_node;
        int64_t word_t_ns, held_until_t_ns;
        int64_t released_t_ns; /* when the last 'gate release' was given, whatever came after it */
};

enum sim_stage { /* where an executor can be made to die */
                 SIM_AT_NOTHING,
                 SIM_AT_INTENT, /* its own report of that stage is about to be handled by it */
                 SIM_AT_RUN,    /* the unit that closes has been started */
                 SIM_AT_ACCEPTED,
                 SIM_AT_ISSUED,
                 SIM_AT_VERIFIED,
                 SIM_AT_OPENING,
                 SIM_AT_OPEN_RUN,
                 SIM_AT_OPEN_ACCEPTED,
                 SIM_STAGES,
                 SIM_AT_STEP = SIM_STAGES /* the watchdog, after a step */
};
const char *sim_stage_text(int stage);

struct sim_unit { /* one run of the executor */
        bool runs;
        bool hangs;
        uint32_t life;   /* of the agent that waits for it */
        uint32_t number; /* tells it from another one in this place */
        int64_t began_t_ns;
        enum tg_ha_state found; /* what it read before its command */
        struct tg_gate_order order;
};

/* The truth of an answer: how far a source was ahead of the clock of the node that asked it. */
struct sim_said {
        int64_t t_ns, ahead_ns;
        int64_t before_ns; /* at the answer before */
        int64_t ahead_of_raw_ns;
};

struct sim_ha_node {
        struct sim_switch own;
        int64_t due_real_ns;                /* its loop gets to the cluster's change at this REALTIME; ... */
        int64_t own_due_real_ns;            /* ... to its own change */
        enum tg_ha_state seen;              /* of the cluster, when it last had quorum */
        bool stuck;                         /* the HA services of the node: what they were told to do lasts */
        bool fails, hangs, slow, disk_full; /* the executor; the disk */
        uint32_t units_begun, order_of_unit;
        struct sim_unit units[SIM_UNITS];
        enum sim_stage trap;
        bool trap_power;
        bool disk_writes;
        uint32_t disk_version;
        size_t disk_len, disk_next_len;
        uint8_t disk[TG_GATE_STORE_MAX], disk_next[TG_GATE_STORE_MAX];
        struct tg_ask ask;
        uint32_t n_asked;
        struct tg_asked asked[TG_ASK_SOURCES]; /* as the core was last told */
        struct sim_said said[SIM_SOURCES];     /* by server, then by node */
        int64_t slews_t_ns, slews_ns;          /* when its chronyd last told of a large correction that goes on, and its size */
};

enum sim_unit_phase { SIM_UNIT_BEGINS, SIM_UNIT_ACCEPTED, SIM_UNIT_ENDS };
/* An order that closes or opens begins, changes the HA stack, has ended. */
typedef void sim_watch_unit(struct sim *sim, uint32_t node, const struct sim_unit *unit, enum sim_unit_phase phase, void *user);

/* ha.c */
uint64_t sim_ha_random(struct sim *sim, uint64_t below); /* a source of chance of its own: runs without HA stay as they are */
void sim_ha_start(struct sim *sim);
void sim_ha_handle(struct sim *sim, const struct sim_event *event); /* a round of its loops */
bool sim_ha_quorate(const struct sim *sim, uint32_t i);
bool sim_ha_armed(const struct sim *sim, uint32_t i); /* its watchdog is */
/* A command is accepted: scope CLUSTER at a quorate node, or NODE. */
void sim_ha_close(struct sim *sim, uint32_t i, enum tg_gate_scope scope, enum sim_hand hand);
void sim_ha_open(struct sim *sim, uint32_t i, enum tg_gate_scope scope);
/* What the backend on node i reads. */
void sim_ha_read(struct sim *sim, uint32_t i, const struct tg_gate_order *order, struct tg_gate_result *out);
/* What its executor is told of the cluster is of the node itself. */
bool sim_ha_is_by_node(const struct sim *sim, uint32_t i);
struct sim_switch *sim_ha_switch(struct sim *sim, uint32_t i, enum tg_gate_scope scope);
void sim_ha_stepped(struct sim *sim, uint32_t i, int64_t by_ns); /* a watchdog may bite */
void sim_ha_bite(struct sim *sim, uint32_t i);
void sim_ha_power_lost(struct sim *sim, uint32_t i);
void sim_ha_booted(struct sim *sim, uint32_t i);

/* executor.c */
void sim_executor_order(struct sim *sim, uint32_t i, const struct tg_gate_order *order);
void sim_executor_handle(struct sim *sim, const struct sim_event *event);
/* The trap of the node, if it is set for that stage, springs soon. */
void sim_trap(struct sim *sim, uint32_t i, enum sim_stage stage);
/* ... at once, if this delivery is the one that it waits for; true: the node's agent is gone. */
bool sim_trap_delivery(struct sim *sim, const struct sim_event *cause);
void sim_trap_handle(struct sim *sim, const struct sim_event *event);

/* disk.c: 0.2 to 30 ms after the action it is durable, a little later the agent knows. */
void sim_disk_store(struct sim *sim, uint32_t i, uint32_t version, const uint8_t *data, size_t len);
void sim_disk_handle(struct sim *sim, const struct sim_event *event);

/* asker.c: the agent asks its sources, which answer with real packets. */
void sim_asker_start(struct sim *sim, uint32_t i, const struct tg_look *now);
void sim_asker_sources(struct sim *sim, uint32_t i, const struct tg_chrony_sample *sample);
void sim_asker_tick(struct sim *sim, uint32_t i);
void sim_asker_handle(struct sim *sim, const struct sim_event *event);
