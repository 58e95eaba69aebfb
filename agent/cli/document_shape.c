/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status document: which keys it has, of which type, in tables that say the same as packaging/status.schema.json. */
#include "document_shape.h"
#include <timeguard/alert.h>
#include <timeguard/snapshot.h>

const char *const tg_doc_verdict_words[] = { "agreed", "at-risk", "breached", "split", "unproven", NULL };
const char *const tg_doc_state_words[] = { "ok",          "drifting", "beyond", "holdover", "unsynchronised", "foreign-source",
                                           "local-clock", "unproven", "mute",   NULL };
const char *const tg_doc_pair_words[] = { "within", "beyond", "unproven", NULL };
const char *const tg_doc_chrony_words[] = { "ok", "unknown", "silent", "refused", "garbled", NULL };
const char *const tg_doc_leap_words[] = { "normal", "insert", "delete", "unsynchronised", NULL };
const char *const tg_doc_gate_words[] = { "open", "closing", "closed", "opening", "held", NULL };
const char *const tg_doc_ha_words[] = { "unknown", "unused", "open", "closing", "closed", "opening", NULL };
const char *const tg_doc_asked_words[] = { "never", "ok", "silent", "refused", "kod", "bad", NULL };

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

static const struct tg_field node_gate_fields[] = {
        F(tg_doc_node_gate, state, WORD(tg_doc_gate_words)),
        F(tg_doc_node_gate, ha_state, WORD(tg_doc_ha_words)),
        F(tg_doc_node_gate, backend, STRING, OR_NULL),
        F(tg_doc_node_gate, flags, LIST(NULL, 32)),
        F(tg_doc_node_gate, acts, BOOL),
};
static const struct tg_shape node_gate_shape = SHAPE(tg_doc_node_gate, node_gate_fields);

static const struct tg_field asked_fields[] = {
        F(tg_doc_asked, address, STRING),
        F(tg_doc_asked, state, WORD(tg_doc_asked_words)),
        F(tg_doc_asked, stratum, SMALL(255), OR_NULL),
        F(tg_doc_asked, leap, SMALL(255), OR_NULL),
        F(tg_doc_asked, ref_id, STRING, OR_NULL),
        F(tg_doc_asked, age_ms, AGE, OR_NULL),
        F(tg_doc_asked, low_ns, SIGNED, OR_NULL),
        F(tg_doc_asked, high_ns, SIGNED, OR_NULL),
        F(tg_doc_asked, steady_s, ID, OR_NULL),
};
static const struct tg_shape asked_shape = SHAPE(tg_doc_asked, asked_fields);

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
        F(tg_doc_node, gate, OBJECT(&node_gate_shape), OR_NULL),
        F(tg_doc_node, asked, LIST(&asked_shape, TG_ASK_SOURCES)),
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

static const struct tg_field gate_ha_fields[] = {
        F(tg_doc_gate_ha, state, WORD(tg_doc_ha_words)),
        F(tg_doc_gate_ha, flags, LIST(NULL, 32)),
        F(tg_doc_gate_ha, age_ms, AGE, OR_NULL),
        F(tg_doc_gate_ha, detail, STRING),
};
static const struct tg_shape gate_ha_shape = SHAPE(tg_doc_gate_ha, gate_ha_fields);

static const struct tg_field gate_word_fields[] = {
        F(tg_doc_gate_word, by, STRING, OR_NULL),
        F(tg_doc_gate_word, left_s, ID, OR_NULL),
        F(tg_doc_gate_word, taken, BOOL),
};
static const struct tg_shape gate_word_shape = SHAPE(tg_doc_gate_word, gate_word_fields);

static const struct tg_field gate_record_fields[] = {
        F(tg_doc_gate_record, uuid, STRING),
        F(tg_doc_gate_record, scope, STRING),
        F(tg_doc_gate_record, target, STRING, OR_NULL),
        F(tg_doc_gate_record, stage, STRING),
        F(tg_doc_gate_record, owner, STRING, OR_NULL),
        F(tg_doc_gate_record, whole, BOOL),
        F(tg_doc_gate_record, since, INSTANT),
};
static const struct tg_shape gate_record_shape = SHAPE(tg_doc_gate_record, gate_record_fields);

static const struct tg_field gate_check_fields[] = {
        F(tg_doc_gate_check, name, STRING),
        F(tg_doc_gate_check, met, BOOL),
        F(tg_doc_gate_check, why, STRING),
};
static const struct tg_shape gate_check_shape = SHAPE(tg_doc_gate_check, gate_check_fields);

static const struct tg_field gate_fields[] = {
        F(tg_doc_gate, mode, STRING),
        F(tg_doc_gate, state, WORD(tg_doc_gate_words)),
        F(tg_doc_gate, scope, STRING, OR_NULL),
        F(tg_doc_gate, target, STRING, OR_NULL),
        F(tg_doc_gate, backend, STRING),
        F(tg_doc_gate, since, INSTANT, OR_NULL),
        F(tg_doc_gate, why, STRING),
        F(tg_doc_gate, why_not, STRING),
        F(tg_doc_gate, blocked, STRING),
        F(tg_doc_gate, would_close, BOOL),
        F(tg_doc_gate, would_run, STRING, OR_NULL),
        F(tg_doc_gate, opens_in_s, .type = TG_FIELD_INTEGER, .max = NS_LIMIT / TG_NS_PER_S, OR_NULL),
        F(tg_doc_gate, wants_word, BOOL),
        F(tg_doc_gate, failed, STRING, OR_NULL),
        F(tg_doc_gate, failures, ID),
        F(tg_doc_gate, offset_limit_ns, SIGNED),
        F(tg_doc_gate, step_limit_ns, SIGNED),
        F(tg_doc_gate, ha, OBJECT(&gate_ha_shape), OR_NULL),
        F(tg_doc_gate, hold, OBJECT(&gate_word_shape), OR_NULL),
        F(tg_doc_gate, close, OBJECT(&gate_word_shape), OR_NULL),
        F(tg_doc_gate, records, LIST(&gate_record_shape, TG_GATE_SLOTS)),
        F(tg_doc_gate, checks, LIST(&gate_check_shape, 32)),
};
static const struct tg_shape gate_shape = SHAPE(tg_doc_gate, gate_fields);

static const struct tg_field document_fields[] = {
        /* first, so that another format is called that and not a missing key */
        F(tg_document, format, .type = TG_FIELD_INTEGER, .min = TG_DOCUMENT_FORMAT, .max = TG_DOCUMENT_FORMAT),
        F(tg_document, agent, OBJECT(&agent_shape)),
        F(tg_document, cluster, OBJECT(&cluster_shape)),
        F(tg_document, gate, OBJECT(&gate_shape)),
        F(tg_document, nodes, LIST(&node_shape, TG_NODES_MAX)),
        F(tg_document, pairs, LIST(&pair_shape, TG_PAIRS_MAX)),
        F(tg_document, alerts, LIST(&alert_shape, TG_ALERTS_MAX)),
        F(tg_document, alerts_more, ID), /* a number that others are added to */
};
const struct tg_shape tg_document_shape = SHAPE(tg_document, document_fields);
