/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is given out piece by piece and freed all at once: a document has thousands of small strings and one lifetime. */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"

#define BLOCK_BYTES ((size_t)64 * 1024)

struct block {
        struct block *next;
        alignas(max_align_t) unsigned char bytes[];
};

struct tg_arena {
        struct block *blocks; /* the first one is being filled */
        size_t used, size;    /* of it */
};

struct tg_arena *tg_arena_new(void)
{
        return calloc(1, sizeof(struct tg_arena));
}

void *tg_arena_get(struct tg_arena *arena, size_t size)
{
        const size_t align = alignof(max_align_t);
        void *piece;

        if (size > SIZE_MAX / 2)
                return NULL;
        size = (size + align - 1) / align * align;
        if (!arena->blocks || arena->size - arena->used < size) {
                size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
                struct block *block = calloc(1, sizeof *block + room);

                if (!block)
                        return NULL;
                block->next = arena->blocks;
                arena->blocks = block;
                arena->used = 0;
                arena->size = room;
        }
        piece = arena->blocks->bytes + arena->used;
        arena->used += size;
        return piece;
}

struct tg_arena *tg_arena_free(struct tg_arena *arena)
{
        if (!arena)
                return NULL;
        while (arena->blocks) {
                struct block *next = arena->blocks->next;

                free(arena->blocks);
                arena->blocks = next;
        }
        free(arena);
        return NULL;
}
