/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for the gate's enumerations in request and result files, beside those that the core has too (timeguard/gate.h). They are a format:
   what screens say may change, these may not. */
#pragma once

#include <timeguard/gate.h>

/* Each list is indexed by its enumeration (flags: by the number of the bit) and ends with NULL. */
extern const char *const tg_gate_outcome_words[];
extern const char *const tg_gate_flag_words[];
extern const char *const tg_gate_health_words[];

/* The place of a word in its list, -1 when it is not there. */
int tg_word_find(const char *const *words, const char *word);
