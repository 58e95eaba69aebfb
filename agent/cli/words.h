/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the words of the status document look on a screen: their colours, and what some of them mean. */
#pragma once

#include <stdint.h>

#include "document.h"
#include "page.h"

enum tg_ink tg_words_state_ink(int state);          /* enum tg_doc_state */
enum tg_ink tg_words_level_ink(int64_t level);      /* syslog's */
const char *tg_words_level(int64_t level);          /* "critical", ... */
const char *tg_words_flag(const char *quorum_flag); /* its meaning, or NULL */

/* "n2", or the id of a node that the document does not have. */
#define TG_WORDS_NODE_MAX 80
const char *tg_words_node(const struct tg_document *document, int64_t id, char buf[static TG_WORDS_NODE_MAX]);
/* "2026-11-21 23:56:02 CET, for 3 min" */
#define TG_WORDS_SINCE_MAX 160
const char *tg_words_since(const struct tg_document *document, int64_t since, char buf[static TG_WORDS_SINCE_MAX]);

/* One line: level, name, node, since when, why. */
void tg_words_alert(const struct tg_page *page, const struct tg_document *document, const struct tg_doc_alert *alert);
