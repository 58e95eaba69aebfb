/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread for calls that may block: small stack (none of them dispatches corosync, which takes 1 MiB), no signals. */
#pragma once

#include <pthread.h>

/* Returns 0 or -errno. */
int tg_thread_start(pthread_t *thread, void *(*run)(void *data), void *data);
