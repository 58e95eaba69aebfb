/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A local user who means harm: asks the agent for all of its properties as fast as it can, and takes no answer.
   Usage: gate-flood SECONDS; prints how often it asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

static double now_s(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int ask(sd_bus *bus)
{
        sd_bus_message *call = NULL;
        int r = sd_bus_message_new_method_call(bus, &call, "org.timeguard1", "/org/timeguard1",
                                               "org.freedesktop.DBus.Properties", "GetAll");

        if (r >= 0)
                r = sd_bus_message_append(call, "s", "org.timeguard1.Gate");
        if (r >= 0)
                r = sd_bus_message_set_expect_reply(call, 0);
        if (r >= 0)
                r = sd_bus_send(bus, call, NULL);
        sd_bus_message_unref(call);
        return r;
}

int main(int argc, char **argv)
{
        double until_s = now_s() + (argc > 1 ? atof(argv[1]) : 0);
        sd_bus *bus = NULL;
        long n = 0;
        int r = sd_bus_open_system(&bus);

        while (r >= 0 && now_s() < until_s) {
                for (int i = 0; i < 200 && r >= 0; i++, n++)
                        r = ask(bus);
                if (r >= 0)
                        r = sd_bus_flush(bus);
                while (r >= 0 && sd_bus_process(bus, NULL) > 0)
                        ;
        }
        if (r < 0)
                fprintf(stderr, "flood: %s\n", strerror(-r));
        printf("%ld\n", n);
        sd_bus_unref(bus);
        return r < 0;
}
