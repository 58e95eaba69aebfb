/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a rule about one node is given, and the rules themselves: each tells whether its condition holds and then writes one sentence with
   the numbers, without the node's name. Used by node_rules.c, which holds their table. */
#pragma once

#include "claim.h"
#include "text.h"
#include "verdict.h"

struct tg_rule_case {
        struct tg_verdict *verdict;
        const struct tg_situation *s;
        int slot;
        const struct tg_member *m;
        struct tg_node_verdict *n;
        const struct tg_node_source *source;
        char *reason;                 /* TG_REASON_MAX bytes */
        struct tg_evidence *evidence; /* of the rule's alert */
};

static inline const struct tg_member *tg_rule_member(const struct tg_rule_case *c, int slot)
{
        return &c->s->view->members[slot];
}

/* The offset from which a node is warned of. */
static inline int64_t tg_rule_warn_ns(const struct tg_rule_case *c)
{
        return c->s->options->budget_ns / 100 * c->s->options->warn_percent;
}

/* rule_source.c */
const char *tg_rule_source_text(const struct tg_source *source, char buf[static TG_NAME_MAX]);
const char *tg_rule_root_text(const struct tg_rule_case *c, const struct tg_root *root, char buf[static TG_NAME_MAX]);
const char *tg_rule_why_on_its_own(const struct tg_rule_case *c);
bool tg_rule_local(struct tg_rule_case *c);
bool tg_rule_orphan(struct tg_rule_case *c);
bool tg_rule_unsynchronised(struct tg_rule_case *c);
bool tg_rule_holdover(struct tg_rule_case *c);
bool tg_rule_pool(struct tg_rule_case *c);
bool tg_rule_public(struct tg_rule_case *c);
bool tg_rule_foreign(struct tg_rule_case *c);
bool tg_rule_chrony_silent(struct tg_rule_case *c);

/* rule_offset.c */
bool tg_rule_beyond(struct tg_rule_case *c);
bool tg_rule_drifting(struct tg_rule_case *c);
bool tg_rule_unproven(struct tg_rule_case *c);
bool tg_rule_stepped(struct tg_rule_case *c);
bool tg_rule_bad_oscillator(struct tg_rule_case *c);
bool tg_rule_contradicted(struct tg_rule_case *c);

/* node_rules.c */
bool tg_rule_mute(struct tg_rule_case *c);
bool tg_rule_other_version(struct tg_rule_case *c);
