/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The writing thread and its bounded queue. sd_journal_sendv sends on a blocking datagram socket and says success when there is
   no journal at all: hence the thread, and the look for the socket beforehand. The state is the process's, as standard error is. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "outlet.h"
#include "thread.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define QUEUE_MAX      256
#define STOP_MS        500

static struct {
        pthread_mutex_t mutex;
        pthread_cond_t wake, idle;
        pthread_t thread;
        bool running, journal, stop, busy;
        struct tg_record *first, **last;
        size_t waiting;
        atomic_uint_fast64_t lost;
        uint64_t lost_told;
} outlet = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .wake = PTHREAD_COND_INITIALIZER,
        .idle = PTHREAD_COND_INITIALIZER,
        .last = &outlet.first,
};

struct tg_record *tg_record_new(bool alert)
{
        struct tg_record *record = malloc(sizeof(*record));

        if (!record)
                return NULL;
        record->next = NULL;
        record->alert = alert;
        record->n_fields = 0;
        record->used = 0;
        record->line[0] = '\0';
        return record;
}

void tg_record_add(struct tg_record *record, const char *format, ...)
{
        size_t room = sizeof(record->text) - record->used;
        char *start = record->text + record->used;
        va_list args;
        int n;

        if (record->n_fields == TG_RECORD_FIELDS_MAX || room < 2)
                return;
        va_start(args, format);
        n = vsnprintf(start, room, format, args);
        va_end(args);
        if (n < 0)
                return;
        if ((size_t)n >= room)
                n = (int)room - 1;
        record->fields[record->n_fields++] = (struct iovec){ .iov_base = start, .iov_len = (size_t)n };
        record->used += (size_t)n + 1;
}

void tg_record_line(struct tg_record *record, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(record->line, sizeof(record->line), format, args);
        va_end(args);
        for (char *c = record->line; *c; c++)
                if ((unsigned char)*c < ' ' || *c == 0x7f)
                        *c = ' ';
}

static bool write_line(const char *line)
{
        char text[TG_RECORD_LINE_MAX + 1];
        size_t len = (size_t)snprintf(text, sizeof(text), "%s\n", line);
        ssize_t n;

        do
                n = write(STDERR_FILENO, text, len);
        while (n < 0 && errno == EINTR);
        return n == (ssize_t)len;
}

static bool write_record(const struct tg_record *record, bool journal)
{
        if (journal && access(JOURNAL_SOCKET, W_OK) == 0 && sd_journal_sendv(record->fields, (int)record->n_fields) == 0)
                return true;
        return write_line(record->line);
}

static void count_lost(bool alert)
{
        if (alert)
                atomic_fetch_add(&outlet.lost, 1);
}

/* Says, once something can be written again, how much could not. */
static void tell_lost(bool journal)
{
        uint64_t lost = atomic_load(&outlet.lost);
        struct tg_record *record = lost > outlet.lost_told ? tg_record_new(false) : NULL;

        if (!record)
                return;
        tg_record_add(record, "MESSAGE=%ju alerts could be written neither to the journal nor to standard error",
                      (uintmax_t)(lost - outlet.lost_told));
        tg_record_add(record, "PRIORITY=4");
        tg_record_add(record, "SYSLOG_IDENTIFIER=timeguardd");
        tg_record_line(record, "timeguardd: %s", record->text + strlen("MESSAGE="));
        if (write_record(record, journal))
                outlet.lost_told = lost;
        free(record);
}

static void write_or_count(struct tg_record *record, bool journal)
{
        if (write_record(record, journal))
                tell_lost(journal);
        else
                count_lost(record->alert);
        free(record);
}

/* The mutex is held; NULL when nothing waits. */
static struct tg_record *take(void)
{
        struct tg_record *record = outlet.first;

        if (!record)
                return NULL;
        outlet.first = record->next;
        if (!outlet.first)
                outlet.last = &outlet.first;
        outlet.waiting--;
        return record;
}

static void *write_all(void *data)
{
        struct tg_record *record;

        (void)data;
        (void)pthread_mutex_lock(&outlet.mutex);
        for (;;) {
                while (!(record = take()) && !outlet.stop)
                        (void)pthread_cond_wait(&outlet.wake, &outlet.mutex);
                if (!record)
                        break;
                outlet.busy = true;
                (void)pthread_mutex_unlock(&outlet.mutex);
                write_or_count(record, outlet.journal);
                (void)pthread_mutex_lock(&outlet.mutex);
                outlet.busy = false;
                (void)pthread_cond_signal(&outlet.idle);
        }
        (void)pthread_mutex_unlock(&outlet.mutex);
        return NULL;
}

int tg_outlet_start(bool journal)
{
        int r;

        outlet.journal = journal;
        outlet.stop = false;
        r = tg_thread_start(&outlet.thread, write_all, NULL);
        outlet.running = r == 0;
        return r;
}

void tg_outlet_put(struct tg_record *record)
{
        if (!record) {
                count_lost(true);
                return;
        }
        if (!outlet.running) {
                write_or_count(record, false);
                return;
        }
        (void)pthread_mutex_lock(&outlet.mutex);
        if (outlet.waiting < QUEUE_MAX) {
                *outlet.last = record;
                outlet.last = &record->next;
                outlet.waiting++;
                record = NULL;
                (void)pthread_cond_signal(&outlet.wake);
        }
        (void)pthread_mutex_unlock(&outlet.mutex);
        if (record)
                count_lost(record->alert);
        free(record);
}

uint64_t tg_outlet_lost(void)
{
        return atomic_load(&outlet.lost);
}

static bool wait_idle(void)
{
        struct timespec until;

        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += STOP_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        while (outlet.first || outlet.busy)
                if (pthread_cond_clockwait(&outlet.idle, &outlet.mutex, CLOCK_MONOTONIC, &until) != 0)
                        return false;
        return true;
}

bool tg_outlet_stop(void)
{
        bool idle;

        if (!outlet.running)
                return true;
        (void)pthread_mutex_lock(&outlet.mutex);
        idle = wait_idle();
        outlet.stop = true;
        (void)pthread_cond_signal(&outlet.wake);
        (void)pthread_mutex_unlock(&outlet.mutex);
        if (!idle)
                return false;
        (void)pthread_join(outlet.thread, NULL);
        outlet.running = false;
        return true;
}
