/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a time source itself: one plain NTP client request (RFC 5905, mode 3) to each selected source, never more often than every
   16 s. What it answers is kept relative to the own MONOTONIC_RAW, so that steps and slews of the own REALTIME between then and
   now change nothing. The core says what to send and is given what came; sockets and time stamps are the agent's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/addr.h>
#include <timeguard/chrony.h>
#include <timeguard/limits.h>

#define TG_NTP_BYTES     48
#define TG_NTP_PORT      123
#define TG_ASK_SOURCES   4 /* asked by one node */
#define TG_ASK_REPLIES   8 /* kept of each source */
#define TG_ASK_MIN_NS    (16 * TG_NS_PER_S)
#define TG_ASK_ANSWER_NS (1 * TG_NS_PER_S) /* an answer that takes longer is taken for lost */
#define TG_ASK_VALID_NS  (2048 * TG_NS_PER_S)

enum tg_asked_state {
        TG_ASKED_NEVER,
        TG_ASKED_OK,      /* the newest request was answered */
        TG_ASKED_SILENT,  /* ... was not: the server is dead, or UDP 123 is blocked */
        TG_ASKED_REFUSED, /* ... by ICMP: nothing listens there */
        TG_ASKED_KOD,     /* kiss-o'-death: it is asked less often, or (DENY, RSTR) not for an hour */
        TG_ASKED_BAD,     /* what came was no valid answer */
};

/* What one source said when it was asked, for a report. Without an answer so far all but addr and state is zero. */
struct tg_asked {
        struct tg_addr addr;
        uint8_t state; /* enum tg_asked_state, of the newest request */
        uint8_t stratum, leap;
        uint32_t ref_id;
        int64_t ref_time_ns; /* REALTIME of the server, 0: it said none */
        int64_t raw_ns;      /* own RAW when the newest answer came */
        /* certain, given the server's stamps: its time - RAW at raw_ns lay within; grows by 500 ppm of the age to either side */
        int64_t ahead_low_ns, ahead_high_ns;
        /* answers in a row, each distinct, at least TG_ASK_MIN_NS apart, whose offset from the own REALTIME of that moment was certainly beyond the
           step limit to one side, without an own step between */
        int8_t side;     /* -1: the source is behind of us, 1: ahead, 0: none */
        uint8_t clear;   /* how many, saturating */
        uint16_t span_s; /* from the first to the last of them, saturating */
};
