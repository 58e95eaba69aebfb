/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dbus_name.h. */
#include <stdint.h>
#include <string.h>
#include <syslog.h>

#include "dbus_name.h"
#include "journal.h"

#define ASK_FIRST_S 5
#define DOUBLINGS   6 /* to somewhat more than five minutes */
#define OWNER       1 /* what RequestName answers (D-Bus specification, org.freedesktop.DBus.RequestName) */
#define OWNED_YET   4

static const char the_bus[] = "org.freedesktop.DBus";
static const char the_bus_path[] = "/org/freedesktop/DBus";

void tg_dbus_name_lack(struct tg_dbus_name *name, const char *why)
{
        if (!name->lacked)
                tg_log(LOG_WARNING,
                       "the name %s on the system bus is not to be had: %s; 'timeguard gate hold' does not reach this agent",
                       name->name, why);
        name->lacked = true;
}

static int on_reply(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        const sd_bus_error *fault = sd_bus_message_get_error(reply);
        struct tg_dbus_name *name = data;
        uint32_t result = 0;

        (void)error;
        if (fault) {
                tg_dbus_name_lack(name, fault->message ? fault->message : fault->name);
                name->ask_in_s = ASK_FIRST_S << name->patience;
                name->patience += name->patience < DOUBLINGS;
        } else if (sd_bus_message_read(reply, "u", &result) < 0 || (result != OWNER && result != OWNED_YET)) {
                tg_dbus_name_lack(name, "another process has it; it is waited for");
        }
        return 0;
}

/* At once, or when whoever had it is gone. */
static int on_acquired(sd_bus_message *signal, void *data, sd_bus_error *error)
{
        struct tg_dbus_name *name = data;
        const char *acquired;

        (void)error;
        if (sd_bus_message_read(signal, "s", &acquired) < 0 || strcmp(acquired, name->name) != 0)
                return 0;
        if (name->lacked)
                tg_log(LOG_INFO, "the name %s on the system bus is this agent's now", name->name);
        name->lacked = false;
        name->patience = 0;
        return 0;
}

static void ask(struct tg_dbus_name *name, sd_bus *bus)
{
        int r;

        name->ask_in_s = 0;
        name->request = sd_bus_slot_unref(name->request);
        r = sd_bus_request_name_async(bus, &name->request, name->name, SD_BUS_NAME_QUEUE, on_reply, name);
        if (r < 0)
                tg_dbus_name_lack(name, strerror(-r));
}

void tg_dbus_name_up(struct tg_dbus_name *name, sd_bus *bus)
{
        int r = sd_bus_match_signal_async(bus, &name->acquired, the_bus, the_bus_path, the_bus, "NameAcquired", on_acquired,
                                          NULL, name);

        if (r < 0)
                tg_dbus_name_lack(name, strerror(-r));
        else
                ask(name, bus);
}

void tg_dbus_name_down(struct tg_dbus_name *name)
{
        name->request = sd_bus_slot_unref(name->request);
        name->acquired = sd_bus_slot_unref(name->acquired);
        name->ask_in_s = name->patience = 0;
}

bool tg_dbus_name_tick(struct tg_dbus_name *name, sd_bus *bus)
{
        if (!bus || name->ask_in_s == 0 || --name->ask_in_s > 0)
                return false;
        ask(name, bus);
        return true;
}
