/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of the random campaign: what a seed draws. All is drawn before the start, so that a run with fewer of the faults is the same run up
   to the first that is left out. */
#pragma once

#include "fault.h"

#define CAMPAIGN_FAULTS_MAX 40
#define CAMPAIGN_GATE_SEED  UINT64_C(1000000000) /* from here on every run is a small cluster with an HA stack */

struct campaign_plan {
        uint64_t seed;
        int64_t budget_ns, end_ns;
        int64_t gate_ns; /* the gate's limit; 0: there is no HA stack */
        uint32_t n_faults;
        struct sim_fault faults[CAMPAIGN_FAULTS_MAX]; /* by time */
        char setup[400];                              /* what is unlike the default, for people */
};

/* The cluster of a seed, not started yet, and what is to happen to it. */
struct sim *campaign_draw(uint64_t seed, struct campaign_plan *plan);
