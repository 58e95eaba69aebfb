/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is given out piece by piece and freed all at once. */
#pragma once

#include <stddef.h>

struct tg_arena;

struct tg_arena *tg_arena_new(void);                     /* NULL: out of memory */
void *tg_arena_get(struct tg_arena *arena, size_t size); /* zeroed, aligned for anything; NULL: out of memory */
struct tg_arena *tg_arena_free(struct tg_arena *arena);  /* accepts NULL, returns NULL */
