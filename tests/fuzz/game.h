/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One core and the peers that it hears, played by an input. Peers tell the truth about clocks that the game knows, until a move has
   them say something else. Each event that goes in is followed by what must hold after any event: reports that it sends are sound and
   its own, alerts alternate, a message of one member changes no pair of others, what is refused changes nothing. */
#pragma once

#include <timeguard/node.h>

#include "fuzz.h"

#define GAME_PEERS   5
#define GAME_OWN_ID  2
#define GAME_OWN_PID 77
#define GAME_IDS     256 /* whose alerts are followed */

struct game_peer {
        uint32_t id, pid, seq;
        int64_t base_ns; /* its RAW less the own one */
        int64_t skew_ns; /* its REALTIME less the own one */
        struct tg_epoch epoch;
        struct tg_chrony_sample chrony;
        size_t len; /* of the last message that it sent */
        uint8_t data[TG_REPORT_BYTES_MAX + 8];
};

struct game {
        struct fuzz_input in;
        struct tg_node *node;
        struct tg_look now; /* that the node was told last */
        struct tg_options options;
        struct tg_quorum quorum;
        struct tg_topology topology;
        struct tg_ring_id ring;
        uint32_t own_id, n_peers;
        struct game_peer peers[GAME_PEERS];
        bool deaf; /* own reports do not come back */
        uint32_t sent_seq;
        struct tg_report own;
        size_t own_len;
        uint8_t own_data[TG_REPORT_BYTES_MAX];
        bool ordered; /* an order to the executor waits for its result */
        struct tg_gate_order order;
        uint32_t storing;                     /* the version that waits to be on disk; 0: none */
        uint8_t up[TG_ALERT_COUNT][GAME_IDS]; /* alerts that were raised, by node id */
};

void game_begin(struct game *g);
void game_end(struct game *g);
void game_give(struct game *g, struct tg_event *event);
/* A message, as the node's look stands: `now` as it was told last. */
void game_deliver(struct game *g, uint32_t id, uint32_t pid, const uint8_t *data, size_t len);
/* What the peer would say at this moment. */
void game_compose(struct game *g, struct game_peer *p, struct tg_report *report);
/* Encodes and delivers; a report that no sound agent could write is not sent. */
void game_send(struct game *g, struct game_peer *p, const struct tg_report *report);
void game_pass(struct game *g, int64_t ns); /* time, and a look */
void game_second(struct game *g);           /* one second of a sound cluster */
void game_members(struct game *g);          /* tells who is in the group, ring, quorum and topology: all, as they are */
void game_good_source(struct tg_chrony_sample *sample, int64_t raw_ns);
