/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status document (packaging/status.schema.json) as data. Names of members are the document's keys; no string of it holds
   anything that a terminal would obey. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "reader.h"

#define TG_DOCUMENT_FORMAT    1
#define TG_DOCUMENT_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define TG_DOCUMENT_ERROR_MAX (TG_READER_ERROR_MAX + 64)

enum tg_doc_verdict { TG_DOC_AGREED, TG_DOC_AT_RISK, TG_DOC_BREACHED, TG_DOC_SPLIT, TG_DOC_UNPROVEN, TG_DOC_VERDICTS };
enum tg_doc_state {
        TG_DOC_OK,
        TG_DOC_DRIFTING,
        TG_DOC_BEYOND,
        TG_DOC_HOLDOVER,
        TG_DOC_UNSYNCHRONISED,
        TG_DOC_FOREIGN_SOURCE,
        TG_DOC_LOCAL_CLOCK,
        TG_DOC_NODE_UNPROVEN,
        TG_DOC_MUTE,
        TG_DOC_STATES
};
enum tg_doc_pair_verdict { TG_DOC_WITHIN, TG_DOC_PAIR_BEYOND, TG_DOC_PAIR_UNPROVEN };
enum tg_doc_chrony {
        TG_DOC_CHRONY_OK,
        TG_DOC_CHRONY_UNKNOWN,
        TG_DOC_CHRONY_SILENT,
        TG_DOC_CHRONY_REFUSED,
        TG_DOC_CHRONY_GARBLED
};

enum tg_doc_gate_state { TG_DOC_GATE_OPEN, TG_DOC_GATE_CLOSING, TG_DOC_GATE_CLOSED, TG_DOC_GATE_OPENING, TG_DOC_GATE_HELD };
enum tg_doc_ha { TG_DOC_HA_UNKNOWN, TG_DOC_HA_UNUSED, TG_DOC_HA_OPEN, TG_DOC_HA_CLOSING, TG_DOC_HA_CLOSED, TG_DOC_HA_OPENING };
enum tg_doc_asked_state {
        TG_DOC_ASKED_NEVER,
        TG_DOC_ASKED_OK,
        TG_DOC_ASKED_SILENT,
        TG_DOC_ASKED_REFUSED,
        TG_DOC_ASKED_KOD,
        TG_DOC_ASKED_BAD
};

extern const char *const tg_doc_verdict_words[];
extern const char *const tg_doc_state_words[];
extern const char *const tg_doc_pair_words[];
extern const char *const tg_doc_chrony_words[];
extern const char *const tg_doc_leap_words[];
extern const char *const tg_doc_gate_words[];
extern const char *const tg_doc_ha_words[];
extern const char *const tg_doc_asked_words[];

struct tg_doc_source {
        const char *address, *name, *mode, *state;
        int64_t reach, poll, stratum;
        struct tg_integer since_sample_s;
};

struct tg_doc_chrony_sample {
        int state; /* enum tg_doc_chrony; all from ref_id on is known only when it is OK */
        int64_t age_ms, known, reachable;
        const char *ref_id, *address;
        struct tg_integer stratum;
        int leap; /* index into tg_doc_leap_words, or -1 */
        struct tg_integer ref_time_ns;
        struct tg_real correction_s, last_offset_s, rms_offset_s, freq_ppm, resid_freq_ppm, skew_ppm, root_delay_s,
                root_dispersion_s, update_interval_s;
        TG_LIST_OF(struct tg_doc_source) sources;
};

struct tg_doc_node_gate {
        int state;    /* enum tg_doc_gate_state */
        int ha_state; /* enum tg_doc_ha */
        const char *backend;
        TG_LIST_OF(const char *) flags;
        bool acts;
};

struct tg_doc_asked {
        const char *address;
        int state;                                                          /* enum tg_doc_asked_state */
        struct tg_integer stratum, leap, age_ms, low_ns, high_ns, steady_s; /* of its newest answer; unknown: none */
        const char *ref_id;
};

struct tg_doc_node {
        int64_t id;
        const char *name;
        bool present, agent, in_set, in_boot_grace;
        int64_t votes;
        int state; /* enum tg_doc_state */
        int64_t state_since;
        const char *reason, *root, *source;
        struct tg_integer stratum, reach;
        struct tg_integer offset_ns, bound_low_ns, bound_high_ns, as_of_age_ms, rate_ppb, forecast_s, claim_ns;
        struct tg_integer report_age_ms, seq, steps, last_step_ns, slew_ppb, c_ns, boot_ns, gate_version;
        const char *fingerprint, *time_zone, *kernel;
        struct tg_doc_chrony_sample *chrony;
        struct tg_doc_node_gate *gate;
        TG_LIST_OF(struct tg_doc_asked) asked;
};

struct tg_doc_pair {
        int64_t a, b;
        int verdict; /* enum tg_doc_pair_verdict */
        bool stale, contradicted;
        struct tg_integer low_ns, high_ns, estimate_ns, as_of_age_ms, as_of_node, as_of_raw_ns, rate_ppb;
        struct tg_integer raw_low_ns, raw_high_ns, a_c_low_ns, a_c_high_ns, b_c_low_ns, b_c_high_ns;
        struct tg_integer a_age_ms, b_age_ms, rho_ppm;
};

struct tg_doc_alert {
        const char *id, *node, *other, *reason, *remedy, *source;
        struct tg_integer node_id, offset_ns, bound_low_ns, bound_high_ns;
        int64_t level, since;
};

struct tg_doc_agent {
        const char *version;
        int64_t node_id, now, reports_heard, reports_bad, own_unheard, alerts_lost;
};

struct tg_doc_cluster {
        const char *name, *reason, *remedy, *source, *fingerprint;
        int verdict; /* enum tg_doc_verdict */
        int64_t since;
        bool connected, provider, quorate;
        int64_t votes, expected_votes, quorum, margin, margin_without_qdevice;
        TG_LIST_OF(const char *) quorum_flags;
        TG_LIST_OF(const char *) absent;
        int64_t budget_ns;
        struct tg_integer smallest_provable_budget_ns, reference;
};

struct tg_doc_gate_ha {
        int state; /* enum tg_doc_ha */
        TG_LIST_OF(const char *) flags;
        struct tg_integer age_ms;
        const char *detail;
};

/* An administrator's. */
struct tg_doc_gate_word {
        const char *by;
        struct tg_integer left_s; /* unknown: until released */
        bool taken;
};

struct tg_doc_gate_record {
        const char *uuid, *scope, *target, *stage, *owner;
        bool whole;
        int64_t since;
};

struct tg_doc_gate_check {
        const char *name, *why;
        bool met;
};

struct tg_doc_gate {
        const char *mode, *scope, *target, *backend, *why, *why_not, *blocked, *would_run, *failed;
        int state;     /* enum tg_doc_gate_state */
        int64_t since; /* 0: nothing is closed */
        bool would_close, wants_word;
        struct tg_integer opens_in_s;
        int64_t failures, offset_limit_ns, step_limit_ns;
        struct tg_doc_gate_ha *ha;
        struct tg_doc_gate_word *hold, *close;
        TG_LIST_OF(struct tg_doc_gate_record) records;
        TG_LIST_OF(struct tg_doc_gate_check) checks;
};

struct tg_document {
        int64_t format;
        struct tg_doc_agent agent;
        struct tg_doc_cluster cluster;
        struct tg_doc_gate gate;
        TG_LIST_OF(struct tg_doc_node) nodes;
        TG_LIST_OF(struct tg_doc_pair) pairs;
        TG_LIST_OF(struct tg_doc_alert) alerts;
        int64_t alerts_more;
        struct tg_arena *arena; /* private: holds all of it */
};

enum tg_document_fault {
        TG_DOCUMENT_OK = 0,
        TG_DOCUMENT_NOT_JSON,   /* nothing that may be passed on */
        TG_DOCUMENT_NOT_STATUS, /* JSON, but not a status document that this version reads */
        TG_DOCUMENT_NO_MEMORY,
};

/* Reads any bytes. On success *out is to be freed by tg_document_free; on a fault it is NULL and `error` gets one sentence. */
enum tg_document_fault tg_document_parse(const char *bytes, size_t len, struct tg_document **out,
                                         char error[static TG_DOCUMENT_ERROR_MAX]);
struct tg_document *tg_document_free(struct tg_document *document); /* accepts NULL, returns NULL */

/* NULL when there is none of that id. */
const struct tg_doc_node *tg_document_node(const struct tg_document *document, int64_t id);
