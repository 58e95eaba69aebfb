/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serving the document. Clients share one document of at most 100 ms of age, are written to without blocking and have two seconds;
   a client can hold neither the agent nor, beyond 16 of them, its memory. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "journal.h"
#include "status.h"
#include "status_json.h"
#include "status_listen.h"

#define CLIENTS_MAX     16
#define ACCEPTS_MAX     32 /* in one turn of the loop */
#define CLIENT_NS       (2 * TG_NS_PER_S)
#define SWEEP_NS        (250 * TG_NS_PER_MS)
#define DOCUMENT_NS     (100 * TG_NS_PER_MS)
#define LISTEN_AGAIN_NS TG_NS_PER_S

struct document {
        unsigned users;
        int64_t raw_ns;
        struct tg_buffer text;
};

struct client {
        struct tg_status *status;
        int fd; /* -1: free */
        int64_t until_raw_ns;
        size_t sent;
        struct document *document;
};

struct tg_status {
        struct tg_agent *agent;
        int fd;
        dev_t dev;
        ino_t ino;
        char path[TG_PATH_MAX];
        unsigned n_clients;
        struct client clients[CLIENTS_MAX];
        struct document *document; /* the newest */
        struct tg_alarm sweep;     /* while there are clients */
        struct tg_alarm listen;    /* while accepting pauses for want of descriptors */
        struct tg_snapshot snapshot;
};

static struct document *document_free(struct document *document)
{
        if (document && --document->users == 0) {
                tg_buffer_free(&document->text);
                free(document);
        }
        return NULL;
}

static struct document *document_make(struct tg_status *status, const struct tg_look *now)
{
        struct document *document = calloc(1, sizeof(*document));

        if (!document)
                return NULL;
        document->users = 1;
        document->raw_ns = now->raw_ns;
        tg_node_snapshot(status->agent->node, now, &status->snapshot);
        tg_status_json(&status->snapshot, status->agent, &document->text);
        return document->text.failed ? document_free(document) : document;
}

/* The document for a client that comes now, with a use of its own; NULL when memory is short. */
static struct document *document_now(struct tg_status *status)
{
        struct tg_look now = tg_clock_look();

        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the status holds a use of its own, so no client frees it. */
        if (!status->document || now.raw_ns - status->document->raw_ns >= DOCUMENT_NS) {
                document_free(status->document);
                status->document = document_make(status, &now);
        }
        if (status->document)
                status->document->users++;
        return status->document;
}

static void client_close(struct client *client)
{
        (void)qb_loop_poll_del(client->status->agent->loop, client->fd);
        (void)close(client->fd);
        client->fd = -1;
        client->document = document_free(client->document);
        if (--client->status->n_clients == 0)
                tg_alarm_stop(&client->status->sweep);
}

/* Writes what goes without blocking. True when the client is done with, for better or worse. */
static bool write_some(int fd, const struct document *document, size_t *sent)
{
        while (*sent < document->text.len) {
                ssize_t n = send(fd, document->text.data + *sent, document->text.len - *sent, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno != EAGAIN && errno != EWOULDBLOCK;
                *sent += (size_t)n;
        }
        return true;
}

static int32_t on_client(int32_t fd, int32_t revents, void *data)
{
        struct client *client = data;

        (void)revents;
        if (client->fd == fd && write_some(fd, client->document, &client->sent))
                client_close(client);
        return 0;
}

static void on_sweep(void *data)
{
        struct tg_status *status = data;
        int64_t now_ns = tg_clock_raw_ns();

        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (status->clients[i].fd >= 0 && now_ns >= status->clients[i].until_raw_ns)
                        client_close(&status->clients[i]);
}

/* Keeps a client that could not take all at once. False when there is no place for it. */
static bool client_keep(struct tg_status *status, int fd, struct document *document, size_t sent)
{
        struct client *client = status->clients;

        if (status->n_clients == CLIENTS_MAX)
                return false;
        while (client->fd >= 0)
                client++;
        if (qb_loop_poll_add(status->agent->loop, QB_LOOP_LOW, fd, POLLOUT, client, on_client) < 0)
                return false;
        *client = (struct client){ .status = status, .fd = fd, .sent = sent, .document = document };
        client->until_raw_ns = tg_clock_raw_ns() + CLIENT_NS;
        if (status->n_clients++ == 0)
                tg_alarm_every(&status->sweep, SWEEP_NS);
        return true;
}

static void serve(struct tg_status *status, int fd)
{
        struct document *document = status->n_clients < CLIENTS_MAX ? document_now(status) : NULL;
        size_t sent = 0;

        if (!document || write_some(fd, document, &sent) || !client_keep(status, fd, document, sent)) {
                (void)close(fd);
                document_free(document);
        }
}

/* Without descriptors the waiting connection would wake the loop for ever: it waits outside for a second. */
static void pause_listening(struct tg_status *status)
{
        tg_log(LOG_WARNING, "status socket: %s, accepting again in a second", strerror(errno));
        (void)qb_loop_poll_del(status->agent->loop, status->fd);
        tg_alarm_once(&status->listen, LISTEN_AGAIN_NS);
}

static int32_t on_connection(int32_t fd, int32_t revents, void *data)
{
        struct tg_status *status = data;

        (void)revents;
        for (int i = 0; i < ACCEPTS_MAX; i++) {
                int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (client >= 0) {
                        serve(status, client);
                } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                        pause_listening(status);
                        return 0;
                } else if (errno != EINTR && errno != ECONNABORTED) {
                        return 0;
                }
        }
        return 0;
}

static void listen_again(void *data)
{
        struct tg_status *status = data;

        if (qb_loop_poll_add(status->agent->loop, QB_LOOP_LOW, status->fd, POLLIN, status, on_connection) < 0)
                tg_alarm_once(&status->listen, LISTEN_AGAIN_NS);
}

static int open_all(struct tg_status *status, mode_t mode)
{
        qb_loop_t *loop = status->agent->loop;
        int r = tg_alarm_open(&status->sweep, loop, QB_LOOP_LOW, on_sweep, status);

        if (r == 0)
                r = tg_alarm_open(&status->listen, loop, QB_LOOP_LOW, listen_again, status);
        if (r < 0)
                return r;
        r = tg_status_listen(status->path, mode, &status->dev, &status->ino);
        if (r < 0)
                return r;
        status->fd = r;
        return qb_loop_poll_add(loop, QB_LOOP_LOW, status->fd, POLLIN, status, on_connection);
}

int tg_status_new(struct tg_status **out, struct tg_agent *agent, const char *path, mode_t mode)
{
        struct tg_status *status = calloc(1, sizeof(*status));
        int r;

        if (!status)
                return -ENOMEM;
        status->agent = agent;
        status->fd = -1;
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                status->clients[i].fd = -1;
        (void)snprintf(status->path, sizeof(status->path), "%s", path);
        r = open_all(status, mode);
        if (r < 0) {
                tg_status_free(status);
                return r;
        }
        *out = status;
        return 0;
}

static void remove_own(const struct tg_status *status)
{
        struct stat st;

        if (lstat(status->path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == status->dev && st.st_ino == status->ino)
                (void)unlink(status->path);
}

struct tg_status *tg_status_free(struct tg_status *status)
{
        if (!status)
                return NULL;
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (status->clients[i].fd >= 0)
                        client_close(&status->clients[i]);
        tg_alarm_close(&status->sweep);
        tg_alarm_close(&status->listen);
        if (status->fd >= 0) {
                (void)qb_loop_poll_del(status->agent->loop, status->fd);
                (void)close(status->fd);
                remove_own(status);
        }
        document_free(status->document);
        free(status);
        return NULL;
}
