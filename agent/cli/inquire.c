/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches and reads. */
#include <stdlib.h>

#include "inquire.h"

struct tg_document *tg_inquire(const char *socket, char error[static TG_INQUIRE_ERROR_MAX])
{
        struct tg_document *document = NULL;
        char *bytes = NULL;
        size_t len = 0;

        if (tg_fetch(socket, TG_DOCUMENT_BYTES_MAX, &bytes, &len, error) < 0)
                return NULL;
        (void)tg_document_parse(bytes, len, &document, error);
        free(bytes);
        return document;
}
