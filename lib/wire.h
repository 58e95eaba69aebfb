/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A cursor over bytes that never leaves them: writing past the end or reading past it only sets `bad`, and reads then give 0.
   So codecs are straight lists of fields and check once. Little-endian (report) and big-endian (chrony) as named. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tg_writer {
        uint8_t *data;
        size_t size, pos;
        bool bad;
};

struct tg_reader {
        const uint8_t *data;
        size_t size, pos;
        bool bad;
};

static inline uint8_t *tg_write_room(struct tg_writer *w, size_t n)
{
        if (w->bad || n > w->size - w->pos) {
                w->bad = true;
                return NULL;
        }
        w->pos += n;
        return w->data + w->pos - n;
}

static inline void tg_write_bytes(struct tg_writer *w, const void *bytes, size_t n)
{
        uint8_t *p = tg_write_room(w, n);

        if (p && n)
                memcpy(p, bytes, n);
}

static inline void tg_write_le(struct tg_writer *w, uint64_t value, size_t n)
{
        uint8_t *p = tg_write_room(w, n);

        for (size_t i = 0; p && i < n; i++)
                p[i] = (uint8_t)(value >> 8 * i);
}

static inline void tg_write_be(struct tg_writer *w, uint64_t value, size_t n)
{
        uint8_t *p = tg_write_room(w, n);

        for (size_t i = 0; p && i < n; i++)
                p[n - 1 - i] = (uint8_t)(value >> 8 * i);
}

static inline const uint8_t *tg_read_bytes(struct tg_reader *r, size_t n)
{
        if (r->bad || n > r->size - r->pos) {
                r->bad = true;
                return NULL;
        }
        r->pos += n;
        return r->data + r->pos - n;
}

static inline uint64_t tg_read_le(struct tg_reader *r, size_t n)
{
        const uint8_t *p = tg_read_bytes(r, n);
        uint64_t value = 0;

        for (size_t i = n; p && i > 0; i--)
                value = value << 8 | p[i - 1];
        return value;
}

static inline uint64_t tg_read_be(struct tg_reader *r, size_t n)
{
        const uint8_t *p = tg_read_bytes(r, n);
        uint64_t value = 0;

        for (size_t i = 0; p && i < n; i++)
                value = value << 8 | p[i];
        return value;
}

static inline int64_t tg_read_i64(struct tg_reader *r)
{
        return (int64_t)tg_read_le(r, 8);
}

static inline int32_t tg_read_i32(struct tg_reader *r)
{
        return (int32_t)(uint32_t)tg_read_le(r, 4);
}
