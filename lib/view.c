/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See view.h. What a report changes: the clock points and echoes of its sender, and then the pairs that the sender belongs to; nothing
   else, so that a lying member spoils only its own pairs. */
#include <string.h>

#include "pair.h"
#include "view.h"

int tg_view_find(const struct tg_view *view, uint32_t id)
{
        for (uint32_t i = 0; i < view->n; i++)
                if (view->members[view->order[i]].id == id)
                        return view->order[i];
        return -1;
}

static int free_slot(const struct tg_view *view)
{
        int slot = 0;

        while (slot < TG_NODES_MAX && view->members[slot].used)
                slot++;
        return slot;
}

static void forget(struct tg_view *view, int slot)
{
        for (int j = 0; j < TG_NODES_MAX; j++) {
                view->halves[slot][j].valid = view->halves[j][slot].valid = false;
                view->pairs[slot][j] = view->pairs[j][slot] = (struct tg_pair){ 0 };
        }
}

/* A configured node that left for good keeps its slot until another needs it. */
static void evict_one(struct tg_view *view)
{
        for (uint32_t i = 0; i < view->n; i++) {
                struct tg_member *m = &view->members[view->order[i]];

                if (m->configured || m->present || m->fresh || m->kept)
                        continue;
                memmove(&view->order[i], &view->order[i + 1], view->n - i - 1);
                view->n--;
                forget(view, (int)(m - view->members));
                *m = (struct tg_member){ 0 };
                return;
        }
}

int tg_view_slot(struct tg_view *view, uint32_t id)
{
        int slot = tg_view_find(view, id);
        uint32_t at = 0;

        if (slot >= 0)
                return slot;
        if (view->n == TG_NODES_MAX)
                evict_one(view);
        if (view->n == TG_NODES_MAX)
                return -1;
        slot = free_slot(view);
        view->members[slot] = (struct tg_member){ .used = true, .id = id };
        while (at < view->n && view->members[view->order[at]].id < id)
                at++;
        memmove(&view->order[at + 1], &view->order[at], view->n - at);
        view->order[at] = (uint8_t)slot;
        view->n++;
        return slot;
}

const struct tg_pair *tg_view_pair_of(const struct tg_view *view, int i, int j, bool *swapped)
{
        *swapped = view->members[j].id < view->members[i].id;
        return *swapped ? &view->pairs[j][i] : &view->pairs[i][j];
}

struct tg_pair *tg_view_pair(struct tg_view *view, int i, int j)
{
        return view->members[j].id < view->members[i].id ? &view->pairs[j][i] : &view->pairs[i][j];
}

static void push_point(struct tg_member *m, const struct tg_report *r)
{
        if (m->n_points == TG_POINTS) {
                memmove(m->points, m->points + 1, (TG_POINTS - 1) * sizeof m->points[0]);
                m->n_points--;
        }
        m->points[m->n_points++] = (struct tg_point){
                .raw_ns = r->raw_ns,
                .c_ns = r->c_ns,
                .half_ns = r->bracket_ns / 2 + 1,
                .hull = { r->hull_low_ns, r->hull_high_ns },
                .hull_since_raw_ns = r->hull_since_raw_ns,
                .steady_since_raw_ns = r->steady_since_raw_ns,
                .steps = r->steps,
        };
}

static void take_echo(struct tg_view *view, int from, const struct tg_report *r, const struct tg_echo *e)
{
        int to = tg_view_find(view, e->node_id);

        if (to < 0 || to == from || view->members[to].epoch_tag != e->epoch_tag)
                return;
        view->halves[from][to] = (struct tg_half){
                .valid = true,
                .upper_ns = e->upper_ns,
                .measured_raw_ns = e->measured_raw_ns,
                .sent_raw_ns = r->raw_ns,
                .has_estimate = e->estimate_gap_ns != TG_NO_ESTIMATE,
                .estimate_ns = e->upper_ns - e->estimate_gap_ns,
                .has_rate = e->rate_ppb != TG_NO_RATE,
                .rate_ppb = e->rate_ppb,
                .rate_error_ppb = e->rate_error_ppb,
                .rho_ppm = e->rho_ppm,
                .has_heard = e->has_heard,
                .heard_raw_ns = e->heard_raw_ns,
                .heard_c_ns = e->heard_c_ns,
        };
}

/* A bound that no longer keeps up with its nodes' reports says nothing of the present. */
static bool lags(const struct tg_view *view, int a, int b, const struct tg_pair *pair)
{
        return view->members[pair->as_of_on_b ? b : a].report.raw_ns - pair->as_of_raw_ns > view->patience_ns;
}

bool tg_view_is_proven(const struct tg_view *view, int i, int j)
{
        bool swapped;
        const struct tg_pair *pair = tg_view_pair_of(view, i, j, &swapped);

        return pair->bounded && !pair->stale && !lags(view, swapped ? j : i, swapped ? i : j, pair);
}

/* True when it must be told at once. What is proven for the first time, or not any more, may wait for the next look: of a node that has just
   come one pair is proven after the other, and a verdict between two of them would leave out somebody else. */
static bool judge_pair(const struct tg_view *view, int a, int b, struct tg_pair *pair)
{
        enum tg_pair_verdict before = pair->verdict;

        if (!pair->bounded || lags(view, a, b, pair)) {
                pair->verdict = TG_PAIR_UNPROVEN;
                pair->stale = false;
        } else {
                pair->verdict = tg_pair_judge(pair->offset, view->budget_ns);
        }
        return (pair->verdict == TG_PAIR_BEYOND) != (before == TG_PAIR_BEYOND);
}

static unsigned update_pair(struct tg_view *view, int i, int j)
{
        int a = view->members[i].id < view->members[j].id ? i : j, b = a == i ? j : i;
        struct tg_pair *pair = &view->pairs[a][b];
        unsigned change = 0;

        switch (tg_pair_bound(&view->members[a], &view->members[b], &view->halves[a][b], &view->halves[b][a], pair)) {
        case TG_PAIR_NEW:
                pair->stale = false;
                break;
        case TG_PAIR_CONTRADICTORY:
                view->halves[a][b].valid = view->halves[b][a].valid = false;
                pair->bounded = false;
                pair->contradicted = true;
                change = TG_VIEW_CONTRADICTION;
                break;
        case TG_PAIR_NOTHING:
                break;
        }
        return judge_pair(view, a, b, pair) ? change | TG_VIEW_VERDICT : change;
}

unsigned tg_view_deliver(struct tg_view *view, int slot, const struct tg_report *report, int64_t now_raw_ns)
{
        struct tg_member *m = &view->members[slot];
        uint32_t tag = tg_epoch_tag(&report->epoch);
        unsigned change = 0;

        if (m->epoch_tag != tag) {
                forget(view, slot);
                m->n_points = 0;
                m->epoch_tag = tag;
                change |= m->heard ? TG_VIEW_EPOCH : 0;
        } else if (m->heard && report->seq > m->report.seq && report->steps != m->report.steps) {
                change |= TG_VIEW_STEPPED;
                m->stepped = true;
                m->stepped_raw_ns = now_raw_ns;
        }
        m->report = *report;
        m->heard = m->fresh = true;
        m->leaving = report->flags & TG_REPORT_LEAVING;
        m->heard_raw_ns = now_raw_ns;
        push_point(m, report);
        /* what the sender heard before the ring changed has not been refreshed in this one */
        if (tg_ring_id_equal(report->ring, view->ring))
                for (uint8_t i = 0; i < report->n_echoes; i++)
                        take_echo(view, slot, report, &report->echoes[i]);
        for (uint32_t i = 0; i < view->n; i++)
                if (view->order[i] != slot && view->members[view->order[i]].heard)
                        change |= update_pair(view, slot, view->order[i]);
        if (m->leaving)
                tg_view_silence(view, slot);
        return change;
}

void tg_view_ring(struct tg_view *view, struct tg_ring_id ring)
{
        if (tg_ring_id_equal(view->ring, ring))
                return;
        view->ring = ring;
        for (uint32_t i = 0; i < view->n; i++)
                for (uint32_t j = 0; j < view->n; j++) {
                        int a = view->order[i], b = view->order[j];

                        view->halves[a][b].valid = false;
                        view->pairs[a][b].stale = view->pairs[a][b].bounded;
                }
}

void tg_view_silence(struct tg_view *view, int slot)
{
        view->members[slot].fresh = false;
        view->members[slot].n_points = 0;
        forget(view, slot);
}

void tg_view_judge(struct tg_view *view)
{
        for (uint32_t i = 0; i < view->n; i++)
                for (uint32_t j = i + 1; j < view->n; j++)
                        judge_pair(view, view->order[i], view->order[j], &view->pairs[view->order[i]][view->order[j]]);
}
