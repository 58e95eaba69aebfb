/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages of chronyd's command protocol that the poll uses: requests written, replies read. Layouts are those of chrony
   4.0 to 4.8 (candm.h; lengths by pktlength.c). */
#pragma once

#include <timeguard/chrony.h>

enum tg_chrony_command {
        TG_CHRONY_N_SOURCES = 14,
        TG_CHRONY_SOURCE_DATA = 15,
        TG_CHRONY_TRACKING = 33,
        TG_CHRONY_SOURCE_NAME = 65,
};

enum tg_chrony_fault {
        TG_CHRONY_GOOD = 0,
        TG_CHRONY_OTHER,   /* not an answer to this request: go on waiting */
        TG_CHRONY_UNFIT,   /* an answer to it that does not fit the protocol */
        TG_CHRONY_DENIED,  /* not allowed, or another protocol version */
        TG_CHRONY_NO_SUCH, /* the source has gone meanwhile */
};

union tg_chrony_reply {
        struct tg_tracking tracking;
        uint32_t n_sources;
        struct tg_source source; /* its state may be any of chronyc's letters */
        char name[TG_NAME_MAX];
};

/* Writes the request; `index` for SOURCE_DATA, `addr` for SOURCE_NAME. Returns its length. */
size_t tg_chrony_request(uint8_t buf[static TG_CHRONY_DATAGRAM_MAX], enum tg_chrony_command command, uint32_t sequence,
                         uint16_t attempt, uint32_t index, const struct tg_addr *addr);
enum tg_chrony_fault tg_chrony_read_reply(const uint8_t *data, size_t len, enum tg_chrony_command command, uint32_t sequence,
                                          union tg_chrony_reply *out);
