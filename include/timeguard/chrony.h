/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chronyd's command protocol, version 6 (chrony: candm.h, pktlength.c), as far as an unprivileged client on UDP loopback may
   use it: tracking, the sources that are selected or combined, and their names.
   The poll is sans I/O: it says which datagram to send and is given what came back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/addr.h>
#include <timeguard/limits.h>

/* A number in chrony's 32-bit floating point format (util.c, UTI_FloatNetworkToHost), kept as it came so that what a peer
   reads is what chronyd said. */
typedef uint32_t tg_chrony_float;
double tg_chrony_float_value(tg_chrony_float f);    /* finite for every input */
int64_t tg_chrony_float_ns(tg_chrony_float f);      /* seconds -> ns, saturating at +-INT64_MAX */
int64_t tg_chrony_float_ppb(tg_chrony_float f);     /* ppm -> ppb, saturating at +-INT64_MAX */
tg_chrony_float tg_chrony_float_from(double value); /* nearest; saturates; for tests and fakes */

#define TG_REFID_LOCAL  0x7f7f0101u /* chrony: NTP_REFID_LOCAL, the clock follows nothing but itself */
#define TG_REFID_SMOOTH 0x7f7f01ffu /* chrony: NTP_REFID_SMOOTH */

struct tg_tracking {
        uint32_t ref_id;               /* 0: not synchronised */
        struct tg_addr addr;           /* of the selected source; family none in local mode and when unsynchronised */
        uint8_t stratum;               /* 0 on the wire when not synchronised */
        uint8_t leap;                  /* 0 normal, 1 insert, 2 delete, 3 not synchronised */
        int64_t ref_time_ns;           /* REALTIME of the last clock update, 0 or later; fuzzed by chronyd by up to -1 s */
        tg_chrony_float correction_s;  /* negative: the clock is fast of chronyd's estimate and being slewed back */
        tg_chrony_float last_offset_s; /* positive: the clock was ahead at the last update */
        tg_chrony_float rms_offset_s;
        tg_chrony_float freq_ppm; /* negative: the uncorrected clock is slow */
        tg_chrony_float resid_freq_ppm;
        tg_chrony_float skew_ppm;
        tg_chrony_float root_delay_s;
        tg_chrony_float root_dispersion_s;
        tg_chrony_float update_interval_s;
};

enum tg_source_mode { TG_SOURCE_CLIENT = 0, TG_SOURCE_PEER = 1, TG_SOURCE_REFCLOCK = 2 };

struct tg_source {
        struct tg_addr addr;
        uint8_t mode;  /* enum tg_source_mode */
        char state;    /* as chronyc prints it: '*' selected, '+' combined; others are not kept */
        uint8_t reach; /* the last 8 polls, newest in bit 0 */
        int8_t poll;   /* log2 of seconds */
        uint8_t stratum;
        uint32_t since_sample_s; /* UINT32_MAX: never */
        char name[TG_NAME_MAX];  /* as configured; empty if chronyd has none */
};

enum tg_chrony_state {
        TG_CHRONY_UNKNOWN = 0, /* not asked yet */
        TG_CHRONY_OK = 1,
        TG_CHRONY_SILENT = 2,  /* no answer on any address: not running, frozen, or cmdport 0 */
        TG_CHRONY_REFUSED = 3, /* it answers, but not to us (status "not authorised") or with another protocol version */
        TG_CHRONY_GARBLED = 4, /* answers that do not fit the protocol */
};

/* What one poll found out. `sources` holds the selected and combined ones only. */
struct tg_chrony_sample {
        uint8_t state;       /* enum tg_chrony_state; what follows is meaningful only when it is TG_CHRONY_OK */
        uint8_t n_sources;   /* entries in sources */
        uint8_t n_known;     /* sources that chronyd has at all, saturating at 255 */
        uint8_t n_reachable; /* of those, how many have answered one of their last 8 polls */
        int64_t raw_ns;      /* RAW when the poll began: what follows is at least that fresh */
        struct tg_tracking tracking;
        struct tg_source sources[TG_SOURCES_MAX];
};

#define TG_CHRONY_DATAGRAM_MAX 512
#define TG_CHRONY_TRY_NS       (150 * TG_NS_PER_MS) /* an answer that takes longer is taken for lost */

/* One poll: TRACKING, N_SOURCES, SOURCE_DATA for each source, NTP_SOURCE_NAME for each that is kept. Bounded: at most two
   tries a request and 900 ms in all. A poll that is not answered to its end, names apart, is SILENT: half a list of sources would look
   like a lost source. */
enum tg_poll_step {
        TG_POLL_SEND, /* send `datagram` and give the reply, or its absence at `deadline_raw_ns`, to the poll */
        TG_POLL_WAIT, /* nothing to send; the reply given did not belong to the request, go on waiting */
        TG_POLL_DONE, /* the sample is complete */
};

struct tg_chrony_poll {
        struct tg_chrony_sample sample;
        uint8_t datagram[TG_CHRONY_DATAGRAM_MAX];
        size_t datagram_len;
        int64_t deadline_raw_ns; /* when to call tg_chrony_poll_timeout */
        /* private */
        int64_t give_up_raw_ns;
        uint32_t sequence;
        uint32_t index;
        uint32_t count;
        uint16_t command;
        uint8_t attempt;
};

/* Begins a poll at `raw_ns`; `seed` makes the sequence numbers of one poll unlike those of another. Returns TG_POLL_SEND. */
enum tg_poll_step tg_chrony_poll_begin(struct tg_chrony_poll *poll, int64_t raw_ns, uint32_t seed);
enum tg_poll_step tg_chrony_poll_reply(struct tg_chrony_poll *poll, int64_t raw_ns, const uint8_t *data, size_t len);
enum tg_poll_step tg_chrony_poll_timeout(struct tg_chrony_poll *poll, int64_t raw_ns);
/* The socket said that nobody listens (ECONNREFUSED): ends the poll as SILENT without waiting. */
enum tg_poll_step tg_chrony_poll_refused(struct tg_chrony_poll *poll, int64_t raw_ns);
