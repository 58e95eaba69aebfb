/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads for blocking calls. Signals stay with the main thread, which reads them from a descriptor. */
#include <signal.h>

#include "thread.h"

#define STACK_BYTES (512 * 1024)

int tg_thread_start(pthread_t *thread, void *(*run)(void *data), void *data)
{
        pthread_attr_t attributes;
        sigset_t all, before;
        int r;

        r = pthread_attr_init(&attributes);
        if (r != 0)
                return -r;
        (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(thread, &attributes, run, data);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void)pthread_attr_destroy(&attributes);
        return -r;
}
