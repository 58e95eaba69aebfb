/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantities as people read them. Every function writes into buf and returns it. Times are any but INT64_MIN. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TG_UNITS_MAX 64 /* bytes that any of these texts needs at most */

/* Signed, three digits: "+12.3 us", "-1.50 s", "0 ns". */
const char *tg_units_offset(int64_t ns, char buf[static TG_UNITS_MAX]);
/* Without a sign and without needless zeros: "1 s", "50 ms", "812 us". Rounded up: a length given as a limit must not shrink. */
const char *tg_units_length(int64_t ns, char buf[static TG_UNITS_MAX]);
/* A certain interval, rounded outward so that it stays certain, with as many digits as show its width: "-0.80..+0.83 ms". */
const char *tg_units_interval(int64_t low_ns, int64_t high_ns, char buf[static TG_UNITS_MAX]);
/* All nine decimals, for sums that must come out: "+86400.012345678". */
const char *tg_units_exact_s(int64_t ns, char buf[static TG_UNITS_MAX]);
/* "+0.012 ppm" */
const char *tg_units_rate(int64_t ppb, char buf[static TG_UNITS_MAX]);
/* How long something has lasted: "0.6 s", "42 s", "3 min", "5 h 12 min", "3 d 4 h", "25 years". Negative counts as 0. */
const char *tg_units_duration(int64_t ns, char buf[static TG_UNITS_MAX]);
/* Seconds as chronyd gives them, signed: as tg_units_offset. */
const char *tg_units_seconds(double s, char buf[static TG_UNITS_MAX]);
/* Seconds -> ns, saturating at +-2^62. */
int64_t tg_units_ns(double s);
/* a + b, saturating at +-INT64_MAX. */
int64_t tg_units_sum(int64_t a_ns, int64_t b_ns);
