/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts what a core allocates. The linker leads the core's calls here (-Wl,--wrap=malloc and so on, see CMakeLists.txt); the C library's own
   are not seen. */
#include "check_private.h"

#include <stdlib.h>

static const struct sim *watched;
static uint64_t counted;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static void count(void)
{
        counted += watched && watched->in_core;
}

void *__wrap_malloc(size_t size)
{
        count();
        return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
        count();
        return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
        count();
        return __real_realloc(p, size);
}

void check_alloc_watch(const struct sim *sim)
{
        watched = sim;
        counted = 0;
}

uint64_t check_alloc_take(void)
{
        uint64_t n = counted;

        counted = 0;
        return n;
}
