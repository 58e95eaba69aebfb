/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold in every run of the virtual cluster, looked at after every event of a node. The first violation becomes the trouble of the
   simulation (sim_trouble), with its numbers. Each invariant counts how often it was really put to the test.

   What a bound promises, on paper. Its pair holds REALTIME(a) - REALTIME(b) at as_of for certain, given
     - causality: the two messages it rests on were sent and received, and the two newest reports sent, after the last discontinuity of
       RAW (pause, restore, suspend, boot) of both nodes: a jump of RAW between two instants is a drift that no rho covers;
     - honesty: neither node lied meanwhile;
     - rho: between the first of these messages and as_of the two oscillators never differed by more than the pair's rho. That rho does
       cover them is promised where their relative rate is at most 500 ppm (what is assumed before a rate is known) and neither has
       changed by more than 10 ppm since its agent began: a rate that was right may grow by 65 ppm before twice the rate + 30 ppm, or
       100 ppm, falls short of it; half of that is left to the error of the measured rate.
   A bound that breaks no promise and yet does not hold the truth is counted as excused; verdicts that rest on such bounds are not held
   against the truth either, since they claim no more than their bounds.

   A discontinuity is found out by the messages that follow it. Let RAW of x fall behind by J. The first message from y that x handles
   afterwards, with a delay d, proves D_old - J <= D <= D_old - J + d; the message from x that y still holds says D >= D_old - e, e being its
   delay and what it has aged. d + e is the pair's width as it would be without the jump; so once x has echoed that message the bound
   contradicts itself if J is larger than the width, and "within 2 reports" is y's report and then x's. No bound that leaves the truth may be
   made after those. Whatever the size, an echo rests on one of the last TG_LINK_WINDOW messages, so a smaller jump is gone from every echo
   once so many have been received.

   The width of a bound (all of it, not half). For each way let k be any message that its receiver had in its window when it sent the echo
   (at t_e), d_k its delay and t_k its receipt. The echo holds the one that is smallest when aged to t_e with rho', the larger of its sender's
   rho and of what the peer had told by then; the bound ages it with the pair's rho to as_of. Hence, R being the larger of rho and rho',
       U <= min_k (d_k + (R + |rate|) |as_of - t_k|) + 2 R max(0, t_e - as_of) + max(0, rho - rho') age + rho W,
   and RAW's width is at most the sum of both ways (the bound may lie before the receipt of its own message: ages go backwards too).
   REALTIME - RAW of each node is known to
       r = min(hull, 2 (half + (lag + W) / 10), 2 (1 us + (|heard - as_of| + W) / 10)),
   lag being the time from as_of to the report that covers it, `heard` the look that was taken when the other's report came, and a tenth the
   kernel's largest slew. W is the span in which as_of lies on the other's RAW: the width of RAW before it is aged to as_of and not to the
   other sending, which lies g away, so RAW's width + 2 rho g; where it crosses a report, both reports count. The bound's width is at most
   U + U + r + r. Bounds near a step, where the hull alone holds, are left out. rho itself is at most 500 ppm, or twice the true rate and
   630 ppm (a young rate may be off by 250 ppm and its error be 100 ppm), or what chronyd's frequencies differ by and 230 ppm, unless it
   was doubled. With more than 15 nodes the echoes rotate: t_e is older, and the formula says so by itself.

   Three things are known to be local and may differ between nodes: the hysteresis of `drifting`, with the at-risk that follows from it; for
   how long a breach is held once its pair is no longer proven, which the node's own looks end within half a second; and when a
   member is given up as silent, by the own clock since its last report was handled (so an agent that was stopped waits from then).

   A liar has its vote. Blame of an honest node counts as caused by a lie when honest nodes that truly agree hold a majority by themselves
   and the blamed node is not truly beyond all of them; without such a majority it must still be beyond each honest member of the set. */
#pragma once

#include "sim.h"

enum sim_invariant {
        SIM_CHECK_TRUTH,       /* the truth lies in every bound */
        SIM_CHECK_JUMP,        /* a discontinuity larger than the width is found out by two reports */
        SIM_CHECK_WINDOW,      /* an echo rests on one of the last messages */
        SIM_CHECK_VERDICT,     /* no `beyond` within the budget, no `within` beyond it */
        SIM_CHECK_BLAME,       /* a node is blamed only by a unique majority that it is truly beyond of */
        SIM_CHECK_LIVENESS,    /* what can be proven is, after 5 s without fault */
        SIM_CHECK_WIDTH,       /* bounds are as narrow as the messages allow */
        SIM_CHECK_SAME,        /* nodes that handled the same deliveries give the same verdict */
        SIM_CHECK_LIAR,        /* a member changes only pairs that include itself */
        SIM_CHECK_ALTERNATE,   /* alerts are raised and cleared in turn */
        SIM_CHECK_PROOF,       /* grave alerts rest on proven pairs or on what a node says of itself */
        SIM_CHECK_ALLOCATION,  /* none in a core after its first minute */
        SIM_CHECK_GATE_CLOSE,  /* nothing is closed without a true danger, nor where that is forbidden */
        SIM_CHECK_GATE_OPEN,   /* nothing is opened while there is one, nor before gate.release */
        SIM_CHECK_GATE_WHOSE,  /* nothing is opened that timeguard did not close */
        SIM_CHECK_GATE_ALONE,  /* no two executors move the cluster's gate at once */
        SIM_CHECK_GATE_OPENS,  /* what timeguard closed is open again once all has been well for long enough */
        SIM_CHECK_GATE_TOLD,   /* ... and until then a record and an alert tell of it */
        SIM_CHECK_GATE_CLOSES, /* where a danger lasts it closes, or says why not */
        SIM_CHECK_GATE_SAME,   /* all hold the same records */
        SIM_INVARIANTS
};

enum sim_deed { /* of the gate, counted */
                SIM_CLOSES_BREACH,
                SIM_CLOSES_EARLY,
                SIM_CLOSES_PENDING,
                SIM_CLOSES_LONE,
                SIM_CLOSES_SELF, /* a node itself, where each does */
                SIM_OPENS_CLUSTER,
                SIM_OPENS_NODE,
                SIM_DEEDS
};

#define SIM_WIDTHS 512 /* 8 to each doubling */

struct sim_counts {
        uint64_t checked[SIM_INVARIANTS];
        uint64_t excused; /* bounds that do not hold the truth and broke no promise */
        uint64_t beyond;  /* bounds judged beyond, all of them truly */
        uint64_t widths[SIM_WIDTHS];
        uint64_t deeds[SIM_DEEDS];
};

struct sim_check;

/* Installs itself as the watch of `sim`; a watch that was installed before is still called, after the checks. */
struct sim_check *sim_check_new(struct sim *sim);
struct sim_check *sim_check_free(struct sim_check *check); /* before the simulation itself */
const struct sim_counts *sim_check_counts(const struct sim_check *check);
/* Of all events and verdicts so far: equal in two runs of one seed. */
uint64_t sim_check_hash(const struct sim_check *check);
const char *sim_invariant_text(enum sim_invariant invariant);
const char *sim_deed_text(enum sim_deed deed);
/* The width of which a share of those counted is no wider. */
int64_t sim_width_ns(const struct sim_counts *counts, double share);
