/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See store.h. The thread owns the file; the loop hands it one wish and is told by an eventfd. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "store.h"
#include "thread.h"

#define FILE_NAME     "gate"
#define FILE_NEXT     "gate.next"
#define JOIN_MAX_S    1
#define DIRECTORY_MAX 256

struct tg_store {
        pthread_t thread;
        pthread_mutex_t mutex;
        pthread_cond_t wake;
        int fd; /* eventfd */
        qb_loop_t *loop;
        tg_store_tell *tell;
        void *data;
        char directory[DIRECTORY_MAX];

        /* under the mutex */
        bool stop, wanted, done;
        uint32_t version;
        int error;
        size_t len;
        uint8_t bytes[TG_GATE_STORE_MAX];
        int last_error; /* the loop's: an error is logged once */
};

static int write_all(int fd, const uint8_t *data, size_t len)
{
        while (len > 0) {
                ssize_t n = write(fd, data, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                data += n;
                len -= (size_t)n;
        }
        return 0;
}

static int write_next(int directory, const uint8_t *data, size_t len)
{
        int fd = openat(directory, FILE_NEXT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), r;

        if (fd < 0)
                return -errno;
        r = write_all(fd, data, len);
        if (r == 0 && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r == 0)
                r = -errno;
        return r;
}

static int replace(const char *path, const uint8_t *data, size_t len)
{
        int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

        if (directory < 0)
                return -errno;
        r = write_next(directory, data, len);
        if (r == 0 && (renameat(directory, FILE_NEXT, directory, FILE_NAME) < 0 || fsync(directory) < 0))
                r = -errno;
        (void)close(directory);
        return r;
}

static void *run(void *data)
{
        struct tg_store *store = data;
        uint8_t bytes[TG_GATE_STORE_MAX];

        (void)pthread_mutex_lock(&store->mutex);
        while (!store->stop) {
                size_t len = store->len;
                int r;

                if (!store->wanted) {
                        (void)pthread_cond_wait(&store->wake, &store->mutex);
                        continue;
                }
                store->wanted = false;
                memcpy(bytes, store->bytes, len);
                (void)pthread_mutex_unlock(&store->mutex);
                r = replace(store->directory, bytes, len);
                (void)pthread_mutex_lock(&store->mutex);
                store->error = r;
                store->done = true;
                (void)eventfd_write(store->fd, 1);
        }
        (void)pthread_mutex_unlock(&store->mutex);
        return NULL;
}

static int32_t on_done(int32_t fd, int32_t revents, void *data)
{
        struct tg_store *store = data;
        eventfd_t n;
        uint32_t version;
        bool done;
        int r;

        (void)revents;
        (void)eventfd_read(fd, &n);
        (void)pthread_mutex_lock(&store->mutex);
        done = store->done;
        store->done = false;
        version = store->version;
        r = store->error;
        (void)pthread_mutex_unlock(&store->mutex);
        if (!done)
                return 0;
        if (r != store->last_error)
                tg_log(r < 0 ? LOG_ERR : LOG_INFO, "%s/%s: %s", store->directory, FILE_NAME,
                       r < 0 ? strerror(-r) : "written again");
        store->last_error = r;
        store->tell(store->data, version, r == 0);
        return 0;
}

static const char *directory(void)
{
        const char *given = getenv("STATE_DIRECTORY");

        return given && given[0] == '/' && strlen(given) < DIRECTORY_MAX ? given : "/var/lib/timeguard";
}

int tg_store_new(struct tg_store **out, qb_loop_t *loop, tg_store_tell *tell, void *data)
{
        struct tg_store *store = calloc(1, sizeof(*store));
        int r;

        if (!store)
                return -ENOMEM;
        store->loop = loop;
        store->tell = tell;
        store->data = data;
        (void)snprintf(store->directory, sizeof(store->directory), "%s", directory());
        (void)pthread_mutex_init(&store->mutex, NULL);
        (void)pthread_cond_init(&store->wake, NULL);
        store->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        r = store->fd < 0 ? -errno : qb_loop_poll_add(loop, QB_LOOP_MED, store->fd, POLLIN, store, on_done);
        if (r == 0) {
                r = tg_thread_start(&store->thread, run, store);
                if (r < 0)
                        (void)qb_loop_poll_del(loop, store->fd);
        }
        if (r < 0) {
                if (store->fd >= 0)
                        (void)close(store->fd);
                free(store);
                return r;
        }
        *out = store;
        return 0;
}

struct tg_store *tg_store_free(struct tg_store *store, bool *clean)
{
        struct timespec until;

        if (!store)
                return NULL;
        (void)pthread_mutex_lock(&store->mutex);
        store->stop = true;
        (void)pthread_cond_signal(&store->wake);
        (void)pthread_mutex_unlock(&store->mutex);
        (void)qb_loop_poll_del(store->loop, store->fd);
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += JOIN_MAX_S;
        if (pthread_clockjoin_np(store->thread, NULL, CLOCK_MONOTONIC, &until) != 0) {
                (void)pthread_detach(store->thread);
                *clean = false;
                return NULL;
        }
        (void)close(store->fd);
        (void)pthread_cond_destroy(&store->wake);
        (void)pthread_mutex_destroy(&store->mutex);
        free(store);
        return NULL;
}

ssize_t tg_store_load(uint8_t out[static TG_GATE_STORE_MAX])
{
        char path[DIRECTORY_MAX + sizeof(FILE_NAME)];
        ssize_t n;
        int fd;

        (void)snprintf(path, sizeof(path), "%s/" FILE_NAME, directory());
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        n = read(fd, out, TG_GATE_STORE_MAX);
        if (n < 0)
                n = -errno;
        (void)close(fd);
        return n;
}

void tg_store_write(struct tg_store *store, uint32_t version, const uint8_t *data, size_t len)
{
        (void)pthread_mutex_lock(&store->mutex);
        store->version = version;
        store->len = len;
        memcpy(store->bytes, data, len);
        store->wanted = true;
        (void)pthread_cond_signal(&store->wake);
        (void)pthread_mutex_unlock(&store->mutex);
}
