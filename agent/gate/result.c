/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result as JSON, both ways. */
#include <errno.h>
#include <stdio.h>

#include "request.h"
#include "result.h"
#include "words.h"

static struct json_object *encode_flags(uint32_t flags)
{
        struct json_object *list = json_object_new_array();

        for (unsigned int i = 0; list && tg_gate_flag_words[i]; i++)
                if (flags & (1U << i))
                        (void)json_object_array_add(list, json_object_new_string(tg_gate_flag_words[i]));
        return list;
}

struct json_object *tg_gate_result_encode(const struct tg_gate_result *result)
{
        struct json_object *object = tg_field_new(result->ticket);

        if (!object)
                return NULL;
        tg_field_add_word(object, "verb", tg_gate_verb_words, result->verb);
        tg_field_add_word(object, "outcome", tg_gate_outcome_words, result->outcome);
        tg_field_add_word(object, "state", tg_ha_state_words, result->state);
        (void)json_object_object_add(object, "flags", encode_flags(result->flags));
        tg_field_add_word(object, "backend", tg_gate_backend_words, result->backend);
        tg_field_add_text(object, "prior", result->prior);
        tg_field_add_text(object, "command", result->command);
        tg_field_add_text(object, "detail", result->detail);
        return object;
}

static int decode_flags(struct json_object *object, uint32_t *flags, char error[static TG_FIELD_ERROR_MAX])
{
        struct json_object *list;

        if (tg_field_list(object, "flags", 32, &list, error) < 0)
                return -EINVAL;
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                struct json_object *word = json_object_array_get_idx(list, i);
                int bit = json_object_is_type(word, json_type_string)
                                  ? tg_word_find(tg_gate_flag_words, json_object_get_string(word))
                                  : -1;

                if (bit < 0) {
                        (void)snprintf(error, TG_FIELD_ERROR_MAX, "\"flags\" holds something that is no flag");
                        return -EINVAL;
                }
                *flags |= 1U << bit;
        }
        return 0;
}

static int decode_words(struct json_object *object, struct tg_gate_result *out, char error[static TG_FIELD_ERROR_MAX])
{
        int verb, outcome, state, which;

        if (tg_field_word(object, "verb", tg_gate_verb_words, &verb, error) < 0 ||
            tg_field_word(object, "outcome", tg_gate_outcome_words, &outcome, error) < 0 ||
            tg_field_word(object, "state", tg_ha_state_words, &state, error) < 0 ||
            tg_field_word(object, "backend", tg_gate_backend_words, &which, error) < 0)
                return -EINVAL;
        out->verb = (enum tg_gate_verb)verb;
        out->outcome = (enum tg_gate_outcome)outcome;
        out->state = (enum tg_ha_state)state;
        out->backend = (uint8_t)which;
        return 0;
}

int tg_gate_result_decode(struct json_object *object, struct tg_gate_result *out, char error[static TG_FIELD_ERROR_MAX])
{
        *out = (struct tg_gate_result){ 0 };
        if (tg_field_head(object, &out->ticket, error) < 0 || decode_words(object, out, error) < 0 ||
            decode_flags(object, &out->flags, error) < 0 ||
            tg_field_text(object, "prior", out->prior, sizeof(out->prior), error) < 0 ||
            tg_field_text(object, "command", out->command, sizeof(out->command), error) < 0)
                return -EINVAL;
        return tg_field_text(object, "detail", out->detail, sizeof(out->detail), error);
}
