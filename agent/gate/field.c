/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One function a type, all over one look-up, so that every error is made in one place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "words.h"

static int unfit(const char *key, const char *wanted, char error[static TG_FIELD_ERROR_MAX])
{
        (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"%s\" must be %s", key, wanted);
        return -EINVAL;
}

static int find(struct json_object *object, const char *key, struct json_object **out, char error[static TG_FIELD_ERROR_MAX])
{
        if (json_object_object_get_ex(object, key, out))
                return 0;
        (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"%s\" is missing", key);
        return -EINVAL;
}

struct json_object *tg_field_new(uint32_t ticket)
{
        struct json_object *object = json_object_new_object();

        if (object) {
                (void)json_object_object_add(object, "version", json_object_new_int(TG_GATE_FILE_VERSION));
                (void)json_object_object_add(object, "ticket", json_object_new_int64(ticket));
        }
        return object;
}

int tg_field_head(struct json_object *object, uint32_t *ticket, char error[static TG_FIELD_ERROR_MAX])
{
        uint32_t version;

        if (!json_object_is_type(object, json_type_object)) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "it is no JSON object");
                return -EINVAL;
        }
        if (tg_field_u32(object, "version", &version, error) < 0)
                return -EINVAL;
        if (version != TG_GATE_FILE_VERSION) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"version\" is %u, and %d is what is known here", version,
                               TG_GATE_FILE_VERSION);
                return -EINVAL;
        }
        return tg_field_u32(object, "ticket", ticket, error);
}

int tg_field_u32(struct json_object *object, const char *key, uint32_t *out, char error[static TG_FIELD_ERROR_MAX])
{
        struct json_object *value;
        int64_t number;

        if (find(object, key, &value, error) < 0)
                return -EINVAL;
        number = json_object_get_int64(value);
        if (!json_object_is_type(value, json_type_int) || number < 0 || number > UINT32_MAX)
                return unfit(key, "an integer from 0 to 4294967295", error);
        *out = (uint32_t)number;
        return 0;
}

int tg_field_word(struct json_object *object, const char *key, const char *const *words, int *out,
                  char error[static TG_FIELD_ERROR_MAX])
{
        char wanted[TG_FIELD_ERROR_MAX] = "one of";
        size_t len = strlen(wanted);
        struct json_object *value;

        if (find(object, key, &value, error) < 0)
                return -EINVAL;
        *out = json_object_is_type(value, json_type_string) ? tg_word_find(words, json_object_get_string(value)) : -1;
        if (*out >= 0)
                return 0;
        for (size_t i = 0; words[i] && len < sizeof(wanted); i++)
                len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, "%s %s", i > 0 ? "," : "", words[i]);
        return unfit(key, wanted, error);
}

int tg_field_copy(struct json_object *value, char *out, size_t size)
{
        const char *text = json_object_get_string(value);
        size_t len = (size_t)json_object_get_string_len(value);

        if (!json_object_is_type(value, json_type_string) || len >= size)
                return -EINVAL;
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
                        return -EINVAL;
        memcpy(out, text, len);
        out[len] = '\0';
        return 0;
}

int tg_field_text(struct json_object *object, const char *key, char *out, size_t size, char error[static TG_FIELD_ERROR_MAX])
{
        struct json_object *value;
        char wanted[80];

        if (find(object, key, &value, error) < 0)
                return -EINVAL;
        if (tg_field_copy(value, out, size) == 0)
                return 0;
        (void)snprintf(wanted, sizeof(wanted), "a string of less than %zu bytes without control characters", size);
        return unfit(key, wanted, error);
}

int tg_field_list(struct json_object *object, const char *key, size_t max, struct json_object **out,
                  char error[static TG_FIELD_ERROR_MAX])
{
        char wanted[80];

        if (find(object, key, out, error) < 0)
                return -EINVAL;
        if (json_object_is_type(*out, json_type_array) && json_object_array_length(*out) <= max)
                return 0;
        (void)snprintf(wanted, sizeof(wanted), "a list of at most %zu entries", max);
        return unfit(key, wanted, error);
}

int tg_field_object(struct json_object *object, const char *key, struct json_object **out,
                    char error[static TG_FIELD_ERROR_MAX])
{
        if (find(object, key, out, error) < 0)
                return -EINVAL;
        return json_object_is_type(*out, json_type_object) ? 0 : unfit(key, "an object", error);
}

void tg_field_add_word(struct json_object *object, const char *key, const char *const *words, unsigned int place)
{
        (void)json_object_object_add(object, key, json_object_new_string(words[place]));
}

void tg_field_add_text(struct json_object *object, const char *key, const char *value)
{
        char *clean = strdup(value);

        for (char *c = clean; c && *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
        (void)json_object_object_add(object, key, json_object_new_string(clean ? clean : "out of memory"));
        free(clean);
}
