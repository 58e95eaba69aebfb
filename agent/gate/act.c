/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all backends have in common: look, do nothing where nothing is to be done, act, look again. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "run.h"
#include "unit.h"

static const struct tg_backend *const backends[] = {
        [TG_BACKEND_PROXMOX] = &tg_backend_proxmox, [TG_BACKEND_PACEMAKER] = &tg_backend_pacemaker,
        [TG_BACKEND_UNITS] = &tg_backend_units,     [TG_BACKEND_COMMAND] = &tg_backend_command,
        [TG_BACKEND_NONE] = &tg_backend_none,
};

__attribute__((format(printf, 3, 0))) static void tell(struct tg_gate_result *result, enum tg_gate_outcome outcome,
                                                       const char *format, va_list args)
{
        result->outcome = outcome;
        (void)vsnprintf(result->detail, sizeof(result->detail), format, args);
}

void tg_gate_done(struct tg_gate_result *result, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        tell(result, TG_GATE_DONE, format, args);
        va_end(args);
}

void tg_gate_failed(struct tg_gate_result *result, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        tell(result, TG_GATE_FAILED, format, args);
        va_end(args);
}

void tg_gate_timeout(struct tg_gate_result *result, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        tell(result, TG_GATE_TIMEOUT, format, args);
        va_end(args);
}

sd_bus *tg_gate_bus(struct tg_gate_run *run, struct tg_gate_result *result)
{
        int r = run->bus ? 0 : tg_unit_bus(&run->bus);

        if (r < 0)
                tg_gate_failed(result, "the system bus does not answer: %s", strerror(-r));
        return run->bus;
}

static void write_words(const char *const *argv, char *buf, size_t size)
{
        size_t len = 0;

        for (size_t i = 0; argv[i] && len < size; i++)
                len += (size_t)snprintf(buf + len, size - len, "%s%s", i > 0 ? " " : "", argv[i]);
}

void tg_gate_run_command(struct tg_gate_run *run, struct tg_command *command, struct tg_gate_result *result)
{
        char fault[TG_GATE_TEXT_MAX];

        write_words(command->argv, result->command, sizeof(result->command));
        if (tg_command_run(command, run->deadline_ns) == 0)
                tg_gate_done(result, "accepted");
        else if (command->status == -ETIMEDOUT)
                tg_gate_timeout(result, "%s", tg_command_fault(command, fault, sizeof(fault)));
        else
                tg_gate_failed(result, "%s", tg_command_fault(command, fault, sizeof(fault)));
}

static enum tg_gate_backend choose(enum tg_gate_backend wanted)
{
        static const enum tg_gate_backend by_itself[] = { TG_BACKEND_PROXMOX, TG_BACKEND_PACEMAKER };

        if (wanted != TG_BACKEND_AUTO)
                return wanted;
        for (size_t i = 0; i < sizeof(by_itself) / sizeof(by_itself[0]); i++)
                if (backends[by_itself[i]]->installed())
                        return by_itself[i];
        return TG_BACKEND_NONE;
}

/* What is closed, or on its way there, before we close it is not our work, and DONE would make it ours to open. */
static bool is_nothing_to_run(const struct tg_gate_request *request, struct tg_gate_result *result)
{
        enum tg_ha_state state = result->state;

        if (state == TG_HA_UNUSED)
                tg_gate_failed(result, "nothing to run: there is no HA here that could act");
        else if (request->verb == TG_GATE_CLOSE && (state == TG_HA_CLOSED || state == TG_HA_CLOSING))
                tg_gate_failed(result, "nothing to run: it is %s already, and not by this", tg_ha_state_words[state]);
        else if (request->verb == TG_GATE_OPEN && state == TG_HA_OPEN)
                tg_gate_done(result, "nothing to run: it is open already");
        else
                return false;
        return true;
}

static void change(const struct tg_backend *backend, struct tg_gate_run *run, struct tg_gate_result *result)
{
        bool close = run->request->verb == TG_GATE_CLOSE;
        struct tg_gate_result after = { 0 };

        result->command[0] = '\0';
        if (is_nothing_to_run(run->request, result))
                return;
        (close ? backend->close : backend->open)(run, result);
        if (result->outcome == TG_GATE_FAILED)
                return;
        memset(run->view, 0, backend->view_size);
        backend->look(run, &after);
        result->state = after.state;
        result->flags = after.flags;
}

void tg_gate_act(const struct tg_gate_request *request, int64_t deadline_ns, struct tg_gate_result *result)
{
        struct tg_gate_run run = { .request = request, .deadline_ns = deadline_ns };
        enum tg_gate_backend chosen = choose(request->backend);
        const struct tg_backend *backend = backends[chosen];

        *result = (struct tg_gate_result){ .ticket = request->ticket, .verb = request->verb, .backend = (uint8_t)chosen };
        run.view = calloc(1, backend->view_size + 1);
        if (!run.view) {
                tg_gate_failed(result, "out of memory");
                return;
        }
        backend->look(&run, result);
        if (result->outcome != TG_GATE_DONE) {
                /* Nothing was begun, whatever the reading came to. */
                result->outcome = TG_GATE_FAILED;
                result->command[0] = '\0';
        } else if (request->verb != TG_GATE_STATUS) {
                change(backend, &run, result);
        }
        free(run.view);
        sd_bus_unref(run.bus);
}
