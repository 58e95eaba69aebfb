/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An administrator's word to the agent of this node, over the system bus. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "exit_code.h"

#define TG_CONTROL_FOREVER UINT32_MAX

/* Each asks, and waits for the answer for at most 5 s; on failure one line goes to `complaints`. */
enum tg_exit tg_control_hold(uint32_t seconds, FILE *complaints);
enum tg_exit tg_control_close(uint32_t seconds, FILE *complaints);
enum tg_exit tg_control_release(FILE *complaints);
enum tg_exit tg_control_test(FILE *complaints);
enum tg_exit tg_control_let_pass(FILE *complaints);
