/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status socket: each connection gets one JSON document and is closed; nothing is ever read from it. */
#pragma once

#include <sys/types.h>

struct tg_agent;
struct tg_status;

/* Listens at `path`; its directory is made if it is missing, a socket that nobody answers on is removed. Returns 0 or -errno
   (-EADDRINUSE: another agent answers there); *out is set only on success. */
int tg_status_new(struct tg_status **out, struct tg_agent *agent, const char *path, mode_t mode);
/* Removes the socket if it is still its own. Accepts NULL, returns NULL. */
struct tg_status *tg_status_free(struct tg_status *status);
