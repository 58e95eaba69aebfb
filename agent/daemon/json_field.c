/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-c escapes control characters and quotes but passes every other byte: names from chronyd and corosync may be anything. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "journal.h"
#include "json_field.h"

#define STRING_MAX 1024

/* Length of the UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t sequence(const unsigned char *s)
{
        static const struct {
                unsigned char first_low, first_high, second_low, second_high, len;
        } forms[] = {
                { 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
                { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
                { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
        };

        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                size_t n = 1;

                if (s[0] < forms[i].first_low || s[0] > forms[i].first_high)
                        continue;
                if (forms[i].len > 1 && (s[1] < forms[i].second_low || s[1] > forms[i].second_high))
                        return 0;
                while (n < forms[i].len && (n == 1 || (s[n] & 0xc0) == 0x80))
                        n++;
                return n == forms[i].len ? n : 0;
        }
        return 0;
}

struct json_object *tg_json_string(const char *value)
{
        char buf[STRING_MAX];
        size_t used = 0;

        for (const unsigned char *s = (const unsigned char *)value; *s && used + 4 < sizeof(buf);) {
                size_t n = sequence(s);

                if (n > 0)
                        memcpy(buf + used, s, n);
                else
                        buf[used] = '?';
                used += n > 0 ? n : 1;
                s += n > 0 ? n : 1;
        }
        return json_object_new_string_len(buf, (int)used);
}

static void add(struct json_object *object, const char *key, struct json_object *value)
{
        /* Keys are literals and each is added once: json-c need neither copy nor look for them. */
        (void)json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

void tg_json_null(struct json_object *object, const char *key)
{
        add(object, key, NULL);
}

void tg_json_bool(struct json_object *object, const char *key, bool value)
{
        add(object, key, json_object_new_boolean(value));
}

void tg_json_int(struct json_object *object, const char *key, int64_t value)
{
        add(object, key, json_object_new_int64(value));
}

void tg_json_opt_int(struct json_object *object, const char *key, bool has, int64_t value)
{
        add(object, key, has ? json_object_new_int64(value) : NULL);
}

void tg_json_text(struct json_object *object, const char *key, const char *value)
{
        add(object, key, tg_json_string(value));
}

void tg_json_opt_text(struct json_object *object, const char *key, const char *value)
{
        add(object, key, value[0] ? tg_json_string(value) : NULL);
}

void tg_json_fingerprint(struct json_object *object, const char *key, uint64_t value)
{
        char text[24];

        (void)snprintf(text, sizeof(text), "%016" PRIx64, value);
        add(object, key, json_object_new_string(text));
}

void tg_json_ref_id(struct json_object *object, const char *key, uint32_t value)
{
        char text[16];

        (void)snprintf(text, sizeof(text), "%08" PRIX32, value);
        add(object, key, json_object_new_string(text));
}

void tg_json_time(struct json_object *object, const char *key, int64_t real_ns)
{
        char text[TG_TIME_MAX];

        add(object, key, json_object_new_string(tg_journal_time(real_ns, text)));
}

void tg_json_number(struct json_object *object, const char *key, double value)
{
        char text[32];

        (void)snprintf(text, sizeof(text), "%.9g", value);
        add(object, key, isfinite(value) ? json_object_new_double_s(value, text) : NULL);
}
