/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that is known of the gate: its state and why, what it would run, who holds it, who closed what, and each node's HA stack. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_say.h"
#include "gate_screen.h"
#include "table.h"
#include "units.h"
#include "words.h"
#include <timeguard/limits.h>

#define LABEL 12 /* "Watchdogs:  " */
#define CHECK 16 /* "configuration:  " */

static void print_state(const struct tg_page *page, const struct tg_document *document)
{
        static const struct {
                enum tg_ink ink;
                const char *word, *sentence;
        } states[] = {
                [TG_DOC_GATE_OPEN] = { TG_INK_GOOD, "GATE OPEN:", "timeguard blocks no HA action" },
                [TG_DOC_GATE_HELD] = { TG_INK_WARN, "GATE HELD:", "timeguard blocks no HA action, whatever the clocks do" },
        };
        const struct tg_doc_gate *gate = &document->gate;
        char since[TG_WORDS_SINCE_MAX];

        tg_gate_say_first(page, document);
        if (gate->state == TG_DOC_GATE_OPEN || gate->state == TG_DOC_GATE_HELD)
                tg_page_prose(page, 2, states[gate->state].ink, states[gate->state].word, "%s",
                              tg_gate_say_is_unclear(gate)
                                      ? "timeguard closes and opens nothing before it is clear whose closing that is"
                                      : states[gate->state].sentence);
        if (*gate->why || *gate->why_not)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, *gate->why ? "Danger:" : "Unproven:", "%s",
                              *gate->why ? gate->why : gate->why_not);
        else
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Danger:", "none is proven");
        if (gate->since)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Since:", "%s", tg_words_since(document, gate->since, since));
        tg_page_gap(page);
}

static void print_mode(const struct tg_page *page, const struct tg_doc_gate *gate)
{
        const bool enforces = !strcmp(gate->mode, "enforce");

        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Mode:", "%s: %s", gate->mode,
                      enforces ? "it closes and opens by itself" : "it only tells what it would do");
        tg_page_prose(page, LABEL, TG_INK_PLAIN, "Backend:", "%s", gate->backend);
        if (!gate->would_run && gate->target)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Would run:", "nothing here: %s acts on itself", gate->target);
        else
                tg_page_prose(page, LABEL, gate->would_close ? TG_INK_BAD : TG_INK_PLAIN, "Would run:", "%s%s",
                              gate->would_run ? gate->would_run : "nothing, as the HA stack has not told what",
                              gate->would_close ? " (NOW, were its mode enforce)" : "");
        if (*gate->blocked)
                tg_page_prose(page, LABEL, TG_INK_BAD, "Blocked:", "%s", gate->blocked);
        if (gate->failed && gate->failures)
                tg_page_prose(page, LABEL, TG_INK_BAD, "Failed:", "%" PRId64 " times: %s", gate->failures, gate->failed);
        else if (gate->failed)
                tg_page_prose(page, LABEL, TG_INK_BAD, "Failed:", "%s", gate->failed);
}

static void print_ha(const struct tg_page *page, const struct tg_document *document)
{
        const struct tg_doc_gate_ha *ha = document->gate.ha;
        char *text = NULL, age[TG_UNITS_MAX];
        size_t len;
        FILE *out;

        if (ha)
                tg_page_prose(page, LABEL, ha->state == TG_DOC_HA_UNKNOWN ? TG_INK_BAD : TG_INK_PLAIN,
                              "HA stack:", "%s, %s%s%s%s", tg_doc_ha_words[ha->state],
                              ha->age_ms.known ? tg_units_duration(ha->age_ms.value * TG_NS_PER_MS, age) : "being read anew",
                              ha->age_ms.known ? " ago" : "", *ha->detail ? ": " : "", ha->detail);
        out = open_memstream(&text, &len);
        if (!out)
                return;
        tg_gate_say_watchdogs(out, document);
        if (fclose(out) == 0)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Watchdogs:", "%s", text);
        free(text);
}

static void print_hold(const struct tg_page *page, const struct tg_doc_gate *gate)
{
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        if (!out)
                return;
        if (gate->hold)
                tg_gate_say_hold(out, gate->hold);
        else
                fputs("none", out);
        if (fclose(out) == 0)
                tg_page_prose(page, LABEL, gate->hold ? TG_INK_WARN : TG_INK_PLAIN, "Hold:", "%s", text);
        free(text);
}

static void print_opening(const struct tg_page *page, const struct tg_doc_gate *gate)
{
        char *text = NULL;
        size_t len;
        FILE *out = gate->state == TG_DOC_GATE_CLOSED ? open_memstream(&text, &len) : NULL;

        if (!out)
                return;
        tg_gate_say_opening(out, gate);
        if (fclose(out) == 0)
                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Opening:", "%s", text);
        free(text);
}

static void print_records(const struct tg_page *page, const struct tg_document *document)
{
        for (size_t i = 0; i < document->gate.records.n; i++) {
                const struct tg_doc_gate_record *r = &document->gate.records.items[i];
                char since[TG_WORDS_SINCE_MAX];

                tg_page_prose(page, LABEL, TG_INK_PLAIN, "Record:", "%s, %s%s; last written by %s, begun %s; %s", r->stage,
                              r->target ? r->target : r->scope, r->whole ? "" : ", each node by itself",
                              r->owner ? r->owner : "nobody", tg_words_since(document, r->since, since), r->uuid);
        }
}

enum { NODE, GATE, HA, BACKEND, WHAT, COLUMNS };

static const struct tg_table_column columns[COLUMNS] = {
        [NODE] = { .name = " NODE", .rank = 0, .narrowest = 8 },
        [GATE] = { .name = "GATE", .rank = 1, .narrowest = 4 },
        [HA] = { .name = "HA", .rank = 0, .narrowest = 4 },
        [BACKEND] = { .name = "BACKEND", .rank = 3, .narrowest = 8 },
        [WHAT] = { .name = "WHAT ELSE", .rank = 2, .narrowest = 10 },
};

static void set_flags(struct tg_table *table, size_t row, const struct tg_doc_node_gate *gate)
{
        char *text = NULL;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        if (!out)
                return;
        for (size_t i = 0; i < gate->flags.n; i++)
                fprintf(out, "%s%s", i ? ", " : "", gate->flags.items[i]);
        if (gate->acts)
                fputs(gate->flags.n ? ", acts" : "acts", out);
        if (fclose(out) == 0)
                tg_table_set(table, row, WHAT, TG_INK_PLAIN, *text ? text : "-");
        free(text);
}

static void set_row(struct tg_table *table, size_t row, const struct tg_document *document, const struct tg_doc_node *node)
{
        const struct tg_doc_node_gate *gate = node->agent ? node->gate : NULL;
        char unnamed[TG_WORDS_NODE_MAX], *name;

        if (asprintf(&name, "%s%s", node->id == document->agent.node_id ? "*" : " ",
                     tg_words_node(document, node->id, unnamed)) >= 0) {
                tg_table_set(table, row, NODE, TG_INK_PLAIN, name);
                free(name);
        }
        tg_table_set(table, row, GATE, TG_INK_PLAIN, gate ? tg_doc_gate_words[gate->state] : "-");
        tg_table_set(table, row, HA, gate && gate->ha_state == TG_DOC_HA_UNKNOWN ? TG_INK_WARN : TG_INK_PLAIN,
                     gate ? tg_doc_ha_words[gate->ha_state] : "-");
        tg_table_set(table, row, BACKEND, TG_INK_PLAIN, gate && gate->backend ? gate->backend : "-");
        if (gate)
                set_flags(table, row, gate);
        else
                tg_table_set(table, row, WHAT, TG_INK_WARN, "no agent is heard");
}

static int print_nodes(const struct tg_page *page, const struct tg_document *document)
{
        struct tg_table *table;
        int r;

        if (!document->nodes.n)
                return 0;
        tg_page_gap(page);
        table = tg_table_new(page, columns, COLUMNS, document->nodes.n);
        if (!table)
                return -ENOMEM;
        for (size_t i = 0; i < document->nodes.n; i++)
                set_row(table, i, document, &document->nodes.items[i]);
        r = tg_table_print(table);
        tg_table_free(table);
        return r;
}

int tg_gate_screen_print(const struct tg_page *page, const struct tg_document *document)
{
        print_state(page, document);
        print_mode(page, &document->gate);
        print_ha(page, document);
        print_hold(page, &document->gate);
        print_opening(page, &document->gate);
        print_records(page, document);
        return print_nodes(page, document);
}

static void print_checks(const struct tg_page *page, const struct tg_doc_gate *gate)
{
        for (size_t i = 0; i < gate->checks.n; i++) {
                const struct tg_doc_gate_check *check = &gate->checks.items[i];

                tg_page_prose(page, CHECK, check->met ? TG_INK_GOOD : TG_INK_BAD, check->met ? "ok" : "NOT MET", "%s%s%s",
                              check->name, check->met ? "" : ": ", check->why);
        }
}

int tg_gate_screen_test(const struct tg_page *page, const struct tg_document *document)
{
        const struct tg_doc_gate *gate = &document->gate;
        size_t unmet = 0;

        print_checks(page, gate);
        tg_page_gap(page);
        print_mode(page, gate);
        print_ha(page, document);
        for (size_t i = 0; i < gate->checks.n; i++)
                unmet += !gate->checks.items[i].met;
        tg_page_prose(page, LABEL, unmet ? TG_INK_BAD : TG_INK_GOOD, "Rehearsal:", "%s; nothing was changed",
                      unmet ? "the gate COULD NOT close now" : "the gate could close now");
        return print_nodes(page, document);
}
