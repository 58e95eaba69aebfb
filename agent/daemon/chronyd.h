/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The local chronyd, asked once a second over UDP loopback. */
#pragma once

#include <stdint.h>

struct tg_agent;
struct tg_chronyd;

/* Returns 0 or -errno; *out is set only on success. chronyd need not run. */
int tg_chronyd_new(struct tg_chronyd **out, struct tg_agent *agent, uint16_t port);
struct tg_chronyd *tg_chronyd_free(struct tg_chronyd *chronyd); /* accepts NULL, returns NULL */

/* Begins a poll, unless one still runs; its end is a TG_EVENT_CHRONY. */
void tg_chronyd_poll(struct tg_chronyd *chronyd);
