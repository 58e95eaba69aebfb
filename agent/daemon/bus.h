/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system bus in the loop: one connection for all who need it, made anew with backoff when it is lost. Nothing here blocks or waits.

   Whoever uses the bus registers. `up` gets every new connection, right after it was begun: calls made at once are queued until the bus has
   said hello, and fail like any other call if it never does. `down` comes when a connection is lost, before it is closed: slots of the
   connection must be unreferenced there, their callbacks will not come any more. After any call on the connection that was not made inside
   one of its own callbacks or `up`, tg_bus_touch: what sd-bus has queued is not sent before the loop knows of it. */
#pragma once

#include <stdbool.h>

#include <qb/qbloop.h>
#include <systemd/sd-bus.h>

#define TG_BUS_USERS_MAX 4

struct tg_bus;

struct tg_bus_user {
        void (*up)(void *data, sd_bus *bus);
        void (*down)(void *data);
        void *data;
};

/* Returns 0 or -errno; *out is set only on success. A bus that is not there is no error: it is tried again. `whose`, of static storage, begins
   what is said of it: who is without a bus meanwhile. */
int tg_bus_new(struct tg_bus **out, qb_loop_t *loop, const char *whose);
/* Calls every user's `down` if there is a connection. Accepts NULL, returns NULL. */
struct tg_bus *tg_bus_free(struct tg_bus *bus);

/* Calls `up` at once if there is a connection. Returns 0, or -ENOSPC. */
int tg_bus_add_user(struct tg_bus *bus, const struct tg_bus_user *user);
/* Without a call of `down`. */
void tg_bus_remove_user(struct tg_bus *bus, const void *data);

sd_bus *tg_bus_get(const struct tg_bus *bus); /* NULL: there is none at present */
void tg_bus_touch(struct tg_bus *bus);
