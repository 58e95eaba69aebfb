/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instants of REALTIME: read from the status document, written in local time. */
#pragma once

#include <stdint.h>

#define TG_INSTANT_MAX 64

/* Reads exactly "2026-11-21T23:56:02.123Z". Returns 0 or -EINVAL. */
int tg_instant_parse(const char *text, int64_t *real_ns);
/* "2026-11-21 23:56:02 CET", in the local time zone. */
const char *tg_instant_local(int64_t real_ns, char buf[static TG_INSTANT_MAX]);
