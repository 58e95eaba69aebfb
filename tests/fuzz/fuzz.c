/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See fuzz.h. A property that fails aborts, which libFuzzer takes for a crash and keeps the input of. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

_Noreturn void fuzz_fail(const char *file, int line, const char *condition, const char *format, ...)
{
        const char *name = strrchr(file, '/');
        va_list args;

        fprintf(stderr, "PROPERTY %s:%d: %s: ", name ? name + 1 : file, line, condition);
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
        abort();
}

uint64_t fuzz_take(struct fuzz_input *in, size_t bytes)
{
        uint64_t value = 0;

        for (size_t i = 0; i < bytes && in->pos < in->size; i++)
                value |= (uint64_t)in->data[in->pos++] << 8 * i;
        return value;
}

uint32_t fuzz_pick(struct fuzz_input *in, uint32_t n)
{
        return (uint32_t)fuzz_take(in, 1) % n;
}

int64_t fuzz_number(struct fuzz_input *in, int64_t low, int64_t high)
{
        uint64_t span = (uint64_t)high - (uint64_t)low, kind = fuzz_take(in, 1), value;

        if (kind < 24)
                value = kind % 8;
        else if (kind < 48)
                value = span - kind % 8;
        else if (kind < 64)
                value = span / 2 + kind % 8 - 4;
        else
                value = fuzz_take(in, 1 + kind % 8);
        return (int64_t)((uint64_t)low + (span == UINT64_MAX ? value : value % (span + 1)));
}

const uint8_t *fuzz_bytes(struct fuzz_input *in, size_t max, size_t *len)
{
        const uint8_t *bytes = in->data + in->pos;

        *len = fuzz_left(in) < max ? fuzz_left(in) : max;
        in->pos += *len;
        return bytes;
}

static void check_letters(const char *what, const char *text, size_t size, char first)
{
        const char *end = memchr(text, 0, size);

        FUZZ_REQUIRE(end, "%s has no end within its %zu bytes", what, size);
        for (const char *c = text; c < end; c++)
                FUZZ_REQUIRE(*c >= first && *c <= '~', "%s holds byte 0x%02x at %td", what, (unsigned char)*c, c - text);
}

void fuzz_check_text(const char *what, const char *text, size_t size)
{
        check_letters(what, text, size, ' ');
}

void fuzz_check_name(const char *what, const char *text, size_t size)
{
        check_letters(what, text, size, '!');
}
