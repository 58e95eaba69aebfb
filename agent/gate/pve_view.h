/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proxmox VE's HA stack as one node sees it: files below /etc/pve, the watchdog's marker, two units. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/limits.h>

#include "backend.h"
#include "unit.h"

#define TG_PVE_LRM "pve-ha-lrm.service"
#define TG_PVE_CRM "pve-ha-crm.service"

enum tg_pve_disarm { TG_PVE_ARMED, TG_PVE_DISARMING, TG_PVE_DISARMED };

struct tg_pve_view {
        char node[TG_NAME_MAX]; /* as pmxcfs calls it */
        bool quorate;           /* pmxcfs: it can be written */
        char master[TG_NAME_MAX];
        bool used; /* resources are configured or known */

        enum tg_pve_disarm disarm; /* manager_status */
        char mode[16];             /* of the disarm: "freeze", "ignore" */
        char pending[32];          /* the last arm-ha or disarm-ha that the manager has not read yet; "" none */

        uint32_t n_services;
        uint32_t n_busy; /* fenced, recovered or moved */
        char busy[TG_NAME_MAX];
        uint32_t n_own_acting; /* on this node or moving to it, and not frozen, stopped or in error */

        uint32_t n_online;       /* nodes */
        uint32_t n_lrm_disarmed; /* of them: their LRM's mode says so */
        uint32_t n_lrm_idle; /* of them: it has let go of its lock and watchdog, and takes no other while the disarm lasts */
        char lrm_other[TG_NAME_MAX]; /* one that has not */
        char own_mode[16];           /* of the own LRM */
        bool own_maintenance;        /* asked for or reached, on this node */

        bool marker; /* a client of watchdog-mux is connected */
        struct tg_unit lrm, crm;
        char version[64]; /* of pve-ha-manager here; "" not known */
        bool can_disarm;  /* that version knows disarm-ha */
};

/* Fills in *out, which is zero. Returns 0, or -errno with `result` failed. */
int tg_pve_look(struct tg_gate_run *run, struct tg_pve_view *out, struct tg_gate_result *result);
