/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The margin of votes and the names of the flags that change its meaning. Nothing is modelled beyond what votequorum itself says:
   what last_man_standing or auto_tie_breaker would do is named, not computed. */
#include <stdio.h>
#include <string.h>

#include <timeguard/quorum.h>

int64_t tg_quorum_margin(const struct tg_quorum *q)
{
        return (int64_t)q->total_votes - (int64_t)q->quorum;
}

int64_t tg_quorum_margin_without_qdevice(const struct tg_quorum *q)
{
        return tg_quorum_margin(q) - (int64_t)q->qdevice_votes;
}

const char *tg_quorum_flags_text(uint32_t flags, char *buf, size_t size)
{
        static const struct {
                uint32_t flag;
                const char *name;
        } names[] = {
                { TG_QUORUM_TWO_NODE, "two_node" },
                { TG_QUORUM_WAIT_FOR_ALL, "wait_for_all" },
                { TG_QUORUM_LAST_MAN_STANDING, "last_man_standing" },
                { TG_QUORUM_AUTO_TIE_BREAKER, "auto_tie_breaker" },
                { TG_QUORUM_ALLOW_DOWNSCALE, "allow_downscale" },
        };
        size_t used = 0;

        buf[0] = 0;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                if ((flags & names[i].flag) && used < size)
                        used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", names[i].name);
        return buf;
}
