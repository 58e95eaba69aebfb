/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for states and verdicts, as they stand on screens, in documents and in sentences. */
#include <timeguard/snapshot.h>

static const char *const state_texts[] = {
        [TG_NODE_OK] = "ok",
        [TG_NODE_DRIFTING] = "drifting",
        [TG_NODE_BEYOND] = "beyond",
        [TG_NODE_HOLDOVER] = "holdover",
        [TG_NODE_UNSYNCHRONISED] = "unsynchronised",
        [TG_NODE_FOREIGN_SOURCE] = "foreign-source",
        [TG_NODE_LOCAL_CLOCK] = "local-clock",
        [TG_NODE_UNPROVEN] = "unproven",
        [TG_NODE_MUTE] = "mute",
};
static const char *const cluster_texts[] = { "agreed", "at-risk", "breached", "split", "unproven" };
static const char *const pair_texts[] = { "unproven", "within", "beyond" };

const char *tg_node_state_text(enum tg_node_state state)
{
        return state_texts[state];
}

const char *tg_cluster_verdict_text(enum tg_cluster_verdict verdict)
{
        return cluster_texts[verdict];
}

const char *tg_pair_verdict_text(enum tg_pair_verdict verdict)
{
        return pair_texts[verdict];
}
