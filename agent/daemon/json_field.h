/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of a JSON object, by json-c: a key is always written, with null where there is no value. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

void tg_json_null(struct json_object *object, const char *key);
void tg_json_bool(struct json_object *object, const char *key, bool value);
void tg_json_int(struct json_object *object, const char *key, int64_t value);
void tg_json_opt_int(struct json_object *object, const char *key, bool has, int64_t value);
/* Bytes that are no UTF-8 become '?'. */
void tg_json_text(struct json_object *object, const char *key, const char *value);
/* "" becomes null. */
void tg_json_opt_text(struct json_object *object, const char *key, const char *value);
void tg_json_fingerprint(struct json_object *object, const char *key, uint64_t value); /* 16 digits */
void tg_json_ref_id(struct json_object *object, const char *key, uint32_t value);      /* 8 digits, as chronyc writes it */
void tg_json_time(struct json_object *object, const char *key, int64_t real_ns);
/* Nine digits are enough to tell any two of chrony's numbers apart; what is not finite becomes null. */
void tg_json_number(struct json_object *object, const char *key, double value);

struct json_object *tg_json_string(const char *value);
