/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dbus_readers.h. */
#include <string.h>

#include <timeguard/hash.h>

#include "dbus_readers.h"

#define ANSWERED 40 /* messages of one place in a second */
#define REFUSED  40 /* and so many more */

static uint32_t *place_of(struct tg_dbus_readers *readers, const char *sender)
{
        return &readers->n[tg_hash32(TG_HASH32_BEGIN, sender, strlen(sender)) % TG_DBUS_READERS];
}

int tg_dbus_readers_filter(sd_bus_message *message, void *data, sd_bus_error *error)
{
        const char *sender = sd_bus_message_get_sender(message), *interface = sd_bus_message_get_interface(message);
        struct tg_dbus_readers *readers = data;
        uint32_t *n;

        (void)error;
        if (!sender || strcmp(sender, "org.freedesktop.DBus") == 0 || (interface && strcmp(interface, readers->interface) == 0))
                return 0;
        n = place_of(readers, sender);
        if (*n >= ANSWERED + REFUSED)
                return 1;
        if (++*n <= ANSWERED)
                return 0;
        (void)sd_bus_reply_method_errorf(message, SD_BUS_ERROR_LIMITS_EXCEEDED, "more than %d messages a second", ANSWERED);
        return 1;
}

void tg_dbus_readers_tick(struct tg_dbus_readers *readers)
{
        memset(readers->n, 0, sizeof(readers->n));
}
