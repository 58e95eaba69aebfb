/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `timeguard safe-step`: sets the own node's clock to its source with HA actions blocked meanwhile. */
#pragma once

#include "screen.h"

enum tg_exit tg_safe_step_command(const struct tg_request *request);
