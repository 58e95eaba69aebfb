/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The request as JSON, both ways, in one file so that writer and reader cannot drift apart. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "request.h"
#include "words.h"

#define UUID_DIGITS 32

static struct json_object *encode_peer(const struct tg_gate_peer *peer)
{
        struct json_object *object = json_object_new_object();

        (void)json_object_object_add(object, "id", json_object_new_int64(peer->id));
        tg_field_add_text(object, "name", peer->name);
        return object;
}

static struct json_object *encode_uuid(const uint8_t uuid[static 16])
{
        char text[UUID_DIGITS + 1];

        for (size_t i = 0; i < 16; i++)
                (void)snprintf(text + 2 * i, 3, "%02x", uuid[i]);
        return json_object_new_string(text);
}

struct json_object *tg_gate_request_encode(const struct tg_gate_request *request)
{
        struct json_object *object = tg_field_new(request->ticket), *nodes = json_object_new_array(),
                           *units = json_object_new_array();

        if (!object || !nodes || !units) {
                json_object_put(object);
                json_object_put(nodes);
                json_object_put(units);
                return NULL;
        }
        tg_field_add_word(object, "verb", tg_gate_verb_words, request->verb);
        tg_field_add_word(object, "scope", tg_gate_scope_words, request->scope);
        tg_field_add_word(object, "backend", tg_gate_backend_words, request->backend);
        (void)json_object_object_add(object, "uuid", encode_uuid(request->uuid));
        tg_field_add_text(object, "prior", request->prior);
        tg_field_add_text(object, "reason", request->reason);
        (void)json_object_object_add(object, "node", encode_peer(&request->self));
        for (uint32_t i = 0; i < request->n_nodes; i++)
                (void)json_object_array_add(nodes, encode_peer(&request->nodes[i]));
        (void)json_object_object_add(object, "nodes", nodes);
        for (uint32_t i = 0; i < request->n_units; i++)
                (void)json_object_array_add(units, json_object_new_string(request->units[i]));
        (void)json_object_object_add(object, "units", units);
        tg_field_add_text(object, "command", request->command);
        tg_field_add_word(object, "health", tg_gate_health_words, request->health);
        return object;
}

/* The value of one hexadecimal digit, as encode_uuid writes it; -1 for anything else. */
static int digit_value(char c)
{
        static const char digits[] = "0123456789abcdef";
        const char *at = c ? strchr(digits, c) : NULL;

        return at ? (int)(at - digits) : -1;
}

static int decode_uuid(struct json_object *object, uint8_t uuid[static 16], char error[static TG_FIELD_ERROR_MAX])
{
        char text[UUID_DIGITS + 1] = "";

        if (tg_field_text(object, "uuid", text, sizeof(text), error) < 0)
                return -EINVAL;
        for (size_t i = 0; i < 16; i++) {
                int high = digit_value(text[2 * i]), low = high < 0 ? -1 : digit_value(text[2 * i + 1]);

                if (low < 0) {
                        (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"uuid\" must be %d hexadecimal digits", UUID_DIGITS);
                        return -EINVAL;
                }
                uuid[i] = (uint8_t)(high * 16 + low);
        }
        return 0;
}

static int decode_peer(struct json_object *object, struct tg_gate_peer *peer, char error[static TG_FIELD_ERROR_MAX])
{
        if (!json_object_is_type(object, json_type_object)) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"nodes\" must hold objects");
                return -EINVAL;
        }
        if (tg_field_u32(object, "id", &peer->id, error) < 0)
                return -EINVAL;
        return tg_field_text(object, "name", peer->name, sizeof(peer->name), error);
}

static int decode_nodes(struct json_object *object, struct tg_gate_request *out, char error[static TG_FIELD_ERROR_MAX])
{
        struct json_object *self, *nodes;

        if (tg_field_object(object, "node", &self, error) < 0 || decode_peer(self, &out->self, error) < 0 ||
            tg_field_list(object, "nodes", TG_NODES_MAX, &nodes, error) < 0)
                return -EINVAL;
        out->n_nodes = (uint32_t)json_object_array_length(nodes);
        for (uint32_t i = 0; i < out->n_nodes; i++)
                if (decode_peer(json_object_array_get_idx(nodes, i), &out->nodes[i], error) < 0)
                        return -EINVAL;
        return 0;
}

static int decode_units(struct json_object *object, struct tg_gate_request *out, char error[static TG_FIELD_ERROR_MAX])
{
        struct json_object *units;

        if (tg_field_list(object, "units", TG_GATE_UNITS_MAX, &units, error) < 0)
                return -EINVAL;
        out->n_units = (uint32_t)json_object_array_length(units);
        for (uint32_t i = 0; i < out->n_units; i++)
                if (tg_field_copy(json_object_array_get_idx(units, i), out->units[i], sizeof(out->units[i])) < 0) {
                        (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"units\" must hold names of units");
                        return -EINVAL;
                }
        return 0;
}

static int decode_words(struct json_object *object, struct tg_gate_request *out, char error[static TG_FIELD_ERROR_MAX])
{
        int verb, scope, backend, health;

        if (tg_field_word(object, "verb", tg_gate_verb_words, &verb, error) < 0 ||
            tg_field_word(object, "scope", tg_gate_scope_words, &scope, error) < 0 ||
            tg_field_word(object, "backend", tg_gate_backend_words, &backend, error) < 0 ||
            tg_field_word(object, "health", tg_gate_health_words, &health, error) < 0)
                return -EINVAL;
        if (scope == TG_GATE_NOTHING) {
                (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"scope\" must be cluster or node");
                return -EINVAL;
        }
        out->verb = (enum tg_gate_verb)verb;
        out->scope = (enum tg_gate_scope)scope;
        out->backend = (enum tg_gate_backend)backend;
        out->health = (enum tg_gate_health)health;
        return 0;
}

static int decode_texts(struct json_object *object, struct tg_gate_request *out, char error[static TG_FIELD_ERROR_MAX])
{
        if (tg_field_text(object, "prior", out->prior, sizeof(out->prior), error) < 0 ||
            tg_field_text(object, "reason", out->reason, sizeof(out->reason), error) < 0)
                return -EINVAL;
        return tg_field_text(object, "command", out->command, sizeof(out->command), error);
}

int tg_gate_request_decode(struct json_object *object, struct tg_gate_request *out, char error[static TG_FIELD_ERROR_MAX])
{
        *out = (struct tg_gate_request){ 0 };
        if (tg_field_head(object, &out->ticket, error) < 0 || decode_words(object, out, error) < 0 ||
            decode_uuid(object, out->uuid, error) < 0 || decode_texts(object, out, error) < 0 ||
            decode_nodes(object, out, error) < 0)
                return -EINVAL;
        return decode_units(object, out, error);
}
