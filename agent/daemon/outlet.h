/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where records leave the agent: the journal, or standard error where there is none. A thread of its own writes them, because both
   may block for as long as a stopped journald likes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define TG_RECORD_FIELDS_MAX 24
#define TG_RECORD_TEXT_MAX   3072
#define TG_RECORD_LINE_MAX   1024

/* One record: its journal fields, and the line that stands for them on standard error. */
struct tg_record {
        struct tg_record *next;
        bool alert; /* counted when it can be written nowhere */
        size_t n_fields;
        size_t used;
        struct iovec fields[TG_RECORD_FIELDS_MAX];
        char text[TG_RECORD_TEXT_MAX];
        char line[TG_RECORD_LINE_MAX];
};

struct tg_record *tg_record_new(bool alert);
/* Adds the field "KEY=value", cut where there is no more room. */
void tg_record_add(struct tg_record *record, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tg_record_line(struct tg_record *record, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Starts the thread. Until then, and after it has stopped, records are written at once, and only to standard error.
   Returns 0 or -errno. */
int tg_outlet_start(bool journal);
/* Takes the record over; when too many wait already it is dropped and counted. Accepts NULL (no memory): counted as an alert. */
void tg_outlet_put(struct tg_record *record);
/* Alerts that could be written nowhere since the start. */
uint64_t tg_outlet_lost(void);
/* Gives the thread half a second to write what waits. Returns false when it had to be left behind. */
bool tg_outlet_stop(void);
