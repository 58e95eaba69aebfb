/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small cluster in virtual time: unmodified cores, clocks whose truth is known exactly, a totally ordered multicast with random
   delays. One process, one seed. Time t is in ns since the world began; every clock is a function of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/node.h>

#define WORLD_NODES    64
#define WORLD_SEGMENTS 4096

/* From t_ns on: REALTIME - RAW = c_ns + slope x (t - t_ns); stepped_ns of it are steps. */
struct world_segment {
        int64_t t_ns, c_ns, slope_ppb, stepped_ns;
};

struct world_node {
        struct tg_node *core;
        uint32_t id;
        int64_t raw_base_ns, raw_ppb; /* RAW(t) = base + t (1 + ppb), less paused time */
        int64_t paused_ns;
        bool stopped; /* its agent neither sends nor receives */
        uint32_t n_segments;
        struct world_segment segments[WORLD_SEGMENTS];
        struct tg_chrony_sample chrony; /* what its chronyd says; raw_ns is filled in */
        int64_t last_delivery_ns;
        uint64_t raised, cleared;                    /* alerts told */
        uint8_t up[TG_ALERT_COUNT][WORLD_NODES + 1]; /* raised at present, by node index + 1; 0: the cluster's */
        bool alternates;                             /* false once an alert was raised or cleared twice in a row */
};

struct world {
        uint64_t random;
        int64_t t_ns;
        uint32_t n;
        struct world_node nodes[WORLD_NODES];
        int64_t delay_min_ns, delay_mean_ns; /* of deliveries: min + exponential with that mean */
        struct tg_options options;
        struct tg_quorum quorum;
        struct tg_topology topology;
        struct tg_ring_id ring;
        uint32_t n_queue, queue_size;
        struct world_event *queue;
        uint64_t order;
        bool deaf[WORLD_NODES]; /* nothing is delivered to it */
        bool bad_truth;         /* some bound did not hold the truth */
        uint64_t bounds_checked;
        int64_t widest_ns; /* of the bounds checked since the test set it to 0 */
        void (*tamper)(struct world *w, uint32_t from, uint8_t *data, size_t *len);
};

uint64_t world_random(struct world *w, uint64_t below);
/* Makes n nodes with ids 1 .. n, one vote each, RAW origins all different, REALTIME all right and driven by nothing. */
void world_new(struct world *w, uint32_t n, uint64_t seed);
void world_free(struct world *w);
/* Runs for so long, checking after each event of a node that every bound it holds contains the truth at its as_of. */
void world_run(struct world *w, int64_t for_ns);

void world_step(struct world *w, uint32_t i, int64_t by_ns);
void world_slew(struct world *w, uint32_t i, int64_t slope_ppb); /* d(REALTIME - RAW)/dt */
void world_pause(struct world *w, uint32_t i, int64_t for_ns);   /* all clocks of the node stand still meanwhile */
void world_new_ring(struct world *w);
void world_quorum(struct world *w);               /* tells all nodes w->quorum */
void world_let_pass(struct world *w, uint32_t i); /* its boot was let pass by `timeguard wait` */
void world_configure(struct world *w, uint32_t i, const struct tg_options *options);
/* t when RAW of node i was this, if it was not paused since. */
int64_t world_when(const struct world *w, uint32_t i, int64_t raw_ns);
/* REALTIME(i) - REALTIME(j) at t. */
int64_t world_offset(const struct world *w, uint32_t i, uint32_t j, int64_t t_ns);
void world_source(struct world *w, uint32_t i, const char *address); /* selected and reachable; NULL: none */
struct tg_snapshot *world_snapshot(struct world *w, uint32_t i);     /* overwritten by the next call */
const struct tg_node_status *world_status(struct world *w, uint32_t seen_by, uint32_t i);
bool world_raised(const struct world *w, uint32_t seen_by, enum tg_alert_id id,
                  uint32_t i); /* i: WORLD_NODES for the cluster's */
