/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A cluster in virtual time: unmodified cores (tg_node), with clocks, chronyds, servers, totem and quorum around them. One process, one
   seed; the same seed and the same faults give the same run, event for event. Time t is in ns since the run began and is the truth;
   node i (0 .. n - 1) has node id i + 1 and is called n1, n2, ... in stories. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/node.h>

#include "clocks.h"
#include "ha.h"
#include "servo.h"

#define SIM_NODES   TG_NODES_MAX
#define SIM_SERVERS 8
#define SIM_RECENT  16 /* one-way latencies kept of a direction */

enum sim_kind {
        SIM_LOOK,
        SIM_TICK,
        SIM_CHRONY,
        SIM_POLL,
        SIM_SLEWED,
        SIM_WANDER,
        SIM_ORDER,
        SIM_DELIVER,
        SIM_RING,
        SIM_MEMBERS,
        SIM_QUORUM,
        SIM_DISCONNECT,
        SIM_FORM,
        SIM_UNDO,
        SIM_ROUND,  /* of the HA stack's loops */
        SIM_UNIT,   /* an executor's unit goes on */
        SIM_RESULT, /* ... and its result comes to the agent */
        SIM_TRAP,
        SIM_STORED,
        SIM_ANSWER, /* of a time server */
};

struct sim_event {
        int64_t t_ns;
        uint64_t order;
        enum sim_kind kind;
        uint8_t node, from;
        uint64_t life; /* of the node's agent, connection, timer or chronyd: void when that has moved on */
        uint32_t pid;
        int64_t sent_t_ns;
        struct tg_ring_id ring;
        uint16_t len;
        uint8_t data[TG_REPORT_BYTES_MAX];
};

enum sim_tamper {
        SIM_HONEST,
        SIM_MINOR,   /* a newer minor version: unknown fields at the end */
        SIM_MAJOR,   /* a newer major version */
        SIM_CORRUPT, /* some bytes of every second report are wrong */
        SIM_REPLAY,  /* now and then an old report of its own comes again */
        SIM_FORGE,   /* ... or one of another node */
        SIM_LIAR,    /* well-formed, but its clock, echoes and source are invented */
};

struct sim_message { /* waits for the ring */
        uint8_t from;
        uint32_t pid;
        int64_t sent_t_ns;
        uint16_t len;
        uint8_t data[TG_REPORT_BYTES_MAX];
};

struct sim_latency { /* of one report that was delivered and handled */
        int64_t t_ns, ns;
};

struct sim_node {
        uint32_t id;
        struct sim_clock clock;
        struct sim_servo servo;
        int64_t wander_ppb; /* a random walk's step each 8 s */

        /* the agent */
        bool installed;       /* there is one at all */
        struct tg_node *core; /* NULL: not running */
        uint32_t pid, life, tick_life;
        int64_t ticked_raw_ns;
        bool off;    /* without power */
        bool frozen; /* its agent is stopped: what happens waits in `late` */
        int64_t up_t_ns;
        struct tg_options options;
        uint8_t boot_id[16];
        enum sim_tamper tamper;
        uint16_t n_kept; /* an old report of its own, for SIM_REPLAY */
        uint8_t kept[TG_REPORT_BYTES_MAX];
        uint32_t n_late, late_size;
        struct sim_event *late;

        /* its corosync */
        bool corosync, corosync_frozen;
        uint32_t corosync_life;
        uint8_t zone;  /* the network that it is in: only nodes of one zone reach each other */
        uint64_t ring; /* set of the members of its ring */
        struct tg_ring_id ring_id;
        bool halted; /* no token goes round */
        int64_t last_delivery_t_ns;
        int64_t last_order_t_ns, frozen_t_ns;
        uint64_t told;                    /* the connection that knows names and timings */
        uint32_t n_backlog, backlog_size; /* accepted from its agent, not sent yet */
        struct sim_message *backlog;

        struct sim_ha_node ha; /* its HA services, executor, disk, and asking of servers */

        /* for the checks */
        struct sim_latency recent[SIM_NODES][SIM_RECENT]; /* by sender: delivered to this node */
        uint32_t n_recent[SIM_NODES];
        uint64_t evaluations;
        uint8_t up[TG_ALERT_COUNT][SIM_NODES + 1]; /* alerts raised at present, by node id; 0: the cluster's */
};

struct sim;
/* Called when a node has handled an event and its actions are carried out, and for each transition of an alert. */
typedef void sim_watch(struct sim *sim, uint32_t node, const struct tg_event *event, const struct sim_event *cause, void *user);
typedef void sim_watch_alert(struct sim *sim, uint32_t node, const struct tg_alert *alert, void *user);

struct sim {
        uint64_t random;
        int64_t t_ns;
        uint32_t n, n_servers;
        struct sim_node nodes[SIM_NODES];
        struct sim_server servers[SIM_SERVERS];
        struct tg_topology topology;
        uint32_t flags;            /* TG_QUORUM_* of votequorum */
        uint32_t votes[SIM_NODES]; /* 1 each unless changed before the start */
        uint32_t qdevice_votes;    /* 0: no qdevice */
        bool qdevice_alive;
        struct sim_ha ha; /* change `kind`, `watchdogs` and `master` before sim_start */
        uint64_t ghosts;  /* nodes whose agents stay in the process group of others for ever */
        uint64_t removed; /* nodes that are no longer in the nodelist */
        uint64_t doubles; /* nodes with a second agent in the process group, of the next pid; it is never heard */
        uint64_t ring_seq;
        int64_t delay_min_ns, delay_mean_ns; /* of deliveries: min + exponential with that mean */
        uint32_t blur_ns;                    /* width of a look's reading bracket; one in 64 is a hundred times as wide */
        int64_t fault_t_ns;                  /* when a fault last began or ended */
        int64_t formed_t_ns;                 /* when a ring was last formed, lost or halted */
        int64_t form_t_ns;                   /* when the next one forms; 0: none is being formed */
        uint64_t evaluations, deliveries, events;
        uint64_t order;
        uint32_t n_queue, queue_size;
        struct sim_event *queue;
        bool in_core; /* a core handles an event: nothing may be allocated after its first minute */
        sim_watch *watch;
        sim_watch_alert *watch_alert;
        sim_watch_unit *watch_unit; /* NULL unless set */
        void *user;
        char trouble[1024]; /* what went wrong first; "" nothing yet. Stops sim_run */
};

/* n nodes with one vote each, RAW origins all different, oscillators within 20 ppm, a right REALTIME, all following server s1 = 10.0.0.254 at
   stratum 3 (more servers: sim_server_add). Change fields of sim and nodes (options, votes, flags, installed, servo) freely
   before sim_start. */
struct sim *sim_new(uint32_t n, uint64_t seed);
struct sim *sim_free(struct sim *sim);
uint32_t sim_server_add(struct sim *sim, const char *address, const char *name, uint8_t stratum); /* its index */
/* Starts every corosync, chronyd and agent; the first ring forms within a second. */
void sim_start(struct sim *sim);
/* Runs until t; stops early when there is trouble. */
void sim_run_until(struct sim *sim, int64_t t_ns);
/* The first trouble is kept. */
void sim_trouble(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

uint64_t sim_random(struct sim *sim, uint64_t below);
void sim_push(struct sim *sim, const struct sim_event *event);
/* REALTIME(i) - REALTIME(j) at t: the truth. */
int64_t sim_offset(const struct sim *sim, uint32_t i, uint32_t j, int64_t t_ns);
struct tg_look sim_look(struct sim *sim, uint32_t i);

/* agent.c */
void sim_agent_start(struct sim *sim, uint32_t i);
void sim_agent_stop(struct sim *sim, uint32_t i, bool orderly);
void sim_agent_freeze(struct sim *sim, uint32_t i);
void sim_agent_thaw(struct sim *sim, uint32_t i);
void sim_agent_catch_up(struct sim *sim, uint32_t i); /* what waited for a frozen agent or corosync is handled soon */
uint64_t sim_connection(const struct sim_node *node); /* changes with each start of agent or corosync */
void sim_agent_configure(struct sim *sim, uint32_t i, const struct tg_options *options);
void sim_agent_handle(struct sim *sim, const struct sim_event *event);
void sim_agent_give(struct sim *sim, uint32_t i, struct tg_event *event, const struct sim_event *cause);
void sim_stepped(struct sim *sim, uint32_t i); /* the kernel tells the agent, in less than a millisecond */

/* totem.c */
void sim_totem_start(struct sim *sim);
void sim_totem_send(struct sim *sim, uint32_t from, const uint8_t *data, size_t len);
void sim_totem_handle(struct sim *sim, const struct sim_event *event);
/* Zones, frozen or dead corosyncs have changed: rings are lost after token + consensus, or joined soon. */
void sim_totem_change(struct sim *sim, bool loss);
void sim_totem_quorum(struct sim *sim, uint32_t i); /* votes changed: tells the agent of i */
void sim_totem_group(struct sim *sim, uint32_t i);  /* the process group of i's ring changed: tells its agents */
void sim_corosync_stop(struct sim *sim, uint32_t i, bool orderly);
void sim_corosync_start(struct sim *sim, uint32_t i);
void sim_corosync_freeze(struct sim *sim,
                         uint32_t i); /* the token stands still; the others go on without it after token + consensus */
void sim_corosync_thaw(struct sim *sim, uint32_t i);
uint64_t sim_ring_of(const struct sim *sim, uint32_t i); /* those that would form one ring with i now */
void sim_quorum_of(const struct sim *sim, uint32_t i, struct tg_quorum *out);

/* servo.c */
void sim_servo_init(struct sim_servo *servo);
void sim_servo_start(struct sim *sim, uint32_t i);
void sim_servo_apply(struct sim *sim, uint32_t i); /* sets the clock's slope to what freq, slew and forced sum up to */
void sim_servo_stop(struct sim *sim, uint32_t i, enum sim_daemon how);
void sim_servo_follow(struct sim *sim, uint32_t i, const char *what); /* "s1", "s1,s2", "n3", "" none; restarts nothing */
void sim_servo_handle(struct sim *sim, const struct sim_event *event);
void sim_servo_sample(struct sim *sim, uint32_t i, struct tg_chrony_sample *out);

/* fault.c: the end of a fault that was to last for a time. */
void sim_fault_handle(struct sim *sim, const struct sim_event *event);

/* tamper.c: one report becomes what the network shows the others. */
void sim_tamper(struct sim *sim, uint32_t from, uint8_t data[static TG_REPORT_BYTES_MAX], size_t *len);
