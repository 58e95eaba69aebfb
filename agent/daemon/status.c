/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serving the document. Clients share one document of at most 100 ms of age, are written to without blocking and have two seconds;
   no client can hold the agent. What a client has not read is memory of the agent in the kernel's books, and stays so after the
   agent has closed its end: thousands of idle clients would have it killed at its MemoryMax. So clients that are not root are kept
   until they have read all or are gone, and only so many of them are served. Root is let go after its two seconds. */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "journal.h"
#include "status.h"
#include "status_document.h"
#include "status_listen.h"

#define CLIENTS_MAX     48
#define OTHERS_MAX      32 /* of them, that are not root */
#define ACCEPTS_MAX     32 /* in one turn of the loop */
#define CLIENT_NS       (2 * TG_NS_PER_S)
#define SWEEP_NS        (250 * TG_NS_PER_MS)
#define LISTEN_AGAIN_NS TG_NS_PER_S

struct client {
        struct tg_status *status;
        int fd;           /* -1: free */
        bool root, ended; /* ended: nothing more is sent */
        int64_t until_raw_ns;
        size_t sent;
        struct tg_status_document *document;
};

struct tg_status {
        struct tg_agent *agent;
        int fd;
        dev_t dev;
        ino_t ino;
        char path[TG_PATH_MAX];
        unsigned n_clients, n_others;
        struct client clients[CLIENTS_MAX];
        struct tg_status_source *documents;
        struct tg_alarm sweep;  /* while there are clients */
        struct tg_alarm listen; /* while accepting pauses for want of descriptors */
};

static int32_t on_client(int32_t fd, int32_t revents, void *data);

static void client_close(struct client *client)
{
        (void)qb_loop_poll_del(client->status->agent->loop, client->fd);
        (void)close(client->fd);
        client->fd = -1;
        client->document = tg_status_document_put(client->document);
        client->status->n_others -= !client->root;
        if (--client->status->n_clients == 0)
                tg_alarm_stop(&client->status->sweep);
}

/* Writes what goes without blocking. True when the client is done with, for better or worse. */
static bool write_some(int fd, const struct tg_status_document *document, size_t *sent)
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

/* Nothing more is sent. A client that is not root keeps its place while it has not read all. */
static void client_end(struct client *client)
{
        int unread = 0;

        if (client->root || ioctl(client->fd, SIOCOUTQ, &unread) < 0 || unread == 0) {
                client_close(client);
                return;
        }
        if (client->ended)
                return;
        client->ended = true;
        client->document = tg_status_document_put(client->document);
        (void)shutdown(client->fd, SHUT_WR);
        /* Of hanging up epoll tells without being asked. */
        (void)qb_loop_poll_mod(client->status->agent->loop, QB_LOOP_LOW, client->fd, 0, client, on_client);
}

static int32_t on_client(int32_t fd, int32_t revents, void *data)
{
        struct client *client = data;

        if (client->fd != fd)
                return 0;
        if (revents & (POLLHUP | POLLERR | POLLNVAL))
                client_close(client);
        else if (!client->ended && write_some(fd, client->document, &client->sent))
                client_end(client);
        return 0;
}

static void on_sweep(void *data)
{
        struct tg_status *status = data;
        int64_t now_ns = tg_clock_raw_ns();

        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (status->clients[i].fd >= 0 && (status->clients[i].ended || now_ns >= status->clients[i].until_raw_ns))
                        client_end(&status->clients[i]);
}

static bool is_root(int fd)
{
        struct ucred peer;
        socklen_t len = sizeof(peer);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == 0;
}

static bool has_place(const struct tg_status *status, bool root)
{
        return status->n_clients < CLIENTS_MAX && (root || status->n_others < OTHERS_MAX);
}

/* Keeps a client that could not take all at once, or has yet to read it; its place has been looked for. NULL without memory. */
static struct client *client_keep(struct tg_status *status, int fd, bool root, struct tg_status_document *document, size_t sent)
{
        struct client *client = status->clients;

        while (client->fd >= 0)
                client++;
        if (qb_loop_poll_add(status->agent->loop, QB_LOOP_LOW, fd, POLLOUT, client, on_client) < 0)
                return NULL;
        *client = (struct client){ .status = status, .fd = fd, .root = root, .sent = sent, .document = document };
        client->until_raw_ns = tg_clock_raw_ns() + CLIENT_NS;
        status->n_others += !root;
        if (status->n_clients++ == 0)
                tg_alarm_every(&status->sweep, SWEEP_NS);
        return client;
}

static void serve(struct tg_status *status, int fd)
{
        bool root = is_root(fd);
        struct tg_status_document *document = has_place(status, root) ? tg_status_document_get(status->documents) : NULL;
        size_t sent = 0;
        bool done = document && write_some(fd, document, &sent);
        struct client *client = document && !(done && root) ? client_keep(status, fd, root, document, sent) : NULL;

        if (!client) {
                (void)close(fd);
                tg_status_document_put(document);
        } else if (done) {
                client_end(client);
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
        int r = tg_status_source_new(&status->documents, status->agent);

        if (r == 0)
                r = tg_alarm_open(&status->sweep, loop, QB_LOOP_LOW, on_sweep, status);
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
        tg_status_source_free(status->documents);
        free(status);
        return NULL;
}
