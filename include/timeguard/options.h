/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every option of timeguard, in one table (lib/options.c): name, type, default, range, meaning, and whether nodes must agree on
   it. Reading files is the agent's business; judging a value is done here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/addr.h>
#include <timeguard/gate.h>
#include <timeguard/limits.h>

#define TG_OPTION_ERROR_MAX 256
#define TG_OPTION_LIST_MAX  32  /* entries of one list option */
#define TG_UNITS_MAX        8   /* entries of gate.units */
#define TG_PATH_MAX         104 /* a path of a Unix socket, NUL included (sun_path ends at 108) */

/* An entry of source.allow: a prefix, or, when prefix.addr.family is none, a name as chronyd has it. */
struct tg_source_match {
        struct tg_prefix prefix;
        char name[TG_NAME_MAX];
};

struct tg_source_match_list {
        uint32_t n;
        struct tg_source_match entries[TG_OPTION_LIST_MAX];
};

/* source.alias and source.group: each line of the option is one set; `set` numbers them from 0. */
struct tg_source_set_entry {
        struct tg_addr addr;
        uint8_t set;
};

struct tg_source_set_list {
        uint32_t n;
        uint32_t n_sets;
        struct tg_source_set_entry entries[TG_OPTION_LIST_MAX];
};

/* gate.units: names of systemd units, in the order in which they are stopped. */
struct tg_unit_list {
        uint32_t n;
        char names[TG_UNITS_MAX][TG_NAME_MAX];
};

struct tg_options {
        int64_t budget_ns;
        int64_t warn_percent;
        int64_t forecast_horizon_ns;
        int64_t boot_grace_ns;
        int64_t mute_after_ns;
        struct tg_source_match_list source_allow;
        struct tg_source_set_list source_alias;
        struct tg_source_set_list source_group;
        int64_t source_port;  /* UDP, of the sources that are asked directly; 0: none is asked */
        int64_t gate_mode;    /* enum tg_gate_mode */
        int64_t gate_backend; /* enum tg_gate_backend */
        int64_t gate_offset_limit_ns;
        int64_t gate_step_limit_ns;
        int64_t gate_confirm; /* reports */
        int64_t gate_horizon_ns;
        int64_t gate_release_ns;
        bool gate_release_ack;
        int64_t gate_max_hold_ns;
        struct tg_unit_list gate_units;
        char gate_command[TG_PATH_MAX]; /* "" none */
        bool gate_health;
        int64_t chrony_port;
        char status_socket[TG_PATH_MAX];
        int64_t status_mode; /* permission bits of the status socket */
        bool journal;        /* alerts go to the journal; false: to standard error */
};

enum tg_option_type {
        TG_OPTION_DURATION,
        TG_OPTION_INTEGER,
        TG_OPTION_MODE,
        TG_OPTION_BOOL,
        TG_OPTION_PATH,
        TG_OPTION_MATCHES,
        TG_OPTION_SETS,
        TG_OPTION_UNITS,
        TG_OPTION_CHOICE
};

struct tg_option {
        const char *name; /* "budget", "source.allow": section, dot, key; without a dot: above the first section */
        enum tg_option_type type;
        size_t offset;        /* in struct tg_options */
        const char *fallback; /* the default, as text */
        int64_t min, max;     /* of the value in its own unit; lengths for lists are TG_OPTION_LIST_MAX */
        bool cluster;         /* part of the fingerprint: all nodes must have the same */
        bool reloadable;      /* takes effect on SIGHUP */
        const char *choices;  /* of a choice: its words, separated by blanks; the value counts them from 0 */
        const char *meaning;  /* one sentence, for --help and the manual page */
};

/* The table; *n gets its length. */
const struct tg_option *tg_option_table(size_t *n);
const struct tg_option *tg_option_find(const char *name);
/* "a duration from 1 ms to 60 s, such as 500ms or 1s": for errors and manuals. */
const char *tg_option_allowed(const struct tg_option *option, char *buf, size_t size);

void tg_options_default(struct tg_options *options);
/* Sets one option from its text. A list option takes entries separated by blanks or commas and appends them; each call on a set
   option (source.alias, source.group) adds one set. Returns 0, -ENOENT (no such option) or -EINVAL; on an error
   `error` gets one sentence that names the value and what is allowed, and options are unchanged. */
int tg_options_set(struct tg_options *options, const char *name, const char *value, char error[static TG_OPTION_ERROR_MAX]);
/* Writes the value as tg_options_set would read it; sets are separated by " | ". */
const char *tg_options_text(const struct tg_options *options, const struct tg_option *option, char *buf, size_t size);
/* 64 bits over the options that all nodes must share; equal options give equal fingerprints on every machine. */
uint64_t tg_options_fingerprint(const struct tg_options *options);

/* A duration such as "500ms", "1s" or "2h". Returns 0 or -EINVAL. A bare number has no unit and is refused, but for 0. */
int tg_duration_parse(const char *text, int64_t *ns);
