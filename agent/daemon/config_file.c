/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading one file with libinih. inih cuts long lines silently, tells only the line of the first fault and takes an indented
   "key = value" for one more value of the key above: the reader here hands it the lines one by one and sees to all three. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_file.h"

#define FILE_MAX (1024 * 1024)

struct reading {
        const char *path;
        const char *text, *end; /* the file */
        const char *at;         /* the next line */
        const char *line;       /* the present line, `line_len` bytes */
        size_t line_len;
        unsigned number; /* of the present line, from 1 */
        bool *bad;       /* by line number: already told, to be passed over */
        struct tg_options *options;
        struct tg_faults *faults;
};

static void fault(struct reading *reading, const char *what)
{
        tg_fault_add(reading->faults, reading->path, reading->number, "%s", what);
        reading->bad[reading->number] = true;
}

static bool next_line(struct reading *reading)
{
        const char *newline;

        if (reading->at == reading->end)
                return false;
        newline = memchr(reading->at, '\n', (size_t)(reading->end - reading->at));
        reading->line = reading->at;
        reading->line_len = (size_t)((newline ? newline : reading->end) - reading->line);
        reading->at = newline ? newline + 1 : reading->end;
        reading->number++;
        return true;
}

/* inih's fgets. What it shall not see is handed over as an empty line. */
static char *read_line(char *buf, int size, void *data)
{
        struct reading *reading = data;
        size_t len;

        if (!next_line(reading))
                return NULL;
        len = reading->line_len;
        if (!reading->bad[reading->number]) {
                if (len + 3 > (size_t)size) {
                        char what[64];

                        (void)snprintf(what, sizeof(what), "line of %zu bytes: at most %d are allowed", len, size - 3);
                        fault(reading, what);
                } else if (memchr(reading->line, '\0', len)) {
                        fault(reading, "holds a NUL byte: only text is allowed");
                }
        }
        if (reading->bad[reading->number])
                len = 0;
        memcpy(buf, reading->line, len);
        buf[len] = '\n';
        buf[len + 1] = '\0';
        return buf;
}

/* True for an indented line that inih took for a further value of the key above it. */
static bool is_continuation(const struct reading *reading, const char *value)
{
        size_t blank = strspn(reading->line, " \t");
        size_t len = strlen(value);

        return blank > 0 && blank + len <= reading->line_len && memcmp(reading->line + blank, value, len) == 0;
}

/* inih leaves the comment at the end of such a line in place, and the blanks before it. */
static void cut_comment(char *value)
{
        size_t len;

        for (char *c = value; *c; c++)
                if (*c == ';' && (c == value || isspace((unsigned char)c[-1]))) {
                        *c = '\0';
                        break;
                }
        len = strlen(value);
        while (len > 0 && isspace((unsigned char)value[len - 1]))
                value[--len] = '\0';
}

static int set_option(void *data, const char *section, const char *name, const char *value)
{
        struct reading *reading = data;
        char key[128], text[INI_MAX_LINE], error[TG_OPTION_ERROR_MAX] = "";
        int r;

        (void)snprintf(key, sizeof(key), "%s%s%s", section, section[0] ? "." : "", name);
        if (is_continuation(reading, value) && strchr(value, '=')) {
                fault(reading, "indented line with '=': keys start in the first column, further values of a list hold no '='");
                return 1;
        }
        (void)snprintf(text, sizeof(text), "%s", value);
        cut_comment(text);
        r = tg_options_set(reading->options, key, text, error);
        if (r < 0) {
                tg_fault_add(reading->faults, reading->path, reading->number, "key '%s': %s", key,
                             error[0] ? error : strerror(-r));
                reading->bad[reading->number] = true;
        }
        return 1;
}

static int set_nothing(void *data, const char *section, const char *name, const char *value)
{
        (void)data;
        (void)section;
        (void)name;
        (void)value;
        return 1;
}

static int parse(struct reading *reading, ini_handler handler)
{
        reading->at = reading->text;
        reading->number = 0;
        return ini_parse_stream(read_line, reading, handler, reading);
}

static void parse_text(struct reading *reading)
{
        int r;

        /* Once for each line that inih cannot read, as it names only the first; then for the values. */
        while ((r = parse(reading, set_nothing)) > 0) {
                reading->number = (unsigned)r;
                fault(reading, "neither '[section]' nor 'key = value'");
        }
        if (r == 0)
                r = parse(reading, set_option);
        if (r < 0)
                tg_fault_add(reading->faults, reading->path, 0, "cannot be parsed: out of memory");
}

static size_t count_lines(const char *text, size_t len)
{
        size_t n = 1;

        for (size_t i = 0; i < len; i++)
                n += text[i] == '\n';
        return n;
}

static void read_text(const char *path, const char *text, size_t len, struct tg_options *options, struct tg_faults *faults)
{
        struct reading reading = { .path = path, .text = text, .end = text + len, .options = options, .faults = faults };
        size_t first = faults->n;

        reading.bad = calloc(count_lines(text, len) + 1, sizeof(*reading.bad));
        if (!reading.bad) {
                tg_fault_add(faults, path, 0, "cannot be read: out of memory");
                return;
        }
        parse_text(&reading);
        free(reading.bad);
        tg_faults_sort(faults, first);
}

/* Reads the whole file; *text is allocated. Returns its length or -errno; anything but a regular file is -EINVAL. */
static ssize_t slurp(int fd, char **text)
{
        char *buf = NULL;
        struct stat st;
        size_t len = 0;
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        if (st.st_size > FILE_MAX)
                return -EFBIG;
        buf = malloc((size_t)st.st_size + 1);
        if (!buf)
                return -ENOMEM;
        do {
                n = read(fd, buf + len, (size_t)st.st_size - len);
                len += n > 0 ? (size_t)n : 0;
        } while (n > 0 || (n < 0 && errno == EINTR));
        if (n < 0) {
                int r = -errno;

                free(buf);
                return r;
        }
        *text = buf;
        return (ssize_t)len;
}

void tg_config_file_read(const char *path, bool may_be_missing, struct tg_options *options, struct tg_faults *faults)
{
        /* Not blocking, should it be a FIFO. */
        int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        char *text = NULL;
        ssize_t len;

        if (fd < 0 && errno == ENOENT && may_be_missing)
                return;
        len = fd < 0 ? -errno : slurp(fd, &text);
        if (fd >= 0)
                (void)close(fd);
        if (!text)
                tg_fault_add(faults, path, 0, "cannot be read: %s",
                             len == -EINVAL  ? "not a regular file"
                             : len == -EFBIG ? "larger than 1 MiB"
                                             : strerror((int)-len));
        else
                read_text(path, text, (size_t)len, options, faults);
        free(text);
}
