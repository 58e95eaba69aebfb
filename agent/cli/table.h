/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table that fits the page: columns that find no room are left out, the least important first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "page.h"

struct tg_table_column {
        const char *name;
        int rank;      /* columns of the highest rank go first; 0 never goes and is cut instead */
        bool right;    /* aligned */
        int narrowest; /* columns that a cell may be cut to; 0: not cut */
};

struct tg_table_cell {
        char *text; /* owned by the table; NULL: out of memory */
        enum tg_ink ink;
};

struct tg_table;

/* Both tables are kept by reference. NULL: out of memory. */
struct tg_table *tg_table_new(const struct tg_page *page, const struct tg_table_column *columns, size_t n_columns,
                              size_t n_rows);
void tg_table_set(struct tg_table *table, size_t row, size_t column, enum tg_ink ink, const char *text);
/* Returns 0 or -ENOMEM. */
int tg_table_print(struct tg_table *table);
struct tg_table *tg_table_free(struct tg_table *table); /* accepts NULL, returns NULL */
