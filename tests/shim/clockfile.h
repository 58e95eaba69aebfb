/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock file: the virtual clock of one node, shared by all its programs through one mapped file. It is a ring of
 * segments, each a linear piece of time with its begin in the kernel's CLOCK_MONOTONIC_RAW; the newest holds from its
 * begin on, older ones tell the truth about the past. All arithmetic is in integers and exact, so that every reader
 * agrees. What adjtimex and settime mean is vkernel's affair, the interposed functions are the shim's.
 */
#ifndef TG_TEST_CLOCKFILE_H
#define TG_TEST_CLOCKFILE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { CLK_RING = 4096 };
#define CLK_NS    1000000000LL
#define CLK_MAGIC 0x314b4c4347544754ULL /* "TGTGCLK1" */

/* The nominal tick of USER_HZ 100, and the whole rate as a fraction of CLK_RATE_UNIT: 2^-16 ppm and 1 ppb both divide it. */
#define CLK_TICK_US   10000
#define CLK_RATE_UNIT 65536000000000LL

/* All fields are 64 bits wide, in the machine's byte order: other languages read it with one format string. */
struct clk_segment {
        int64_t raw0_ns;    /* kernel RAW at the begin */
        int64_t vraw0_ns;   /* RAW of the node there */
        int64_t vraw0_frac; /* and the rest, in 1e-9 ns */
        int64_t mono0_ns;   /* MONOTONIC of the node there */
        int64_t mono0_frac; /* and the rest, in 1/CLK_RATE_UNIT ns */
        int64_t wall_ns;    /* REALTIME - MONOTONIC: only steps change it */
        int64_t boot_ns;    /* BOOTTIME - MONOTONIC */
        int64_t adjtime_ns; /* what adjtime() still has to slew, at 500 ppm */
        int64_t raw_ppb;    /* the oscillator's own error: moves every clock */
        int64_t rate_ppb;   /* a disturbance of all clocks but RAW */
        int64_t freq;       /* timex.freq, 2^-16 ppm */
        int64_t tick_us;
        int64_t maxerror_us;
        int64_t maxerror_from_ns; /* MONOTONIC since when it grows */
        int64_t esterror_us;
        int64_t status;
        int64_t constant;
        int64_t tai_s;
        int64_t steps; /* steps since init, those of 0 ns left out */
};

struct clk_file {
        uint64_t magic;
        uint64_t ring;
        _Atomic uint64_t head; /* segments written; the newest is segment[(head - 1) % ring] */
        _Atomic uint64_t busy; /* a writer is between taking its instant and publishing */
        int64_t notice;        /* written by write(2), so that inotify tells of steps only */
        struct clk_segment segment[CLK_RING];
};

struct clk_times {
        int64_t vraw_ns, vraw_frac, mono_ns, mono_frac, real_ns, boot_ns, adjtime_ns;
};

struct clk {
        struct clk_file *file;
        char path[256];
};

/* The kernel's own clock_gettime: a library that interposes it points this at the real one. */
extern int (*clk_kernel_gettime)(clockid_t, struct timespec *);

int64_t clk_kernel_ns(clockid_t clock);
struct timespec clk_timespec(int64_t ns);
int64_t clk_ns(const struct timespec *t);

/* 0, or -errno: -EEXIST where the file is there already. The new clock equals the kernel's. */
int clk_create(const char *path);
int clk_open(struct clk *clk, const char *path);

/* The newest segment with an instant of kernel RAW that lies in it. */
int64_t clk_now(const struct clk *clk, struct clk_segment *segment);
/* The segment that held at an instant of kernel RAW, or the oldest one kept. */
void clk_at(const struct clk *clk, int64_t raw_ns, struct clk_segment *segment);
void clk_eval(const struct clk_segment *segment, int64_t raw_ns, struct clk_times *times);
/* Speed of MONOTONIC against the kernel's RAW, minus one, in ppb. */
int64_t clk_speed_ppb(const struct clk_segment *segment);

/* Begins a new segment at this instant, changed by `change`; steps are told to the watchers. The change's result is
 * returned, and a negative one changes nothing. -EBUSY when another writer does not let go for two seconds. */
typedef int clk_change(struct clk_segment *segment, const struct clk_times *now, void *context);
int clk_write(const struct clk *clk, clk_change *change, void *context);

#endif
