/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read once at start. Without a readable boot id the agent goes on with zeros: a reboot then is told by BOOTTIME going back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "host.h"

#define ZONE_FILE      "/etc/localtime"
#define ZONE_DIRECTORY "zoneinfo/"

/* The name of the zone that /etc/localtime points to; UTC when there is no such file, as libc takes it. */
static void zone_of_file(char *buf, size_t size)
{
        char target[512];
        ssize_t n = readlink(ZONE_FILE, target, sizeof(target) - 1);
        const char *name;

        (void)snprintf(buf, size, "%s", n < 0 && access(ZONE_FILE, F_OK) != 0 ? "UTC" : "unknown");
        if (n < 0)
                return;
        target[n] = '\0';
        name = strstr(target, ZONE_DIRECTORY);
        if (name)
                (void)snprintf(buf, size, "%s", name + strlen(ZONE_DIRECTORY));
}

static void time_zone(char *buf, size_t size)
{
        const char *tz = getenv("TZ");

        if (tz && tz[0])
                (void)snprintf(buf, size, "%s", tz + (tz[0] == ':'));
        else
                zone_of_file(buf, size);
}

void tg_host_identity(struct tg_identity *identity)
{
        sd_id128_t boot = SD_ID128_NULL;

        (void)sd_id128_get_boot(&boot);
        *identity = (struct tg_identity){ .pid = (uint32_t)getpid() };
        memcpy(identity->boot_id, boot.bytes, sizeof(identity->boot_id));
        time_zone(identity->time_zone, sizeof(identity->time_zone));
}
