/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a JSON object to a C structure, by tables of fields. Every key of a table must be there and of its type; keys that no
   table names are passed over, so that the writer may add some. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct json_object;

/* What a nullable number becomes. */
struct tg_integer {
        bool known;
        int64_t value;
};

struct tg_real {
        bool known;
        double value;
};

enum tg_field_type {
        TG_FIELD_BOOL,    /* bool */
        TG_FIELD_INTEGER, /* int64_t; nullable: struct tg_integer */
        TG_FIELD_REAL,    /* double, finite; nullable: struct tg_real */
        TG_FIELD_STRING,  /* const char *, cleaned; nullable: NULL */
        TG_FIELD_WORD,    /* int, an index into words; nullable: -1 */
        TG_FIELD_INSTANT, /* int64_t, ns of REALTIME; nullable: 0 */
        TG_FIELD_OBJECT,  /* the structure itself; nullable: a pointer to it, NULL */
        TG_FIELD_LIST,    /* TG_LIST_OF the structure, or, without a shape, of const char *; nullable: empty */
};

#define TG_LIST_OF(type)                                                                                                       \
        struct {                                                                                                               \
                size_t n;                                                                                                      \
                type *items;                                                                                                   \
        }

struct tg_shape;

struct tg_field {
        const char *key;
        enum tg_field_type type;
        bool nullable;
        size_t offset;
        int64_t min, max;         /* of an integer; max: also the most entries of a list */
        const char *const *words; /* NULL terminated */
        const struct tg_shape *shape;
};

struct tg_shape {
        size_t size;
        size_t n_fields;
        const struct tg_field *fields;
};

#define TG_READER_ERROR_MAX 320

/* Fills *out, of the size that `shape` says, with memory from `arena`. Returns 0, -ENOMEM or -EINVAL; on an error `error` gets one
   sentence that names the key. */
int tg_reader_read(struct json_object *object, const struct tg_shape *shape, void *out, struct tg_arena *arena,
                   char error[static TG_READER_ERROR_MAX]);
