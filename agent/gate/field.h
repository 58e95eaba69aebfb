/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of the small JSON objects between agent and program, read strictly: each function returns 0 or -EINVAL, and then `error` has one
   sentence that names the key. Further keys of an object are nobody's business. */
#pragma once

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#define TG_FIELD_ERROR_MAX   200
#define TG_GATE_FILE_VERSION 1

/* What both kinds of objects begin with: "version" and "ticket". Returns NULL without memory. */
struct json_object *tg_field_new(uint32_t ticket);
/* Any JSON is taken, and refused where it is no object, or of another version. */
int tg_field_head(struct json_object *object, uint32_t *ticket, char error[static TG_FIELD_ERROR_MAX]);

int tg_field_u32(struct json_object *object, const char *key, uint32_t *out, char error[static TG_FIELD_ERROR_MAX]);
/* One of a list of words; *out gets its place. */
int tg_field_word(struct json_object *object, const char *key, const char *const *words, int *out,
                  char error[static TG_FIELD_ERROR_MAX]);
/* A string of less than `size` bytes, without control characters. */
int tg_field_text(struct json_object *object, const char *key, char *out, size_t size, char error[static TG_FIELD_ERROR_MAX]);
/* A list of at most `max` entries; *out is borrowed from the object. */
int tg_field_list(struct json_object *object, const char *key, size_t max, struct json_object **out,
                  char error[static TG_FIELD_ERROR_MAX]);
int tg_field_object(struct json_object *object, const char *key, struct json_object **out,
                    char error[static TG_FIELD_ERROR_MAX]);

/* The text of a string value, under the rules of tg_field_text. Returns 0 or -EINVAL. */
int tg_field_copy(struct json_object *value, char *out, size_t size);

/* Adds the word of a place in a list. */
void tg_field_add_word(struct json_object *object, const char *key, const char *const *words, unsigned int place);
/* Adds a string; bytes that are not printable ASCII become '?', so that whatever a program said makes a document. */
void tg_field_add_text(struct json_object *object, const char *key, const char *value);
