/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chronyd as a source-following servo, and the servers that it follows. What it tells is what the real one tells: a dead source stays
   "Normal", local mode reports no error, a step from outside is not seen before the next poll. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/chrony.h>

#include "clocks.h"

#define SIM_FOLLOWS      4
#define SIM_SLEW_MAX_PPB INT64_C(83333000) /* chrony: maxslewrate */

enum sim_server_state { SIM_SERVER_UP, SIM_SERVER_DEAD, SIM_SERVER_LOCAL /* up, on its own clock, stratum 10 */ };

/* An NTP server outside the cluster: its time is true time + offset_ns + rate x (t - since). */
struct sim_server {
        struct tg_addr addr;
        char name[TG_NAME_MAX]; /* as the nodes have it configured */
        enum sim_server_state state;
        uint8_t stratum;
        int64_t offset_ns, rate_ppb, since_t_ns;
};
int64_t sim_server_error_ns(const struct sim_server *server, int64_t t_ns); /* its time - true time */

enum sim_daemon {
        SIM_CHRONY_RUNS,
        SIM_CHRONY_MUTE,   /* runs, but answers no command (cmdport 0) */
        SIM_CHRONY_FROZEN, /* neither polls nor answers */
        SIM_CHRONY_GONE,   /* not running */
};

struct sim_follow {
        int8_t server, node; /* one of them is -1 */
        uint8_t reach;
        int64_t sample_t_ns; /* of the last answer; INT64_MIN: none */
};

struct sim_servo {
        enum sim_daemon daemon;
        uint32_t life; /* grows with each start: what was planned before is void */
        uint8_t n_follows;
        struct sim_follow follows[SIM_FOLLOWS];
        int8_t poll;             /* log2 of seconds */
        bool local_allowed;      /* "local stratum 10" */
        bool local;              /* it is in local mode */
        int64_t makestep_ns;     /* larger corrections are stepped ... */
        uint32_t makestep_times; /* ... in the first so many updates */
        uint32_t updates;
        int8_t selected;    /* index into follows; -1: none ever */
        int64_t noise_ns;   /* half width of a measurement's error */
        int64_t freq_ppb;   /* what it has set the clock to gain on RAW, corrections apart */
        int64_t slew_ppb;   /* the correction going on */
        int64_t forced_ppb; /* what somebody else makes the clock gain */
        int64_t slew_end_t_ns;
        int64_t update_t_ns, update_real_ns, interval_ns; /* of the last update */
        int64_t last_offset_ns;                           /* that it found then; positive: the clock was ahead */
};
