/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes of one ring that handled the same deliveries give the same verdict and hold the same bounds to the nanosecond, at moments when nothing
   is on its way and every core has judged what came. Deliveries are the same when the bytes of all that were sent in the last seconds are, second by second and in order: what is older
   no pair rests on, since each report brings the newest echoes (past 15 nodes in turns), and four reports of a node are kept. Where a member
   is silent and not given up yet, the seconds before its last report count; of one that lied, all that its agent ever sent, as a high
   sequence number makes what follows a repetition for those who heard it. Who gives up a member forgets what it said, and whether it
   does is a matter of its own clock (a paused one's agent hears everybody again without having missed anything). */
#include "check_private.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_S   8
#define HOLD_NS    (5800 * TG_NS_PER_MS) /* a breach is held for 5 s, and looked at twice a second */
#define QUIET_NS   (5 * TG_NS_PER_S)
#define SILENCE_NS (800 * TG_NS_PER_MS) /* a member is looked for at each look; the verdict follows within half a second */

void check_note_delivery(struct sim_check *c, uint32_t observer, const struct sim_event *cause)
{
        struct check_node *n = &c->nodes[observer];
        int64_t second = cause->sent_t_ns / TG_NS_PER_S;
        int k = (int)(second % CHECK_BUCKETS);
        uint64_t hash;

        if (n->bucket_s[k] != second)
                n->bucket[k] = 0;
        n->bucket_s[k] = second;
        hash = n->bucket[k] ^ (cause->from + 1u + ((uint64_t)cause->pid << 8) + ((uint64_t)cause->len << 32));
        for (uint16_t i = 0; i < cause->len; i++)
                hash = (hash ^ cause->data[i]) * UINT64_C(0x100000001b3);
        n->bucket[k] = hash;
        if (n->all_pid[cause->from] != cause->pid)
                n->all[cause->from] = 0;
        n->all_pid[cause->from] = cause->pid;
        n->all[cause->from] = (n->all[cause->from] ^ hash) * UINT64_C(0x100000001b3);
}

static bool on_its_way(const struct sim *sim)
{
        for (uint32_t k = 0; k < sim->n_queue; k++)
                if (sim->queue[k].kind == SIM_DELIVER || sim->queue[k].kind == SIM_ORDER || sim->queue[k].kind == SIM_RING ||
                    sim->queue[k].kind == SIM_MEMBERS || sim->queue[k].kind == SIM_QUORUM)
                        return true;
        return false;
}

void check_note_silent(struct sim_check *c, uint32_t observer)
{
        const struct tg_view *view = &c->sim->nodes[observer].core->view;

        for (uint32_t x = 0; x < c->sim->n; x++) {
                int slot = tg_view_find(view, x + 1);
                struct check_node *n = &c->nodes[observer];

                if (slot >= 0 && view->members[slot].fresh)
                        continue;
                if (n->gone_t_ns[x] != n->looked_t_ns)
                        n->left_t_ns[x] = c->sim->t_ns;
                n->gone_t_ns[x] = c->sim->t_ns;
        }
        c->nodes[observer].looked_t_ns = c->sim->t_ns;
}

/* One of the two held a member for silent lately, at times when the other did not. */
static bool gave_up_apart(const struct check_node *a, const struct check_node *b, uint32_t x, int64_t since_t_ns)
{
        return (a->gone_t_ns[x] > since_t_ns || b->gone_t_ns[x] > since_t_ns) &&
               (llabs(a->left_t_ns[x] - b->left_t_ns[x]) > SILENCE_NS || llabs(a->gone_t_ns[x] - b->gone_t_ns[x]) > SILENCE_NS);
}

/* How long a node has not heard of a member; less than 0: not at all. */
static int64_t silence_ns(const struct tg_node *core, int slot)
{
        return core->view.members[slot].heard ? core->clock.last.raw_ns - core->view.members[slot].heard_raw_ns : -1;
}

/* How long ago the last report came of the one that has been silent for longest and is not given up yet: its pairs rest on that. */
static int64_t oldest_ns(const struct tg_node *core)
{
        int64_t oldest = 0;

        for (uint32_t i = 0; i < core->view.n; i++) {
                int slot = core->view.order[i];

                if (core->view.members[slot].fresh && silence_ns(core, slot) > oldest)
                        oldest = silence_ns(core, slot);
        }
        return oldest;
}

static bool heard_the_same(const struct sim_check *c, uint32_t i, uint32_t j)
{
        const struct check_node *a = &c->nodes[i], *b = &c->nodes[j];
        int64_t old_a = oldest_ns(c->sim->nodes[i].core), old_b = oldest_ns(c->sim->nodes[j].core);
        int64_t now = c->sim->t_ns / TG_NS_PER_S;
        int64_t memory = MEMORY_S + c->sim->n / tg_echo_share(c->sim->n - 1) + (old_a > old_b ? old_a : old_b) / TG_NS_PER_S;

        for (uint32_t x = 0; x < c->sim->n; x++)
                if (gave_up_apart(a, b, x, c->sim->t_ns - memory * TG_NS_PER_S) ||
                    (c->nodes[x].lied_t_ns >= c->sim->nodes[x].up_t_ns &&
                     (a->all_pid[x] != b->all_pid[x] || a->all[x] != b->all[x])))
                        return false;
        if (memory >= CHECK_BUCKETS || c->sim->t_ns - c->sim->nodes[i].up_t_ns < memory * TG_NS_PER_S ||
            c->sim->t_ns - c->sim->nodes[j].up_t_ns < memory * TG_NS_PER_S)
                return false;
        for (int64_t s = now - memory; s <= now; s++) {
                int k = (int)(s % CHECK_BUCKETS);
                uint64_t ha = a->bucket_s[k] == s ? a->bucket[k] : 0, hb = b->bucket_s[k] == s ? b->bucket[k] : 0;

                if (ha != hb)
                        return false;
        }
        return true;
}

static bool comparable(const struct sim_check *c, uint32_t i)
{
        const struct sim_node *node = &c->sim->nodes[i];
        int64_t memory = (MEMORY_S + c->sim->n / tg_echo_share(c->sim->n - 1) + 1) * TG_NS_PER_S;

        return check_takes_part(c, i) && !node->n_late && !node->core->dirty && !node->core->urgent &&
               c->sim->t_ns - node->up_t_ns > memory;
}

static bool same_rules(const struct tg_options *a, const struct tg_options *b)
{
        return a->budget_ns == b->budget_ns && a->warn_percent == b->warn_percent && a->mute_after_ns == b->mute_after_ns &&
               a->forecast_horizon_ns == b->forecast_horizon_ns && a->boot_grace_ns == b->boot_grace_ns &&
               tg_options_fingerprint(a) == tg_options_fingerprint(b);
}

static bool drifts(const struct tg_node *core)
{
        for (uint32_t i = 0; i < core->view.n; i++)
                if (core->verdict.nodes[core->view.order[i]].state == TG_NODE_DRIFTING)
                        return true;
        return false;
}

static bool is_held(const struct tg_node *core)
{
        return core->verdict.beyond_raw_ns && core->clock.last.raw_ns - core->verdict.beyond_raw_ns < HOLD_NS;
}

/* The two exceptions of check.h. */
static bool same_cluster(const struct tg_node *a, const struct tg_node *b)
{
        enum tg_cluster_verdict va = a->verdict.cluster, vb = b->verdict.cluster;
        bool mild =
                (va == TG_CLUSTER_AGREED || va == TG_CLUSTER_AT_RISK) && (vb == TG_CLUSTER_AGREED || vb == TG_CLUSTER_AT_RISK);

        return va == vb || is_held(a) || is_held(b) || (mild && (drifts(a) || drifts(b)));
}

/* Whether a node holds a member for silent as its own clock says: from patience on, at its next look. */
static bool is_patient(const struct tg_node *core, int slot)
{
        const struct tg_member *m = &core->view.members[slot];
        int64_t silence = silence_ns(core, slot);

        if (!m->heard || m->leaving || !m->present)
                return true;
        return m->fresh ? silence < tg_node_patience_ns(core) + SILENCE_NS : silence > tg_node_patience_ns(core) - SILENCE_NS;
}

/* Each node's own clock tells how long it has heard nothing of a member, from when it handled its last report: it decides when that is silent,
   and while two nodes do not agree on it their verdicts need not. */
static bool silence_differs(struct sim_check *c, uint32_t i, uint32_t j)
{
        const struct tg_node *a = c->sim->nodes[i].core, *b = c->sim->nodes[j].core;
        bool differs = false;

        for (uint32_t x = 0; x < c->sim->n; x++) {
                int sa = tg_view_find(&a->view, x + 1), sb = tg_view_find(&b->view, x + 1);

                if (sa < 0 || sb < 0 || a->view.members[sa].fresh == b->view.members[sb].fresh)
                        continue;
                differs = true;
                if (is_patient(a, sa) && is_patient(b, sb))
                        continue;
                if (c->nodes[x].lied_t_ns < c->sim->nodes[x].up_t_ns) /* else who heard its lies may take no more from it */
                        sim_trouble(c->sim, "same: n%u and n%u differ on whether n%u is silent, after %.3f and %.3f s", i + 1,
                                    j + 1, x + 1, (double)silence_ns(a, sa) / 1e9, (double)silence_ns(b, sb) / 1e9);
        }
        return differs;
}

/* What a present bound says, to the nanosecond. */
static bool same_bound(const struct tg_pair *a, const struct tg_pair *b)
{
        if (!a->bounded || a->stale)
                return true;
        return a->offset.low_ns == b->offset.low_ns && a->offset.high_ns == b->offset.high_ns &&
               a->as_of_raw_ns == b->as_of_raw_ns && a->as_of_on_b == b->as_of_on_b;
}

static bool same_graph(const struct tg_source_graph *a, const struct tg_source_graph *b)
{
        return a->has_root == b->has_root && (!a->has_root || tg_root_equal(&a->root, &b->root)) && a->cycle == b->cycle &&
               a->n_distinct == b->n_distinct && a->root_votes == b->root_votes;
}

/* The hysteresis of `drifting` and the time for which a member has been silent are each node's own (check.h). */
static bool same_state(const struct tg_node *a, const struct tg_node *b, int slot_a, int slot_b)
{
        enum tg_node_state sa = a->verdict.nodes[slot_a].state, sb = b->verdict.nodes[slot_b].state;

        return sa == sb || sa == TG_NODE_DRIFTING || sb == TG_NODE_DRIFTING || !a->view.members[slot_a].fresh;
}

static const char *differing(const struct sim_check *c, uint32_t i, uint32_t j)
{
        const struct tg_node *a = c->sim->nodes[i].core, *b = c->sim->nodes[j].core;
        const struct tg_agreement *aa = &a->verdict.agreement, *ba = &b->verdict.agreement;
        int ra = aa->reference, rb = ba->reference;
        int slot_a[SIM_NODES], slot_b[SIM_NODES];

        if (aa->has_set != ba->has_set || aa->unique != ba->unique || aa->any_beyond != ba->any_beyond ||
            aa->majority_possible != ba->majority_possible)
                return "agreement";
        if ((ra < 0) != (rb < 0) || (ra >= 0 && a->view.members[ra].id != b->view.members[rb].id))
                return "reference";
        for (uint32_t x = 0; x < c->sim->n; x++) {
                slot_a[x] = tg_view_find(&a->view, x + 1);
                slot_b[x] = tg_view_find(&b->view, x + 1);
                if (slot_a[x] < 0 || slot_b[x] < 0)
                        return "members";
                if (a->view.members[slot_a[x]].fresh != b->view.members[slot_b[x]].fresh)
                        return "silent members";
                if (aa->in_set[slot_a[x]] != ba->in_set[slot_b[x]])
                        return "agreeing set";
                if (aa->beyond[slot_a[x]] != ba->beyond[slot_b[x]])
                        return "blame";
        }
        for (uint32_t x = 0; x < c->sim->n; x++)
                for (uint32_t y = x + 1; y < c->sim->n; y++) {
                        const struct tg_pair *pa = &a->view.pairs[slot_a[x]][slot_a[y]],
                                             *pb = &b->view.pairs[slot_b[x]][slot_b[y]];

                        if (pa->verdict != pb->verdict || pa->bounded != pb->bounded || pa->stale != pb->stale)
                                return "pair verdicts";
                        if (!same_bound(pa, pb))
                                return "bounds";
                        if (pa->bounded && !pa->stale && pa->estimate_ns != pb->estimate_ns)
                                return "estimates";
                }
        if (a->verdict.has_smallest != b->verdict.has_smallest || a->verdict.smallest_ns != b->verdict.smallest_ns)
                return "smallest provable budget";
        if (!same_graph(&a->verdict.graph, &b->verdict.graph))
                return "source graph";
        for (uint32_t x = 0; x < c->sim->n; x++)
                if (!same_state(a, b, slot_a[x], slot_b[x]))
                        return "node states";
        return same_cluster(a, b) ? NULL : "cluster verdict";
}

void check_same(struct sim_check *c)
{
        const struct sim *sim = c->sim;
        int64_t patience = (int64_t)(sim->topology.token_ms + sim->topology.consensus_ms) * TG_NS_PER_MS;
        const char *what;

        if (sim->form_t_ns || sim->t_ns - sim->fault_t_ns < QUIET_NS ||
            sim->t_ns - sim->formed_t_ns < patience + (MEMORY_S + 2) * TG_NS_PER_S || on_its_way(sim))
                return;
        for (uint32_t i = 0; i < sim->n; i++)
                if (check_takes_part(c, i) && !comparable(c, i) && sim->t_ns - sim->nodes[i].up_t_ns > 20 * TG_NS_PER_S)
                        return; /* not yet judged: soon */
        c->same_t_ns = sim->t_ns;
        for (uint32_t i = 0; i < sim->n; i++)
                for (uint32_t j = i + 1; j < sim->n; j++) {
                        if (!comparable(c, i) || !comparable(c, j) || sim->nodes[i].ring != sim->nodes[j].ring ||
                            !tg_ring_id_equal(sim->nodes[i].ring_id, sim->nodes[j].ring_id) ||
                            !same_rules(&sim->nodes[i].core->options, &sim->nodes[j].core->options) ||
                            !heard_the_same(c, i, j) || silence_differs(c, i, j))
                                continue;
                        c->counts.checked[SIM_CHECK_SAME]++;
                        what = differing(c, i, j);
                        if (what)
                                sim_trouble(c->sim,
                                            "same: n%u and n%u handled the same deliveries and differ in their %s: %s / %s",
                                            i + 1, j + 1, what, sim->nodes[i].core->verdict.reason,
                                            sim->nodes[j].core->verdict.reason);
                        break;
                }
}
