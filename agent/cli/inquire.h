/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question to the agent: its document, or what is wrong in one line. */
#pragma once

#include "document.h"
#include "fetch.h"

#define TG_INQUIRE_ERROR_MAX (TG_FETCH_ERROR_MAX > TG_DOCUMENT_ERROR_MAX ? TG_FETCH_ERROR_MAX : TG_DOCUMENT_ERROR_MAX)

/* Within 2 s. NULL: `error` gets one sentence. The document is to be freed. */
struct tg_document *tg_inquire(const char *socket, char error[static TG_INQUIRE_ERROR_MAX]);
