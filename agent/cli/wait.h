/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `timeguard wait`: until the own node's time is proven. */
#pragma once

#include "screen.h"

enum tg_exit tg_wait_command(const struct tg_request *request);
