/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table that fits the page. Which columns stay is decided here, before libsmartcols aligns, cuts and colours what is left: by
   itself it would squeeze all columns alike. */
#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "text.h"

#define GAP 2 /* columns between two columns */

struct tg_table {
        const struct tg_page *page;
        const struct tg_table_column *columns;
        size_t n_columns, n_rows;
        struct tg_table_cell *cells;
};

struct tg_table *tg_table_new(const struct tg_page *page, const struct tg_table_column *columns, size_t n_columns,
                              size_t n_rows)
{
        struct tg_table *table = malloc(sizeof *table);

        if (!table)
                return NULL;
        *table = (struct tg_table){ .page = page, .columns = columns, .n_columns = n_columns, .n_rows = n_rows };
        table->cells = calloc(n_columns * n_rows + 1, sizeof *table->cells);
        return table->cells ? table : tg_table_free(table);
}

struct tg_table *tg_table_free(struct tg_table *table)
{
        if (!table)
                return NULL;
        for (size_t i = 0; table->cells && i < table->n_columns * table->n_rows; i++)
                free(table->cells[i].text);
        free(table->cells);
        free(table);
        return NULL;
}

void tg_table_set(struct tg_table *table, size_t row, size_t column, enum tg_ink ink, const char *text)
{
        struct tg_table_cell *cell = &table->cells[row * table->n_columns + column];

        free(cell->text);
        cell->text = tg_page_text(table->page, text);
        cell->ink = ink;
}

/* How wide a column wants to be. */
static int wanted(const struct tg_table *table, size_t column)
{
        int width = tg_text_width(table->columns[column].name);

        for (size_t row = 0; row < table->n_rows; row++) {
                const char *text = table->cells[row * table->n_columns + column].text;
                int cell = text ? tg_text_width(text) : 0;

                if (cell > width)
                        width = cell;
        }
        return width;
}

/* How wide it must be at least: a column that may be cut needs less. */
static int needed(const struct tg_table *table, size_t column)
{
        int width = wanted(table, column), narrowest = table->columns[column].narrowest;

        return narrowest && width > narrowest ? narrowest : width;
}

/* Clears shown[] of the columns that find no room. */
static void choose(const struct tg_table *table, bool *shown)
{
        for (;;) {
                int width = -GAP;
                size_t last = 0;

                for (size_t i = 0; i < table->n_columns; i++) {
                        if (!shown[i])
                                continue;
                        width += needed(table, i) + GAP;
                        if (!shown[last] || table->columns[i].rank > table->columns[last].rank)
                                last = i;
                }
                if (!table->page->width || width <= table->page->width || table->columns[last].rank == 0)
                        return;
                shown[last] = false;
        }
}

/* Gives the room that is over to the columns that were to be cut. */
static void share(const struct tg_table *table, const bool *shown, int *widths)
{
        int left = table->page->width + GAP;

        for (size_t i = 0; i < table->n_columns; i++) {
                widths[i] = shown[i] ? needed(table, i) : 0;
                left -= shown[i] ? widths[i] + GAP : 0;
        }
        for (size_t i = 0; i < table->n_columns; i++) {
                int more = shown[i] ? wanted(table, i) - widths[i] : 0;

                if (table->page->width && more > left)
                        more = left > 0 ? left : 0;
                widths[i] += more;
                left -= more;
        }
}

/* Cuts a text to `width` columns. */
static void cut(char *text, int width)
{
        size_t len = strlen(text), at = 0;
        int column = 0;

        if (tg_text_width(text) <= width)
                return;
        while (at < len) {
                uint32_t code;
                size_t n = tg_text_next(text + at, len - at, &code);

                column += tg_text_code_width(code);
                if (column > width - 1)
                        break;
                at += n;
        }
        text[at] = '~';
        text[at + 1] = '\0';
}

static int add_rows(struct tg_table *table, struct libscols_table *out, const bool *shown, const int *widths)
{
        for (size_t row = 0; row < table->n_rows; row++) {
                struct libscols_line *line = scols_table_new_line(out, NULL);
                size_t at = 0;

                if (!line)
                        return -ENOMEM;
                for (size_t i = 0; i < table->n_columns; i++) {
                        struct tg_table_cell *cell = &table->cells[row * table->n_columns + i];

                        if (!shown[i])
                                continue;
                        if (!cell->text)
                                return -ENOMEM;
                        cut(cell->text, widths[i]);
                        if (scols_line_set_data(line, at, cell->text) < 0)
                                return -ENOMEM;
                        if (cell->ink != TG_INK_PLAIN)
                                scols_cell_set_color(scols_line_get_cell(line, at), tg_page_ink(table->page, cell->ink));
                        at++;
                }
        }
        return 0;
}

static int fill(struct tg_table *table, struct libscols_table *out)
{
        bool shown[32];
        int widths[32];

        if (table->n_columns > sizeof shown)
                return -EINVAL;
        memset(shown, true, sizeof shown);
        choose(table, shown);
        share(table, shown, widths);
        scols_table_enable_colors(out, table->page->color);
        scols_table_set_stream(out, table->page->out);
        scols_table_enable_noencoding(out, true); /* the cells are clean already */
        scols_table_set_termforce(out, SCOLS_TERMFORCE_ALWAYS);
        scols_table_set_termwidth(out, table->page->width ? (size_t)table->page->width : 10000);
        scols_table_set_column_separator(out, "  ");
        for (size_t i = 0; i < table->n_columns; i++)
                if (shown[i] && !scols_table_new_column(out, table->columns[i].name, widths[i],
                                                        table->columns[i].right ? SCOLS_FL_RIGHT : 0))
                        return -ENOMEM;
        return add_rows(table, out, shown, widths);
}

int tg_table_print(struct tg_table *table)
{
        struct libscols_table *out = scols_new_table();
        int r = out ? fill(table, out) : -ENOMEM;

        if (r == 0)
                r = scols_print_table(out) < 0 ? -ENOMEM : 0;
        scols_unref_table(out);
        return r;
}
