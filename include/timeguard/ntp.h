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
#include <timeguard/clock.h>
#include <timeguard/limits.h>

#define TG_NTP_BYTES     48
#define TG_NTP_PORT      123
#define TG_ASK_SOURCES   4 /* asked by one node */
#define TG_ASK_SLOTS     8 /* remembered, so that a source that comes and goes is not asked more often for it */
#define TG_ASK_REPLIES   8 /* kept of each source */
#define TG_ASK_MIN_NS    (16 * TG_NS_PER_S)
#define TG_ASK_MAX_NS    (1024 * TG_NS_PER_S) /* asked at least so often, however seldom chrony polls; kisses apart */
#define TG_ASK_BARRED_NS (3600 * TG_NS_PER_S) /* not asked after DENY and RSTR, nor seldomer after RATE */
#define TG_ASK_ANSWER_NS (1 * TG_NS_PER_S)    /* an answer that takes longer is taken for lost */
#define TG_ASK_VALID_NS  (2048 * TG_NS_PER_S)
#define TG_ASK_RATE_PPM  500 /* of the source's clock against the own RAW; what it was then says no more about now */

enum tg_asked_state {
        TG_ASKED_NEVER,
        TG_ASKED_OK,      /* the newest request was answered */
        TG_ASKED_SILENT,  /* ... was not: the server is dead, or UDP 123 is blocked */
        TG_ASKED_REFUSED, /* ... by ICMP: nothing listens there */
        TG_ASKED_KOD,     /* kiss-o'-death: it is asked less often, or (DENY, RSTR) not for an hour */
        TG_ASKED_BAD,     /* what came was no valid answer */
};
const char *tg_asked_state_text(enum tg_asked_state state); /* "never", "ok", "silent", ... */

/* What one source said when it was asked, for a report. Without an answer so far all but addr and state is zero. */
struct tg_asked {
        struct tg_addr addr;
        uint8_t state;         /* enum tg_asked_state, of the newest request */
        uint8_t stratum, leap; /* stratum 0 or leap 3: it says itself that it is not synchronised */
        uint32_t ref_id;
        int64_t ref_time_ns; /* REALTIME of the server, 0: it said none */
        int64_t raw_ns;      /* own RAW when the newest answer came */
        /* certain, given the server's stamps: its time - RAW at raw_ns lay within; grows by 500 ppm of the age to either side */
        int64_t ahead_low_ns, ahead_high_ns;
        /* for so long, up to raw_ns, all its answers fit a clock that moves by no more than 500 ppm against the own RAW, saturating; 0: a single
           answer, or the newest does not fit those before */
        uint16_t steady_s;
        /* answers in a row, each distinct, at least TG_ASK_MIN_NS apart, whose offset from the own REALTIME of that moment was certainly beyond the
           step limit to one side, without an own step between */
        int8_t side;     /* -1: the source is behind of us, 1: ahead, 0: none */
        uint8_t clear;   /* how many, saturating */
        uint16_t span_s; /* from the first to the last of their requests, rounded down, saturating */
};

/* The server's time - RAW at `raw_ns`, certain as above. False, and nothing is written, where there is no answer, or none younger than
   TG_ASK_VALID_NS. */
bool tg_asked_ahead(const struct tg_asked *asked, int64_t raw_ns, int64_t *low_ns, int64_t *high_ns);

/* ---- one server behind two addresses ---- */

/* What the last answers of one address said that it follows. Zero it to begin. */
struct tg_ntp_trail {
        uint8_t n, next;
        struct {
                uint32_t ref_id;
                int64_t ref_time_ns;
        } last[TG_ASK_REPLIES];
};

void tg_ntp_trail_add(struct tg_ntp_trail *trail, uint32_t ref_id, int64_t ref_time_ns);
/* True proves that both are one server: it took its own time from the same reference at the same nanosecond. False proves nothing. What two
   servers may well share proves nothing either: a local clock's reference id, no reference time, and one of whole seconds. */
bool tg_ntp_trail_same(const struct tg_ntp_trail *a, const struct tg_ntp_trail *b);

/* ---- an answer ---- */

enum tg_ntp_fault {
        TG_NTP_GOOD,
        /* nothing that answers the request: go on waiting */
        TG_NTP_SHORT,
        TG_NTP_MODE,
        TG_NTP_ORIGIN,
        /* an answer to it, but none that is of use */
        TG_NTP_VERSION,
        TG_NTP_STRATUM,
        TG_NTP_NO_TIME,
        TG_NTP_COARSE,
        TG_NTP_RANGE,
        TG_NTP_ORDER,
        TG_NTP_FAULTS
};
const char *tg_ntp_fault_text(enum tg_ntp_fault fault);

/* ---- asking ---- */

/* One datagram to send: at once, from a socket that nothing else is sent from. */
struct tg_ask_request {
        struct tg_addr addr;
        uint8_t datagram[TG_NTP_BYTES];
};

/* One datagram that came back, and when. */
struct tg_ask_arrival {
        const uint8_t *data;
        size_t len;
        int64_t t1_raw_ns;   /* the request had certainly not left before */
        int64_t t4_raw_ns;   /* the answer had certainly come by then */
        struct tg_look look; /* taken after that */
};

/* Draws t1 and t4 closer by the kernel's stamps, which are in REALTIME: that of the request's leaving, taken after the look `before`, and
   that of the answer's coming, taken before arrival->look; 0: none. Stamps that contradict the looks, or between which REALTIME was stepped,
   change nothing. */
void tg_ask_sharpen(struct tg_ask_arrival *arrival, const struct tg_look *before, int64_t left_real_ns, int64_t came_real_ns);

/* Of one source. Private. */
struct tg_ask_slot {
        struct tg_asked asked; /* family none: the slot is free */
        bool wanted;
        uint8_t rank; /* of those wanted: 0 is chrony's selected one */
        int8_t poll;
        bool ever;         /* asked at least once */
        bool urged;        /* ask as soon as may be */
        bool waiting;      /* for an answer */
        bool noise;        /* ... and what came was none */
        uint8_t doublings; /* of the interval, by RATE */
        uint8_t lost;      /* requests in a row */
        uint64_t cookie;
        int64_t sent_raw_ns, not_before_raw_ns;
        /* of the newest answer that counts */
        uint64_t counted_cookie, counted_receive, counted_transmit;
        int64_t counted_raw_ns, first_raw_ns; /* ... its request's sending, and that of the first one in the row */
        int64_t fit_low_ns, fit_high_ns; /* where a clock can be at asked.raw_ns that fits all answers of the steady time */
        int64_t steady_raw_ns;           /* ... which began then */
        struct tg_ntp_trail trail;
};

/* Private. */
struct tg_ask {
        struct tg_ask_slot slots[TG_ASK_SLOTS];
        int64_t step_limit_ns;
        int64_t look_raw_ns, real_boot_ns, boot_mono_ns;
};

void tg_ask_begin(struct tg_ask *ask, int64_t step_limit_ns, const struct tg_look *now);
/* Another limit: what was counted against the old one is forgotten. */
void tg_ask_limit(struct tg_ask *ask, int64_t step_limit_ns);

/* What chronyd follows now: the selected source first, then the combined ones, as far as they are addresses that can be asked. Those that stay
   keep what is known of them. A sample without an answer changes nothing, nor does one of a chronyd that has sources and follows none: whether
   those that it has lost answer is just what is to be known. Call it for every sample: it also sees steps and suspends. */
void tg_ask_sources(struct tg_ask *ask, const struct tg_chrony_sample *sample, const struct tg_look *now);

/* REALTIME was stepped: the counts begin anew, and all are asked as soon as may be. (Steps above 1 ms between two calls that bring a look are
   seen without.) */
void tg_ask_stepped(struct tg_ask *ask);
/* Asks at once, or as soon as the last request lies back by TG_ASK_MIN_NS, and by what kisses have made of it. */
void tg_ask_urge(struct tg_ask *ask);

/* Gives the next request that is due, and ends those that wait in vain; call it with a fresh cookie, random and not 0, until it is false, and
   then again within a second or so. */
bool tg_ask_due(struct tg_ask *ask, int64_t raw_ns, uint64_t cookie, struct tg_ask_request *out);

/* A datagram came from `addr`. TG_NTP_SHORT to TG_NTP_ORIGIN: go on waiting for the answer; all else ends the request. */
enum tg_ntp_fault tg_ask_reply(struct tg_ask *ask, const struct tg_addr *addr, const struct tg_ask_arrival *arrival);
/* The request to `addr` ended otherwise: TG_ASKED_REFUSED by ICMP, TG_ASKED_SILENT where it could not even be sent. */
void tg_ask_failed(struct tg_ask *ask, const struct tg_addr *addr, enum tg_asked_state state);

/* What is known of the sources that are asked at present, in their order; returns how many. */
uint32_t tg_ask_list(const struct tg_ask *ask, struct tg_asked out[static TG_ASK_SOURCES]);

/* Of two of that list, by their numbers: one server for certain, as tg_ntp_trail_same says; and two servers whose times certainly differ at
   `raw_ns`. Neither means anything when it is false. */
bool tg_ask_same_server(const struct tg_ask *ask, uint32_t i, uint32_t j);
bool tg_ask_differ(const struct tg_ask *ask, uint32_t i, uint32_t j, int64_t raw_ns);
