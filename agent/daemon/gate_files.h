/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files between agent and timeguard-gate, below TG_GATE_DIRECTORY. */
#pragma once

#include <stdbool.h>

#include "../gate/request.h"
#include "../gate/result.h"

/* Makes the directory where it is not there. Returns 0 or -errno; -EPERM: it belongs to somebody else. */
int tg_gate_files_open(void);
/* Removes whatever is in the directory. */
void tg_gate_files_clear(void);

/* Whole or not at all. Returns 0 or -errno. */
int tg_gate_files_write(const struct tg_gate_request *request);
/* Takes a request back. True when it had not been taken: no run will ever act on it. */
bool tg_gate_files_withdraw(uint32_t ticket);
/* Returns 0; -ENOENT without a result; -EBADMSG with one sentence in `error`; or another -errno. */
int tg_gate_files_read(uint32_t ticket, struct tg_gate_result *out, char error[static TG_FIELD_ERROR_MAX]);
/* Removes what belongs to a ticket. */
void tg_gate_files_remove(uint32_t ticket);
