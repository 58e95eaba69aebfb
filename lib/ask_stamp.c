/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel's stamps, in REALTIME, say in RAW. A look before the sending and one after the receiving show both clocks. From the one to
   the first stamp d of REALTIME went by; as REALTIME runs at most 10 % faster than RAW, at least d / 1.1 of RAW did. So what left d after the
   first look left at least d / 1.1 after it, and what came d before the second one came at least d / 1.1 before it. REALTIME - BOOTTIME
   tells of a step between the looks; one that their brackets hide is added as slack, as the brackets are. */
#include <stdlib.h>

#include <timeguard/ntp.h>

#define STEP_NS 1000 /* two looks may differ by as much beside their brackets */

static int64_t least_raw_ns(int64_t d_ns)
{
        return d_ns - d_ns / (1 + TG_NS_PER_S / TG_SLEW_MAX_PPB) - 1;
}

void tg_ask_sharpen(struct tg_ask_arrival *arrival, const struct tg_look *before, int64_t left_real_ns, int64_t came_real_ns)
{
        const struct tg_look *after = &arrival->look;
        int64_t slack_ns = before->bracket_ns + after->bracket_ns + STEP_NS;
        int64_t stepped_ns = (after->real_ns - after->boot_ns) - (before->real_ns - before->boot_ns);
        int64_t since_ns = left_real_ns - before->real_ns, until_ns = after->real_ns - came_real_ns;
        int64_t t1_ns = before->raw_ns - slack_ns + least_raw_ns(since_ns);
        int64_t t4_ns = after->raw_ns + slack_ns - least_raw_ns(until_ns);

        if (llabs(stepped_ns) > slack_ns)
                return;
        if (left_real_ns == 0 || since_ns < 0 || t1_ns < arrival->t1_raw_ns)
                t1_ns = arrival->t1_raw_ns;
        if (came_real_ns == 0 || until_ns < 0 || t4_ns > arrival->t4_raw_ns)
                t4_ns = arrival->t4_raw_ns;
        if (t1_ns > t4_ns)
                return;
        arrival->t1_raw_ns = t1_ns;
        arrival->t4_raw_ns = t4_ns;
}
