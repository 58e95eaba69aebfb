/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See server.h. The lists are a few entries long, so each question reads them from the start. */
#include <string.h>

#include "server.h"

int tg_server_alias(const struct tg_options *options, const struct tg_addr *addr)
{
        const struct tg_source_set_list *list = &options->source_alias;

        for (uint32_t i = 0; i < list->n; i++)
                if (tg_addr_equal(&list->entries[i].addr, addr))
                        return list->entries[i].set;
        return -1;
}

bool tg_server_same(const struct tg_options *options, const struct tg_addr *a, const struct tg_addr *b, int alias)
{
        return tg_addr_equal(a, b) || (alias >= 0 && tg_server_alias(options, a) == alias);
}

static int compare(const struct tg_addr *a, const struct tg_addr *b)
{
        return a->family != b->family ? a->family - b->family : memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

struct tg_addr tg_server_canonical(const struct tg_options *options, struct tg_addr addr)
{
        const struct tg_source_set_list *list = &options->source_alias;
        int alias = tg_server_alias(options, &addr);

        for (uint32_t i = 0; alias >= 0 && i < list->n; i++)
                if (list->entries[i].set == alias && compare(&list->entries[i].addr, &addr) < 0)
                        addr = list->entries[i].addr;
        return addr;
}

int tg_server_group(const struct tg_options *options, const struct tg_addr *addr)
{
        int alias = tg_server_alias(options, addr);

        for (uint32_t i = 0; i < options->source_group.n; i++)
                if (tg_server_same(options, &options->source_group.entries[i].addr, addr, alias))
                        return options->source_group.entries[i].set;
        return -1;
}

bool tg_server_listed(const struct tg_options *options, const struct tg_source *source)
{
        const struct tg_source_match_list *list = &options->source_allow;
        int alias = tg_server_alias(options, &source->addr);

        for (uint32_t i = 0; i < list->n; i++) {
                const struct tg_source_match *match = &list->entries[i];

                if (match->name[0] ? !strcmp(match->name, source->name) : tg_addr_in(&source->addr, &match->prefix))
                        return true;
                for (uint32_t k = 0; alias >= 0 && !match->name[0] && k < options->source_alias.n; k++)
                        if (options->source_alias.entries[k].set == alias &&
                            tg_addr_in(&options->source_alias.entries[k].addr, &match->prefix))
                                return true;
        }
        return false;
}
