/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of sim_check, shared by the files that hold its invariants. Nodes go by their index (node id - 1), pairs by (a, b) with a < b. */
#pragma once

#include "check.h"
#include "node_private.h"

#define CHECK_HEARD   64 /* receipts kept of a direction */
#define CHECK_BUCKETS 32
#define CHECK_NEVER   (INT64_MIN / 4)

/* A discontinuity of RAW. */
struct check_break {
        int64_t seen_t_ns;   /* as the clock has it */
        int64_t t_ns;        /* when RAW ran on */
        int64_t clear_t_ns;  /* from here on RAW shows values that it never showed before */
        int64_t size_ns;     /* RAW fell behind by so much */
        int64_t before_t_ns; /* the one before */
};

struct check_receipt {
        int64_t t_ns, sent_t_ns;
        uint32_t peer_rho_ppm; /* that the receiver knew then to be the sender's */
};

struct check_direction { /* what one node's agent heard of another */
        uint32_t n;
        struct check_receipt last[CHECK_HEARD];
};

struct check_bound { /* a pair as an observer held it when it last changed */
        int64_t as_of_raw_ns;
        struct tg_interval offset;
        enum tg_pair_verdict verdict;
        bool known;   /* what follows is */
        bool excused; /* it does not hold the truth, and never promised to */
        int64_t as_of_t_ns, truth_ns, raw_width_ns;
        int64_t old_t_ns, old_width_ns; /* the last one before the last discontinuity */
        bool bounded;                   /* when last looked at */
        int64_t contradicted_t_ns;      /* when it was found to contradict itself */
};

struct check_node {
        uint32_t life;
        struct check_break broken;
        int64_t rate_ppb, rate_t_ns;  /* of the oscillator, steady since then */
        int64_t lied_t_ns;            /* when it was last seen to */
        int64_t sent_t_ns[SIM_NODES]; /* of the newest report of each that it handled */
        int64_t left_t_ns[SIM_NODES],
                gone_t_ns[SIM_NODES]; /* when it last held that member for silent, or did not know it: from, to */
        int64_t looked_t_ns;
        int64_t judged_raw_ns;
        uint64_t fingerprint; /* of its configuration, since then: */
        int64_t configured_t_ns;
        uint8_t up[TG_ALERT_COUNT][SIM_NODES + 1];
        int64_t bucket_s[CHECK_BUCKETS]; /* deliveries handled, by the second in which they were sent */
        uint64_t bucket[CHECK_BUCKETS];
        uint64_t all[SIM_NODES]; /* ... all of a sender's agent, since that began */
        uint32_t all_pid[SIM_NODES];
};

struct sim_check {
        struct sim *sim;
        sim_watch *next;
        sim_watch_alert *next_alert;
        sim_watch_unit *next_unit;
        void *next_user;
        struct sim_counts counts;
        uint64_t hash;
        struct check_node nodes[SIM_NODES];
        struct check_bound *bounds;    /* [observer][a][b] */
        struct check_direction *heard; /* [receiver][sender] */
        struct tg_alert *pending;      /* told by the event that is being handled */
        uint32_t n_pending, pending_size;
        int64_t same_t_ns;                          /* of the last comparison */
        int64_t gate_t_ns;                          /* of the last look at the gate; since when: */
        int64_t danger_t_ns;                        /* all cores have found a danger to the cluster */
        int64_t sound_t_ns, calm_t_ns, breach_t_ns; /* nothing hinders it; all is well besides; a pair is beyond */
        int64_t jam_t_ns;                           /* when a stream of deliveries last held messages that took long */
        struct tg_node *shadow;                     /* of `shadow_of`, without what `liars` send */
        uint32_t shadow_of, shadow_life;
        uint64_t liars;
};

static inline struct check_bound *check_bound(const struct sim_check *c, uint32_t observer, uint32_t a, uint32_t b)
{
        return &c->bounds[((size_t)observer * c->sim->n + a) * c->sim->n + b];
}

static inline struct check_direction *check_heard(const struct sim_check *c, uint32_t receiver, uint32_t sender)
{
        return &c->heard[(size_t)receiver * c->sim->n + sender];
}

/* Whether its reports say what it knows. */
static inline bool check_honest(const struct sim *sim, uint32_t i)
{
        return sim->nodes[i].tamper == SIM_HONEST || sim->nodes[i].tamper == SIM_MINOR;
}

static inline bool check_ever_lied(const struct sim_check *c, uint32_t i)
{
        return c->nodes[i].lied_t_ns != CHECK_NEVER;
}

/* check.c */
/* Brings what is known of a node's clock and honesty up to date. */
void check_refresh(struct sim_check *c, uint32_t i);
/* When RAW of i was that, if it was. */
bool check_when(const struct sim_check *c, uint32_t i, int64_t raw_ns, int64_t *t_ns);

/* check_bound.c: truth, jumps, windows, verdicts of the pair after observer i changed it. */
void check_pair(struct sim_check *c, uint32_t observer, uint32_t a, uint32_t b);
/* The largest rate of either RAW against the other between two instants, as the slower of them would measure it. */
int64_t check_worst_rate_ppb(const struct sim_check *c, uint32_t a, uint32_t b, int64_t from_ns, int64_t to_ns);
/* check_width.c */
void check_width(struct sim_check *c, uint32_t observer, uint32_t a, uint32_t b, int64_t as_of_t_ns);
/* check_blame.c: after an evaluation. */
void check_blame(struct sim_check *c, uint32_t observer);
void check_split(struct sim_check *c, uint32_t observer);
/* check_alert.c */
void check_transition(struct sim_check *c, uint32_t observer, const struct tg_alert *alert);
void check_proof(struct sim_check *c, uint32_t observer, const struct tg_alert *alert);
/* check_live.c */
void check_live(struct sim_check *c, uint32_t observer);
bool check_takes_part(const struct sim_check *c, uint32_t i);
/* check_same.c */
void check_note_delivery(struct sim_check *c, uint32_t observer, const struct sim_event *cause);
void check_note_silent(struct sim_check *c, uint32_t observer); /* at each look */
void check_same(struct sim_check *c);
/* check_liar.c */
void check_liar(struct sim_check *c, uint32_t observer, const struct tg_event *event, const struct sim_event *cause);
/* check_gate.c: an executor's unit begins, acts or ends. */
void check_unit(struct sim_check *c, uint32_t i, const struct sim_unit *unit, enum sim_unit_phase phase);
bool check_truly_pending(const struct sim_check *c, uint32_t i, int64_t limit_ns);
bool check_gate_danger(const struct sim_check *c, uint32_t observer); /* what its core holds for one is one */
bool check_gate_late(const struct sim_check *c, uint32_t observer);
bool check_gate_pending(const struct sim_check *c, uint32_t observer);
/* check_gate_live.c */
void check_gate_live(struct sim_check *c);
/* check_alloc.c */
void check_alloc_watch(const struct sim *sim);
uint64_t check_alloc_take(void); /* how many there were in a core since the last call */
