/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can block the HA actions of a cluster: one interface, and what every backend keeps to.

   look   Reads the HA stack and changes nothing. Fills in the result's state, flags, prior, command (what close would run) and detail.
          State is what the stack itself shows in the request's scope, never what was asked of it: CLOSED only when no HA action can happen
          in the scope any more, as far as this node can see (other nodes' watchdogs are told by their own agents). What cannot be read is
          no state: look fails, and the state stays UNKNOWN. READY is set when close could be run now; where it is not set, detail says why.
          WHOLE is set when close with scope CLUSTER, run here once, acts for all nodes as far as this node knows. Where it is not, scope
          CLUSTER is read as scope NODE: what this node can do is close itself.
   close  Called after look, while the state is OPEN or OPENING: what somebody has closed, or is closing, is refused before (FAILED), as it is
          not ours to open. Refuses without READY. Starts what takes long and returns.
   open   Called after look, while the state is not OPEN. Restores `prior` of the request and nothing more: it starts nothing that was not
          running, and refuses with a clear detail where the state is not one that close leaves behind (an administrator's own disarm, a
          masked unit): that is somebody else's then.

   All three: bounded by run->deadline_ns; outcome DONE means read (look) or accepted (close, open); FAILED means that nothing was changed as
   far as is known; TIMEOUT that a command was begun and its effect is not known. `command` is what was run; it is set before it is run.
   Being killed between any two calls loses nothing: what was put under way is in the HA stack's or the service manager's own hands, and the
   next run reads where that stands. open may be asked for again while the state is OPENING. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "request.h"

/* One run of the program, to its end. */
struct tg_gate_run {
        const struct tg_gate_request *request;
        int64_t deadline_ns; /* CLOCK_MONOTONIC */
        sd_bus *bus;         /* opened by who needs it first (tg_gate_bus) */
        void *view;          /* what look found, for close and open of the same backend; freed by the caller */
};

struct tg_backend {
        size_t view_size;
        bool (*installed)(void); /* for auto; NULL: never chosen by itself */
        void (*look)(struct tg_gate_run *run, struct tg_gate_result *result);
        void (*close)(struct tg_gate_run *run, struct tg_gate_result *result);
        void (*open)(struct tg_gate_run *run, struct tg_gate_result *result);
};

extern const struct tg_backend tg_backend_proxmox, tg_backend_pacemaker, tg_backend_units, tg_backend_command, tg_backend_none;

/* Carries out the request: chooses the backend, looks, acts where there is something to do, and looks again, so that a DONE
   of close or open comes with the state right after it. Fills in all of *result. */
void tg_gate_act(const struct tg_gate_request *request, int64_t deadline_ns, struct tg_gate_result *result);

/* For backends: end with an outcome and a sentence. */
void tg_gate_done(struct tg_gate_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tg_gate_failed(struct tg_gate_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tg_gate_timeout(struct tg_gate_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The system bus of the run; NULL with `result` failed when there is none. */
sd_bus *tg_gate_bus(struct tg_gate_run *run, struct tg_gate_result *result);

struct tg_command;
/* Runs the command that changes something, its words being the result's `command`; `result` gets DONE, FAILED or TIMEOUT. */
void tg_gate_run_command(struct tg_gate_run *run, struct tg_command *command, struct tg_gate_result *result);
