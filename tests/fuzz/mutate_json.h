/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mutations that keep JSON whole: a value is replaced, a key or an element taken away or doubled. Bytes alone would hardly ever
   give another document that is read to its end. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* As LLVMFuzzerCustomMutator. */
size_t fuzz_mutate_json(uint8_t *data, size_t size, size_t max_size, unsigned seed);
