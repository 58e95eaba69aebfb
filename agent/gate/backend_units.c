/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of systemd units: closed while none of them runs. They are queued to stop in the order of the list, and to start in the reverse one;
   that one waits for another is the units' own business (After=). Always of the own node: there is no WHOLE.

   prior: which of them ran, as bits by their place in the list, and a hash of the list: after a change of gate.units the bits would mean
   other units. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <timeguard/hash.h>

#include "backend.h"
#include "unit.h"

struct view {
        struct tg_unit units[TG_GATE_UNITS_MAX];
};

enum { RUNNING, STARTING, STOPPING, GONE, N_CONDITIONS };

static unsigned int condition(const struct tg_unit *unit)
{
        if (tg_unit_is_stopping(unit))
                return STOPPING;
        if (tg_unit_is_starting(unit))
                return STARTING;
        return tg_unit_is_gone(unit) ? GONE : RUNNING;
}

/* Over the names, each with its NUL. */
static uint32_t list_hash(const struct tg_gate_request *request)
{
        uint32_t hash = TG_HASH32_BEGIN;

        for (uint32_t i = 0; i < request->n_units; i++)
                hash = tg_hash32(hash, request->units[i], strlen(request->units[i]) + 1);
        return hash;
}

/* "ran:BITS/HASH", both in eight hexadecimal digits. */
static bool parse_prior(const struct tg_gate_request *request, uint32_t *bits, uint32_t *hash)
{
        const char *prior = request->prior;
        const size_t head = strlen("ran:"), digits = 8;

        if (strncmp(prior, "ran:", head) != 0 || strlen(prior) != head + digits + 1 + digits ||
            strspn(prior + head, "0123456789abcdef") != digits || prior[head + digits] != '/' ||
            strspn(prior + head + digits + 1, "0123456789abcdef") != digits)
                return false;
        *bits = (uint32_t)strtoul(prior + head, NULL, 16);
        *hash = (uint32_t)strtoul(prior + head + digits + 1, NULL, 16);
        return true;
}

/* Some of those that ran do not: though others run it is half closed, and to be opened. */
static bool lacks_prior(const struct tg_gate_request *request, uint32_t running)
{
        uint32_t bits, hash;

        return parse_prior(request, &bits, &hash) && hash == list_hash(request) && (bits & ~running) != 0;
}

static bool look_at_all(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const struct tg_gate_request *request = run->request;
        struct view *view = run->view;
        char fault[TG_UNIT_FAULT_MAX];

        if (request->n_units == 0) {
                tg_gate_failed(result, "gate.units is empty");
                return false;
        }
        if (!tg_gate_bus(run, result))
                return false;
        for (uint32_t i = 0; i < request->n_units; i++) {
                if (tg_unit_look(run->bus, request->units[i], &view->units[i], fault) < 0) {
                        tg_gate_failed(result, "%s", fault);
                        return false;
                }
                if (tg_unit_is(view->units[i].load, "not-found")) {
                        tg_gate_failed(result, "%s of gate.units does not exist here", request->units[i]);
                        return false;
                }
        }
        return true;
}

/* The first that runs and could not be stopped, or not be started again; NULL: all could. */
static const char *hindrance(const struct tg_gate_run *run)
{
        const struct view *view = run->view;

        for (uint32_t i = 0; i < run->request->n_units; i++)
                if (!tg_unit_is_gone(&view->units[i]) && !tg_unit_can(&view->units[i]))
                        return run->request->units[i];
        return NULL;
}

static enum tg_ha_state state_of(const uint32_t n_in[static N_CONDITIONS])
{
        if (n_in[STOPPING] > 0)
                return TG_HA_CLOSING;
        if (n_in[STARTING] > 0)
                return TG_HA_OPENING;
        return n_in[RUNNING] > 0 ? TG_HA_OPEN : TG_HA_CLOSED;
}

static void write_command(const struct tg_gate_request *request, const char *verb, bool reverse, uint32_t bits, char *buf,
                          size_t size)
{
        size_t len = (size_t)snprintf(buf, size, "systemctl %s --no-block", verb);

        for (uint32_t i = 0; i < request->n_units && len < size; i++) {
                uint32_t at = reverse ? request->n_units - 1 - i : i;

                if (bits & (UINT32_C(1) << at))
                        len += (size_t)snprintf(buf + len, size - len, " %s", request->units[at]);
        }
}

static void look(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const struct tg_gate_request *request = run->request;
        const struct view *view = run->view;
        uint32_t n_in[N_CONDITIONS] = { 0 }, bits = 0;
        const char *stuck;

        if (!look_at_all(run, result))
                return;
        for (uint32_t i = 0; i < request->n_units; i++) {
                n_in[condition(&view->units[i])]++;
                if (!tg_unit_is_gone(&view->units[i]))
                        bits |= UINT32_C(1) << i;
        }
        result->state = state_of(n_in);
        if (result->state == TG_HA_OPEN && lacks_prior(request, bits))
                result->state = request->verb == TG_GATE_OPEN ? TG_HA_OPENING : TG_HA_CLOSING;
        stuck = hindrance(run);
        result->flags = stuck ? 0 : TG_GATE_READY;
        (void)snprintf(result->prior, sizeof(result->prior), "ran:%08" PRIx32 "/%08" PRIx32, bits, list_hash(request));
        write_command(request, "stop", false, UINT32_MAX, result->command, sizeof(result->command));
        tg_gate_done(result, "%u of %u units run, %u are being started, %u are being stopped%s%s%s", n_in[RUNNING],
                     request->n_units, n_in[STARTING], n_in[STOPPING], stuck ? "; cannot close: systemd lets " : "",
                     stuck ? stuck : "", stuck ? " not be stopped and started by hand" : "");
}

/* Some are queued and some are not: that is DONE, as something is under way, and the next look tells how far it comes. */
static void queue_all(struct tg_gate_run *run, struct tg_gate_result *result, uint32_t bits,
                      int (*queue)(sd_bus *bus, const char *name, char fault[static TG_UNIT_FAULT_MAX]), bool reverse)
{
        const struct tg_gate_request *request = run->request;
        char fault[TG_UNIT_FAULT_MAX] = "";
        uint32_t n_queued = 0;

        for (uint32_t i = 0; i < request->n_units; i++) {
                uint32_t at = reverse ? request->n_units - 1 - i : i;

                if (bits & (UINT32_C(1) << at))
                        n_queued += queue(run->bus, request->units[at], fault) == 0;
        }
        if (fault[0] && n_queued == 0)
                tg_gate_failed(result, "%s", fault);
        else
                tg_gate_done(result, "%u units queued%s%s", n_queued, fault[0] ? ", but " : "", fault);
}

static void close_units(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const char *stuck = hindrance(run);

        if (stuck) {
                tg_gate_failed(
                        result,
                        "not run: systemd lets %s not be stopped and started by hand (RefuseManualStop=, RefuseManualStart=)",
                        stuck);
                return;
        }
        write_command(run->request, "stop", false, UINT32_MAX, result->command, sizeof(result->command));
        queue_all(run, result, UINT32_MAX, tg_unit_stop, false);
}

/* Refuses before the first start, so that it is all or nothing as far as can be seen. */
static bool may_open(const struct tg_gate_run *run, struct tg_gate_result *result, uint32_t *bits)
{
        const struct tg_gate_request *request = run->request;
        const struct view *view = run->view;
        uint32_t hash;

        if (!parse_prior(request, bits, &hash)) {
                tg_gate_failed(result, "it is not told which units ran before: prior is \"%s\"", request->prior);
                return false;
        }
        if (hash != list_hash(request)) {
                tg_gate_failed(result, "gate.units was changed while they were stopped: start by hand those that ran");
                return false;
        }
        for (uint32_t i = 0; i < request->n_units; i++)
                if ((*bits & (UINT32_C(1) << i)) && tg_unit_is(view->units[i].load, "masked")) {
                        tg_gate_failed(result, "%s is masked: an administrator has taken it over", request->units[i]);
                        return false;
                }
        return true;
}

static void open_units(struct tg_gate_run *run, struct tg_gate_result *result)
{
        uint32_t bits;

        if (!may_open(run, result, &bits))
                return;
        write_command(run->request, "start", true, bits, result->command, sizeof(result->command));
        queue_all(run, result, bits, tg_unit_start, true);
}

const struct tg_backend tg_backend_units = {
        .view_size = sizeof(struct view), .look = look, .close = close_units, .open = open_units
};
