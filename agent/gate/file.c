/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The child opens, reads and copies, and tells by its exit status what went wrong. That a read of a cluster file system hangs in the kernel
   where no signal reaches it costs that child, not the run. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <timeguard/limits.h>

#include "child.h"
#include "file.h"

#define READ_NS (2 * TG_NS_PER_S)

static int copy(const char *path, int to)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        char bytes[4096];
        ssize_t n = 0;

        if (fd < 0)
                return errno;
        while ((n = read(fd, bytes, sizeof(bytes))) > 0)
                for (ssize_t done = 0, w; done < n; done += w) {
                        w = write(to, bytes + done, (size_t)(n - done));
                        if (w < 0)
                                return errno;
                }
        return n < 0 ? errno : 0;
}

static int start(const char *path, struct tg_child *child)
{
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        child->pid = fork();
        if (child->pid == 0) {
                (void)setpgid(0, 0);
                _exit(copy(path, ends[1]));
        }
        (void)close(ends[1]);
        child->out = ends[0];
        if (child->pid > 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
                return 0;
        (void)close(ends[0]);
        return -errno;
}

int tg_file_read(const char *path, int64_t deadline_ns, char **out)
{
        struct tg_gathered output = { .text = malloc(TG_FILE_BYTES_MAX + 1), .size = TG_FILE_BYTES_MAX + 1 };
        struct tg_child child = { .in = -1, .out = -1, .err = -1, .output = &output };
        int64_t own_ns = tg_monotonic_ns() + READ_NS;
        int r;

        if (!output.text)
                return -ENOMEM;
        output.text[0] = '\0';
        r = start(path, &child);
        if (r == 0)
                r = tg_child_finish(&child, own_ns < deadline_ns ? own_ns : deadline_ns);
        if (r > 0)
                r = r < 256 ? -r : -EIO; /* the child's errno, or a signal */
        if (r == 0 && output.dropped > 0)
                r = -EFBIG;
        if (r < 0)
                free(output.text);
        else
                *out = output.text;
        return r;
}

int tg_file_read_json(const char *path, int64_t deadline_ns, struct json_object **out)
{
        char *text = NULL;
        int r = tg_file_read(path, deadline_ns, &text);

        if (r < 0)
                return r;
        if (text[strspn(text, " \t\r\n")] == '\0') {
                r = -ENODATA;
        } else {
                *out = json_tokener_parse(text);
                if (!json_object_is_type(*out, json_type_object)) {
                        json_object_put(*out);
                        r = -EBADMSG;
                }
        }
        free(text);
        return r;
}
