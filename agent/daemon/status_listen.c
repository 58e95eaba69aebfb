/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making the socket file. Only a socket on which nobody answers is taken for a leftover and removed; any other file is not touched. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "status_listen.h"

#define BACKLOG 16

static int address_of(const char *path, struct sockaddr_un *address)
{
        *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
        if (strlen(path) >= sizeof(address->sun_path))
                return -ENAMETOOLONG;
        (void)snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
        return 0;
}

/* -ECONNREFUSED: nobody listens; a full backlog is an answer too. */
static int probe(const struct sockaddr_un *address)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        int r;

        if (fd < 0)
                return -errno;
        r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
        (void)close(fd);
        return r == -EAGAIN ? 0 : r;
}

static int remove_leftover(const struct sockaddr_un *address)
{
        struct stat st;
        int r;

        if (lstat(address->sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        r = probe(address);
        if (r == 0)
                return -EADDRINUSE;
        if (r != -ECONNREFUSED)
                return r;
        return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int make_directory(const char *path)
{
        char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
        char *slash;

        (void)snprintf(directory, sizeof(directory), "%s", path);
        slash = strrchr(directory, '/');
        if (!slash || slash == directory)
                return 0;
        *slash = '\0';
        return mkdir(directory, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* The mode is right from the first moment, as connecting needs write permission. */
static int bind_with_mode(int fd, const struct sockaddr_un *address, mode_t mode)
{
        mode_t before = umask(0777 & ~mode);
        int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

        (void)umask(before);
        return r;
}

static int open_listener(const struct sockaddr_un *address, mode_t mode)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        int r;

        if (fd < 0)
                return -errno;
        r = bind_with_mode(fd, address, mode);
        if (r == 0 && listen(fd, BACKLOG) < 0)
                r = -errno;
        if (r < 0) {
                (void)close(fd);
                return r;
        }
        return fd;
}

int tg_status_listen(const char *path, mode_t mode, dev_t *dev, ino_t *ino)
{
        struct sockaddr_un address;
        struct stat st = { 0 };
        int r = address_of(path, &address);

        if (r == 0)
                r = make_directory(path);
        if (r == 0)
                r = remove_leftover(&address);
        if (r == 0)
                r = open_listener(&address, mode);
        if (r >= 0 && lstat(path, &st) == 0) {
                *dev = st.st_dev;
                *ino = st.st_ino;
        }
        return r;
}
