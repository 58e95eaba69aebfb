/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listening end of a Unix socket at a path. */
#pragma once

#include <sys/types.h>

/* Returns the descriptor, non-blocking, or -errno; *dev and *ino get the identity of the new socket file. */
int tg_status_listen(const char *path, mode_t mode, dev_t *dev, ino_t *ino);
