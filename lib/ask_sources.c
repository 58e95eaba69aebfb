/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom to ask. A slot outlives its source's time, with what kisses asked for, and is given to another only when all are taken: first the one
   that could be asked again the soonest. */
#include "ask_slot.h"

#define FIRST_NS TG_NS_PER_S

struct tg_ask_slot *tg_ask_find(struct tg_ask *ask, const struct tg_addr *addr)
{
        for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                if (tg_ask_slot_is_taken(&ask->slots[i]) && tg_addr_equal(&ask->slots[i].asked.addr, addr))
                        return &ask->slots[i];
        return NULL;
}

static const struct tg_ask_slot *find_rank(const struct tg_ask *ask, uint32_t rank)
{
        for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                if (ask->slots[i].wanted && ask->slots[i].rank == rank)
                        return &ask->slots[i];
        return NULL;
}

/* A reference clock has no address, and a link-local one does not say on which interface. */
static bool can_be_asked(const struct tg_source *source)
{
        static const struct tg_prefix link_local = { { TG_ADDR_IPV6, { 0xfe, 0x80 } }, 10 };

        return (source->addr.family == TG_ADDR_IPV4 || source->addr.family == TG_ADDR_IPV6) &&
               source->mode != TG_SOURCE_REFCLOCK && !tg_addr_in(&source->addr, &link_local);
}

static uint32_t choose(const struct tg_chrony_sample *sample, const struct tg_source *out[TG_ASK_SOURCES])
{
        uint32_t n = 0;

        for (const char *state = "*+"; *state; state++)
                for (size_t i = 0; i < sample->n_sources && n < TG_ASK_SOURCES; i++) {
                        const struct tg_source *source = &sample->sources[i];
                        bool twice = false;

                        for (uint32_t k = 0; k < n; k++)
                                twice |= tg_addr_equal(&out[k]->addr, &source->addr);
                        if (source->state == *state && can_be_asked(source) && !twice)
                                out[n++] = source;
                }
        return n;
}

/* Whether slot is rather given away than best: those not taken first, then those that could be asked again the soonest. */
static bool is_freer(const struct tg_ask_slot *slot, const struct tg_ask_slot *best)
{
        if (tg_ask_slot_is_taken(slot) != tg_ask_slot_is_taken(best))
                return tg_ask_slot_is_taken(best);
        return tg_ask_slot_due_ns(slot) < tg_ask_slot_due_ns(best);
}

/* A slot for a new source, of which there are more than are ever wanted: in an old one's place it is not asked earlier than that might be. */
static struct tg_ask_slot *take_slot(struct tg_ask *ask, const struct tg_addr *addr, int64_t raw_ns)
{
        struct tg_ask_slot *best = &ask->slots[0];
        int64_t not_before_ns = raw_ns + FIRST_NS, old_ns;

        for (size_t i = 1; i < TG_ASK_SLOTS; i++)
                if (best->wanted || (!ask->slots[i].wanted && is_freer(&ask->slots[i], best)))
                        best = &ask->slots[i];
        old_ns = best->ever ? best->sent_raw_ns + TG_ASK_MIN_NS : best->not_before_raw_ns;
        if (tg_ask_slot_is_taken(best) && old_ns > not_before_ns)
                not_before_ns = old_ns;
        *best = (struct tg_ask_slot){ .asked.addr = *addr, .not_before_raw_ns = not_before_ns };
        return best;
}

void tg_ask_sources(struct tg_ask *ask, const struct tg_chrony_sample *sample, const struct tg_look *now)
{
        const struct tg_source *sources[TG_ASK_SOURCES];
        struct tg_ask_slot *slots[TG_ASK_SOURCES];
        uint32_t n;

        tg_ask_watch(ask, now);
        if (sample->state != TG_CHRONY_OK || (sample->n_sources == 0 && sample->n_known > 0))
                return;
        n = choose(sample, sources);
        for (size_t i = 0; i < TG_ASK_SLOTS; i++)
                ask->slots[i].wanted = false;
        /* those that stay first, so that no newcomer takes their slots */
        for (uint32_t i = 0; i < n; i++) {
                slots[i] = tg_ask_find(ask, &sources[i]->addr);
                if (slots[i])
                        slots[i]->wanted = true;
        }
        for (uint32_t i = 0; i < n; i++) {
                if (!slots[i])
                        slots[i] = take_slot(ask, &sources[i]->addr, now->raw_ns);
                slots[i]->wanted = true;
                slots[i]->rank = (uint8_t)i;
                slots[i]->poll = sources[i]->poll;
        }
}

uint32_t tg_ask_list(const struct tg_ask *ask, struct tg_asked out[static TG_ASK_SOURCES])
{
        const struct tg_ask_slot *slot;
        uint32_t n = 0;

        while (n < TG_ASK_SOURCES && (slot = find_rank(ask, n)))
                out[n++] = slot->asked;
        return n;
}

bool tg_ask_same_server(const struct tg_ask *ask, uint32_t i, uint32_t j)
{
        const struct tg_ask_slot *a = find_rank(ask, i), *b = find_rank(ask, j);

        return a && b && (a == b || tg_ntp_trail_same(&a->trail, &b->trail));
}

bool tg_ask_differ(const struct tg_ask *ask, uint32_t i, uint32_t j, int64_t raw_ns)
{
        const struct tg_ask_slot *a = find_rank(ask, i), *b = find_rank(ask, j);
        int64_t a_low_ns, a_high_ns, b_low_ns, b_high_ns;

        return a && b && tg_asked_ahead(&a->asked, raw_ns, &a_low_ns, &a_high_ns) &&
               tg_asked_ahead(&b->asked, raw_ns, &b_low_ns, &b_high_ns) && (a_low_ns > b_high_ns || b_low_ns > a_high_ns);
}
