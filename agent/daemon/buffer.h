/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text that grows. When memory runs out it stays as it is and says so once, at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct tg_buffer {
        char *data;
        size_t len, size;
        bool failed;
};

void tg_buffer_add(struct tg_buffer *text, const char *piece, size_t len);
void tg_buffer_free(struct tg_buffer *text);
