/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For commands that ask the agent until something has come about. */
#pragma once

#include <stdint.h>

int64_t tg_pace_now_ns(void); /* CLOCK_MONOTONIC: no step shortens or lengthens a limit */
void tg_pace_rest(void);      /* until the next question: 0.5 s */
