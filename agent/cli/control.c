/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of org.timeguard1.Gate. Bounded in time whatever the bus does: sd-bus's own blocking calls would first wait for the bus to say hello,
   for as long as it takes. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "bus_library.h"
#include "control.h"
#include "text.h"
#include <timeguard/limits.h>

#define BUDGET_NS    (5 * TG_NS_PER_S)
#define US(ns)       ((uint64_t)((ns) / TG_NS_PER_US))
#define MESSAGE_SIZE 256

struct answer {
        const struct tg_bus_library *lib;
        bool here;
        char name[96], message[MESSAGE_SIZE]; /* of its error; "": none */
};

static int64_t now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * TG_NS_PER_S + now.tv_nsec;
}

static int on_answer(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        struct answer *answer = data;
        const sd_bus_error *fault = answer->lib->sd_bus_message_get_error(reply);
        const char *message = fault && fault->message ? fault->message : "";

        (void)error;
        answer->here = true;
        if (!fault)
                return 0;
        snprintf(answer->name, sizeof answer->name, "%s", fault->name);
        tg_text_clean(answer->message, message, strnlen(message, sizeof answer->message - 1), true);
        return 0;
}

/* Returns 0, or -errno where the connection is at fault. */
static int await(sd_bus *bus, struct answer *answer)
{
        const int64_t deadline_ns = now_ns() + BUDGET_NS;

        while (!answer->here) {
                int64_t left_ns = deadline_ns - now_ns();
                int r = answer->lib->sd_bus_process(bus, NULL);

                if (r == 0 && left_ns > 0)
                        r = answer->lib->sd_bus_wait(bus, US(left_ns));
                if (r < 0)
                        return r;
                if (left_ns <= 0)
                        return -ETIMEDOUT;
        }
        return 0;
}

static enum tg_exit judge(const struct answer *answer, FILE *complaints)
{
        static const struct {
                const char *name, *sentence;
                enum tg_exit code;
        } faults[] = {
                { SD_BUS_ERROR_ACCESS_DENIED, "only root may do that", TG_EXIT_DENIED },
                { SD_BUS_ERROR_SERVICE_UNKNOWN, "no timeguardd is on the system bus; see: systemctl status timeguard",
                  TG_EXIT_UNAVAILABLE },
                { SD_BUS_ERROR_NAME_HAS_NO_OWNER, "no timeguardd is on the system bus; see: systemctl status timeguard",
                  TG_EXIT_UNAVAILABLE },
                { SD_BUS_ERROR_NO_REPLY, "timeguardd does not answer within 5 s; see: systemctl status timeguard",
                  TG_EXIT_UNAVAILABLE },
                { SD_BUS_ERROR_TIMEOUT, "timeguardd does not answer within 5 s; see: systemctl status timeguard",
                  TG_EXIT_UNAVAILABLE },
        };

        if (!answer->name[0])
                return TG_EXIT_DONE;
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
                if (!strcmp(faults[i].name, answer->name)) {
                        fprintf(complaints, "timeguard: %s\n", faults[i].sentence);
                        return faults[i].code;
                }
        fprintf(complaints, "timeguard: timeguardd refuses: %s\n", answer->message);
        return TG_EXIT_UNAVAILABLE;
}

static int ask(sd_bus *bus, const char *method, const uint32_t *seconds, struct answer *answer)
{
        const struct tg_bus_library *lib = answer->lib;
        sd_bus_message *call = NULL;
        sd_bus_slot *slot = NULL;
        int r = lib->sd_bus_message_new_method_call(bus, &call, "org.timeguard1", "/org/timeguard1", "org.timeguard1.Gate",
                                                    method);

        if (r >= 0)
                r = lib->sd_bus_message_set_auto_start(call, false);
        if (r >= 0 && seconds)
                r = lib->sd_bus_message_append(call, "u", *seconds);
        if (r >= 0)
                r = lib->sd_bus_call_async(bus, &slot, call, on_answer, answer, US(BUDGET_NS));
        if (r >= 0)
                r = await(bus, answer);
        /* the bus is there, and its silence is the agent's */
        if (r == -ETIMEDOUT && lib->sd_bus_is_ready(bus) > 0)
                r = snprintf(answer->name, sizeof answer->name, "%s", SD_BUS_ERROR_NO_REPLY);
        lib->sd_bus_slot_unref(slot);
        lib->sd_bus_message_unref(call);
        return r;
}

static enum tg_exit call_method(const char *method, const uint32_t *seconds, FILE *complaints)
{
        const char *why = "";
        struct answer answer = { .lib = tg_bus_library_load(&why) };
        sd_bus *bus = NULL;
        int r;

        if (!answer.lib) {
                fprintf(complaints, "timeguard: %s\n", why);
                return TG_EXIT_UNAVAILABLE;
        }
        r = answer.lib->sd_bus_open_system(&bus);
        if (r >= 0)
                r = ask(bus, method, seconds, &answer);
        answer.lib->sd_bus_close_unref(bus);
        if (r >= 0)
                return judge(&answer, complaints);
        if (r == -ETIMEDOUT)
                fputs("timeguard: the system bus does not answer within 5 s; see: systemctl status dbus\n", complaints);
        else
                fprintf(complaints, "timeguard: no connection to the system bus: %s; see: systemctl status dbus\n",
                        strerror(-r));
        return TG_EXIT_UNAVAILABLE;
}

enum tg_exit tg_control_hold(uint32_t seconds, FILE *complaints)
{
        return call_method("Hold", &seconds, complaints);
}

enum tg_exit tg_control_close(uint32_t seconds, FILE *complaints)
{
        return call_method("Close", &seconds, complaints);
}

enum tg_exit tg_control_release(FILE *complaints)
{
        return call_method("Release", NULL, complaints);
}

enum tg_exit tg_control_let_pass(FILE *complaints)
{
        return call_method("LetPass", NULL, complaints);
}

enum tg_exit tg_control_test(FILE *complaints)
{
        return call_method("Test", NULL, complaints);
}
