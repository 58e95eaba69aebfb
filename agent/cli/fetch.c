/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One answer of the agent's status socket. Bounded in time and size whatever the other end does; says in one sentence what is
   wrong and what to look at. What the bytes mean is left to document.c. */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fetch.h"
#include "text.h"
#include <timeguard/limits.h>

#define BUDGET_S    2
#define FIRST_BYTES ((size_t)64 * 1024)

static int64_t now_ms(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / TG_NS_PER_MS;
}

static int open_socket(const struct sockaddr_un *address)
{
        /* A connect to a Unix socket whose backlog is full cannot be polled for; this bounds it without a loop. */
        const struct timeval limit = { .tv_sec = BUDGET_S };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int r;

        if (fd < 0)
                return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
            connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) {
                r = errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;
                close(fd);
                return r;
        }
        return fd;
}

/* Returns bytes read, 0 at the end, or -errno. */
static ssize_t read_some(int fd, char *buf, size_t size, int64_t deadline_ms)
{
        for (;;) {
                struct pollfd pollfd = { .fd = fd, .events = POLLIN };
                int64_t left_ms = deadline_ms - now_ms();
                ssize_t n;

                if (left_ms <= 0)
                        return -ETIMEDOUT;
                if (poll(&pollfd, 1, (int)left_ms) < 0 && errno != EINTR)
                        return -errno;
                n = recv(fd, buf, size, MSG_DONTWAIT);
                if (n >= 0)
                        return n;
                if (errno != EAGAIN && errno != EINTR)
                        return -errno;
        }
}

static int read_all(int fd, size_t most, int64_t deadline_ms, char **bytes, size_t *len)
{
        size_t size = 0, used = 0;
        char *buf = NULL;

        for (;;) {
                ssize_t n;

                if (used == size) {
                        size_t bigger = size ? size * 2 : FIRST_BYTES;
                        char *grown = realloc(buf, bigger);

                        if (!grown) {
                                free(buf);
                                return -ENOMEM;
                        }
                        buf = grown;
                        size = bigger;
                }
                n = read_some(fd, buf + used, size - used, deadline_ms);
                if (n > 0)
                        used += (size_t)n;
                if (n < 0 || used > most || (n == 0 && used == 0)) {
                        free(buf);
                        return n < 0 ? (int)n : used ? -EMSGSIZE : -ENODATA;
                }
                if (n == 0)
                        break;
        }
        *bytes = buf;
        *len = used;
        return 0;
}

static int explain(int fault, const char *path, char *error)
{
        static const struct {
                int fault;
                const char *before, *after; /* the path stands between them */
        } sentences[] = {
                { -ETIMEDOUT, "timeguardd at ", " does not answer within 2 s; see: systemctl status timeguard" },
                { -ENODATA, "timeguardd at ", " closed the connection without an answer; see: journalctl -u timeguard" },
                { -EMSGSIZE, "what answers at ", " sends more than 8 MiB and is not timeguardd" },
                { -ENAMETOOLONG, "", " is too long for the path of a socket" },
                { -ENOMEM, "out of memory while reading from ", "" },
        };
        char shown[160];

        tg_text_clean(shown, path, strnlen(path, sizeof shown - 1), true);
        for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
                if (sentences[i].fault == fault) {
                        snprintf(error, TG_FETCH_ERROR_MAX, "%s%s%s", sentences[i].before, shown, sentences[i].after);
                        return fault;
                }
        snprintf(error, TG_FETCH_ERROR_MAX, "cannot reach timeguardd at %s: %s%s", shown, strerror(-fault),
                 fault == -EACCES ? "; try as root, or see 'mode' in section [status] of timeguard.conf"
                                  : "; is the service running? systemctl status timeguard");
        return fault;
}

int tg_fetch(const char *path, size_t most, char **bytes, size_t *len, char error[static TG_FETCH_ERROR_MAX])
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const int64_t deadline_ms = now_ms() + BUDGET_S * 1000;
        int fd, r;

        if (strlen(path) >= sizeof address.sun_path)
                return explain(-ENAMETOOLONG, path, error);
        memcpy(address.sun_path, path, strlen(path) + 1);
        fd = open_socket(&address);
        if (fd < 0)
                return explain(fd, path, error);
        r = read_all(fd, most, deadline_ms, bytes, len);
        close(fd);
        return r < 0 ? explain(r, path, error) : 0;
}
