/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `timeguard status --watch`: the screen again and again. */
#pragma once

#include "screen.h"

/* Until SIGINT or SIGTERM, or until the output cannot be written. Returns the code of the last screen. */
enum tg_exit tg_watch(const struct tg_request *request);
