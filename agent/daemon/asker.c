/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries the datagrams of tg_ask, which knows when to ask whom. Each request has a connected socket of its own, with a port that nobody
   can foresee and on which only the server's own datagrams and refusals arrive; it is closed with the answer or a second later. Nothing blocks;
   as many exchanges run at once as tg_ask has slots. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "asker.h"
#include "asker_socket.h"
#include "clock.h"
#include "journal.h"

#define DATAGRAMS_MAX 8 /* read in one turn of the loop */

struct exchange {
        struct tg_asker *asker;
        int fd; /* -1: none */
        struct tg_addr addr;
        struct tg_look before;
        int64_t sent_raw_ns;  /* it had certainly not left before */
        int64_t left_real_ns; /* the kernel's stamp, 0: none so far */
};

struct tg_asker {
        qb_loop_t *loop;
        uint16_t port;
        tg_asker_tell *tell;
        void *data;
        struct tg_ask ask;
        struct exchange exchanges[TG_ASK_SLOTS];
};

static void tell(struct tg_asker *a)
{
        a->tell(a->data, &a->ask);
}

static void finish(struct exchange *x)
{
        if (x->fd < 0)
                return;
        (void)qb_loop_poll_del(x->asker->loop, x->fd);
        (void)close(x->fd);
        x->fd = -1;
}

static void fail(struct exchange *x, int error)
{
        /* Only a port unreachable says that the host is there: what a filter answers is silence. */
        tg_ask_failed(&x->asker->ask, &x->addr, error == ECONNREFUSED ? TG_ASKED_REFUSED : TG_ASKED_SILENT);
        finish(x);
}

/* ---- answers ---- */

/* Once, when it begins. */
static void log_bad(const struct exchange *x, uint8_t state_before, enum tg_ntp_fault fault)
{
        char text[TG_ADDR_TEXT_MAX];

        if (state_before != TG_ASKED_BAD)
                tg_log(LOG_NOTICE, "asked for the time, %s sends no valid answer: %s", tg_addr_text(&x->addr, text),
                       tg_ntp_fault_text(fault));
}

static uint8_t state_of(const struct exchange *x)
{
        struct tg_asked list[TG_ASK_SOURCES];
        uint32_t n = tg_ask_list(&x->asker->ask, list);

        for (uint32_t i = 0; i < n; i++)
                if (tg_addr_equal(&list[i].addr, &x->addr))
                        return list[i].state;
        return TG_ASKED_NEVER;
}

/* Returns whether it was the answer. */
static bool take(struct exchange *x, const uint8_t *bytes, size_t len, int64_t came_real_ns)
{
        struct tg_ask_arrival arrival = {
                .data = bytes, .len = len, .t1_raw_ns = x->sent_raw_ns, .t4_raw_ns = tg_clock_raw_ns()
        };
        uint8_t state = state_of(x);
        enum tg_ntp_fault fault;

        arrival.look = tg_clock_look();
        tg_ask_sharpen(&arrival, &x->before, x->left_real_ns, came_real_ns);
        fault = tg_ask_reply(&x->asker->ask, &x->addr, &arrival);
        if (fault != TG_NTP_GOOD && fault <= TG_NTP_ORIGIN)
                return false;
        if (fault != TG_NTP_GOOD)
                log_bad(x, state, fault);
        return true;
}

/* Returns whether the exchange is over. */
static bool read_answers(struct exchange *x)
{
        for (int i = 0; i < DATAGRAMS_MAX; i++) {
                uint8_t bytes[TG_ANSWER_MAX];
                int64_t real_ns = 0;
                ssize_t n = tg_asker_receive(x->fd, bytes, &real_ns);

                if (n == -EAGAIN)
                        return false;
                if (n < 0)
                        fail(x, (int)-n);
                else if (take(x, bytes, (size_t)n, real_ns))
                        finish(x);
                if (x->fd < 0)
                        return true;
        }
        return false;
}

static int32_t on_datagram(int32_t fd, int32_t revents, void *data)
{
        struct exchange *x = data;
        int64_t left_real_ns;

        (void)revents;
        if (fd != x->fd)
                return 0;
        left_real_ns = tg_asker_left_ns(fd);
        if (left_real_ns)
                x->left_real_ns = left_real_ns;
        if (read_answers(x))
                tell(x->asker);
        return 0;
}

/* ---- requests ---- */

/* Returns 0 or -errno; then there is no socket. */
static int open_socket(struct exchange *x)
{
        int fd = tg_asker_socket(&x->addr, x->asker->port);
        int r;

        if (fd < 0)
                return fd;
        r = qb_loop_poll_add(x->asker->loop, QB_LOOP_MED, fd, POLLIN, x, on_datagram);
        if (r < 0)
                (void)close(fd);
        else
                x->fd = fd;
        return r < 0 ? r : 0;
}

/* One that is free; they are as many as tg_ask can wait for, so the oldest is one that it has given up. */
static struct exchange *free_exchange(struct tg_asker *a)
{
        struct exchange *oldest = &a->exchanges[0];

        for (size_t i = 0; i < TG_ASK_SLOTS; i++) {
                if (a->exchanges[i].fd < 0)
                        return &a->exchanges[i];
                if (a->exchanges[i].sent_raw_ns < oldest->sent_raw_ns)
                        oldest = &a->exchanges[i];
        }
        finish(oldest);
        return oldest;
}

static void begin(struct tg_asker *a, const struct tg_ask_request *request)
{
        struct exchange *x = free_exchange(a);
        int r;

        *x = (struct exchange){ .asker = a, .fd = -1, .addr = request->addr };
        r = open_socket(x);
        if (r < 0) {
                fail(x, -r);
                return;
        }
        x->before = tg_clock_look();
        x->sent_raw_ns = tg_clock_raw_ns();
        if (send(x->fd, request->datagram, sizeof(request->datagram), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                fail(x, errno);
}

static bool new_cookie(uint64_t *cookie)
{
        return getrandom(cookie, sizeof(*cookie), GRND_NONBLOCK) == (ssize_t)sizeof(*cookie) && *cookie != 0;
}

/* Those whose answer would come too late, or were sent when RAW was another. */
static void close_late(struct tg_asker *a)
{
        int64_t now_ns = tg_clock_raw_ns();

        for (size_t i = 0; i < TG_ASK_SLOTS; i++) {
                int64_t age_ns = now_ns - a->exchanges[i].sent_raw_ns;

                if (age_ns < 0 || age_ns > TG_ASK_ANSWER_NS)
                        finish(&a->exchanges[i]);
        }
}

void tg_asker_poll(struct tg_asker *a, bool urge)
{
        struct tg_ask_request request;
        uint64_t cookie;

        if (urge)
                tg_ask_urge(&a->ask);
        close_late(a);
        while (new_cookie(&cookie) && tg_ask_due(&a->ask, tg_clock_raw_ns(), cookie, &request))
                begin(a, &request);
        tell(a);
}

void tg_asker_sources(struct tg_asker *a, const struct tg_chrony_sample *sample)
{
        struct tg_look now = tg_clock_look();

        tg_ask_sources(&a->ask, sample, &now);
}

void tg_asker_limit(struct tg_asker *a, int64_t step_limit_ns)
{
        tg_ask_limit(&a->ask, step_limit_ns);
}

int tg_asker_new(struct tg_asker **out, qb_loop_t *loop, uint16_t port, int64_t step_limit_ns, tg_asker_tell *tell_function,
                 void *data)
{
        struct tg_asker *a = calloc(1, sizeof(*a));
        struct tg_look now = tg_clock_look();

        if (!a)
                return -ENOMEM;
        a->loop = loop;
        a->port = port;
        a->tell = tell_function;
        a->data = data;
        tg_ask_begin(&a->ask, step_limit_ns, &now);
        for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                a->exchanges[i].fd = -1;
        *out = a;
        return 0;
}

struct tg_asker *tg_asker_free(struct tg_asker *a)
{
        if (!a)
                return NULL;
        for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                finish(&a->exchanges[i]);
        free(a);
        return NULL;
}
