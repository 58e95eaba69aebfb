/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units of systemd, over the system bus: looked at, and stopped or started without waiting for the end of that. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define TG_UNIT_WORD_MAX 32

struct tg_unit {
        char load[TG_UNIT_WORD_MAX]; /* LoadState: "loaded", "masked", "not-found" ... */
        char active
                [TG_UNIT_WORD_MAX]; /* ActiveState: "active", "inactive", "failed", "activating", "deactivating", "reloading" */
        bool can_stop, can_start;   /* by hand; false of a masked one, and under RefuseManualStop= and its like */
        char job[TG_UNIT_WORD_MAX]; /* of the job that waits or runs, its type: "start", "stop" ...; "" without one */
};

#define TG_UNIT_FAULT_MAX 200

/* The system bus, with bounded calls. Returns 0 or -errno. The caller ends it by sd_bus_unref. */
int tg_unit_bus(sd_bus **out);

/* Returns 0, or -errno with one sentence in `fault`. */
int tg_unit_look(sd_bus *bus, const char *name, struct tg_unit *out, char fault[static TG_UNIT_FAULT_MAX]);
/* Puts a job into the manager's queue, where it survives us. Returns 0, or -errno with one sentence in `fault`. */
int tg_unit_stop(sd_bus *bus, const char *name, char fault[static TG_UNIT_FAULT_MAX]);
int tg_unit_start(sd_bus *bus, const char *name, char fault[static TG_UNIT_FAULT_MAX]);
/* True when the manager stops `name` before `other`, both being in its queue. */
bool tg_unit_is_after(sd_bus *bus, const char *name, const char *other);

static inline bool tg_unit_is(const char *word, const char *other)
{
        return __builtin_strcmp(word, other) == 0;
}
/* Stopping and starting it is not refused, as far as can be told before. */
static inline bool tg_unit_can(const struct tg_unit *unit)
{
        return unit->can_stop && unit->can_start;
}
/* Neither runs, nor comes, nor goes. */
static inline bool tg_unit_is_gone(const struct tg_unit *unit)
{
        return tg_unit_is(unit->active, "inactive") || tg_unit_is(unit->active, "failed");
}
/* On its way down, or about to be. */
static inline bool tg_unit_is_stopping(const struct tg_unit *unit)
{
        return tg_unit_is(unit->active, "deactivating") || tg_unit_is(unit->job, "stop");
}
static inline bool tg_unit_is_starting(const struct tg_unit *unit)
{
        return tg_unit_is(unit->active, "activating") || tg_unit_is(unit->job, "start") || tg_unit_is(unit->job, "restart") ||
               tg_unit_is(unit->job, "try-restart");
}
