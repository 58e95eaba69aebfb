/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See axis.h. A node is placed by its estimate against one that stands already: the lowest id first, then whoever has a bound with a
   node that is placed. Nodes without such a bound begin a frame of their own: where it lies does not matter, as no set can reach across. */
#include "axis.h"

#define FAR_NS (INT64_MAX / TG_NODES_MAX)

/* As far as it matters for the order: the sum along all nodes stays in range, whatever some of them say. */
static int64_t near(int64_t estimate_ns)
{
        return estimate_ns > FAR_NS ? FAR_NS : estimate_ns < -FAR_NS ? -FAR_NS : estimate_ns;
}

static void place(const struct tg_view *view, struct tg_axis *axis, int slot)
{
        for (int i = 0; i < axis->n; i++) {
                bool swapped;
                const struct tg_pair *pair = tg_view_pair_of(view, slot, axis->places[i].slot, &swapped);

                if (!pair->bounded)
                        continue;
                axis->places[axis->n++] =
                        (struct tg_axis_place){ slot,
                                                axis->places[i].x_ns + near(swapped ? -pair->estimate_ns : pair->estimate_ns) };
                return;
        }
}

static bool is_placed(const struct tg_axis *axis, int slot)
{
        for (int i = 0; i < axis->n; i++)
                if (axis->places[i].slot == slot)
                        return true;
        return false;
}

/* Places whoever has a bound with one that stands; returns the lowest that has not, or -1. */
static int place_bounded(const struct tg_view *view, struct tg_axis *axis)
{
        int before, left;

        do {
                before = axis->n;
                left = -1;
                for (uint32_t i = 0; i < view->n; i++) {
                        int slot = view->order[i];

                        if (!view->members[slot].fresh || is_placed(axis, slot))
                                continue;
                        place(view, axis, slot);
                        if (left < 0 && !is_placed(axis, slot))
                                left = slot;
                }
        } while (axis->n > before);
        return left;
}

static bool stands_after(const struct tg_view *view, const struct tg_axis_place *a, const struct tg_axis_place *b)
{
        return a->x_ns != b->x_ns ? a->x_ns > b->x_ns : view->members[a->slot].id > view->members[b->slot].id;
}

static void sort(const struct tg_view *view, struct tg_axis *axis)
{
        for (int i = 1; i < axis->n; i++) {
                struct tg_axis_place p = axis->places[i];
                int j = i;

                for (; j > 0 && stands_after(view, &axis->places[j - 1], &p); j--)
                        axis->places[j] = axis->places[j - 1];
                axis->places[j] = p;
        }
}

void tg_axis_place(const struct tg_view *view, struct tg_axis *axis)
{
        int left;

        axis->n = 0;
        while ((left = place_bounded(view, axis)) >= 0)
                axis->places[axis->n++] = (struct tg_axis_place){ left, 0 };
        sort(view, axis);
}
