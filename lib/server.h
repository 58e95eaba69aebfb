/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which server an address belongs to, as source.alias, source.group and source.allow have it. */
#pragma once

#include <stdbool.h>

#include <timeguard/chrony.h>
#include <timeguard/options.h>

/* The number of the alias set that holds addr, or -1. */
int tg_server_alias(const struct tg_options *options, const struct tg_addr *addr);
/* Whether a is the server that b belongs to; `alias` is the alias set of b, or -1. */
bool tg_server_same(const struct tg_options *options, const struct tg_addr *a, const struct tg_addr *b, int alias);
/* One server has one address: the lowest of its aliases. */
struct tg_addr tg_server_canonical(const struct tg_options *options, struct tg_addr addr);
/* The number of the group that holds the server by any of its addresses, or -1. */
int tg_server_group(const struct tg_options *options, const struct tg_addr *addr);
/* Whether source.allow lists the source by its name or by any address of its server. */
bool tg_server_listed(const struct tg_options *options, const struct tg_source *source);
