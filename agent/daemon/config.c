/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration as a whole: which files, in which order, and what a reload may change. Judging values is the core's. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "config.h"
#include "config_file.h"
#include "journal.h"

#define TEXT_MAX 4096

static int is_conf(const struct dirent *entry)
{
        size_t len = strlen(entry->d_name);

        return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* Not alphasort: its order depends on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_entry(const char *directory, const char *name, struct tg_options *options, struct tg_faults *faults)
{
        char *path = NULL;

        if (asprintf(&path, "%s/%s", directory, name) < 0) {
                tg_fault_add(faults, directory, 0, "cannot be read: out of memory");
                return;
        }
        tg_config_file_read(path, false, options, faults);
        free(path);
}

static void read_directory(const char *directory, struct tg_options *options, struct tg_faults *faults)
{
        struct dirent **entries = NULL;
        int n = scandir(directory, &entries, is_conf, by_name);

        if (n < 0 && errno != ENOENT)
                tg_fault_add(faults, directory, 0, "cannot be read: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
                read_entry(directory, entries[i]->d_name, options, faults);
                free(entries[i]);
        }
        free(entries);
}

int tg_config_read(const char *path, struct tg_options *out, struct tg_faults *faults)
{
        struct tg_options options;
        char *directory = NULL;

        tg_options_default(&options);
        tg_config_file_read(path, true, &options, faults);
        if (asprintf(&directory, "%s.d", path) < 0) {
                tg_fault_add(faults, path, 0, "cannot be read: out of memory");
        } else {
                read_directory(directory, &options, faults);
                free(directory);
        }
        if (faults->n > 0 || faults->n_more > 0)
                return -EINVAL;
        *out = options;
        return 0;
}

void tg_config_keep_fixed(const struct tg_options *old, struct tg_options *options)
{
        char before[TEXT_MAX], after[TEXT_MAX], error[TG_OPTION_ERROR_MAX];
        size_t n;
        const struct tg_option *table = tg_option_table(&n);

        for (size_t i = 0; i < n; i++) {
                if (table[i].reloadable)
                        continue;
                tg_options_text(old, &table[i], before, sizeof(before));
                tg_options_text(options, &table[i], after, sizeof(after));
                if (strcmp(before, after) == 0)
                        continue;
                tg_log(LOG_WARNING, "option '%s' stays at %s until timeguardd is restarted (the files now say %s)",
                       table[i].name, before, after);
                (void)tg_options_set(options, table[i].name, before, error);
        }
}
