/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See mutate_json.h. One place of the tree is chosen by counting; one time in four the bytes are mutated instead. */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mutate_json.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

struct choice {
        unsigned left; /* places to pass over */
        unsigned random;
        bool done;
};

static unsigned next(struct choice *c)
{
        c->random = c->random * 1103515245u + 12345u;
        return c->random >> 8;
}

static struct json_object *number(struct choice *c)
{
        static const int64_t numbers[] = { 0,
                                           1,
                                           -1,
                                           255,
                                           256,
                                           UINT32_MAX,
                                           INT64_C(1) << 32,
                                           INT64_MAX,
                                           INT64_MIN,
                                           INT64_MAX - 1,
                                           -INT64_MAX + 1,
                                           999999999,
                                           1000000000,
                                           9223372036854,
                                           -9223372036855 };
        unsigned i = next(c) % (sizeof numbers / sizeof numbers[0] + 4);

        if (i < sizeof numbers / sizeof numbers[0])
                return json_object_new_int64(numbers[i] + (next(c) % 8 ? 0 : (int64_t)(next(c) % 5) - 2) % 2 *
                                                                  (llabs(numbers[i]) < INT64_MAX - 4));
        return json_object_new_int64((int64_t)next(c) << next(c) % 38);
}

static struct json_object *text(struct choice *c)
{
        static const char *const texts[] = {
                "",
                "n1",
                "n2",
                "*",
                "ok",
                "mute",
                "beyond",
                "within",
                "unproven",
                "agreed",
                "split",
                "breached",
                "at-risk",
                "silent",
                "normal",
                "delete",
                "2026-11-21T23:56:02.123Z",
                "0000-00-00T00:00:00.000Z",
                "9999-12-31T23:59:60.999Z",
                "1677-09-21T00:12:43.145Z",
                "2262-04-11T23:47:16.854Z",
                "\033[2J\033]0;x\a",
                "\r\n\t\b\v",
                "\xc2\x9b"
                "31m",
                "\xe2\x80\xae"
                "abc",
                "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
                "a\xcc\x81\xcc\x81\xcc\x81",
                "\xf0\x9f\x98\x80",
                "%s%n%d",
                "  a  b  ",
                "node-claim-contradicted",
                "wait_for_all",
                "qdevice",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        };

        return json_object_new_string(texts[next(c) % (sizeof texts / sizeof texts[0])]);
}

static struct json_object *other_value(struct choice *c, struct json_object *old)
{
        static const double reals[] = { 0.0, -0.0, 1e300, -1e-300, 0.5, 1e18, 123456.789 };

        if (next(c) % 4) /* of the same type, so that the document is read on */
                switch (json_object_get_type(old)) {
                case json_type_int:
                        return number(c);
                case json_type_double:
                        return json_object_new_double(reals[next(c) % 7]);
                case json_type_string:
                        return text(c);
                case json_type_boolean:
                        return json_object_new_boolean(!json_object_get_boolean(old));
                default:
                        break;
                }
        switch (next(c) % 6) {
        case 0:
                return NULL;
        case 1:
                return number(c);
        case 2:
                return text(c);
        case 3:
                return json_object_new_double(reals[next(c) % 7]);
        case 4:
                return json_object_new_array();
        default:
                return json_object_new_boolean(1);
        }
}

static void copy_of(struct json_object *value, struct json_object **out)
{
        *out = NULL;
        if (value)
                json_object_deep_copy(value, out, NULL);
}

static void change_array(struct json_object *array, size_t i, struct choice *c)
{
        struct json_object *copy;

        switch (next(c) % 3) {
        case 0:
                json_object_array_del_idx(array, i, 1);
                break;
        case 1:
                copy_of(json_object_array_get_idx(array, i), &copy);
                json_object_array_add(array, copy);
                break;
        default:
                json_object_array_put_idx(array, i, other_value(c, json_object_array_get_idx(array, i)));
                break;
        }
}

static void walk(struct json_object *json, struct choice *c);

static void walk_object(struct json_object *object, struct choice *c)
{
        struct json_object_iterator it = json_object_iter_begin(object), end = json_object_iter_end(object);

        for (; !c->done && !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
                const char *key = json_object_iter_peek_name(&it);
                struct json_object *value = json_object_iter_peek_value(&it);

                if (c->left-- == 0) {
                        c->done = true;
                        if (next(c) % 16 == 0)
                                json_object_object_del(object, key);
                        else
                                json_object_object_add(object, key, other_value(c, value));
                        return;
                }
                walk(value, c);
        }
}

static void walk(struct json_object *json, struct choice *c)
{
        if (json_object_is_type(json, json_type_object))
                walk_object(json, c);
        for (size_t i = 0; json_object_is_type(json, json_type_array) && !c->done && i < json_object_array_length(json); i++) {
                if (c->left-- == 0) {
                        c->done = true;
                        change_array(json, i, c);
                        return;
                }
                walk(json_object_array_get_idx(json, i), c);
        }
}

static unsigned count(struct json_object *json)
{
        unsigned n = 0;

        if (json_object_is_type(json, json_type_object)) {
                json_object_object_foreach(json, key, value)
                {
                        (void)key;
                        n += 1 + count(value);
                }
        }
        for (size_t i = 0; json_object_is_type(json, json_type_array) && i < json_object_array_length(json); i++)
                n += 1 + count(json_object_array_get_idx(json, i));
        return n;
}

size_t fuzz_mutate_json(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
        struct json_tokener *tokener = json_tokener_new_ex(16);
        struct json_object *json = seed % 4 && size ? json_tokener_parse_ex(tokener, (const char *)data, (int)size) : NULL;
        struct choice c = { .random = seed };
        unsigned places = json ? count(json) : 0;
        const char *written;
        size_t len = 0;

        json_tokener_free(tokener);
        for (unsigned n = 1 + next(&c) % 3; places && n > 0; n--) {
                c.done = false;
                c.left = next(&c) % places;
                walk(json, &c);
        }
        written = places ? json_object_to_json_string_length(json, JSON_C_TO_STRING_PLAIN, &len) : NULL;
        if (written && len <= max_size)
                memcpy(data, written, len);
        else
                len = LLVMFuzzerMutate(data, size, max_size);
        json_object_put(json);
        return len;
}
