/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An order goes through these steps:

     WAITING    until the bus is there and no run of an earlier agent, or of an order that was given up, is under way ("clear")
     STARTING   StartUnit is called
     RUNNING    its job is under way; JobRemoved tells of the end

   The result file counts, whatever the job came to. Without one, the request file tells what to think: who can still withdraw it knows that
   the run has done nothing (FAILED); else what it led to is not known (TIMEOUT). A lost connection to the bus ends nothing: with the next one
   the units are listed, and once ours is not among them the result is read. That is also how an agent that was restarted finds its
   predecessor's run. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../gate/words.h"
#include "agent.h"
#include "bus.h"
#include "clock.h"
#include "executor.h"
#include "gate_files.h"
#include "journal.h"

#define UNIT_PATTERN "timeguard-gate@*.service"
#define UNIT_SIZE    64
#define PATH_SIZE    256
#define CALL_US      (5 * TG_NS_PER_S / TG_NS_PER_US)
#define BUS_NS       (5 * TG_NS_PER_S)  /* an order's patience with a bus that is not there */
#define CLEAR_NS     (35 * TG_NS_PER_S) /* and with an earlier run: its time limit, stopping it, and some more */
#define LOOK_NS      (TG_NS_PER_S / 2)  /* between two looks for earlier runs */
#define LIMIT_NS     (20 * TG_NS_PER_S) /* TimeoutStartSec of the unit, while it has not been asked for its own */
#define LIMIT_MAX_NS (600 * TG_NS_PER_S)
#define SLACK_NS     (8 * TG_NS_PER_S) /* to stop a run that is over its limit, and to tell us */

static const char manager[] = "org.freedesktop.systemd1";
static const char manager_path[] = "/org/freedesktop/systemd1";
static const char manager_interface[] = "org.freedesktop.systemd1.Manager";

enum step { IDLE, WAITING, STARTING, RUNNING };

/* Calls that are under way; one of a kind. */
enum call { CALL_MATCH, CALL_SUBSCRIBE, CALL_LIST, CALL_START, CALL_LIMIT, N_CALLS };

struct tg_executor {
        struct tg_agent *agent;
        struct tg_bus *bus;
        void (*done)(void *data, const struct tg_gate_result *result);
        void *data;
        int health;
        enum tg_gate_backend backend;

        sd_bus_slot *match, *calls[N_CALLS];
        bool clear; /* no run but that of the present order is under way, and no file of another one is there */
        char hindrance[TG_GATE_TEXT_MAX]; /* why it is not */

        enum step step;
        struct tg_gate_order order;
        char unit[UNIT_SIZE];
        int64_t started_ns; /* RAW */
        struct tg_alarm begin, deadline, look;
};

static void look_for_runs(struct tg_executor *x);

__attribute__((format(printf, 2, 3))) static void hinder(struct tg_executor *x, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(x->hindrance, sizeof(x->hindrance), format, args);
        va_end(args);
}

static void drop_calls(struct tg_executor *x)
{
        for (size_t i = 0; i < N_CALLS; i++)
                x->calls[i] = sd_bus_slot_unref(x->calls[i]);
        x->match = sd_bus_slot_unref(x->match);
}

/* The end of every order. */
static void finish(struct tg_executor *x, struct tg_gate_result *result)
{
        result->ticket = x->order.ticket;
        result->verb = x->order.verb;
        tg_gate_files_remove(x->order.ticket);
        tg_alarm_stop(&x->deadline);
        x->calls[CALL_START] = sd_bus_slot_unref(x->calls[CALL_START]);
        x->calls[CALL_LIMIT] = sd_bus_slot_unref(x->calls[CALL_LIMIT]);
        x->step = IDLE;
        x->done(x->data, result);
}

__attribute__((format(printf, 3, 4))) static void end(struct tg_executor *x, enum tg_gate_outcome outcome, const char *format,
                                                      ...)
{
        struct tg_gate_result result = { .outcome = outcome };
        va_list args;

        va_start(args, format);
        (void)vsnprintf(result.detail, sizeof(result.detail), format, args);
        va_end(args);
        finish(x, &result);
}

/* The end of an order whose run has ended, or is not waited for any longer. `how` tells of the unit: "failed". */
static void end_by_file(struct tg_executor *x, const char *how)
{
        char error[TG_FIELD_ERROR_MAX];
        struct tg_gate_result result;
        enum tg_gate_backend backend;
        int r = tg_gate_files_read(x->order.ticket, &result, &backend, error);

        if (r == 0) {
                x->backend = backend;
                finish(x, &result);
        } else if (r == -EBADMSG) {
                end(x, TG_GATE_TIMEOUT, "the result of %s cannot be used: %s", x->unit, error);
        } else if (tg_gate_files_withdraw(x->order.ticket)) {
                end(x, TG_GATE_FAILED, "%s %s, and had done nothing", x->unit, how);
        } else {
                end(x, TG_GATE_TIMEOUT, "%s %s, and left no result", x->unit, how);
        }
}

static void fill_nodes(const struct tg_agent *agent, struct tg_gate_request *request)
{
        request->self.id = agent->node_id;
        (void)tg_agent_node_name(agent, agent->node_id, request->self.name);
        request->n_nodes = agent->topology.n_nodes;
        for (uint32_t i = 0; i < request->n_nodes; i++) {
                request->nodes[i].id = agent->topology.nodes[i].node_id;
                (void)tg_agent_node_name(agent, request->nodes[i].id, request->nodes[i].name);
        }
}

static void fill_request(const struct tg_executor *x, struct tg_gate_request *request)
{
        const struct tg_options *options = &x->agent->options;

        *request = (struct tg_gate_request){
                .ticket = x->order.ticket,
                .verb = x->order.verb,
                .scope = x->order.scope == TG_GATE_NODE ? TG_GATE_NODE : TG_GATE_CLUSTER,
                .backend = (enum tg_gate_backend)options->gate_backend,
                .health = (enum tg_gate_health)x->health,
                .n_units = options->gate_units.n,
        };
        memcpy(request->uuid, x->order.uuid, sizeof(request->uuid));
        (void)snprintf(request->prior, sizeof(request->prior), "%s", x->order.prior);
        (void)snprintf(request->reason, sizeof(request->reason), "%s", x->order.reason);
        (void)snprintf(request->command, sizeof(request->command), "%s", options->gate_command);
        for (uint32_t i = 0; i < request->n_units; i++)
                (void)snprintf(request->units[i], sizeof(request->units[i]), "%s", options->gate_units.names[i]);
        fill_nodes(x->agent, request);
}

static int write_request(const struct tg_executor *x)
{
        struct tg_gate_request *request = calloc(1, sizeof(*request));
        int r = request ? tg_gate_files_open() : -ENOMEM;

        if (r == 0) {
                fill_request(x, request);
                r = tg_gate_files_write(request);
        }
        free(request);
        return r;
}

static sd_bus_slot **call_slot(struct tg_executor *x, enum call call)
{
        x->calls[call] = sd_bus_slot_unref(x->calls[call]);
        return &x->calls[call];
}

/* The unit's own time limit, which a drop-in may have changed. */
static int on_limit(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        struct tg_executor *x = data;
        uint64_t limit_us = 0;
        int64_t limit_ns = LIMIT_MAX_NS;

        (void)error;
        /* A short run has ended before it can be asked: nothing is to be learnt then. */
        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "v", "t", &limit_us) < 0)
                return 0;
        if (limit_us < (uint64_t)(LIMIT_MAX_NS / TG_NS_PER_US))
                limit_ns = (int64_t)limit_us * TG_NS_PER_US;
        if (x->step == RUNNING)
                tg_alarm_once(&x->deadline, x->started_ns + limit_ns + SLACK_NS - tg_clock_raw_ns());
        return 0;
}

static void ask_limit(struct tg_executor *x)
{
        sd_bus *bus = tg_bus_get(x->bus);
        char *path = NULL;

        if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", x->unit, &path) >= 0)
                (void)sd_bus_call_method_async(bus, call_slot(x, CALL_LIMIT), manager, path, "org.freedesktop.DBus.Properties",
                                               "Get", on_limit, x, "ss", "org.freedesktop.systemd1.Service",
                                               "TimeoutStartUSec");
        free(path);
}

static int on_started(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        struct tg_executor *x = data;
        const sd_bus_error *fault = sd_bus_message_get_error(reply);

        (void)error;
        if (!fault) {
                x->step = RUNNING;
                ask_limit(x);
                return 0;
        }
        x->clear = false; /* a call without an answer may still be heard: look before the next order */
        if (tg_gate_files_withdraw(x->order.ticket))
                end(x, TG_GATE_FAILED, "systemd did not start %s: %s (%s)", x->unit,
                    fault->message ? fault->message : "no reason given", fault->name);
        else
                end(x, TG_GATE_TIMEOUT, "systemd gave no answer to the start of %s (%s), but it began", x->unit, fault->name);
        if (!x->clear && tg_bus_get(x->bus))
                look_for_runs(x);
        return 0;
}

static void start(struct tg_executor *x)
{
        sd_bus *bus = tg_bus_get(x->bus);
        sd_bus_message *call = NULL;
        int r = write_request(x);

        x->started_ns = tg_clock_raw_ns();
        x->step = STARTING;
        if (r < 0) {
                end(x, TG_GATE_FAILED, "%s: %s", TG_GATE_DIRECTORY, strerror(-r));
                return;
        }
        tg_alarm_once(&x->deadline, LIMIT_NS + SLACK_NS);
        r = sd_bus_message_new_method_call(bus, &call, manager, manager_path, manager_interface, "StartUnit");
        if (r >= 0)
                r = sd_bus_message_append(call, "ss", x->unit, "fail");
        if (r >= 0)
                r = sd_bus_call_async(bus, call_slot(x, CALL_START), call, on_started, x, CALL_US);
        sd_bus_message_unref(call);
        if (r < 0)
                end(x, TG_GATE_FAILED, "the system bus takes no call: %s", strerror(-r));
}

static void proceed(struct tg_executor *x)
{
        if (x->step == WAITING && x->clear && tg_bus_get(x->bus))
                start(x);
}

/* Never within tg_executor_run: the core must have its order out of its hands before it gets a result. */
static void on_begin(void *data)
{
        struct tg_executor *x = data;

        proceed(x);
        tg_bus_touch(x->bus);
}

static void on_deadline(void *data)
{
        struct tg_executor *x = data;

        if (x->step == WAITING) {
                end(x, TG_GATE_FAILED, "not begun: %s", tg_bus_get(x->bus) ? x->hindrance : "there is no system bus");
        } else if (x->step != IDLE) {
                /* Whatever may still be going on must have ended before the next order. */
                x->clear = false;
                end_by_file(x, "did not end in time");
                if (tg_bus_get(x->bus))
                        look_for_runs(x);
        }
        tg_bus_touch(x->bus);
}

static const char *job_text(const char *result)
{
        static const struct {
                const char *word, *text;
        } texts[] = {
                { "done", "ended" },
                { "failed", "failed" },
                { "timeout", "could not be started in time" },
                { "canceled", "was cancelled" },
                { "dependency", "lacks a unit that it depends on" },
                { "skipped", "was skipped, as a condition of the unit is not met" },
                { "assert", "was refused, as an assertion of the unit is not met" },
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (strcmp(texts[i].word, result) == 0)
                        return texts[i].text;
        return "came to no good end";
}

static int on_job_removed(sd_bus_message *signal, void *data, sd_bus_error *error)
{
        struct tg_executor *x = data;
        const char *path, *unit, *result;
        uint32_t id;

        (void)error;
        if (sd_bus_message_read(signal, "uoss", &id, &path, &unit, &result) < 0)
                return 0;
        if ((x->step == STARTING || x->step == RUNNING) && strcmp(unit, x->unit) == 0)
                end_by_file(x, job_text(result));
        return 0;
}

/* One unit of a list: whether it is under way. Returns 1, 0, or -errno. */
static int read_unit(sd_bus_message *reply, bool *under_way, bool *ours, const struct tg_executor *x)
{
        const char *name, *description, *load, *active, *sub, *following, *path, *type, *job;
        uint32_t id;
        int r = sd_bus_message_read(reply, "(ssssssouso)", &name, &description, &load, &active, &sub, &following, &path, &id,
                                    &type, &job);

        if (r <= 0)
                return r;
        *under_way = id != 0 || (strcmp(active, "inactive") != 0 && strcmp(active, "failed") != 0);
        *ours = strcmp(name, x->unit) == 0;
        return 1;
}

/* Counts the runs that are under way: that of the present order, and others. */
static int count_runs(sd_bus_message *reply, const struct tg_executor *x, size_t *n_others, size_t *n_ours)
{
        bool under_way, ours;
        int r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");

        *n_others = *n_ours = 0;
        while (r > 0 && (r = read_unit(reply, &under_way, &ours, x)) > 0) {
                *n_ours += under_way && ours;
                *n_others += under_way && !ours;
        }
        return r;
}

/* Only now: a run that is under way may still write. */
static void become_clear(struct tg_executor *x)
{
        x->clear = true;
        if (x->step == IDLE || x->step == WAITING)
                tg_gate_files_clear();
}

/* Its end was not heard of. */
static void end_after_loss(struct tg_executor *x, bool alone)
{
        x->clear = alone;
        end_by_file(x, "ended");
}

static int on_list(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        const sd_bus_error *fault = sd_bus_message_get_error(reply);
        struct tg_executor *x = data;
        bool active = x->step == STARTING || x->step == RUNNING;
        size_t n_others = 0, n_ours = 0;

        (void)error;
        if (fault)
                hinder(x, "systemd does not tell its units: %s", fault->message ? fault->message : fault->name);
        else if (count_runs(reply, x, &n_others, &n_ours) < 0)
                hinder(x, "systemd tells its units in a way that is not understood");
        else if (x->step == RUNNING && n_ours == 0)
                end_after_loss(x, n_others == 0);
        else if (n_others > 0 || (n_ours > 0 && !active))
                hinder(x, "an earlier run of timeguard-gate has not ended");
        else
                become_clear(x);
        if (!x->clear)
                tg_alarm_once(&x->look, LOOK_NS);
        proceed(x);
        return 0;
}

static void look_for_runs(struct tg_executor *x)
{
        sd_bus *bus = tg_bus_get(x->bus);
        sd_bus_message *call = NULL;
        int r = sd_bus_message_new_method_call(bus, &call, manager, manager_path, manager_interface, "ListUnitsByPatterns");

        if (r >= 0)
                r = sd_bus_message_append(call, "asas", 0, 1, UNIT_PATTERN);
        if (r >= 0)
                r = sd_bus_call_async(bus, call_slot(x, CALL_LIST), call, on_list, x, CALL_US);
        sd_bus_message_unref(call);
        if (r < 0) {
                hinder(x, "the system bus takes no call: %s", strerror(-r));
                tg_alarm_once(&x->look, LOOK_NS);
        }
}

static void on_look(void *data)
{
        struct tg_executor *x = data;

        if (tg_bus_get(x->bus) && !x->clear)
                look_for_runs(x);
        tg_bus_touch(x->bus);
}

static int on_watching(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        const sd_bus_error *fault = sd_bus_message_get_error(reply);

        (void)data;
        (void)error;
        if (fault)
                tg_log(LOG_WARNING, "systemd does not tell of the end of jobs: %s",
                       fault->message ? fault->message : fault->name);
        return 0;
}

/* The signals are asked for before anything can end that they would tell of: calls on one connection keep their order. */
static void on_up(void *data, sd_bus *bus)
{
        struct tg_executor *x = data;

        x->clear = false;
        hinder(x, "systemd has not answered yet");
        (void)sd_bus_match_signal_async(bus, &x->match, manager, manager_path, manager_interface, "JobRemoved", on_job_removed,
                                        on_watching, x);
        (void)sd_bus_call_method_async(bus, call_slot(x, CALL_SUBSCRIBE), manager, manager_path, manager_interface, "Subscribe",
                                       on_watching, x, "");
        look_for_runs(x);
}

static void on_down(void *data)
{
        struct tg_executor *x = data;

        x->clear = false;
        if (x->step == STARTING)
                x->step = RUNNING; /* for all that is known */
        tg_alarm_stop(&x->look);
        drop_calls(x);
}

int tg_executor_new(struct tg_executor **out, struct tg_agent *agent, struct tg_bus *bus,
                    void (*done)(void *data, const struct tg_gate_result *result), void *data)
{
        struct tg_executor *x = calloc(1, sizeof(*x));
        struct tg_bus_user user = { .up = on_up, .down = on_down, .data = x };
        int r;

        if (!x)
                return -ENOMEM;
        x->agent = agent;
        x->bus = bus;
        x->done = done;
        x->data = data;
        x->backend = (enum tg_gate_backend)agent->options.gate_backend;
        r = tg_alarm_open(&x->deadline, agent->loop, QB_LOOP_MED, on_deadline, x);
        if (r == 0)
                r = tg_alarm_open(&x->look, agent->loop, QB_LOOP_MED, on_look, x);
        if (r == 0)
                r = tg_alarm_open(&x->begin, agent->loop, QB_LOOP_MED, on_begin, x);
        if (r == 0)
                r = tg_bus_add_user(bus, &user);
        if (r < 0) {
                tg_executor_free(x);
                return r;
        }
        *out = x;
        return 0;
}

struct tg_executor *tg_executor_free(struct tg_executor *x)
{
        if (!x)
                return NULL;
        tg_bus_remove_user(x->bus, x);
        drop_calls(x);
        tg_alarm_close(&x->deadline);
        tg_alarm_close(&x->look);
        tg_alarm_close(&x->begin);
        free(x);
        return NULL;
}

int tg_executor_run(struct tg_executor *x, const struct tg_gate_order *order)
{
        if (x->step != IDLE)
                return -EBUSY;
        x->order = *order;
        (void)snprintf(x->unit, sizeof(x->unit), "timeguard-gate@%s-%u.service", tg_gate_verb_words[order->verb],
                       order->ticket);
        x->step = WAITING;
        tg_alarm_once(&x->deadline, tg_bus_get(x->bus) ? CLEAR_NS : BUS_NS);
        tg_alarm_once(&x->begin, 0);
        return 0;
}

void tg_executor_set_health(struct tg_executor *x, int health)
{
        x->health = health;
}

enum tg_gate_backend tg_executor_backend(const struct tg_executor *x)
{
        return x->backend;
}
