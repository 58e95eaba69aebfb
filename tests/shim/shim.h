/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the interposing files of the clock shim share: the node's clock, the next definition of an interposed function,
 * and the way from a virtual instant to the kernel's. Without TG_CLOCK_FILE in the environment every function passes through.
 */
#ifndef TG_TEST_SHIM_H
#define TG_TEST_SHIM_H

#include "clockfile.h"

#include <stdbool.h>

#define SHIM_EXPORT __attribute__((visibility("default")))

/* The node's clock, or NULL where the program runs on the kernel's. A clock file that cannot be used ends the program: it
 * would steer the machine's own clock. */
const struct clk *shim_clock(void);

/* The next definition of `name`, looked up once. */
void *shim_next(void **slot, const char *name);
#define SHIM_NEXT(name)                                                                                                        \
        ((__typeof__(&(name)))__extension__({                                                                                  \
                static void *slot_;                                                                                            \
                shim_next(&slot_, #name);                                                                                      \
        }))

/* True for the clocks that the shim replaces. */
bool shim_virtual(clockid_t clock);
int64_t shim_read(const struct clk *clk, clockid_t clock);
/* The instant of the kernel's CLOCK_MONOTONIC at which a virtual clock will show `ns`, at its present speed. */
struct timespec shim_kernel_monotonic(const struct clk *clk, clockid_t clock, int64_t ns);
/* A span of a virtual clock as a span of the kernel's. */
int64_t shim_kernel_span(const struct clk *clk, int64_t ns);

#endif
