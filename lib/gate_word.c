/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An administrator's word: hold, close, or release. The newest one that any node has heard counts on all of them; it runs down on each node's own RAW, and
   whoever has just come takes over what others say is left of it. */
#include <stdio.h>
#include <string.h>

#include "gate.h"
#include "text.h"

uint32_t tg_gate_word_left_s(const struct tg_gate *gate, int64_t now_raw_ns)
{
        int64_t gone_s = (now_raw_ns - gate->hold_raw_ns) / TG_NS_PER_S;

        if (gate->reg.hold.left_s == UINT32_MAX)
                return UINT32_MAX;
        return gone_s >= gate->reg.hold.left_s ? 0 : gate->reg.hold.left_s - (uint32_t)(gone_s > 0 ? gone_s : 0);
}

bool tg_gate_holds(const struct tg_gate *gate, int64_t now_raw_ns)
{
        return gate->reg.hold.node_id && gate->reg.hold.holds && tg_gate_word_left_s(gate, now_raw_ns) > 0;
}

bool tg_gate_wants_closed(const struct tg_gate *gate, int64_t now_raw_ns)
{
        return gate->reg.hold.node_id && gate->reg.hold.closes && tg_gate_word_left_s(gate, now_raw_ns) > 0;
}

void tg_gate_new_word(struct tg_gate *gate, int64_t now_raw_ns)
{
        gate->hold_raw_ns = now_raw_ns;
        tg_gate_changed(gate, TG_GATE_SLOTS);
}

/* What the word is about: what is closed now, and of two records both together, by bits in which either differs. */
static void acknowledge(struct tg_gate *gate)
{
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                for (size_t k = 0; k < sizeof gate->reg.hold.ack && tg_stage_is_live(gate->reg.records[i].stage); k++)
                        gate->reg.hold.ack[k] ^= gate->reg.records[i].uuid[k];
}

bool tg_gate_is_acknowledged(const struct tg_gate *gate, int slot)
{
        const uint8_t *ack = gate->reg.hold.ack, *mine = gate->reg.records[slot].uuid, *other = gate->reg.records[!slot].uuid;
        uint8_t both[16];

        for (size_t k = 0; k < sizeof both; k++)
                both[k] = mine[k] ^ other[k];
        return !tg_gate_is_no_uuid(ack) && (!memcmp(ack, mine, sizeof both) || !memcmp(ack, both, sizeof both));
}

/* A version that is newer than any; given without quorum it is older than whatever the quorate part is told meanwhile. */
static void renew(struct tg_gate *gate, const struct tg_situation *s)
{
        struct tg_gate_hold *h = &gate->reg.hold;
        bool quorate = s->connected && s->quorum->provider && s->quorum->quorate;
        bool later = !quorate || h->ring_seq == s->view->ring.seq;

        h->serial = later ? h->serial + 1 : 1;
        h->ring_seq = later ? h->ring_seq : s->view->ring.seq;
        memset(h->ack, 0, sizeof h->ack);
}

void tg_gate_spend_word(struct tg_gate *gate, const struct tg_situation *s, int slot)
{
        if (!tg_gate_is_acknowledged(gate, slot))
                return;
        renew(gate, s);
        tg_gate_new_word(gate, s->now_raw_ns);
}

void tg_gate_admin(struct tg_gate *gate, const struct tg_situation *s, enum tg_gate_word word, uint32_t left_s)
{
        struct tg_gate_hold *h = &gate->reg.hold;
        bool held = tg_gate_holds(gate, s->now_raw_ns);

        renew(gate, s);
        h->node_id = gate->self_id;
        h->holds = word == TG_WORD_HOLD;
        h->closes = word == TG_WORD_CLOSE;
        h->taken = false;
        h->left_s = left_s;
        /* released: the hold, if there was one, else what is closed */
        if (word == TG_WORD_RELEASE && !held)
                acknowledge(gate);
        tg_gate_new_word(gate, s->now_raw_ns);
}

/* His word is reason enough, with nothing to prove, in whatever mode and whoever is the culprit; and while it stands nothing opens. */
static void add_word(struct tg_gate *gate, const struct tg_situation *s)
{
        struct tg_finding *f = &gate->finding;
        int slot = tg_view_find(s->view, gate->reg.hold.node_id);

        if (!tg_gate_wants_closed(gate, s->now_raw_ns))
                return;
        f->calm = false;
        f->waits = false;
        f->scope = TG_GATE_CLUSTER;
        f->lone = -1;
        if (f->danger == TG_DANGER_NONE)
                snprintf(f->why, sizeof f->why, "an administrator has asked for it on %.60s",
                         slot >= 0 ? s->view->members[slot].name : "a node");
        f->danger = TG_DANGER_WORD;
}

void tg_gate_look(struct tg_gate *gate, const struct tg_situation *s, const struct tg_agreement *agreement)
{
        tg_gate_find(&gate->watch, s, agreement, &gate->finding);
        add_word(gate, s);
        tg_gate_release_judge(gate, s);
}
