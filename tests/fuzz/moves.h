/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The moves of a game: each takes what it wants from the input and gives the node one event, sound or hostile. */
#pragma once

#include "game.h"

#define RAW_MAX_NS  (INT64_C(1) << 59)
#define REAL_MAX_NS (INT64_C(8200000000) * TG_NS_PER_S) /* the kernel sets no clock beyond 2232 */

/* One of the peers; an id of theirs, of the node, or of nobody. */
struct game_peer *pick_peer(struct game *g);
uint32_t pick_id(struct game *g);

void random_addr(struct fuzz_input *in, struct tg_addr *addr);
void random_name(struct fuzz_input *in, char name[static TG_NAME_MAX]);
/* What a poll of chronyd may have ended with. */
void random_sample(struct fuzz_input *in, struct tg_chrony_sample *s, int64_t raw_ns);

void move_time(struct game *g);
void move_tick(struct game *g);
void move_second(struct game *g);
void move_report(struct game *g);
void move_lie(struct game *g);
void move_poke(struct game *g);
void move_bytes(struct game *g);
void move_replay(struct game *g);
void move_chrony(struct game *g);
void move_peer(struct game *g);
void move_members(struct game *g);
void move_ring(struct game *g);
void move_quorum(struct game *g);
void move_topology(struct game *g);
void move_disconnected(struct game *g);
void move_options(struct game *g);
void move_stop(struct game *g);
void move_deaf(struct game *g);
