/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages under way, known by a digest of their bytes (FNV-1a): no two reports of one agent are alike. */
#include <string.h>

#include "sent.h"

static uint64_t digest_of(const uint8_t *data, size_t len)
{
        uint64_t digest = UINT64_C(14695981039346656037);

        for (size_t i = 0; i < len; i++)
                digest = (digest ^ data[i]) * UINT64_C(1099511628211);
        return digest;
}

bool tg_sent_full(const struct tg_sent *sent)
{
        return sent->n == TG_SENT_MAX;
}

void tg_sent_add(struct tg_sent *sent, const uint8_t *data, size_t len, int64_t raw_ns)
{
        if (tg_sent_full(sent))
                return;
        sent->list[sent->n].digest = digest_of(data, len);
        sent->list[sent->n].raw_ns = raw_ns;
        sent->n++;
}

void tg_sent_heard(struct tg_sent *sent, const uint8_t *data, size_t len)
{
        uint64_t digest = digest_of(data, len);

        for (uint32_t i = 0; i < sent->n; i++)
                if (sent->list[i].digest == digest) {
                        sent->n -= i + 1;
                        memmove(sent->list, sent->list + i + 1, sent->n * sizeof(sent->list[0]));
                        return;
                }
}

int64_t tg_sent_age_ns(const struct tg_sent *sent, int64_t raw_ns)
{
        return sent->n > 0 ? raw_ns - sent->list[0].raw_ns : 0;
}
