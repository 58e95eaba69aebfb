/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can happen to a simulated cluster, in one table: stories name the faults, the campaign draws them. */
#pragma once

#include "sim.h"

struct sim_fault {
        int64_t t_ns;
        int kind;       /* index into the table */
        uint64_t nodes; /* set of nodes that it happens to */
        uint8_t server;
        int64_t value;      /* ns of an offset, ppb of a rate */
        int64_t for_ns;     /* undone after so long; 0: not */
        uint64_t groups[4]; /* of a partition */
        char text[64];      /* what to follow, a configuration's "key value", a kind of tampering */
};

/* `form` lists what follows the name in a story, in this order, one letter each:
   N nodes ("n1", "n1,n3", "all")   S a server ("s1")   D a signed offset ("+2s", "-150ms")   P a signed rate ("+40ppm")
   G groups ("n1 n2 | n3")          T one or more words ("s1,s2", "budget 50ms", "liar"), up to "for" or the end
   A kind that has an `undo` may be followed by "for 5s": it is undone then. Kinds that need it say so (`timed`). */
struct sim_fault_kind {
        const char *name, *form;
        void (*apply)(struct sim *sim, const struct sim_fault *fault);
        void (*undo)(struct sim *sim, const struct sim_fault *fault);
        bool timed;     /* for_ns must be given */
        uint8_t weight; /* in the campaign's draw; 0: not drawn */
        const char *meaning;
};
extern const struct sim_fault_kind sim_fault_kinds[];
extern const int sim_fault_kinds_n;

int sim_fault_find(const char *name); /* -1 */
/* Applies it now, and plans its end. */
void sim_fault_apply(struct sim *sim, const struct sim_fault *fault);
/* A fault drawn for a cluster of n nodes and n_servers servers; t_ns is left to the caller. Offsets are drawn around the budget. */
void sim_fault_draw(struct sim *sim, int64_t budget_ns, struct sim_fault *out);
/* What happens to the gate: administrators, executors, disks. limit_ns is the gate's. */
void sim_fault_draw_gate(struct sim *sim, int64_t limit_ns, struct sim_fault *out);
/* heal.c: every node runs, follows a right s1, and has the first one's configuration. */
void sim_heal(struct sim *sim);
/* As a story would write it. */
const char *sim_fault_text(const struct sim_fault *fault, char *buf, size_t size);
