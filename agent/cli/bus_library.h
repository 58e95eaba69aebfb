/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libsystemd, loaded when a word is to be said over the bus and not before: it and what it needs take as long to load as all the rest of `timeguard
   status`, which is asked for again and again. */
#pragma once

#include <systemd/sd-bus.h>

#define TG_BUS_CALLS(X)                                                                                                        \
        X(sd_bus_call_async)                                                                                                   \
        X(sd_bus_close_unref)                                                                                                  \
        X(sd_bus_is_ready)                                                                                                     \
        X(sd_bus_message_append)                                                                                               \
        X(sd_bus_message_get_error)                                                                                            \
        X(sd_bus_message_new_method_call)                                                                                      \
        X(sd_bus_message_set_auto_start)                                                                                       \
        X(sd_bus_message_unref)                                                                                                \
        X(sd_bus_open_system)                                                                                                  \
        X(sd_bus_process)                                                                                                      \
        X(sd_bus_slot_unref)                                                                                                   \
        X(sd_bus_wait)

#define TG_BUS_CALL(name) __typeof__(name) *name;
struct tg_bus_library {
        TG_BUS_CALLS(TG_BUS_CALL)
};
#undef TG_BUS_CALL

/* NULL: it cannot be loaded, and `*why` says why. Stays loaded. */
const struct tg_bus_library *tg_bus_library_load(const char **why);
