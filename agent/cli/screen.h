/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question to the agent, and its answer on the page. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "exit_code.h"
#include "fetch.h"
#include "page.h"

struct tg_request {
        const char *socket;
        const char *node; /* whose evidence is wanted; NULL: the status */
        bool json;        /* the document as it came */
        int watch_s;      /* ask again each so many seconds; 0: once */
        bool yes, resume, abort;
        int64_t for_ns; /* how long to hold, or to wait; 0: not told */
};

/* Asks, and writes what came to page->out, or what is wrong to `complaints`. Changes nothing but these two. */
enum tg_exit tg_screen_show(const struct tg_request *request, const struct tg_page *page, FILE *complaints);
