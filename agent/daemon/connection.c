/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing the handles, as a table of steps: what was opened is closed in reverse order, whatever the step that
   failed. Joining is the last step, so that nothing of the group is heard before all is known. */
#include <stdlib.h>
#include <string.h>

#include "connection.h"

#define GROUP "timeguard"

struct step {
        const char *name;
        cs_error_t (*open)(struct tg_connection *link, void *context);
        void (*close)(struct tg_connection *link);
};

static cs_error_t open_cpg(struct tg_connection *link, void *context)
{
        cpg_model_v1_data_t callbacks = tg_cluster_cpg_callbacks;

        return cpg_model_initialize(&link->cpg, CPG_MODEL_V1, (cpg_model_data_t *)&callbacks, context);
}

static void close_cpg(struct tg_connection *link)
{
        (void)cpg_finalize(link->cpg);
}

static cs_error_t open_quorum(struct tg_connection *link, void *context)
{
        quorum_model_v1_data_t callbacks = tg_cluster_quorum_callbacks;
        uint32_t type = QUORUM_FREE;
        cs_error_t r =
                quorum_model_initialize(&link->quorum, QUORUM_MODEL_V1, (quorum_model_data_t *)&callbacks, &type, context);

        link->provider = type == QUORUM_SET;
        return r;
}

static void close_quorum(struct tg_connection *link)
{
        (void)quorum_finalize(link->quorum);
}

static cs_error_t open_votes(struct tg_connection *link, void *context)
{
        (void)context;
        return link->provider ? votequorum_initialize(&link->votes, NULL) : CS_OK;
}

static void close_votes(struct tg_connection *link)
{
        if (link->provider)
                (void)votequorum_finalize(link->votes);
}

static cs_error_t open_map(struct tg_connection *link, void *context)
{
        (void)context;
        return cmap_initialize(&link->map);
}

static void close_map(struct tg_connection *link)
{
        (void)cmap_finalize(link->map);
}

static cs_error_t get_id(struct tg_connection *link, void *context)
{
        unsigned int node_id = 0;
        cs_error_t r = cpg_local_get(link->cpg, &node_id);

        (void)context;
        link->node_id = node_id;
        return r;
}

static cs_error_t get_descriptors(struct tg_connection *link, void *context)
{
        cs_error_t r = cpg_fd_get(link->cpg, &link->cpg_fd);

        (void)context;
        return r == CS_OK ? quorum_fd_get(link->quorum, &link->quorum_fd) : r;
}

static cs_error_t track(struct tg_connection *link, void *context)
{
        (void)context;
        return quorum_trackstart(link->quorum, CS_TRACK_CHANGES);
}

static cs_error_t join(struct tg_connection *link, void *context)
{
        /* The length is part of the name: the NUL belongs to it, for ever. */
        struct cpg_name name = { .length = sizeof(GROUP), .value = GROUP };

        (void)context;
        return cpg_join(link->cpg, &name);
}

static const struct step steps[] = {
        { "cpg_model_initialize", open_cpg, close_cpg },
        { "quorum_model_initialize", open_quorum, close_quorum },
        { "votequorum_initialize", open_votes, close_votes },
        { "cmap_initialize", open_map, close_map },
        { "cpg_local_get", get_id, NULL },
        { "cpg_fd_get", get_descriptors, NULL },
        { "quorum_trackstart", track, NULL },
        { "cpg_join", join, NULL },
};

struct tg_connection *tg_connection_close(struct tg_connection *link)
{
        if (!link)
                return NULL;
        while (link->n_open > 0)
                if (steps[--link->n_open].close)
                        steps[link->n_open].close(link);
        free(link);
        return NULL;
}

cs_error_t tg_connection_open(struct tg_connection **out, void *context, const char **what)
{
        struct tg_connection *link = calloc(1, sizeof(*link));

        if (!link) {
                *what = "calloc";
                return CS_ERR_NO_MEMORY;
        }
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
                cs_error_t r = steps[i].open(link, context);

                if (r != CS_OK) {
                        *what = steps[i].name;
                        tg_connection_close(link);
                        return r;
                }
                link->n_open++;
        }
        *out = link;
        return CS_OK;
}
