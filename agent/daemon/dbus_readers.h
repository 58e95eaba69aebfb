/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who reads org.timeguard1: every local user may, and nobody so often that root's word has to wait behind him. Senders are told apart by their
   unique names, hashed into few places; each place has so many messages a second. What is more is refused, and what is much more is dropped
   without an answer, which costs next to nothing. Calls of the agent's own interface are not counted: the bus lets only root make them. */
#pragma once

#include <stdint.h>

#include <systemd/sd-bus.h>

#define TG_DBUS_READERS 64

struct tg_dbus_readers {
        const char *interface; /* that is not counted */
        uint32_t n[TG_DBUS_READERS];
};

/* For sd_bus_add_filter; `data` is the readers. */
int tg_dbus_readers_filter(sd_bus_message *message, void *data, sd_bus_error *error);
/* Once a second. */
void tg_dbus_readers_tick(struct tg_dbus_readers *readers);
