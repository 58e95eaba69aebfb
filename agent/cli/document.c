/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status document: which keys it has, of which type, in tables; what they mean is told where they are shown. Takes any bytes;
   does no I/O. The tables say the same as packaging/status.schema.json. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include <timeguard/alert.h>
#include <timeguard/snapshot.h>

const char *const tg_doc_verdict_words[] = { "agreed", "at-risk", "breached", "split", "unproven", NULL };
const char *const tg_doc_state_words[] = { "ok",          "drifting", "beyond", "holdover", "unsynchronised", "foreign-source",
                                           "local-clock", "unproven", "mute",   NULL };
const char *const tg_doc_pair_words[] = { "within", "beyond", "unproven", NULL };
const char *const tg_doc_chrony_words[] = { "ok", "unknown", "silent", "refused", "garbled", NULL };
const char *const tg_doc_leap_words[] = { "normal", "insert", "delete", "unsynchronised", NULL };

/* So that the negative of a value is one too; json-c gives INT64_MAX for all that is larger. */
#define NS_LIMIT      (INT64_MAX - 1)
#define COUNT         .type = TG_FIELD_INTEGER, .max = INT64_MAX
#define ID            .type = TG_FIELD_INTEGER, .max = UINT32_MAX
#define SMALL(n)      .type = TG_FIELD_INTEGER, .max = n
#define SIGNED        .type = TG_FIELD_INTEGER, .min = -NS_LIMIT, .max = NS_LIMIT
#define AGE           .type = TG_FIELD_INTEGER, .min = -NS_LIMIT / 1000000, .max = NS_LIMIT / 1000000
#define REAL          .type = TG_FIELD_REAL
#define STRING        .type = TG_FIELD_STRING
#define BOOL          .type = TG_FIELD_BOOL
#define INSTANT       .type = TG_FIELD_INSTANT
#define WORD(w)       .type = TG_FIELD_WORD, .words = w
#define LIST(s, most) .type = TG_FIELD_LIST, .shape = s, .max = most
#define OBJECT(s)     .type = TG_FIELD_OBJECT, .shape = s
#define OR_NULL       .nullable = true

#define F(structure, member, ...)                                                                                              \
        {                                                                                                                      \
                .key = #member, .offset = offsetof(struct structure, member), __VA_ARGS__                                      \
        }
#define SHAPE(structure, table)                                                                                                \
        {                                                                                                                      \
                .size = sizeof(struct structure), .n_fields = sizeof table / sizeof *table, .fields = table                    \
        }

static const struct tg_field source_fields[] = {
        F(tg_doc_source, address, STRING),     F(tg_doc_source, name, STRING),
        F(tg_doc_source, mode, STRING),        F(tg_doc_source, state, STRING),
        F(tg_doc_source, reach, SMALL(255)),   F(tg_doc_source, poll, .type = TG_FIELD_INTEGER, .min = -128, .max = 127),
        F(tg_doc_source, stratum, SMALL(255)), F(tg_doc_source, since_sample_s, ID, OR_NULL),
};
static const struct tg_shape source_shape = SHAPE(tg_doc_source, source_fields);

static const struct tg_field chrony_fields[] = {
        F(tg_doc_chrony_sample, state, WORD(tg_doc_chrony_words)),
        F(tg_doc_chrony_sample, age_ms, AGE),
        F(tg_doc_chrony_sample, known, SMALL(255)),
        F(tg_doc_chrony_sample, reachable, SMALL(255)),
        F(tg_doc_chrony_sample, ref_id, STRING, OR_NULL),
        F(tg_doc_chrony_sample, address, STRING, OR_NULL),
        F(tg_doc_chrony_sample, stratum, SMALL(255), OR_NULL),
        F(tg_doc_chrony_sample, leap, WORD(tg_doc_leap_words), OR_NULL),
        F(tg_doc_chrony_sample, ref_time_ns, SIGNED, OR_NULL),
        F(tg_doc_chrony_sample, correction_s, REAL, OR_NULL),
        F(tg_doc_chrony_sample, last_offset_s, REAL, OR_NULL),
        F(tg_doc_chrony_sample, rms_offset_s, REAL, OR_NULL),
        F(tg_doc_chrony_sample, freq_ppm, REAL, OR_NULL),
        F(tg_doc_chrony_sample, resid_freq_ppm, REAL, OR_NULL),
        F(tg_doc_chrony_sample, skew_ppm, REAL, OR_NULL),
        F(tg_doc_chrony_sample, root_delay_s, REAL, OR_NULL),
        F(tg_doc_chrony_sample, root_dispersion_s, REAL, OR_NULL),
        F(tg_doc_chrony_sample, update_interval_s, REAL, OR_NULL),
        F(tg_doc_chrony_sample, sources, LIST(&source_shape, TG_SOURCES_MAX), OR_NULL),
};
static const struct tg_shape chrony_shape = SHAPE(tg_doc_chrony_sample, chrony_fields);

static const struct tg_field node_fields[] = {
        F(tg_doc_node, id, ID),
        F(tg_doc_node, name, STRING),
        F(tg_doc_node, present, BOOL),
        F(tg_doc_node, agent, BOOL),
        F(tg_doc_node, votes, ID),
        F(tg_doc_node, state, WORD(tg_doc_state_words)),
        F(tg_doc_node, state_since, INSTANT),
        F(tg_doc_node, reason, STRING),
        F(tg_doc_node, root, STRING, OR_NULL),
        F(tg_doc_node, source, STRING, OR_NULL),
        F(tg_doc_node, stratum, SMALL(255), OR_NULL),
        F(tg_doc_node, reach, SMALL(255), OR_NULL),
        F(tg_doc_node, in_set, BOOL),
        F(tg_doc_node, in_boot_grace, BOOL),
        F(tg_doc_node, offset_ns, SIGNED, OR_NULL),
        F(tg_doc_node, bound_low_ns, SIGNED, OR_NULL),
        F(tg_doc_node, bound_high_ns, SIGNED, OR_NULL),
        F(tg_doc_node, as_of_age_ms, AGE, OR_NULL),
        F(tg_doc_node, rate_ppb, SIGNED, OR_NULL),
        F(tg_doc_node, forecast_s, .type = TG_FIELD_INTEGER, .max = NS_LIMIT / TG_NS_PER_S, OR_NULL),
        F(tg_doc_node, claim_ns, SIGNED, OR_NULL),
        F(tg_doc_node, report_age_ms, AGE, OR_NULL),
        F(tg_doc_node, seq, ID, OR_NULL),
        F(tg_doc_node, steps, ID, OR_NULL),
        F(tg_doc_node, last_step_ns, SIGNED, OR_NULL),
        F(tg_doc_node, slew_ppb, SIGNED, OR_NULL),
        F(tg_doc_node, kernel, STRING, OR_NULL),
        F(tg_doc_node, c_ns, SIGNED, OR_NULL),
        F(tg_doc_node, boot_ns, SIGNED, OR_NULL),
        F(tg_doc_node, fingerprint, STRING, OR_NULL),
        F(tg_doc_node, gate_version, ID, OR_NULL),
        F(tg_doc_node, time_zone, STRING, OR_NULL),
        F(tg_doc_node, chrony, OBJECT(&chrony_shape), OR_NULL),
};
static const struct tg_shape node_shape = SHAPE(tg_doc_node, node_fields);

static const struct tg_field pair_fields[] = {
        F(tg_doc_pair, a, ID),
        F(tg_doc_pair, b, ID),
        F(tg_doc_pair, verdict, WORD(tg_doc_pair_words)),
        F(tg_doc_pair, stale, BOOL),
        F(tg_doc_pair, contradicted, BOOL),
        F(tg_doc_pair, low_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, high_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, estimate_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, as_of_age_ms, AGE, OR_NULL),
        F(tg_doc_pair, as_of_node, ID, OR_NULL),
        F(tg_doc_pair, as_of_raw_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, rate_ppb, SIGNED, OR_NULL),
        F(tg_doc_pair, raw_low_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, raw_high_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, a_c_low_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, a_c_high_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, b_c_low_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, b_c_high_ns, SIGNED, OR_NULL),
        F(tg_doc_pair, a_age_ms, AGE, OR_NULL),
        F(tg_doc_pair, b_age_ms, AGE, OR_NULL),
        F(tg_doc_pair, rho_ppm, ID, OR_NULL),
};
static const struct tg_shape pair_shape = SHAPE(tg_doc_pair, pair_fields);

static const struct tg_field alert_fields[] = {
        F(tg_doc_alert, id, STRING),
        F(tg_doc_alert, node, STRING, OR_NULL),
        F(tg_doc_alert, node_id, ID, OR_NULL),
        F(tg_doc_alert, other, STRING, OR_NULL),
        F(tg_doc_alert, level, SMALL(7)),
        F(tg_doc_alert, since, INSTANT),
        F(tg_doc_alert, reason, STRING),
        F(tg_doc_alert, remedy, STRING),
        F(tg_doc_alert, source, STRING, OR_NULL),
        F(tg_doc_alert, offset_ns, SIGNED, OR_NULL),
        F(tg_doc_alert, bound_low_ns, SIGNED, OR_NULL),
        F(tg_doc_alert, bound_high_ns, SIGNED, OR_NULL),
};
static const struct tg_shape alert_shape = SHAPE(tg_doc_alert, alert_fields);

static const struct tg_field agent_fields[] = {
        F(tg_doc_agent, version, STRING),      F(tg_doc_agent, node_id, ID),        F(tg_doc_agent, now, INSTANT),
        F(tg_doc_agent, reports_heard, COUNT), F(tg_doc_agent, reports_bad, COUNT), F(tg_doc_agent, own_unheard, COUNT),
        F(tg_doc_agent, alerts_lost, COUNT),
};
static const struct tg_shape agent_shape = SHAPE(tg_doc_agent, agent_fields);

static const struct tg_field cluster_fields[] = {
        F(tg_doc_cluster, name, STRING),
        F(tg_doc_cluster, verdict, WORD(tg_doc_verdict_words)),
        F(tg_doc_cluster, reason, STRING),
        F(tg_doc_cluster, remedy, STRING),
        F(tg_doc_cluster, since, INSTANT),
        F(tg_doc_cluster, connected, BOOL),
        F(tg_doc_cluster, provider, BOOL),
        F(tg_doc_cluster, quorate, BOOL),
        F(tg_doc_cluster, votes, ID),
        F(tg_doc_cluster, expected_votes, ID),
        F(tg_doc_cluster, quorum, ID),
        F(tg_doc_cluster, margin, SIGNED),
        F(tg_doc_cluster, margin_without_qdevice, SIGNED),
        F(tg_doc_cluster, quorum_flags, LIST(NULL, 32)),
        F(tg_doc_cluster, absent, LIST(NULL, 1024)),
        F(tg_doc_cluster, budget_ns, .type = TG_FIELD_INTEGER, .min = 1, .max = NS_LIMIT),
        F(tg_doc_cluster, smallest_provable_budget_ns, SIGNED, OR_NULL),
        F(tg_doc_cluster, reference, ID, OR_NULL),
        F(tg_doc_cluster, source, STRING, OR_NULL),
        F(tg_doc_cluster, fingerprint, STRING),
};
static const struct tg_shape cluster_shape = SHAPE(tg_doc_cluster, cluster_fields);

static const struct tg_field document_fields[] = {
        /* first, so that another format is called that and not a missing key */
        F(tg_document, format, .type = TG_FIELD_INTEGER, .min = TG_DOCUMENT_FORMAT, .max = TG_DOCUMENT_FORMAT),
        F(tg_document, agent, OBJECT(&agent_shape)),
        F(tg_document, cluster, OBJECT(&cluster_shape)),
        F(tg_document, nodes, LIST(&node_shape, TG_NODES_MAX)),
        F(tg_document, pairs, LIST(&pair_shape, TG_PAIRS_MAX)),
        F(tg_document, alerts, LIST(&alert_shape, TG_ALERTS_MAX)),
        F(tg_document, alerts_more, ID), /* a number that others are added to */
};
static const struct tg_shape document_shape = SHAPE(tg_document, document_fields);

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
        r = tg_reader_read(json, &document_shape, document, arena, cause);
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
