/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the time sources themselves over NTP. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <qb/qbloop.h>

#include <timeguard/ntp.h>

struct tg_asker;

/* Told after each poll and each answer what is known now. */
typedef void tg_asker_tell(void *data, const struct tg_ask *ask);

/* `port` is the servers' (TG_NTP_PORT). Returns 0 or -errno; *out is set only on success. */
int tg_asker_new(struct tg_asker **out, qb_loop_t *loop, uint16_t port, int64_t step_limit_ns, tg_asker_tell *tell, void *data);
struct tg_asker *tg_asker_free(struct tg_asker *asker); /* accepts NULL, returns NULL */

/* What chronyd follows, after each poll of it. */
void tg_asker_sources(struct tg_asker *asker, const struct tg_chrony_sample *sample);
/* gate.step_limit after a reload. */
void tg_asker_limit(struct tg_asker *asker, int64_t step_limit_ns);
/* Sends what is due, and if urged what may be sent: call it once a second, best shortly before the nodes send their reports. */
void tg_asker_poll(struct tg_asker *asker, bool urge);
