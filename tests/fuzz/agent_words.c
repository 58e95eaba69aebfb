/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See agent_words.h. The agent's outlet is replaced by one that looks at each record instead of writing it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_words.h"
#include "check_screen.h"
#include "cli/document.h"
#include "cli/explain.h"
#include "cli/status.h"
#include "daemon/agent.h"
#include "daemon/buffer.h"
#include "daemon/journal.h"
#include "daemon/outlet.h"
#include "daemon/status_json.h"
#include "fuzz.h"

static struct tg_agent agent;
static struct tg_record record;

const char *tg_agent_node_name(const struct tg_agent *a, uint32_t node_id, char buf[static TG_NAME_MAX])
{
        (void)snprintf(buf, TG_NAME_MAX, "%u", node_id);
        for (uint32_t i = 0; i < a->topology.n_nodes; i++)
                if (a->topology.nodes[i].node_id == node_id && a->topology.nodes[i].name[0])
                        (void)snprintf(buf, TG_NAME_MAX, "%s", a->topology.nodes[i].name);
        return buf;
}

uint64_t tg_outlet_lost(void)
{
        return 0;
}

struct tg_record *tg_record_new(bool alert)
{
        record.alert = alert;
        record.n_fields = 0;
        record.line[0] = 0;
        return &record;
}

void tg_record_add(struct tg_record *r, const char *format, ...)
{
        char text[TG_RECORD_TEXT_MAX];
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(text, sizeof text, format, args);
        va_end(args);
        FUZZ_REQUIRE(n > 0 && (size_t)n < sizeof text && strchr(text, '='), "a field of %d bytes", n);
        fuzz_check_text("a field of the journal", text, sizeof text);
        FUZZ_REQUIRE(++r->n_fields <= TG_RECORD_FIELDS_MAX, "%zu fields", r->n_fields);
}

void tg_record_line(struct tg_record *r, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(r->line, sizeof r->line, format, args);
        va_end(args);
        fuzz_check_text("a line of the log", r->line, sizeof r->line);
        FUZZ_REQUIRE(!strstr(r->line, "@NODE@") && !strstr(r->line, "@SOURCE@"), "a remedy with a hole: %s", r->line);
}

void tg_outlet_put(struct tg_record *r)
{
        FUZZ_REQUIRE(r == &record && r->alert && r->n_fields > 5 && r->line[0], "an alert without words");
}

void fuzz_tell_alert(const struct tg_topology *topology, const struct tg_alert *alert)
{
        agent.topology = *topology;
        tg_journal_alert(&agent, alert);
}

static void show_page(struct tg_page page, const struct tg_document *document)
{
        char *text = NULL;
        size_t len;

        page.out = open_memstream(&text, &len);
        FUZZ_REQUIRE(tg_status_print(&page, document) == 0, "the screen of the status");
        for (size_t i = 0; i < document->nodes.n && i < 2; i++)
                FUZZ_REQUIRE(tg_explain_print(&page, document, &document->nodes.items[i]) == 0, "the screen of a node");
        fclose(page.out);
        fuzz_check_screen(&page, text, len);
        free(text);
}

/* Nothing may get lost between the core and the screen. */
static void same_words(const struct tg_snapshot *s, const struct tg_document *d)
{
        FUZZ_REQUIRE(!strcmp(tg_doc_verdict_words[d->cluster.verdict], tg_cluster_verdict_text(s->verdict)), "another verdict");
        FUZZ_REQUIRE(!strcmp(d->cluster.reason, s->reason), "another reason: '%s', '%s'", d->cluster.reason, s->reason);
        FUZZ_REQUIRE(d->nodes.n == s->n_nodes && d->pairs.n == s->n_pairs && d->alerts.n == s->n_alerts,
                     "other numbers of nodes");
        for (uint32_t i = 0; i < s->n_nodes; i++)
                FUZZ_REQUIRE(d->nodes.items[i].id == s->nodes[i].id && !strcmp(tg_doc_state_words[d->nodes.items[i].state],
                                                                               tg_node_state_text(s->nodes[i].state)),
                             "another state of node %u", s->nodes[i].id);
        for (uint32_t i = 0; i < s->n_pairs; i++)
                FUZZ_REQUIRE(d->pairs.items[i].low_ns.known == s->pairs[i].bounded &&
                                     d->pairs.items[i].low_ns.value == s->pairs[i].low_ns &&
                                     d->pairs.items[i].high_ns.value == s->pairs[i].high_ns,
                             "another bound of pair %u", i);
}

void fuzz_show_status(const struct tg_topology *topology, const struct tg_snapshot *snapshot)
{
        struct tg_buffer text = { 0 };
        char error[TG_DOCUMENT_ERROR_MAX];
        struct tg_document *document;
        enum tg_document_fault fault;

        agent.topology = *topology;
        tg_status_json(snapshot, &agent, &text);
        FUZZ_REQUIRE(!text.failed, "no document");
        fault = tg_document_parse(text.data, text.len, &document, error);
        FUZZ_REQUIRE(fault == TG_DOCUMENT_OK, "the CLI does not read what the agent writes: %s: %.*s", error, (int)text.len,
                     text.data);
        same_words(snapshot, document);
        show_page((struct tg_page){ .width = 60, .height = 20, .color = true }, document);
        tg_document_free(document);
        tg_buffer_free(&text);
}
