/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is a configuration file. Each fault names the file, a line of it and what is wrong, in plain text; a faulty line has no
   effect; what was read, written out and read again, is the same; a reload keeps what only a restart may change. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/config_file.h"
#include "daemon/journal.h"
#include "fuzz.h"

#define TEXT_MAX       4096
#define LINE_MAX_BYTES 197 /* that the reader takes */

struct file {
        int fd;
        char path[32];
};

static void file_write(struct file *file, const void *bytes, size_t len)
{
        if (!file->path[0]) {
                file->fd = memfd_create("conf", MFD_CLOEXEC);
                snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
        }
        FUZZ_REQUIRE(ftruncate(file->fd, 0) == 0 && pwrite(file->fd, bytes, len, 0) == (ssize_t)len, "no file of %zu bytes",
                     len);
}

/* What a reload logs of options that it does not change. */
void tg_log(int level, const char *format, ...)
{
        (void)level;
        (void)format;
}

static size_t count_lines(const uint8_t *text, size_t len)
{
        size_t n = len > 0 && text[len - 1] != '\n';

        for (size_t i = 0; i < len; i++)
                n += text[i] == '\n';
        return n;
}

static void check_faults(const struct tg_faults *faults, const char *path, size_t lines)
{
        char prefix[64];

        for (size_t i = 0; i < faults->n; i++) {
                const struct tg_fault *f = &faults->list[i];

                FUZZ_REQUIRE(f->line > 0 && f->line <= lines, "a fault in line %u of %zu", f->line, lines);
                FUZZ_REQUIRE(!i || faults->list[i - 1].line < f->line, "faults in line %u and then %u",
                             faults->list[i - 1].line, f->line);
                snprintf(prefix, sizeof prefix, "%s:%u: ", path, f->line);
                FUZZ_REQUIRE(!strncmp(f->text, prefix, strlen(prefix)) && f->text[strlen(prefix)], "fault '%s'", f->text);
                FUZZ_REQUIRE(strstr(f->text, "key '") || strstr(f->text, "line") || strstr(f->text, "NUL") ||
                                     strstr(f->text, "[section]"),
                             "fault '%s' names neither key nor line", f->text);
                for (const unsigned char *c = (const unsigned char *)f->text; *c; c++)
                        FUZZ_REQUIRE(*c >= ' ' && *c <= '~', "fault '%s' holds byte 0x%02x", f->text, *c);
        }
}

static const char *text_of(const struct tg_options *options, const struct tg_option *option, char buf[TEXT_MAX])
{
        FUZZ_REQUIRE(strlen(tg_options_text(options, option, buf, TEXT_MAX)) < TEXT_MAX - 1, "the text of %s has no end",
                     option->name);
        return buf;
}

static void same_options(const struct tg_options *a, const struct tg_options *b, const char *when)
{
        char one[TEXT_MAX], other[TEXT_MAX];
        size_t n;
        const struct tg_option *table = tg_option_table(&n);

        for (size_t i = 0; i < n; i++) {
                text_of(a, &table[i], one);
                text_of(b, &table[i], other);
                FUZZ_REQUIRE(!strcmp(one, other), "%s, option %s is '%s' and not '%s'", when, table[i].name, other, one);
        }
        FUZZ_REQUIRE(tg_options_fingerprint(a) == tg_options_fingerprint(b), "%s, the fingerprint is another one", when);
}

/* One option as lines of a file: the entries of a list by themselves, the sets of a list likewise. False when a line would be too long. */
static bool write_option(FILE *out, const struct tg_option *option, const char *value)
{
        const char *dot = strchr(option->name, '.'), *between = option->type == TG_OPTION_SETS      ? " | "
                                                                : option->type == TG_OPTION_MATCHES ? " "
                                                                                                    : NULL;
        bool fits = true;

        fprintf(out, "[%.*s]\n", dot ? (int)(dot - option->name) : 0, option->name);
        while (*value) {
                const char *end = between ? strstr(value, between) : NULL;
                size_t len = end ? (size_t)(end - value) : strlen(value);

                fits &= fprintf(out, "%s = %.*s\n", dot ? dot + 1 : option->name, (int)len, value) <= LINE_MAX_BYTES;
                value += len + (end ? strlen(between) : 0);
        }
        return fits;
}

static void survive_a_file(const struct tg_options *options)
{
        static struct file file;
        struct tg_faults faults = { 0 };
        struct tg_options again;
        char *text = NULL, value[TEXT_MAX];
        size_t len, n;
        const struct tg_option *table = tg_option_table(&n);
        FILE *out = open_memstream(&text, &len);
        bool fits = true;

        for (size_t i = 0; i < n && fits; i++)
                fits = write_option(out, &table[i], text_of(options, &table[i], value));
        fclose(out);
        if (!fits) {
                free(text);
                return;
        }
        file_write(&file, text, len);
        tg_options_default(&again);
        tg_config_file_read(file.path, false, &again, &faults);
        FUZZ_REQUIRE(!faults.n && !faults.n_more, "written out, the options are faulty: %s",
                     faults.n ? faults.list[0].text : "");
        same_options(options, &again, "written out and read again");
        tg_faults_clear(&faults);
        free(text);
}

static bool is_indented(const uint8_t *text, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if ((!i || text[i - 1] == '\n') &&
                    (text[i] == ' ' || text[i] == '\t' || text[i] == '\v' || text[i] == '\f' || text[i] == '\r'))
                        return true;
        return false;
}

/* The file without its faulty lines. (An indented line goes on with the key above it, which would then be another one.) */
static void have_no_effect(const uint8_t *text, size_t len, const struct tg_faults *faults, const struct tg_options *options)
{
        static struct file file;
        struct tg_faults none = { 0 };
        struct tg_options again;
        char *rest = malloc(len + 1);
        size_t n = 0, line = 1, next = 0;

        for (size_t i = 0; i < len; i++) {
                bool faulty = next < faults->n && faults->list[next].line == line;

                if (!faulty || text[i] == '\n')
                        rest[n++] = (char)text[i];
                if (text[i] != '\n')
                        continue;
                line++;
                next += faulty;
        }
        file_write(&file, rest, n);
        tg_options_default(&again);
        tg_config_file_read(file.path, false, &again, &none);
        FUZZ_REQUIRE(!none.n, "without its faulty lines the file is faulty: %s", none.n ? none.list[0].text : "");
        same_options(options, &again, "without the faulty lines");
        tg_faults_clear(&none);
        free(rest);
}

static void keeps_what_is_fixed(const struct tg_options *options)
{
        char before[TEXT_MAX], after[TEXT_MAX];
        struct tg_options old, reloaded = *options;
        size_t n;
        const struct tg_option *table = tg_option_table(&n);

        tg_options_default(&old);
        tg_config_keep_fixed(&old, &reloaded);
        for (size_t i = 0; i < n; i++)
                FUZZ_REQUIRE(!strcmp(text_of(table[i].reloadable ? options : &old, &table[i], before),
                                     text_of(&reloaded, &table[i], after)),
                             "after a reload %s is '%s' and not '%s'", table[i].name, after, before);
}

static void check_ranges(const struct tg_options *options)
{
        size_t n;
        const struct tg_option *table = tg_option_table(&n);

        for (size_t i = 0; i < n; i++) {
                const void *field = (const char *)options + table[i].offset;
                int64_t value;

                if (table[i].type != TG_OPTION_DURATION && table[i].type != TG_OPTION_INTEGER &&
                    table[i].type != TG_OPTION_MODE)
                        continue;
                memcpy(&value, field, sizeof value);
                FUZZ_REQUIRE(value >= table[i].min && value <= table[i].max, "%s is %" PRId64, table[i].name, value);
        }
        FUZZ_REQUIRE(options->source_allow.n <= TG_OPTION_LIST_MAX && options->source_alias.n <= TG_OPTION_LIST_MAX &&
                             options->source_group.n <= TG_OPTION_LIST_MAX,
                     "too long a list");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct file file;
        struct tg_faults faults = { 0 };
        struct tg_options options, whole;
        int r;

        file_write(&file, data, size);
        tg_options_default(&options);
        whole = options;
        tg_config_file_read(file.path, false, &options, &faults);
        check_faults(&faults, file.path, count_lines(data, size));
        check_ranges(&options);
        if (!faults.n_more) {
                survive_a_file(&options);
                if (!is_indented(data, size))
                        have_no_effect(data, size, &faults, &options);
        }
        keeps_what_is_fixed(&options);
        tg_faults_clear(&faults);
        r = tg_config_read(file.path, &whole, &faults);
        FUZZ_REQUIRE((r == 0) == (faults.n + faults.n_more == 0), "%zu faults and %d", faults.n + faults.n_more, r);
        if (r < 0)
                tg_options_default(&options);
        same_options(&options, &whole, r < 0 ? "with a faulty file" : "with the whole configuration");
        tg_faults_clear(&faults);
        return 0;
}
