/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See bus_library.h. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "bus_library.h"

#define CALL_NAME(name) #name,
static const char *const names[] = { TG_BUS_CALLS(CALL_NAME) };

_Static_assert(sizeof(struct tg_bus_library) == sizeof names / sizeof *names * sizeof(void *), "pointers alone");

const struct tg_bus_library *tg_bus_library_load(const char **why)
{
        static struct tg_bus_library library;
        void *handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);

        for (size_t i = 0; handle && i < sizeof names / sizeof *names; i++) {
                void *call = dlsym(handle, names[i]);

                memcpy((char *)&library + i * sizeof call, &call, sizeof call);
                if (!call)
                        handle = NULL;
        }
        if (handle)
                return &library;
        *why = dlerror();
        return NULL;
}
