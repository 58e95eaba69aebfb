/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to systemd's manager. The signals are asked for before anything can end that they would tell of: calls on one connection keep their
   order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <timeguard/limits.h>

#include "gate_runs.h"
#include "journal.h"

#define UNIT_PATTERN "timeguard-gate@*.service"
#define UNIT_SIZE    64
#define CALL_US      (5 * TG_NS_PER_S / TG_NS_PER_US)

static const char manager[] = "org.freedesktop.systemd1";
static const char manager_path[] = "/org/freedesktop/systemd1";
static const char manager_interface[] = "org.freedesktop.systemd1.Manager";

/* One of a kind is under way. */
enum call { CALL_SUBSCRIBE, CALL_START, CALL_LIMIT, CALL_LIST, N_CALLS };

struct tg_gate_runs {
        struct tg_bus *bus;
        struct tg_gate_runs_events on;
        sd_bus_slot *match, *calls[N_CALLS];
        char ours[UNIT_SIZE]; /* as the last look asked */
};

static void drop_call(struct tg_gate_runs *runs, enum call call)
{
        runs->calls[call] = sd_bus_slot_unref(runs->calls[call]);
}

static void drop_calls(struct tg_gate_runs *runs)
{
        for (enum call call = 0; call < N_CALLS; call++)
                drop_call(runs, call);
        runs->match = sd_bus_slot_unref(runs->match);
}

static const char *fault_text(const sd_bus_error *fault)
{
        return fault->message ? fault->message : fault->name;
}

/* Sends a call, in the place of an earlier one of its kind; takes the message. `r` is what making the message came to. */
static int send(struct tg_gate_runs *runs, enum call call, sd_bus_message *message, int r, sd_bus_message_handler_t answer)
{
        sd_bus *bus = tg_bus_get(runs->bus);

        drop_call(runs, call);
        if (r >= 0)
                r = bus ? sd_bus_call_async(bus, &runs->calls[call], message, answer, runs, CALL_US) : -ENOTCONN;
        sd_bus_message_unref(message);
        return r < 0 ? r : 0;
}

static int new_call(const struct tg_gate_runs *runs, const char *method, sd_bus_message **out)
{
        sd_bus *bus = tg_bus_get(runs->bus);

        *out = NULL;
        return bus ? sd_bus_message_new_method_call(bus, out, manager, manager_path, manager_interface, method) : -ENOTCONN;
}

static int on_started(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        struct tg_gate_runs *runs = data;

        (void)error;
        runs->on.started(runs->on.data, sd_bus_message_get_error(reply));
        return 0;
}

int tg_gate_runs_start(struct tg_gate_runs *runs, const char *unit)
{
        sd_bus_message *call;
        int r = new_call(runs, "StartUnit", &call);

        if (r >= 0)
                r = sd_bus_message_append(call, "ss", unit, "fail");
        return send(runs, CALL_START, call, r, on_started);
}

static int on_limit(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        struct tg_gate_runs *runs = data;
        uint64_t limit_us = 0;

        (void)error;
        /* A short run has ended before it can be asked. */
        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "v", "t", &limit_us) < 0)
                return 0;
        runs->on.limit(runs->on.data,
                       limit_us > INT64_MAX / (uint64_t)TG_NS_PER_US ? INT64_MAX : (int64_t)limit_us * TG_NS_PER_US);
        return 0;
}

int tg_gate_runs_ask_limit(struct tg_gate_runs *runs, const char *unit)
{
        sd_bus *bus = tg_bus_get(runs->bus);
        sd_bus_message *call = NULL;
        char *path = NULL;
        int r = bus ? sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) : -ENOTCONN;

        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &call, manager, path, "org.freedesktop.DBus.Properties", "Get");
        if (r >= 0)
                r = sd_bus_message_append(call, "ss", "org.freedesktop.systemd1.Service", "TimeoutStartUSec");
        free(path);
        return send(runs, CALL_LIMIT, call, r, on_limit);
}

static int on_job_removed(sd_bus_message *signal, void *data, sd_bus_error *error)
{
        struct tg_gate_runs *runs = data;
        const char *path, *unit, *result;
        uint32_t id;

        (void)error;
        if (sd_bus_message_read(signal, "uoss", &id, &path, &unit, &result) >= 0)
                runs->on.ended(runs->on.data, unit, result);
        return 0;
}

/* One unit of a list, counted if it is under way. Returns 1, 0 at the end, or -errno. */
static int count_unit(sd_bus_message *reply, const char *ours, size_t *n_ours, size_t *n_others)
{
        const char *name, *description, *load, *active, *sub, *following, *path, *type, *job;
        uint32_t id;
        int r = sd_bus_message_read(reply, "(ssssssouso)", &name, &description, &load, &active, &sub, &following, &path, &id,
                                    &type, &job);

        if (r <= 0)
                return r;
        if (id != 0 || (strcmp(active, "inactive") != 0 && strcmp(active, "failed") != 0))
                ++*(strcmp(name, ours) == 0 ? n_ours : n_others);
        return 1;
}

static int on_list(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        const sd_bus_error *fault = sd_bus_message_get_error(reply);
        struct tg_gate_runs *runs = data;
        size_t n_ours = 0, n_others = 0;
        int r;

        (void)error;
        if (fault) {
                runs->on.looked(runs->on.data, fault_text(fault), 0, 0);
                return 0;
        }
        r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r > 0)
                r = count_unit(reply, runs->ours, &n_ours, &n_others);
        runs->on.looked(runs->on.data, r < 0 ? "its list of units is not understood" : NULL, n_ours, n_others);
        return 0;
}

int tg_gate_runs_look(struct tg_gate_runs *runs, const char *ours)
{
        sd_bus_message *call;
        int r = new_call(runs, "ListUnitsByPatterns", &call);

        (void)snprintf(runs->ours, sizeof(runs->ours), "%s", ours);
        if (r >= 0)
                r = sd_bus_message_append(call, "asas", 0, 1, UNIT_PATTERN);
        return send(runs, CALL_LIST, call, r, on_list);
}

void tg_gate_runs_forget(struct tg_gate_runs *runs)
{
        drop_call(runs, CALL_START);
        drop_call(runs, CALL_LIMIT);
}

static int on_subscribed(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        const sd_bus_error *fault = sd_bus_message_get_error(reply);

        (void)data;
        (void)error;
        if (fault)
                tg_log(LOG_WARNING, "systemd does not tell of the end of jobs: %s", fault_text(fault));
        return 0;
}

static void on_up(void *data, sd_bus *bus)
{
        struct tg_gate_runs *runs = data;
        sd_bus_message *call;
        int r;

        (void)sd_bus_match_signal_async(bus, &runs->match, manager, manager_path, manager_interface, "JobRemoved",
                                        on_job_removed, on_subscribed, runs);
        r = sd_bus_message_new_method_call(bus, &call, manager, manager_path, manager_interface, "Subscribe");
        (void)send(runs, CALL_SUBSCRIBE, r < 0 ? NULL : call, r, on_subscribed);
        runs->on.up(runs->on.data);
}

static void on_down(void *data)
{
        struct tg_gate_runs *runs = data;

        drop_calls(runs);
        runs->on.down(runs->on.data);
}

int tg_gate_runs_new(struct tg_gate_runs **out, struct tg_bus *bus, const struct tg_gate_runs_events *events)
{
        struct tg_gate_runs *runs = calloc(1, sizeof(*runs));
        struct tg_bus_user user = { .up = on_up, .down = on_down, .data = runs };

        if (!runs)
                return -ENOMEM;
        runs->bus = bus;
        runs->on = *events;
        *out = runs; /* `up` uses it */
        if (tg_bus_add_user(bus, &user) < 0) {
                *out = tg_gate_runs_free(runs);
                return -ENOSPC;
        }
        return 0;
}

struct tg_gate_runs *tg_gate_runs_free(struct tg_gate_runs *runs)
{
        if (!runs)
                return NULL;
        tg_bus_remove_user(runs->bus, runs);
        drop_calls(runs);
        free(runs);
        return NULL;
}
