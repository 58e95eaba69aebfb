/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `timeguard gate` and its subcommands. */
#pragma once

#include "screen.h"

enum tg_exit tg_gate_show_command(const struct tg_request *request);
enum tg_exit tg_gate_hold_command(const struct tg_request *request);
enum tg_exit tg_gate_release_command(const struct tg_request *request);
enum tg_exit tg_gate_test_command(const struct tg_request *request);
