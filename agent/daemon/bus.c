/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sd-bus in qb_loop: its descriptor and events, its next timeout in an alarm, both renewed after every turn. A callback that runs below
   sd_bus_process may call anything here, so a connection is only ever dropped after that has returned. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <timeguard/limits.h>

#include "alarm.h"
#include "bus.h"
#include "journal.h"

#define RETRY_FIRST_NS (TG_NS_PER_S / 2)
#define RETRY_LAST_NS  (30 * TG_NS_PER_S)
#define TURNS_MAX      64 /* messages in one turn of the loop */

struct tg_bus {
        qb_loop_t *loop;
        const char *whose;
        sd_bus *connection; /* NULL: none */
        int fd;
        int events;
        bool running; /* this connection has said hello */
        bool told;    /* that there is none */
        int64_t retry_ns;
        struct tg_alarm timeout, retry;
        struct tg_bus_user users[TG_BUS_USERS_MAX];
        size_t n_users;
};

static int32_t on_events(int32_t fd, int32_t revents, void *data);
static void lose(struct tg_bus *bus, int error);

static int64_t monotonic_ns(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * TG_NS_PER_S + now.tv_nsec;
}

/* What the loop waits for, after sd-bus has changed its mind. */
static void rearm(struct tg_bus *bus)
{
        int events = sd_bus_get_events(bus->connection);
        uint64_t at_us = UINT64_MAX;

        if (events >= 0 && events != bus->events &&
            qb_loop_poll_mod(bus->loop, QB_LOOP_MED, bus->fd, events, bus, on_events) == 0)
                bus->events = events;
        if (sd_bus_get_timeout(bus->connection, &at_us) <= 0 || at_us == UINT64_MAX)
                tg_alarm_stop(&bus->timeout);
        else
                tg_alarm_once(&bus->timeout, (int64_t)at_us * TG_NS_PER_US - monotonic_ns());
}

static void process(struct tg_bus *bus)
{
        int r = 1;

        for (int i = 0; i < TURNS_MAX && r > 0; i++)
                r = sd_bus_process(bus->connection, NULL);
        if (r >= 0 && !bus->running && sd_bus_is_ready(bus->connection) > 0) {
                bus->running = true;
                bus->retry_ns = RETRY_FIRST_NS;
                if (bus->told)
                        tg_log(LOG_INFO, "%s connected to the system bus again", bus->whose);
                bus->told = false;
        }
        if (r >= 0 && sd_bus_is_open(bus->connection) <= 0)
                r = -ECONNRESET;
        if (r < 0)
                lose(bus, -r);
        else
                rearm(bus);
}

static int32_t on_events(int32_t fd, int32_t revents, void *data)
{
        (void)fd;
        (void)revents;
        process(data);
        return 0;
}

static void on_timeout(void *data)
{
        struct tg_bus *bus = data;

        if (bus->connection)
                process(bus);
}

static void try_later(struct tg_bus *bus, int error)
{
        if (!bus->told)
                tg_log(LOG_WARNING, "%s no connection to the system bus: %s; it is tried again and again", bus->whose,
                       strerror(error));
        bus->told = true;
        tg_alarm_once(&bus->retry, bus->retry_ns);
        bus->retry_ns = bus->retry_ns * 2 < RETRY_LAST_NS ? bus->retry_ns * 2 : RETRY_LAST_NS;
}

/* The descriptor leaves the loop before it is closed, as qb_loop asks for. */
static void shut(struct tg_bus *bus)
{
        for (size_t i = 0; i < bus->n_users; i++)
                bus->users[i].down(bus->users[i].data);
        (void)qb_loop_poll_del(bus->loop, bus->fd);
        tg_alarm_stop(&bus->timeout);
        sd_bus_close_unref(bus->connection);
        bus->connection = NULL;
}

static void lose(struct tg_bus *bus, int error)
{
        shut(bus);
        try_later(bus, error);
}

/* Only begins it: authentication and hello are done in later turns. */
static int begin(struct tg_bus *bus)
{
        sd_bus *connection = NULL;
        int r = sd_bus_open_system_with_description(&connection, "timeguardd");

        if (r < 0)
                return r;
        bus->fd = sd_bus_get_fd(connection);
        bus->events = sd_bus_get_events(connection);
        r = bus->fd < 0 ? bus->fd : bus->events < 0 ? bus->events : 0;
        if (r == 0)
                r = qb_loop_poll_add(bus->loop, QB_LOOP_MED, bus->fd, bus->events, bus, on_events);
        if (r < 0) {
                sd_bus_close_unref(connection);
                return r;
        }
        bus->connection = connection;
        bus->running = false;
        return 0;
}

static void connect_bus(void *data)
{
        struct tg_bus *bus = data;
        int r = begin(bus);

        if (r < 0) {
                try_later(bus, -r);
                return;
        }
        for (size_t i = 0; i < bus->n_users; i++)
                bus->users[i].up(bus->users[i].data, bus->connection);
        rearm(bus);
}

int tg_bus_new(struct tg_bus **out, qb_loop_t *loop, const char *whose)
{
        struct tg_bus *bus = calloc(1, sizeof(*bus));
        int r;

        if (!bus)
                return -ENOMEM;
        bus->loop = loop;
        bus->whose = whose;
        bus->retry_ns = RETRY_FIRST_NS;
        r = tg_alarm_open(&bus->timeout, loop, QB_LOOP_MED, on_timeout, bus);
        if (r == 0)
                r = tg_alarm_open(&bus->retry, loop, QB_LOOP_MED, connect_bus, bus);
        if (r < 0) {
                tg_bus_free(bus);
                return r;
        }
        connect_bus(bus);
        *out = bus;
        return 0;
}

struct tg_bus *tg_bus_free(struct tg_bus *bus)
{
        if (!bus)
                return NULL;
        if (bus->connection)
                shut(bus);
        tg_alarm_close(&bus->timeout);
        tg_alarm_close(&bus->retry);
        free(bus);
        return NULL;
}

int tg_bus_add_user(struct tg_bus *bus, const struct tg_bus_user *user)
{
        if (bus->n_users == TG_BUS_USERS_MAX)
                return -ENOSPC;
        bus->users[bus->n_users++] = *user;
        if (bus->connection) {
                user->up(user->data, bus->connection);
                rearm(bus);
        }
        return 0;
}

void tg_bus_remove_user(struct tg_bus *bus, const void *data)
{
        for (size_t i = 0; i < bus->n_users; i++)
                if (bus->users[i].data == data) {
                        bus->users[i] = bus->users[--bus->n_users];
                        return;
                }
}

sd_bus *tg_bus_get(const struct tg_bus *bus)
{
        return bus->connection;
}

void tg_bus_touch(struct tg_bus *bus)
{
        if (bus->connection)
                rearm(bus);
}
