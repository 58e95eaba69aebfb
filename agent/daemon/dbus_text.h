/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of org.timeguard1.Gate that are text: their names, and their values now. */
#pragma once

#include <stddef.h>

#include <timeguard/snapshot.h>

struct tg_agent;

#define TG_DBUS_TEXTS 9
enum { TG_DBUS_STATE = 0, TG_DBUS_WHY = 4 };

const char *tg_dbus_text_name(size_t i);
const char *tg_dbus_text(size_t i, const struct tg_gate_status *gate, const struct tg_agent *agent,
                         char buf[static TG_NAME_MAX]);
