/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a bound is written, in sentences and in tables. */
#pragma once

#include <stdint.h>

#define TG_BOUND_TEXT_MAX 64 /* bytes that any bound needs at most */

/* "+9.98 to +10.03 s", where `between` is " to ": both ends in one unit with as many decimals as show the width, and rounded outward, so
   that the text holds whatever the bound holds. low_ns <= high_ns. Returns buf. */
const char *tg_bound_text(int64_t low_ns, int64_t high_ns, const char *between, char buf[static TG_BOUND_TEXT_MAX]);
