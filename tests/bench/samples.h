/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times of one kind of work, in ns of CLOCK_MONOTONIC_RAW, and how they are printed. What does not fit any more is not kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SAMPLES_MAX 16384

struct samples {
        size_t n;
        int64_t ns[SAMPLES_MAX];
};

int64_t samples_clock_ns(void);
void samples_add(struct samples *s, int64_t ns);
/* One member of a JSON object, with a comma before it; sorts the samples. */
void samples_print(struct samples *s, const char *name);
