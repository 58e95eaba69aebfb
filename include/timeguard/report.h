/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report that every node multicasts once a second: what its clocks and its chronyd say, and the best one-way bounds that it
   has measured from its peers. Versioned, little-endian, written and read field by field; layout in lib/report.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/chrony.h>
#include <timeguard/gate.h>
#include <timeguard/limits.h>
#include <timeguard/ntp.h>
#include <timeguard/quorum.h>

#define TG_REPORT_MAJOR  1  /* readers drop another major */
#define TG_REPORT_MINOR  1  /* 1: gate and asked. readers take any minor: it only appends */
#define TG_ECHOES_MAX    14 /* of one report, so that the longest source finds room beside them; with more peers they rotate */
#define TG_ECHOES_LEAST  8  /* of a report where there are as many peers */
#define TG_NO_RATE       INT32_MIN
#define TG_NO_ESTIMATE   INT32_MIN
#define TG_HEARD_HALF_NS 1000 /* a look that is less exact is not kept */

/* Which instance of a node's RAW timeline: a new boot or a suspend begins another. */
struct tg_epoch {
        uint8_t boot_id[16];
        uint32_t suspends; /* grows with each jump of BOOTTIME - MONOTONIC (ms suspended since boot) and each return of RAW */
};

/* A short name of an epoch: windows and echoes are keyed by it. Never 0. */
uint32_t tg_epoch_tag(const struct tg_epoch *epoch);

/* What the sender measured of one peer. "RAW(sender) - RAW(peer) <= upper_ns" held at the instant when the sender's RAW
   was `measured_raw_ns`. */
struct tg_echo {
        uint32_t node_id;
        uint32_t epoch_tag; /* the peer's epoch that it is about */
        int64_t upper_ns;
        int64_t measured_raw_ns; /* the sender's RAW; on the wire as an age */
        int32_t estimate_gap_ns; /* RAW(sender) - RAW(peer) at sending is about upper_ns - this; TG_NO_ESTIMATE */
        int32_t rate_ppb;        /* d(RAW(sender) - RAW(peer))/dt; positive: the sender's oscillator is faster; TG_NO_RATE */
        uint32_t rate_error_ppb; /* half width of the rate's 95 % interval */
        bool has_heard;          /* the sender looked at its clock when the peer's newest report came: */
        int64_t heard_raw_ns;    /* ... at this RAW of its own, no earlier than 4 s before it sent */
        int64_t heard_c_ns;      /* ... REALTIME - RAW was this, give or take TG_HEARD_HALF_NS; within 2 s of c_ns */
        uint16_t rho_ppm;        /* what the sender holds to be the largest relative rate of the two oscillators */
};

/* How many of so many peers one report echoes; they take turns. A report is sent to everybody, so the bytes that a node receives grow
   with the product of both: a turn of up to four reports costs a bound 0.2 ms of width at 100 ppm and saves a third of the bytes. */
static inline uint32_t tg_echo_share(uint32_t peers)
{
        uint32_t quarter = (peers + 3) / 4;

        return quarter < TG_ECHOES_LEAST ? TG_ECHOES_LEAST : quarter > TG_ECHOES_MAX ? TG_ECHOES_MAX : quarter;
}

enum tg_report_flag {
        TG_REPORT_LEAVING = 1 << 0, /* the agent stops in good order */
        TG_REPORT_EVENT = 1 << 1,   /* sent because something happened, not because of the second */
        TG_REPORT_CUT = 1 << 2,     /* not all sources found room */
        TG_REPORT_LEAP = 1 << 3,    /* the last step was a leap second: REALTIME moved, TAI did not */
        TG_REPORT_KERNEL = 1 << 4,  /* kernel_status was read */
        TG_REPORT_WARNED =
                1 << 5, /* the sender holds itself for drifting: left again a tenth of the budget lower, on all nodes alike */
};

struct tg_report {
        uint8_t minor;
        uint32_t node_id;
        uint32_t seq; /* counts the reports of one agent process from 1 */
        struct tg_epoch epoch;
        struct tg_ring_id ring; /* the ring that the sender knew */
        uint32_t flags;

        /* the clock at sending */
        int64_t raw_ns;
        int64_t c_ns; /* REALTIME - RAW */
        int64_t boot_ns;
        int64_t bracket_ns; /* c_ns is right within half of this; wider than the look's own bracket, in which the clock may be slewed */
        uint32_t steps;         /* of REALTIME since the agent started */
        int64_t last_step_ns;   /* positive: forward */
        uint32_t kernel_status; /* STA_* of adjtimex */
        int32_t slew_ppb;       /* d(REALTIME - RAW)/dt, over about the last second; positive: REALTIME runs faster */
        /* c_ns certainly stayed within [hull_low_ns, hull_high_ns] from RAW hull_since_raw_ns to raw_ns */
        int64_t hull_low_ns, hull_high_ns;
        int64_t hull_since_raw_ns;
        int64_t steady_since_raw_ns; /* no step of REALTIME from then to raw_ns; hull_since_raw_ns or later */

        uint32_t reference_id; /* of the agreeing set, as the sender last saw it; 0: none */
        uint64_t fingerprint;  /* tg_options_fingerprint */
        uint16_t gate_version; /* of the gate's logic; 0: none */
        uint8_t gate_state;    /* enum tg_gate_state, as the sender sees it */
        char time_zone[TG_NAME_MAX];

        struct tg_gate_report gate;
        struct tg_asked asked;          /* of one source: they take turns; raw_ns on the wire as an age, in whole us */
        struct tg_chrony_sample chrony; /* raw_ns on the wire as an age, in whole us */
        uint8_t n_echoes;
        struct tg_echo echoes[TG_ECHOES_MAX];
};

/* How many echoes find room beside all the rest of the report. */
uint32_t tg_report_echo_room(const struct tg_report *report);
/* Writes `report` into buf, at most TG_REPORT_BYTES_MAX bytes. All echoes must find room (tg_report_echo_room); sources that find none are left out from the end, which
   flag CUT tells. Returns the length, or -EINVAL when a field is out of its range. */
int tg_report_encode(const struct tg_report *report, uint8_t buf[static TG_REPORT_BYTES_MAX]);

enum tg_report_fault {
        TG_REPORT_OK = 0,
        TG_REPORT_FOREIGN,   /* not a timeguard report at all */
        TG_REPORT_MAJOR_NEW, /* a major version that this reader does not know */
        TG_REPORT_SHORT,     /* ends within a field */
        TG_REPORT_OVERSIZED, /* longer than any report may be */
        TG_REPORT_RANGE,     /* a field is out of its range */
};
/* Reads a report from any bytes. On a fault *out is undefined and *field (if given) names the place. */
enum tg_report_fault tg_report_decode(const uint8_t *data, size_t len, struct tg_report *out, const char **field);
const char *tg_report_fault_text(enum tg_report_fault fault);
