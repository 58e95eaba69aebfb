/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One answer of the agent's status socket. */
#pragma once

#include <stddef.h>

#define TG_FETCH_SOCKET    "/run/timeguard/status.sock"
#define TG_FETCH_ERROR_MAX 384

/* Connects to the Unix socket `path` and reads until the agent closes: at most 2 s in all, at most `most` bytes. On success 0, and
   *bytes is to be freed; else -errno, and `error` gets one sentence fit for a terminal. */
int tg_fetch(const char *path, size_t most, char **bytes, size_t *len, char error[static TG_FETCH_ERROR_MAX]);
