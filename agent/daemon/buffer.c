/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Growing text. Doubles its room, so that adding costs constant time in the mean. */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

#define FIRST_SIZE 8192

static bool make_room(struct tg_buffer *text, size_t len)
{
        size_t size = text->size ? text->size : FIRST_SIZE;
        char *data;

        while (size - text->len < len)
                size *= 2;
        if (size == text->size)
                return true;
        data = realloc(text->data, size);
        if (!data)
                return false;
        text->data = data;
        text->size = size;
        return true;
}

void tg_buffer_add(struct tg_buffer *text, const char *piece, size_t len)
{
        if (text->failed || !make_room(text, len)) {
                text->failed = true;
                return;
        }
        memcpy(text->data + text->len, piece, len);
        text->len += len;
}

void tg_buffer_free(struct tg_buffer *text)
{
        free(text->data);
        *text = (struct tg_buffer){ 0 };
}
