/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the own node measures of one peer: the best one-way bound of a short window, the relative rate of the two oscillators, and
   the rho that follows. D = RAW(self) - RAW(peer) throughout; positive: the own timeline is ahead. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/clock.h>
#include <timeguard/report.h>

#include "line.h"

#define TG_LINK_WINDOW     16
#define TG_RHO_MIN_PPM     100
#define TG_RHO_UNKNOWN_PPM 500
#define TG_RHO_MAX_PPM     60000

struct tg_link_sample {
        int64_t upper_ns; /* D <= upper_ns ... */
        int64_t raw_ns;   /* ... at this own RAW */
};

struct tg_link {
        uint32_t epoch_tag; /* of the peer; 0: nothing measured yet */
        bool heard_in_ring; /* a message has come since the ring last changed */
        bool to_answer;     /* the peer stepped: echoed before the others */
        uint8_t n, next;
        bool has_heard;                   /* the clock was looked at sharply when the newest message came */
        int64_t heard_raw_ns, heard_c_ns; /* own RAW, and REALTIME - RAW then */
        struct tg_link_sample window[TG_LINK_WINDOW];
        struct tg_line line; /* likely D over own RAW */
        struct tg_fit fit;
        uint32_t rho_ppm;
        uint32_t peer_rho_ppm;              /* what the peer's newest echo says */
        int64_t now_raw_ns, doubled_raw_ns; /* own RAW of the newest message, and of the last doubling of rho */
        uint8_t doublings;                  /* of rho, for rates and contradictions that it did not cover */
        uint8_t contradictions;
        int64_t contradiction_raw_ns;
};

void tg_link_start(struct tg_link *link);
/* Drops all that was measured; what was learned of the oscillator's reliability stays, for an hour or until the peer begins a new epoch. */
void tg_link_drop(struct tg_link *link);

/* A report that the peer sent at its RAW tx_ns arrived at own RAW rx_ns. */
void tg_link_receive(struct tg_link *link, uint32_t epoch_tag, int64_t tx_ns, int64_t rx_ns);
/* The look at the own clock that went with it. */
void tg_link_heard(struct tg_link *link, const struct tg_look *look);
/* The peer's echo about us, come with the same report: RAW(peer) - RAW(self) <= upper_ns, measured age_ns before the report was
   sent. Adds a point to the line. */
void tg_link_answer(struct tg_link *link, int64_t upper_ns, int64_t age_ns, int64_t rx_ns);
/* Fits the line and decides on rho; both samples may be NULL or not OK. Returns true when rho had to be doubled. */
bool tg_link_judge(struct tg_link *link, const struct tg_chrony_sample *own, const struct tg_chrony_sample *peer);
/* The pair's bound contradicted itself: drops the window; the second time within ten minutes doubles rho. Returns true then. */
bool tg_link_contradict(struct tg_link *link, int64_t raw_ns);
/* Fills the measured part of an echo as of own RAW; false when there is nothing to say. */
bool tg_link_echo(const struct tg_link *link, int64_t raw_ns, struct tg_echo *echo);
