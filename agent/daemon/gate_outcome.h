/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an order to the gate came to. The result file counts, whatever became of the unit's job. Without one, the request file tells what to
   think: who can still withdraw it knows that the run has done nothing (FAILED); else what it led to is not known (TIMEOUT). */
#pragma once

#include <stdarg.h>

#include <timeguard/gate.h>

/* An outcome without a run of the program: one sentence. */
void tg_gate_outcome_say(struct tg_gate_result *out, enum tg_gate_outcome outcome, const char *format, va_list args)
        __attribute__((format(printf, 3, 0)));
/* The outcome of a run that has ended, or is not waited for any longer; `how` tells of its unit: "failed". */
void tg_gate_outcome_read(struct tg_gate_result *out, uint32_t ticket, const char *unit, const char *how);
/* How a job ended, for such a sentence, by systemd's word. */
const char *tg_gate_outcome_job(const char *result);
/* To the journal. What was tried at the HA stack is told, whatever became of it; looks at it are not. */
void tg_gate_outcome_tell(const struct tg_gate_order *order, const struct tg_gate_result *result);
