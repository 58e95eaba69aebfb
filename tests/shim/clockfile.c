/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock file's mapping, arithmetic and writing: see clockfile.h. Invariants: a segment is never changed after it was
 * published; MONOTONIC is continuous and never runs backwards over a segment's begin; readers never wait for a dead writer.
 */
#include "clockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

enum { MAX_SPINS = 20000, LOCK_TRIES = 2000, ADJTIME_DIVISOR = 2000, PHASE_LIMIT_US = 16000000 };

int (*clk_kernel_gettime)(clockid_t, struct timespec *) = clock_gettime;

int64_t clk_ns(const struct timespec *t)
{
        return (int64_t)t->tv_sec * CLK_NS + t->tv_nsec;
}

struct timespec clk_timespec(int64_t ns)
{
        int64_t rest = ns % CLK_NS;
        int64_t below = rest < 0;

        return (struct timespec){ .tv_sec = ns / CLK_NS - below, .tv_nsec = rest + below * CLK_NS };
}

int64_t clk_kernel_ns(clockid_t clock)
{
        struct timespec t;

        if (clk_kernel_gettime(clock, &t) < 0)
                abort();
        return clk_ns(&t);
}

static int64_t floor_divide(__int128 value, int64_t unit, int64_t *rest)
{
        __int128 quotient = value / unit;
        __int128 left = value % unit;

        if (left < 0) {
                left += unit;
                quotient--;
        }
        *rest = (int64_t)left;
        return (int64_t)quotient;
}

static int64_t rate_of(const struct clk_segment *s)
{
        return ((s->tick_us - CLK_TICK_US) * 100 * 65536 + s->freq) * 1000 + s->rate_ppb * 65536;
}

int64_t clk_speed_ppb(const struct clk_segment *segment)
{
        return segment->raw_ppb + rate_of(segment) / 65536;
}

static int64_t adjtime_done(const struct clk_segment *s, int64_t elapsed_ns)
{
        int64_t slewed = elapsed_ns / ADJTIME_DIVISOR;
        int64_t wanted = llabs(s->adjtime_ns);

        if (slewed > wanted)
                slewed = wanted;
        return s->adjtime_ns < 0 ? -slewed : slewed;
}

void clk_eval(const struct clk_segment *s, int64_t raw_ns, struct clk_times *times)
{
        int64_t kernel_ns = raw_ns - s->raw0_ns;
        int64_t error_ns = floor_divide((__int128)kernel_ns * s->raw_ppb + s->vraw0_frac, CLK_NS, &times->vraw_frac);
        int64_t elapsed_ns = kernel_ns + error_ns;
        int64_t done_ns = adjtime_done(s, elapsed_ns);
        int64_t slew_ns = floor_divide((__int128)elapsed_ns * rate_of(s) + s->mono0_frac, CLK_RATE_UNIT, &times->mono_frac);

        times->vraw_ns = s->vraw0_ns + elapsed_ns;
        times->mono_ns = s->mono0_ns + elapsed_ns + slew_ns + done_ns;
        times->real_ns = times->mono_ns + s->wall_ns;
        times->boot_ns = times->mono_ns + s->boot_ns;
        times->adjtime_ns = s->adjtime_ns - done_ns;
}

/* Waits, within bounds, while a writer is between taking its instant and publishing it. */
static void let_writer_finish(const struct clk_file *file)
{
        for (int spin = 0; spin < MAX_SPINS && atomic_load(&file->busy); spin++)
                if (spin > 100)
                        sched_yield();
}

int64_t clk_now(const struct clk *clk, struct clk_segment *segment)
{
        const struct clk_file *file = clk->file;
        uint64_t head;
        int64_t raw_ns;
        int tries = 0;

        do {
                let_writer_finish(file);
                head = atomic_load(&file->head);
                *segment = file->segment[(head - 1) % CLK_RING];
                atomic_thread_fence(memory_order_acquire);
                raw_ns = clk_kernel_ns(CLOCK_MONOTONIC_RAW);
        } while (atomic_load(&file->head) != head || (atomic_load(&file->busy) && tries++ < 3));
        return raw_ns;
}

void clk_at(const struct clk *clk, int64_t raw_ns, struct clk_segment *segment)
{
        const struct clk_file *file = clk->file;
        uint64_t head, at;

        do {
                head = atomic_load(&file->head);
                uint64_t oldest = head > CLK_RING / 2 ? head - CLK_RING / 2 : 1;

                for (at = head; at > oldest && file->segment[(at - 1) % CLK_RING].raw0_ns > raw_ns;)
                        at--;
                *segment = file->segment[(at - 1) % CLK_RING];
                atomic_thread_fence(memory_order_acquire);
        } while (atomic_load(&file->head) - head >= CLK_RING / 4);
}

static int lock_file(const char *path)
{
        int fd = open(path, O_RDWR | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        for (int i = 0; i < LOCK_TRIES; i++) {
                if (flock(fd, LOCK_EX | LOCK_NB) == 0)
                        return fd;
                nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        }
        close(fd);
        return -EBUSY;
}

/* Begins the segment anew at an instant, with nothing changed yet. */
static void anchor(struct clk_segment *s, int64_t raw_ns, const struct clk_times *now)
{
        s->raw0_ns = raw_ns;
        s->vraw0_ns = now->vraw_ns;
        s->vraw0_frac = now->vraw_frac;
        s->mono0_ns = now->mono_ns;
        s->mono0_frac = now->mono_frac;
        s->adjtime_ns = now->adjtime_ns;
}

static int publish(struct clk_file *file, clk_change *change, void *context, int64_t *steps)
{
        uint64_t head = atomic_load(&file->head);
        struct clk_segment s = file->segment[(head - 1) % CLK_RING];
        struct clk_times now;
        int64_t before = s.steps;
        int result;

        atomic_store(&file->busy, 1);
        int64_t raw_ns = clk_kernel_ns(CLOCK_MONOTONIC_RAW);

        clk_eval(&s, raw_ns, &now);
        anchor(&s, raw_ns, &now);
        result = change(&s, &now, context);
        if (result >= 0) {
                file->segment[head % CLK_RING] = s;
                atomic_store(&file->head, head + 1);
        }
        atomic_store(&file->busy, 0);
        *steps = result >= 0 ? s.steps - before : 0;
        return result;
}

int clk_write(const struct clk *clk, clk_change *change, void *context)
{
        int fd = lock_file(clk->path);
        int64_t steps = 0;
        int result;

        if (fd < 0)
                return fd;
        result = publish(clk->file, change, context, &steps);
        if (steps != 0 && pwrite(fd, &steps, sizeof(steps), offsetof(struct clk_file, notice)) < 0)
                result = -errno;
        close(fd);
        return result;
}

static void first_segment(struct clk_segment *s)
{
        int64_t best_ns = INT64_MAX;

        *s = (struct clk_segment){ .tick_us = CLK_TICK_US,
                                   .status = STA_UNSYNC,
                                   .constant = 2,
                                   .maxerror_us = PHASE_LIMIT_US,
                                   .esterror_us = PHASE_LIMIT_US };
        for (int i = 0; i < 16; i++) {
                int64_t before = clk_kernel_ns(CLOCK_MONOTONIC_RAW);
                int64_t real = clk_kernel_ns(CLOCK_REALTIME);
                int64_t mono = clk_kernel_ns(CLOCK_MONOTONIC);
                int64_t boot = clk_kernel_ns(CLOCK_BOOTTIME);
                int64_t after = clk_kernel_ns(CLOCK_MONOTONIC_RAW);

                if (after - before >= best_ns)
                        continue;
                best_ns = after - before;
                s->raw0_ns = s->vraw0_ns = before + best_ns / 2;
                s->mono0_ns = s->maxerror_from_ns = mono;
                s->wall_ns = real - mono;
                s->boot_ns = boot - mono;
        }
}

static struct clk_file *map_file(int fd)
{
        struct clk_file *file = mmap(NULL, sizeof(struct clk_file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        return file == MAP_FAILED ? NULL : file;
}

int clk_create(const char *path)
{
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        struct clk_file *file = NULL;
        int result = 0;

        if (fd < 0)
                return -errno;
        if (ftruncate(fd, sizeof(struct clk_file)) < 0 || !(file = map_file(fd)))
                result = -errno;
        if (file) {
                file->ring = CLK_RING;
                first_segment(&file->segment[0]);
                atomic_store(&file->head, 1);
                file->magic = CLK_MAGIC;
                munmap(file, sizeof(*file));
        }
        close(fd);
        return result;
}

int clk_open(struct clk *clk, const char *path)
{
        char *whole = realpath(path, NULL);
        int fd = whole ? open(whole, O_RDWR | O_CLOEXEC) : -1;
        int result = fd < 0 ? -errno : 0;
        struct stat st;

        clk->file = NULL;
        if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_size != sizeof(struct clk_file) || strlen(whole) >= sizeof(clk->path)))
                result = -EINVAL;
        if (result == 0 && !(clk->file = map_file(fd)))
                result = -errno;
        if (result == 0 && (clk->file->magic != CLK_MAGIC || clk->file->ring != CLK_RING))
                result = -EINVAL;
        if (result == 0)
                snprintf(clk->path, sizeof(clk->path), "%s", whole);
        if (fd >= 0)
                close(fd);
        free(whole);
        return result;
}
