/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process whose input, output and time are bounded. The caller starts it, in a process group of its own; this sees it to its end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Text that a child wrote: what does not fit is read and dropped. Always ends with NUL. */
struct tg_gathered {
        char *text;
        size_t size; /* of text */
        size_t len;
        size_t dropped;
};

struct tg_child {
        pid_t pid;
        int in, out, err; /* our ends of its pipes; -1: there is none */
        const char *input;
        size_t input_len;
        struct tg_gathered *output, *errors;
};

int64_t tg_monotonic_ns(void);

/* Feeds the child and reads it until it has ended or the deadline (CLOCK_MONOTONIC) has passed; then its process group is killed. Closes
   the pipes. Returns the exit status 0 to 255, 256 plus the number of the signal that ended it, -ETIMEDOUT, or another -errno. A child that
   not even SIGKILL ends (it hangs in the kernel) is left behind. */
int tg_child_finish(struct tg_child *child, int64_t deadline_ns);

/* Text for what tg_child_finish returned, other than 0: "exit status 5". Returns buf. */
const char *tg_child_text(int status, char *buf, size_t size);
