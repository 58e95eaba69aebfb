/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row a node. '*' stands before the node that was asked; the node that the others are measured from has "reference" for its
   offset. What is unknown is '-'. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node_table.h"
#include "table.h"
#include "units.h"
#include "words.h"
#include <timeguard/limits.h>

enum column { NODE, STATE, SOURCE, STRATUM, OFFSET, BOUND, RATE, REACH, AGE, FORECAST, COLUMNS };

static const struct tg_table_column columns[COLUMNS] = {
        [NODE] = { .name = " NODE", .rank = 0, .narrowest = 12 },
        [STATE] = { .name = "STATE", .rank = 0 },
        [SOURCE] = { .name = "SOURCE", .rank = 4, .narrowest = 15 },
        [STRATUM] = { .name = "STRATUM", .rank = 8, .right = true },
        [OFFSET] = { .name = "OFFSET", .rank = 1, .right = true },
        [BOUND] = { .name = "BOUND", .rank = 3, .right = true },
        [RATE] = { .name = "RATE", .rank = 7, .right = true },
        [REACH] = { .name = "REACH", .rank = 9, .right = true },
        [AGE] = { .name = "AGE", .rank = 6, .right = true },
        [FORECAST] = { .name = "FORECAST", .rank = 5, .right = true },
};

struct row {
        struct tg_table *table;
        size_t index;
};

static void set(const struct row *row, enum column column, const char *text)
{
        tg_table_set(row->table, row->index, column, TG_INK_PLAIN, text ? text : "-");
}

static void set_node(const struct row *row, const struct tg_document *document, const struct tg_doc_node *node)
{
        char unnamed[TG_WORDS_NODE_MAX], *text = NULL;

        if (asprintf(&text, "%s%s", node->id == document->agent.node_id ? "*" : " ",
                     tg_words_node(document, node->id, unnamed)) < 0)
                return;
        set(row, NODE, text);
        free(text);
        tg_table_set(row->table, row->index, STATE, tg_words_state_ink(node->state), tg_doc_state_words[node->state]);
}

static void set_source(const struct row *row, const struct tg_doc_node *node)
{
        char text[32];

        set(row, SOURCE, node->source);
        snprintf(text, sizeof text, "%" PRId64, node->stratum.value);
        set(row, STRATUM, node->stratum.known ? text : NULL);
        snprintf(text, sizeof text, "%" PRIo64, node->reach.value);
        set(row, REACH, node->reach.known ? text : NULL);
}

static void set_offset(const struct row *row, const struct tg_document *document, const struct tg_doc_node *node)
{
        const bool bounded = node->bound_low_ns.known && node->bound_high_ns.known;
        char text[TG_UNITS_MAX];

        if (document->cluster.reference.known && document->cluster.reference.value == node->id) {
                set(row, OFFSET, "reference");
                set(row, BOUND, NULL);
                return;
        }
        set(row, OFFSET, node->offset_ns.known ? tg_units_offset(node->offset_ns.value, text) : NULL);
        set(row, BOUND, bounded ? tg_units_interval(node->bound_low_ns.value, node->bound_high_ns.value, text) : NULL);
}

static void set_course(const struct row *row, const struct tg_doc_node *node)
{
        char text[TG_UNITS_MAX];

        set(row, RATE, node->rate_ppb.known ? tg_units_rate(node->rate_ppb.value, text) : NULL);
        set(row, AGE, node->report_age_ms.known ? tg_units_duration(node->report_age_ms.value * TG_NS_PER_MS, text) : NULL);
        set(row, FORECAST, node->forecast_s.known ? tg_units_duration(node->forecast_s.value * TG_NS_PER_S, text) : NULL);
}

int tg_node_table_print(const struct tg_page *page, const struct tg_document *document)
{
        struct row row = { .table = tg_table_new(page, columns, COLUMNS, document->nodes.n) };
        int r;

        if (!row.table)
                return -ENOMEM;
        for (; row.index < document->nodes.n; row.index++) {
                const struct tg_doc_node *node = &document->nodes.items[row.index];

                set_node(&row, document, node);
                set_source(&row, node);
                set_offset(&row, document, node);
                set_course(&row, node);
        }
        r = tg_table_print(row.table);
        tg_table_free(row.table);
        return r;
}
