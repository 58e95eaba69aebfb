/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a JSON object to a C structure, by tables of fields. One function a type; where the reader is, is kept in a chain of
   places on the stack, and becomes text only in an error. Strings are cleaned here, so none with a control character gets further. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "reader.h"
#include "text.h"

struct place {
        const struct place *parent;
        const char *key;
        size_t index;
        bool indexed;
};

struct reader {
        struct tg_arena *arena;
        char *error;
};

static size_t write_place(const struct place *place, char *buf, size_t size)
{
        size_t len = place && place->parent ? write_place(place->parent, buf, size) : 0;
        int n;

        if (len >= size)
                return len;
        if (!place)
                return (size_t)snprintf(buf, size, "the document");
        if (place->indexed)
                n = snprintf(buf + len, size - len, "[%zu]", place->index);
        else
                n = snprintf(buf + len, size - len, "%s%s", len ? "." : "", place->key);
        return len + (size_t)n;
}

static int mistyped(struct reader *reader, const struct place *place, struct json_object *value, const char *wanted)
{
        char where[160];

        write_place(place, where, sizeof where);
        snprintf(reader->error, TG_READER_ERROR_MAX, "%s must be %s, and is %s", where, wanted,
                 json_type_to_name(json_object_get_type(value)));
        return -EINVAL;
}

static int unfit(struct reader *reader, const struct place *place, const char *wanted)
{
        char where[160];

        write_place(place, where, sizeof where);
        snprintf(reader->error, TG_READER_ERROR_MAX, "%s must be %s, and is something else", where, wanted);
        return -EINVAL;
}

static int out_of_memory(struct reader *reader)
{
        snprintf(reader->error, TG_READER_ERROR_MAX, "out of memory");
        return -ENOMEM;
}

/* A NUL inside ends a string for C, not for JSON. */
static bool is_word(struct json_object *value, const char *word)
{
        return json_object_is_type(value, json_type_string) && !strcmp(json_object_get_string(value), word) &&
               (size_t)json_object_get_string_len(value) == strlen(word);
}

static int read_bool(struct reader *reader, const struct place *place, const struct tg_field *field, struct json_object *value,
                     void *out)
{
        (void)field;
        if (!json_object_is_type(value, json_type_boolean))
                return mistyped(reader, place, value, "true or false");
        *(bool *)out = json_object_get_boolean(value);
        return 0;
}

static int read_integer(struct reader *reader, const struct place *place, const struct tg_field *field,
                        struct json_object *value, void *out)
{
        struct tg_integer *maybe = out;
        char wanted[80];
        int64_t number;

        if (field->nullable && !value)
                return 0;
        snprintf(wanted, sizeof wanted, "an integer from %" PRId64 " to %" PRId64, field->min, field->max);
        if (!json_object_is_type(value, json_type_int))
                return mistyped(reader, place, value, wanted);
        number = json_object_get_int64(value);
        if (number < field->min || number > field->max)
                return unfit(reader, place, wanted);
        if (field->nullable)
                *maybe = (struct tg_integer){ true, number };
        else
                *(int64_t *)out = number;
        return 0;
}

static int read_real(struct reader *reader, const struct place *place, const struct tg_field *field, struct json_object *value,
                     void *out)
{
        struct tg_real *maybe = out;
        double number;

        if (field->nullable && !value)
                return 0;
        if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
                return mistyped(reader, place, value, "a number");
        number = json_object_get_double(value);
        if (!isfinite(number))
                return unfit(reader, place, "a finite number");
        if (field->nullable)
                *maybe = (struct tg_real){ true, number };
        else
                *(double *)out = number;
        return 0;
}

static int read_string(struct reader *reader, const struct place *place, const struct tg_field *field,
                       struct json_object *value, void *out)
{
        size_t len;
        char *copy;

        if (field->nullable && !value)
                return 0;
        if (!json_object_is_type(value, json_type_string))
                return mistyped(reader, place, value, "a string");
        len = (size_t)json_object_get_string_len(value);
        copy = tg_arena_get(reader->arena, len + 1);
        if (!copy)
                return out_of_memory(reader);
        tg_text_clean(copy, json_object_get_string(value), len, false);
        *(const char **)out = copy;
        return 0;
}

static int read_word(struct reader *reader, const struct place *place, const struct tg_field *field, struct json_object *value,
                     void *out)
{
        char wanted[192] = "one of";
        size_t len = strlen(wanted);

        *(int *)out = -1;
        if (field->nullable && !value)
                return 0;
        for (int i = 0; field->words[i]; i++) {
                if (is_word(value, field->words[i])) {
                        *(int *)out = i;
                        return 0;
                }
                if (len < sizeof wanted)
                        len += (size_t)snprintf(wanted + len, sizeof wanted - len, "%s %s", i ? "," : "", field->words[i]);
        }
        return json_object_is_type(value, json_type_string) ? unfit(reader, place, wanted)
                                                            : mistyped(reader, place, value, wanted);
}

static int read_instant(struct reader *reader, const struct place *place, const struct tg_field *field,
                        struct json_object *value, void *out)
{
        static const char wanted[] = "an instant such as 2026-11-21T23:56:02.123Z";

        if (field->nullable && !value)
                return 0;
        if (!json_object_is_type(value, json_type_string))
                return mistyped(reader, place, value, wanted);
        if (!is_word(value, json_object_get_string(value)) || tg_instant_parse(json_object_get_string(value), out) < 0)
                return unfit(reader, place, wanted);
        return 0;
}

static int read_shape(struct reader *reader, const struct place *place, const struct tg_shape *shape,
                      struct json_object *object, void *out);

static int read_object(struct reader *reader, const struct place *place, const struct tg_field *field,
                       struct json_object *value, void *out)
{
        void *body = out;
        int r;

        if (field->nullable) {
                if (!value)
                        return 0;
                body = tg_arena_get(reader->arena, field->shape->size);
                if (!body)
                        return out_of_memory(reader);
        }
        r = read_shape(reader, place, field->shape, value, body);
        if (r == 0 && field->nullable)
                *(void **)out = body;
        return r;
}

static int read_list(struct reader *reader, const struct place *place, const struct tg_field *field, struct json_object *value,
                     void *out)
{
        static const struct tg_field text = { .type = TG_FIELD_STRING };
        size_t size = field->shape ? field->shape->size : sizeof(const char *), n;
        char *items;
        int r = 0;

        if (field->nullable && !value)
                return 0;
        if (!json_object_is_type(value, json_type_array))
                return mistyped(reader, place, value, "a list");
        n = json_object_array_length(value);
        if (n > (size_t)field->max)
                return unfit(reader, place, "a list with fewer entries");
        items = tg_arena_get(reader->arena, n * size);
        if (!items)
                return out_of_memory(reader);
        for (size_t i = 0; i < n && r == 0; i++) {
                const struct place entry = { .parent = place, .index = i, .indexed = true };
                struct json_object *item = json_object_array_get_idx(value, i);

                r = field->shape ? read_shape(reader, &entry, field->shape, item, items + i * size)
                                 : read_string(reader, &entry, &text, item, items + i * size);
        }
        /* TG_LIST_OF has one type an element: reach its two members by their place */
        memcpy(out, &n, sizeof n);
        memcpy((char *)out + offsetof(TG_LIST_OF(char), items), &items, sizeof items);
        return r;
}

static int (*const readers[])(struct reader *, const struct place *, const struct tg_field *, struct json_object *, void *) = {
        [TG_FIELD_BOOL] = read_bool,     [TG_FIELD_INTEGER] = read_integer, [TG_FIELD_REAL] = read_real,
        [TG_FIELD_STRING] = read_string, [TG_FIELD_WORD] = read_word,       [TG_FIELD_INSTANT] = read_instant,
        [TG_FIELD_OBJECT] = read_object, [TG_FIELD_LIST] = read_list,
};

static int read_shape(struct reader *reader, const struct place *place, const struct tg_shape *shape,
                      struct json_object *object, void *out)
{
        int r = 0;

        if (!json_object_is_type(object, json_type_object))
                return mistyped(reader, place, object, "an object");
        for (size_t i = 0; i < shape->n_fields && r == 0; i++) {
                const struct tg_field *field = &shape->fields[i];
                const struct place inner = { .parent = place, .key = field->key };
                struct json_object *value;

                if (!json_object_object_get_ex(object, field->key, &value)) {
                        char where[160];

                        write_place(&inner, where, sizeof where);
                        snprintf(reader->error, TG_READER_ERROR_MAX, "%s is missing", where);
                        return -EINVAL;
                }
                r = readers[field->type](reader, &inner, field, value, (char *)out + field->offset);
        }
        return r;
}

int tg_reader_read(struct json_object *object, const struct tg_shape *shape, void *out, struct tg_arena *arena,
                   char error[static TG_READER_ERROR_MAX])
{
        struct reader reader = { .arena = arena, .error = error };

        memset(out, 0, shape->size);
        return read_shape(&reader, NULL, shape, object, out);
}
