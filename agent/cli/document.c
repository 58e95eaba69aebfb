/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From bytes to the status document. Takes any; does no I/O. Which keys it has is in document_shape.c, what they mean is told where they are
   shown. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "document_shape.h"

/* Where bytes stop being JSON that json-c would let pass all the same: raw controls, which would reach a terminal by --json,
   quotes that are none, words such as NaN. Returns len if nowhere. */
static size_t first_foreign(const char *bytes, size_t len)
{
        bool quoted = false;

        for (size_t i = 0; i < len; i++) {
                unsigned char c = (unsigned char)bytes[i];

                if (c < ' ' && quoted)
                        return i;
                if (!quoted && (!c || !strchr(" \t\n\r{}[]:,\"+-.0123456789truefalsnE", c)))
                        return i;
                if (quoted && c == '\\')
                        i++;
                else if (c == '"')
                        quoted = !quoted;
        }
        return len;
}

static enum tg_document_fault parse_json(const char *bytes, size_t len, struct json_object **out, char *error)
{
        struct json_tokener *tokener;
        enum json_tokener_error cause;
        size_t at;

        if (len > TG_DOCUMENT_BYTES_MAX) {
                snprintf(error, TG_DOCUMENT_ERROR_MAX, "the answer is longer than any status document");
                return TG_DOCUMENT_NOT_JSON;
        }
        at = first_foreign(bytes, len);
        if (at < len) {
                snprintf(error, TG_DOCUMENT_ERROR_MAX, "the answer is not JSON: byte %zu has no place in it", at);
                return TG_DOCUMENT_NOT_JSON;
        }
        tokener = json_tokener_new_ex(12);
        if (!tokener)
                return TG_DOCUMENT_NO_MEMORY;
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        *out = json_tokener_parse_ex(tokener, bytes, (int)len);
        cause = json_tokener_get_error(tokener);
        at = json_tokener_get_parse_end(tokener);
        json_tokener_free(tokener);
        if (cause == json_tokener_success)
                return TG_DOCUMENT_OK;
        json_object_put(*out);
        if (cause == json_tokener_continue)
                snprintf(error, TG_DOCUMENT_ERROR_MAX, "the answer ends in the middle, after %zu bytes", len);
        else
                snprintf(error, TG_DOCUMENT_ERROR_MAX, "the answer is not JSON: byte %zu: %s", at,
                         json_tokener_error_desc(cause));
        return TG_DOCUMENT_NOT_JSON;
}

static enum tg_document_fault read_document(struct json_object *json, struct tg_document **out, char *error)
{
        struct tg_arena *arena = tg_arena_new();
        struct tg_document *document = arena ? tg_arena_get(arena, sizeof *document) : NULL;
        char cause[TG_READER_ERROR_MAX];
        int r;

        if (!document) {
                tg_arena_free(arena);
                return TG_DOCUMENT_NO_MEMORY;
        }
        r = tg_reader_read(json, &tg_document_shape, document, arena, cause);
        if (r < 0) {
                tg_arena_free(arena);
                snprintf(error, TG_DOCUMENT_ERROR_MAX, "the answer is no status document of format %d: %s", TG_DOCUMENT_FORMAT,
                         cause);
                return TG_DOCUMENT_NOT_STATUS;
        }
        document->arena = arena;
        *out = document;
        return TG_DOCUMENT_OK;
}

enum tg_document_fault tg_document_parse(const char *bytes, size_t len, struct tg_document **out,
                                         char error[static TG_DOCUMENT_ERROR_MAX])
{
        struct json_object *json = NULL;
        enum tg_document_fault fault;

        *out = NULL;
        snprintf(error, TG_DOCUMENT_ERROR_MAX, "out of memory");
        fault = parse_json(bytes, len, &json, error);
        if (fault != TG_DOCUMENT_OK)
                return fault;
        fault = read_document(json, out, error);
        json_object_put(json);
        return fault;
}

struct tg_document *tg_document_free(struct tg_document *document)
{
        if (document)
                tg_arena_free(document->arena);
        return NULL;
}

const struct tg_doc_node *tg_document_node(const struct tg_document *document, int64_t id)
{
        for (size_t i = 0; i < document->nodes.n; i++)
                if (document->nodes.items[i].id == id)
                        return &document->nodes.items[i];
        return NULL;
}
