/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Method calls that are root's alone. Each waits, unanswered, until the bus has told its sender's uid: sd-bus's own check of privileges would
   block the agent on a bus that hangs. */
#pragma once

#include <systemd/sd-bus.h>

#include <timeguard/node.h>

struct tg_dbus_calls;

/* `obey` is called with what root wants, at once after the answer. Returns 0 or -errno; *out is set only on success. */
int tg_dbus_calls_new(struct tg_dbus_calls **out, void (*obey)(void *data, struct tg_event *event), void *data);
struct tg_dbus_calls *tg_dbus_calls_free(struct tg_dbus_calls *calls); /* accepts NULL, returns NULL */

/* Answers the call, sooner or later, whatever its sender turns out to be. Returns what a method's handler returns. */
int tg_dbus_calls_take(struct tg_dbus_calls *calls, sd_bus_message *call, const struct tg_event *event, sd_bus_error *error);
/* The connection is lost: nobody waits for an answer any more. */
void tg_dbus_calls_drop(struct tg_dbus_calls *calls);
