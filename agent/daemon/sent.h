/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The own messages that were given to corosync and have not come back. Bounded: with corosync frozen, libqb spins for ever in a send
   once some 270 messages wait (ipcc.c, the notice on the full socket), so that sending must stop long before. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TG_SENT_MAX 32

struct tg_sent {
        uint32_t n;
        struct {
                uint64_t digest;
                int64_t raw_ns;
        } list[TG_SENT_MAX]; /* in the order of sending */
};

bool tg_sent_full(const struct tg_sent *sent);
void tg_sent_add(struct tg_sent *sent, const uint8_t *data, size_t len, int64_t raw_ns);
/* An own message was delivered: those sent before it were dropped on the way, as the order is kept. */
void tg_sent_heard(struct tg_sent *sent, const uint8_t *data, size_t len);
/* Age of the oldest; 0 when there is none. */
int64_t tg_sent_age_ns(const struct tg_sent *sent, int64_t raw_ns);
