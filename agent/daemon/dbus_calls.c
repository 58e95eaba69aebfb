/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dbus_calls.h. */
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "dbus_calls.h"
#include "journal.h"

#define CALLS_MAX 8 /* that wait for a uid; more are refused */

static const char the_bus[] = "org.freedesktop.DBus";
static const char the_bus_path[] = "/org/freedesktop/DBus";

struct waiting {
        struct tg_dbus_calls *calls;
        sd_bus_message *call; /* NULL: free */
        sd_bus_slot *slot;
        struct tg_event event;
};

struct tg_dbus_calls {
        void (*obey)(void *data, struct tg_event *event);
        void *data;
        struct waiting waiting[CALLS_MAX];
};

static void drop(struct waiting *one)
{
        one->slot = sd_bus_slot_unref(one->slot);
        one->call = sd_bus_message_unref(one->call);
}

static int on_uid(sd_bus_message *reply, void *data, sd_bus_error *error)
{
        struct waiting *one = data;
        uint32_t uid = UINT32_MAX;

        (void)error;
        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &uid) < 0 || uid != 0) {
                (void)sd_bus_reply_method_errorf(one->call, SD_BUS_ERROR_ACCESS_DENIED, "only root may do that");
        } else {
                tg_log(LOG_NOTICE, "gate: %s asked for over the bus by root", sd_bus_message_get_member(one->call));
                (void)sd_bus_reply_method_return(one->call, NULL);
                one->calls->obey(one->calls->data, &one->event);
        }
        drop(one);
        return 0;
}

int tg_dbus_calls_take(struct tg_dbus_calls *calls, sd_bus_message *call, const struct tg_event *event, sd_bus_error *error)
{
        struct waiting *one = calls->waiting;
        int r;

        while (one < calls->waiting + CALLS_MAX && one->call)
                one++;
        if (one == calls->waiting + CALLS_MAX)
                return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "too many calls at once");
        *one = (struct waiting){ .calls = calls, .event = *event };
        r = sd_bus_call_method_async(sd_bus_message_get_bus(call), &one->slot, the_bus, the_bus_path, the_bus,
                                     "GetConnectionUnixUser", on_uid, one, "s", sd_bus_message_get_sender(call));
        if (r < 0)
                return r;
        one->call = sd_bus_message_ref(call);
        return 1;
}

void tg_dbus_calls_drop(struct tg_dbus_calls *calls)
{
        for (size_t i = 0; i < CALLS_MAX; i++)
                drop(&calls->waiting[i]);
}

int tg_dbus_calls_new(struct tg_dbus_calls **out, void (*obey)(void *data, struct tg_event *event), void *data)
{
        struct tg_dbus_calls *calls = calloc(1, sizeof(*calls));

        if (!calls)
                return -ENOMEM;
        calls->obey = obey;
        calls->data = data;
        *out = calls;
        return 0;
}

struct tg_dbus_calls *tg_dbus_calls_free(struct tg_dbus_calls *calls)
{
        if (calls)
                tg_dbus_calls_drop(calls);
        free(calls);
        return NULL;
}
