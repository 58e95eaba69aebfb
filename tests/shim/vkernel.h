/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's side of a virtual clock: settime, adjtimex and adjtime upon a clock file, as Linux answers them with the
 * nominal tick of USER_HZ 100. Not modelled: the phase-locked loop (only an offset of 0 is taken) and the leap second itself.
 */
#ifndef TG_TEST_VKERNEL_H
#define TG_TEST_VKERNEL_H

#include "clockfile.h"

#include <sys/timex.h>

/* All return -errno on failure. vk_adjtimex returns the clock's state, as adjtimex(2). */
int vk_adjtimex(const struct clk *clk, struct timex *tx);
int vk_settime(const struct clk *clk, int64_t real_ns);
int vk_step(const struct clk *clk, int64_t step_ns);
int vk_rate(const struct clk *clk, int64_t rate_ppb);
int vk_raw_rate(const struct clk *clk, int64_t raw_ppb);

#endif
