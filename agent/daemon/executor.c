/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An order goes through these steps:

     WAITING    until the bus is there and no run of an earlier agent, or of an order that was given up, is under way ("clear")
     STARTING   systemd has been asked to start the unit
     RUNNING    its job is under way

   What it came to is read from its files, whatever systemd says (gate_outcome.h). A lost connection to the bus ends nothing: with the next
   one it is looked which runs are under way, and once ours is not among them the result is read. That is also how an agent that was
   restarted finds its predecessor's run. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "agent.h"
#include "clock.h"
#include "executor.h"
#include "gate_files.h"
#include "gate_outcome.h"
#include "gate_request.h"
#include "gate_runs.h"
#include "journal.h"

#define UNIT_SIZE    64
#define BUS_NS       (5 * TG_NS_PER_S)  /* an order's patience with a bus that is not there */
#define CLEAR_NS     (26 * TG_NS_PER_S) /* and with an earlier run: its time limit, stopping it, and some more */
#define LOOK_NS      (TG_NS_PER_S / 2)  /* between two looks for earlier runs */
#define LIMIT_NS     (20 * TG_NS_PER_S) /* TimeoutStartSec of the unit, while it has not been asked for its own */
#define LIMIT_MAX_NS (25 * TG_NS_PER_S) /* the core takes an order for lost after 60 s: CLEAR_NS and SLACK_NS come to this */
#define SLACK_NS     (8 * TG_NS_PER_S)  /* to stop a run that is over its limit, and to tell us */

enum step { IDLE, WAITING, STARTING, RUNNING };

struct tg_executor {
        struct tg_agent *agent;
        struct tg_bus *bus;
        struct tg_gate_runs *runs;
        void (*done)(void *data, const struct tg_gate_result *result);
        void *data;
        int health;

        bool told_limit; /* that the unit's is too long */
        bool clear;      /* no run but that of the present order is under way, and no file of another one is there */
        char hindrance[TG_GATE_TEXT_MAX]; /* why it is not */

        enum step step;
        struct tg_gate_order order;
        char unit[UNIT_SIZE];
        int64_t started_ns; /* RAW */
        struct tg_alarm begin, deadline, look;
};

/* The end of every order. */
static void finish(struct tg_executor *x, struct tg_gate_result *result)
{
        result->ticket = x->order.ticket;
        result->verb = x->order.verb;
        tg_gate_outcome_tell(&x->order, result);
        tg_gate_files_remove(x->order.ticket);
        tg_gate_runs_forget(x->runs);
        tg_alarm_stop(&x->deadline);
        x->step = IDLE;
        x->done(x->data, result);
}

__attribute__((format(printf, 3, 4))) static void end(struct tg_executor *x, enum tg_gate_outcome outcome, const char *format,
                                                      ...)
{
        struct tg_gate_result result;
        va_list args;

        va_start(args, format);
        tg_gate_outcome_say(&result, outcome, format, args);
        va_end(args);
        finish(x, &result);
}

static void end_by_files(struct tg_executor *x, const char *how)
{
        struct tg_gate_result result;

        tg_gate_outcome_read(&result, x->order.ticket, x->unit, how);
        finish(x, &result);
}

static void look(void *data)
{
        struct tg_executor *x = data;

        if (!x->clear && tg_bus_get(x->bus) && tg_gate_runs_look(x->runs, x->unit) < 0)
                tg_alarm_once(&x->look, LOOK_NS);
        tg_bus_touch(x->bus);
}

/* What may still be going on must have ended before the next order. */
static void become_unclear(struct tg_executor *x, const char *why)
{
        x->clear = false;
        (void)snprintf(x->hindrance, sizeof(x->hindrance), "%s", why);
        tg_alarm_once(&x->look, 0);
}

static void on_started(void *data, const sd_bus_error *fault)
{
        struct tg_executor *x = data;

        if (!fault) {
                x->step = RUNNING;
                (void)tg_gate_runs_ask_limit(x->runs, x->unit);
                return;
        }
        /* A call without an answer may still be heard. */
        become_unclear(x, "systemd has not answered yet");
        if (tg_gate_files_withdraw(x->order.ticket))
                end(x, TG_GATE_FAILED, "systemd did not start %s: %s (%s)", x->unit,
                    fault->message ? fault->message : "no reason given", fault->name);
        else
                end(x, TG_GATE_TIMEOUT, "systemd gave no answer to the start of %s (%s), but it began", x->unit, fault->name);
}

/* The unit's own time limit, which a drop-in may have changed. */
static void on_limit(void *data, int64_t limit_ns)
{
        struct tg_executor *x = data;

        if (limit_ns > LIMIT_MAX_NS && !x->told_limit)
                tg_log(LOG_ERR,
                       "TimeoutStartSec of timeguard-gate@.service is longer than the %d s that a run of the gate may take",
                       (int)(LIMIT_MAX_NS / TG_NS_PER_S));
        x->told_limit = limit_ns > LIMIT_MAX_NS;
        if (limit_ns > LIMIT_MAX_NS)
                limit_ns = LIMIT_MAX_NS;
        if (x->step == RUNNING)
                tg_alarm_once(&x->deadline, x->started_ns + limit_ns + SLACK_NS - tg_clock_raw_ns());
}

static void start(struct tg_executor *x)
{
        int r = tg_gate_request_write(x->agent, &x->order, x->health);

        x->step = STARTING;
        x->started_ns = tg_clock_raw_ns();
        tg_alarm_once(&x->deadline, LIMIT_NS + SLACK_NS);
        if (r < 0) {
                end(x, TG_GATE_FAILED, "%s: %s", TG_GATE_DIRECTORY, strerror(-r));
                return;
        }
        r = tg_gate_runs_start(x->runs, x->unit);
        if (r < 0)
                end(x, TG_GATE_FAILED, "the system bus takes no call: %s", strerror(-r));
}

/* Never within tg_executor_run: the core must have its order out of its hands before it gets a result. */
static void on_begin(void *data)
{
        struct tg_executor *x = data;

        if (x->step == WAITING && x->clear && tg_bus_get(x->bus))
                start(x);
        tg_bus_touch(x->bus);
}

static void on_deadline(void *data)
{
        struct tg_executor *x = data;

        if (x->step == WAITING) {
                end(x, TG_GATE_FAILED, "not begun: %s", tg_bus_get(x->bus) ? x->hindrance : "there is no system bus");
        } else if (x->step != IDLE) {
                become_unclear(x, "an earlier run of timeguard-gate has not ended");
                end_by_files(x, "did not end in time");
        }
        tg_bus_touch(x->bus);
}

static void on_ended(void *data, const char *unit, const char *result)
{
        struct tg_executor *x = data;

        if ((x->step == STARTING || x->step == RUNNING) && strcmp(unit, x->unit) == 0)
                end_by_files(x, tg_gate_outcome_job(result));
}

/* Only now may files go: a run that is under way may still write. */
static void become_clear(struct tg_executor *x)
{
        x->clear = true;
        if (x->step == IDLE || x->step == WAITING)
                tg_gate_files_clear();
        tg_alarm_once(&x->begin, 0);
}

static void on_looked(void *data, const char *fault, size_t n_ours, size_t n_others)
{
        struct tg_executor *x = data;
        bool active = x->step == STARTING || x->step == RUNNING;

        if (fault)
                (void)snprintf(x->hindrance, sizeof(x->hindrance), "systemd does not tell its units: %s", fault);
        else if (n_others > 0 || (n_ours > 0 && !active))
                (void)snprintf(x->hindrance, sizeof(x->hindrance), "an earlier run of timeguard-gate has not ended");
        else
                become_clear(x);
        if (!x->clear)
                tg_alarm_once(&x->look, LOOK_NS);
        /* Its end was not heard of. */
        if (!fault && x->step == RUNNING && n_ours == 0)
                end_by_files(x, "ended");
}

static void on_up(void *data)
{
        become_unclear(data, "systemd has not answered yet");
}

static void on_down(void *data)
{
        struct tg_executor *x = data;

        x->clear = false;
        if (x->step == STARTING)
                x->step = RUNNING; /* for all that is known */
        tg_alarm_stop(&x->look);
}

static int open_parts(struct tg_executor *x)
{
        const struct tg_gate_runs_events events = { .up = on_up,
                                                    .down = on_down,
                                                    .started = on_started,
                                                    .limit = on_limit,
                                                    .ended = on_ended,
                                                    .looked = on_looked,
                                                    .data = x };
        qb_loop_t *loop = x->agent->loop;
        int r = tg_alarm_open(&x->deadline, loop, QB_LOOP_MED, on_deadline, x);

        if (r == 0)
                r = tg_alarm_open(&x->look, loop, QB_LOOP_MED, look, x);
        if (r == 0)
                r = tg_alarm_open(&x->begin, loop, QB_LOOP_MED, on_begin, x);
        if (r == 0)
                r = tg_gate_runs_new(&x->runs, x->bus, &events);
        return r;
}

int tg_executor_new(struct tg_executor **out, struct tg_agent *agent, struct tg_bus *bus,
                    void (*done)(void *data, const struct tg_gate_result *result), void *data)
{
        struct tg_executor *x = calloc(1, sizeof(*x));
        int r;

        if (!x)
                return -ENOMEM;
        x->agent = agent;
        x->bus = bus;
        x->done = done;
        x->data = data;
        r = open_parts(x);
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
        tg_gate_runs_free(x->runs);
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
