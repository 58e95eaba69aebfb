/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status as clients get it: one text for all that come within 100 ms, kept for as long as one of them reads it. */
#pragma once

#include <stdint.h>

#include "buffer.h"

struct tg_agent;
struct tg_status_source;

struct tg_status_document {
        unsigned users;
        int64_t raw_ns; /* when it was made */
        struct tg_buffer text;
};

/* Returns 0 or -errno; *out is set only on success. */
int tg_status_source_new(struct tg_status_source **out, const struct tg_agent *agent);
struct tg_status_source *tg_status_source_free(struct tg_status_source *source); /* accepts NULL, returns NULL */

/* The document for a client that comes now, with a use of its own; NULL when memory is short. */
struct tg_status_document *tg_status_document_get(struct tg_status_source *source);
/* Gives a use back. Accepts NULL, returns NULL. */
struct tg_status_document *tg_status_document_put(struct tg_status_document *document);
