/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* To preload: every accepted connection gets a send buffer of TG_SEND_BUFFER bytes (the kernel has a least size). So a short document does
   not fit, as a long one would not. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

__attribute__((visibility("default"))) int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
        static int (*next)(int, struct sockaddr *, socklen_t *, int);
        const char *text = getenv("TG_SEND_BUFFER");
        int size = text ? atoi(text) : 0, client;

        if (!next) {
                void *found = dlsym(RTLD_NEXT, "accept4");

                memcpy(&next, &found, sizeof(next));
        }
        client = next(fd, address, len, flags);
        if (client >= 0 && size > 0 && setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0)
                abort();
        return client;
}
