/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's registers on disk: the file $STATE_DIRECTORY/gate (else /var/lib/timeguard/gate), replaced whole by a thread of its own, since a disk may take
   its time. What is said to be stored has been synced, and so has its directory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <qb/qbloop.h>

#include <timeguard/node.h>

struct tg_store;

typedef void tg_store_tell(void *data, uint32_t version, bool ok);

/* Returns 0 or -errno; *out is set only on success. A directory that cannot be written shows in what is told. */
int tg_store_new(struct tg_store **out, qb_loop_t *loop, tg_store_tell *tell, void *data);
/* Returns NULL. False in *clean when the thread hangs in the disk and had to be left behind. */
struct tg_store *tg_store_free(struct tg_store *store, bool *clean);

/* What was stored last; returns its length, 0 when there is nothing, or -errno. May block on the disk: before the loop runs. */
ssize_t tg_store_load(uint8_t out[static TG_GATE_STORE_MAX]);
/* One at a time: the core waits for the answer before it stores anew. */
void tg_store_write(struct tg_store *store, uint32_t version, const uint8_t *data, size_t len);
