/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to the manager, each bounded. A unit is loaded by its name first: only so a path to it exists whatever its state. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <timeguard/limits.h>

#include "child.h"
#include "unit.h"

#define CALL_US   (3 * TG_NS_PER_S / TG_NS_PER_US)
#define PATH_SIZE 512

static const char manager[] = "org.freedesktop.systemd1";
static const char manager_path[] = "/org/freedesktop/systemd1";
static const char manager_interface[] = "org.freedesktop.systemd1.Manager";
static const char unit_interface[] = "org.freedesktop.systemd1.Unit";

/* The first call would wait for the bus's hello without a limit. */
static int await_hello(sd_bus *bus)
{
        int64_t until_ns = tg_monotonic_ns() + CALL_US * TG_NS_PER_US;
        int r = 0;

        while (r >= 0 && sd_bus_is_ready(bus) == 0) {
                int64_t left_ns = until_ns - tg_monotonic_ns();

                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = left_ns > 0 ? sd_bus_wait(bus, (uint64_t)(left_ns / TG_NS_PER_US) + 1) : -ETIMEDOUT;
        }
        return r < 0 ? r : 0;
}

int tg_unit_bus(sd_bus **out)
{
        sd_bus *bus = NULL;
        int r = sd_bus_open_system(&bus);

        if (r >= 0)
                r = await_hello(bus);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(bus, CALL_US);
        if (r < 0) {
                sd_bus_unref(bus);
                return r;
        }
        *out = bus;
        return 0;
}

static int fail(int r, const char *what, const char *name, sd_bus_error *error, char fault[static TG_UNIT_FAULT_MAX])
{
        (void)snprintf(fault, TG_UNIT_FAULT_MAX, "%s %s: %s", what, name,
                       error->message ? error->message
                       : error->name  ? error->name
                                      : strerror(-r));
        sd_bus_error_free(error);
        return r;
}

static int find(sd_bus *bus, const char *name, char path[static PATH_SIZE], sd_bus_error *error)
{
        sd_bus_message *reply = NULL;
        const char *found = "";
        int r = sd_bus_call_method(bus, manager, manager_path, manager_interface, "LoadUnit", error, &reply, "s", name);

        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &found);
        if (r >= 0 && snprintf(path, PATH_SIZE, "%s", found) >= PATH_SIZE)
                r = -ENAMETOOLONG;
        sd_bus_message_unref(reply);
        return r < 0 ? r : 0;
}

static int read_word(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_error *error,
                     char out[static TG_UNIT_WORD_MAX])
{
        sd_bus_message *reply = NULL;
        const char *word = "";
        int r = sd_bus_get_property(bus, manager, path, interface, property, error, &reply, "s");

        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &word);
        if (r >= 0)
                (void)snprintf(out, TG_UNIT_WORD_MAX, "%s", word);
        sd_bus_message_unref(reply);
        return r < 0 ? r : 0;
}

static int read_flag(sd_bus *bus, const char *path, const char *property, sd_bus_error *error, bool *out)
{
        int flag = 0, r = sd_bus_get_property_trivial(bus, manager, path, unit_interface, property, error, 'b', &flag);

        *out = flag;
        return r < 0 ? r : 0;
}

/* The type of the job, if there is one. A job that ends while it is being looked at is none. */
static int read_job(sd_bus *bus, const char *path, sd_bus_error *error, char out[static TG_UNIT_WORD_MAX])
{
        sd_bus_error gone = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        const char *job = "";
        uint32_t id = 0;
        int r = sd_bus_get_property(bus, manager, path, unit_interface, "Job", error, &reply, "(uo)");

        if (r >= 0)
                r = sd_bus_message_read(reply, "(uo)", &id, &job);
        if (r >= 0 && id != 0 && read_word(bus, job, "org.freedesktop.systemd1.Job", "JobType", &gone, out) < 0)
                out[0] = '\0';
        sd_bus_error_free(&gone);
        sd_bus_message_unref(reply);
        return r < 0 ? r : 0;
}

int tg_unit_look(sd_bus *bus, const char *name, struct tg_unit *out, char fault[static TG_UNIT_FAULT_MAX])
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char path[PATH_SIZE];
        int r;

        *out = (struct tg_unit){ 0 };
        r = find(bus, name, path, &error);
        /* The job first: once it has ended, the states that are read after it are what it led to. */
        if (r == 0)
                r = read_job(bus, path, &error, out->job);
        if (r == 0)
                r = read_word(bus, path, unit_interface, "LoadState", &error, out->load);
        if (r == 0)
                r = read_word(bus, path, unit_interface, "ActiveState", &error, out->active);
        if (r == 0)
                r = read_flag(bus, path, "CanStop", &error, &out->can_stop);
        if (r == 0)
                r = read_flag(bus, path, "CanStart", &error, &out->can_start);
        return r < 0 ? fail(r, "looking at", name, &error, fault) : 0;
}

static int queue(sd_bus *bus, const char *method, const char *what, const char *name, char fault[static TG_UNIT_FAULT_MAX])
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_call_method(bus, manager, manager_path, manager_interface, method, &error, NULL, "ss", name, "replace");

        return r < 0 ? fail(r, what, name, &error, fault) : 0;
}

int tg_unit_stop(sd_bus *bus, const char *name, char fault[static TG_UNIT_FAULT_MAX])
{
        return queue(bus, "StopUnit", "stopping", name, fault);
}

int tg_unit_start(sd_bus *bus, const char *name, char fault[static TG_UNIT_FAULT_MAX])
{
        return queue(bus, "StartUnit", "starting", name, fault);
}

bool tg_unit_is_after(sd_bus *bus, const char *name, const char *other)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char path[PATH_SIZE], **list = NULL;
        bool found = false;

        if (find(bus, name, path, &error) == 0 &&
            sd_bus_get_property_strv(bus, manager, path, unit_interface, "After", &error, &list) >= 0)
                for (size_t i = 0; list && list[i]; i++)
                        found |= tg_unit_is(list[i], other);
        for (size_t i = 0; list && list[i]; i++)
                free(list[i]);
        free(list);
        sd_bus_error_free(&error);
        return found;
}
