/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of faults. Bounded; when memory runs out a fault is counted without its text, never forgotten. What it quotes of a file may be any
   bytes: journald would store such a line as a blob and show nothing of it, and a terminal might obey it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"

__attribute__((format(printf, 3, 0))) static char *fault_text(const char *path, unsigned line, const char *format, va_list args)
{
        char what[512], *text = NULL;
        int n;

        (void)vsnprintf(what, sizeof(what), format, args);
        for (char *c = what; *c; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
        n = line > 0 ? asprintf(&text, "%s:%u: %s", path, line, what) : asprintf(&text, "%s: %s", path, what);
        return n < 0 ? NULL : text;
}

void tg_fault_add(struct tg_faults *faults, const char *path, unsigned line, const char *format, ...)
{
        struct tg_fault *list = NULL;
        char *text = NULL;
        va_list args;

        if (faults->n < TG_FAULTS_MAX)
                list = reallocarray(faults->list, faults->n + 1, sizeof(*list));
        if (list) {
                faults->list = list;
                va_start(args, format);
                text = fault_text(path, line, format, args);
                va_end(args);
        }
        if (text)
                list[faults->n++] = (struct tg_fault){ .line = line, .text = text };
        else
                faults->n_more++;
}

static int by_line(const void *a, const void *b)
{
        const struct tg_fault *x = a, *y = b;

        return (x->line > y->line) - (x->line < y->line);
}

void tg_faults_sort(struct tg_faults *faults, size_t first)
{
        if (faults->n > first)
                qsort(faults->list + first, faults->n - first, sizeof(*faults->list), by_line);
}

void tg_faults_clear(struct tg_faults *faults)
{
        for (size_t i = 0; i < faults->n; i++)
                free(faults->list[i].text);
        free(faults->list);
        *faults = (struct tg_faults){ 0 };
}
