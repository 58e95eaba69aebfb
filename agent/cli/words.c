/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the words of the status document look on a screen, shared by all screens. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "instant.h"
#include "units.h"
#include "words.h"

enum tg_ink tg_words_state_ink(int state)
{
        static const enum tg_ink state_inks[TG_DOC_STATES] = {
                [TG_DOC_OK] = TG_INK_PLAIN,        [TG_DOC_DRIFTING] = TG_INK_WARN,      [TG_DOC_BEYOND] = TG_INK_BAD,
                [TG_DOC_HOLDOVER] = TG_INK_WARN,   [TG_DOC_UNSYNCHRONISED] = TG_INK_BAD, [TG_DOC_FOREIGN_SOURCE] = TG_INK_WARN,
                [TG_DOC_LOCAL_CLOCK] = TG_INK_BAD, [TG_DOC_NODE_UNPROVEN] = TG_INK_WARN, [TG_DOC_MUTE] = TG_INK_WARN,
        };

        return state_inks[state];
}

enum tg_ink tg_words_level_ink(int64_t level)
{
        return level <= 3 ? TG_INK_BAD : level == 4 ? TG_INK_WARN : TG_INK_STRONG;
}

const char *tg_words_level(int64_t level)
{
        static const char *const levels[] = { "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug" };

        return levels[level & 7];
}

const char *tg_words_flag(const char *quorum_flag)
{
        static const char *const flags[][2] = {
                { "two_node", "one node of two is enough" },
                { "wait_for_all", "after a full stop, no quorum before all nodes were seen" },
                { "last_man_standing", "quorum follows as nodes are lost one by one" },
                { "auto_tie_breaker", "one half of an even split keeps quorum" },
                { "allow_downscale", "expected votes shrink when nodes leave in order" },
        };

        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
                if (!strcmp(flags[i][0], quorum_flag))
                        return flags[i][1];
        return NULL;
}

const char *tg_words_node(const struct tg_document *document, int64_t id, char buf[static TG_WORDS_NODE_MAX])
{
        const struct tg_doc_node *node = tg_document_node(document, id);

        if (node && *node->name)
                return node->name;
        if (id == 0)
                return "this node";
        snprintf(buf, TG_WORDS_NODE_MAX, "node %" PRId64, id);
        return buf;
}

const char *tg_words_since(const struct tg_document *document, int64_t since, char buf[static TG_WORDS_SINCE_MAX])
{
        char instant[TG_INSTANT_MAX], span[TG_UNITS_MAX];

        snprintf(buf, TG_WORDS_SINCE_MAX, "%s, for %s", tg_instant_local(since, instant),
                 tg_units_duration(document->agent.now - since, span));
        return buf;
}

void tg_words_alert(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_alert *alert)
{
        char since[TG_WORDS_SINCE_MAX];

        tg_page_prose(page, 11, tg_words_level_ink(alert->level), tg_words_level(alert->level), "%s%s%s, since %s: %s",
                      alert->id, alert->node ? " " : "", alert->node ? alert->node : "",
                      tg_words_since(document, alert->since, since), alert->reason);
}
