/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See status_document.h. The snapshot that a document is made of is large, and kept for the next one. */
#include <errno.h>
#include <stdlib.h>

#include "agent.h"
#include "clock.h"
#include "status_document.h"
#include "status_json.h"

#define AGE_MAX_NS (100 * TG_NS_PER_MS)

struct tg_status_source {
        const struct tg_agent *agent;
        struct tg_status_document *newest; /* with a use of its own */
        struct tg_snapshot snapshot;
};

struct tg_status_document *tg_status_document_put(struct tg_status_document *document)
{
        if (document && --document->users == 0) {
                tg_buffer_free(&document->text);
                free(document);
        }
        return NULL;
}

static struct tg_status_document *make(struct tg_status_source *source, const struct tg_look *now)
{
        struct tg_status_document *document = calloc(1, sizeof(*document));

        if (!document)
                return NULL;
        document->users = 1;
        document->raw_ns = now->raw_ns;
        tg_node_snapshot(source->agent->node, now, &source->snapshot);
        tg_status_json(&source->snapshot, source->agent, &document->text);
        return document->text.failed ? tg_status_document_put(document) : document;
}

struct tg_status_document *tg_status_document_get(struct tg_status_source *source)
{
        struct tg_look now = tg_clock_look();

        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the source holds a use of its own, so no client frees it. */
        if (!source->newest || now.raw_ns - source->newest->raw_ns >= AGE_MAX_NS) {
                tg_status_document_put(source->newest);
                source->newest = make(source, &now);
        }
        if (source->newest)
                source->newest->users++;
        return source->newest;
}

int tg_status_source_new(struct tg_status_source **out, const struct tg_agent *agent)
{
        struct tg_status_source *source = calloc(1, sizeof(*source));

        if (!source)
                return -ENOMEM;
        source->agent = agent;
        *out = source;
        return 0;
}

struct tg_status_source *tg_status_source_free(struct tg_status_source *source)
{
        if (source)
                tg_status_document_put(source->newest);
        free(source);
        return NULL;
}
