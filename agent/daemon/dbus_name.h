/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name on the bus: asked for, waited for behind whoever has it, and asked for again, ever less often, where policy refuses it. Said once when
   it is not to be had, and when it is. Nothing here blocks. */
#pragma once

#include <stdbool.h>

#include <systemd/sd-bus.h>

struct tg_dbus_name {
        const char *name; /* set by the user, as all else is zero */
        sd_bus_slot *request, *acquired;
        bool lacked;                 /* ... and that was said */
        unsigned ask_in_s, patience; /* until the refused name is asked for again, 0: never; how often that was so */
};

/* The connection is there; or it is gone. */
void tg_dbus_name_up(struct tg_dbus_name *name, sd_bus *bus);
void tg_dbus_name_down(struct tg_dbus_name *name);
/* It is not to be had, and why. */
void tg_dbus_name_lack(struct tg_dbus_name *name, const char *why);
/* Once a second. Whether something is to be sent. */
bool tg_dbus_name_tick(struct tg_dbus_name *name, sd_bus *bus);
