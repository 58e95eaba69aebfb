/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fresh nodes of a view on one axis, in the order of their estimated offsets. */
#pragma once

#include <stdint.h>

#include "view.h"

struct tg_axis {
        int n;
        struct tg_axis_place {
                int slot;
                int64_t x_ns;   /* estimated offset from the frame's node */
        } places[TG_NODES_MAX]; /* ascending by x_ns, then by node id */
};

void tg_axis_place(const struct tg_view *view, struct tg_axis *axis);
