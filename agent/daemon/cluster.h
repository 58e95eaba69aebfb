/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to corosync: made and made anew for ever, never waited for. Its events go to the agent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tg_agent;
struct tg_cluster;

/* Begins to connect. Returns 0 or -errno; *out is set only on success. */
int tg_cluster_new(struct tg_cluster **out, struct tg_agent *agent);
/* False when a thread that hangs in corosync had to be left behind. Accepts NULL. */
bool tg_cluster_free(struct tg_cluster *cluster);

/* Multicasts a report, unless there is no connection or too many are on their way already. */
void tg_cluster_send(struct tg_cluster *cluster, const uint8_t *data, size_t len);

/* Once a second: looks after a connection that no longer delivers. */
void tg_cluster_tick(struct tg_cluster *cluster);

/* Leaves the group once the last report has come back or shortly afterwards, then calls tg_agent_left. */
void tg_cluster_leave(struct tg_cluster *cluster);
