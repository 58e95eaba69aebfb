/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* FNV-1a (Fowler, Noll, Vo): short names of bytes, and a guard against a byte that went wrong by chance. No guard against anybody. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TG_HASH32_BEGIN 2166136261u
#define TG_HASH64_BEGIN UINT64_C(14695981039346656037)

static inline uint32_t tg_hash32(uint32_t h, const void *data, size_t len)
{
        for (size_t i = 0; i < len; i++)
                h = (h ^ ((const uint8_t *)data)[i]) * 16777619u;
        return h;
}

static inline uint64_t tg_hash64(uint64_t h, const void *data, size_t len)
{
        for (size_t i = 0; i < len; i++)
                h = (h ^ ((const uint8_t *)data)[i]) * UINT64_C(1099511628211);
        return h;
}
