/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The request of one run of timeguard-gate: the agent writes /run/timeguard/gate/TICKET.request, the program takes it. A JSON object:

     version  integer  1
     ticket   integer  of the order; the result names it
     verb     word     status, close, open
     scope    word     cluster, node (the own one)
     backend  word     auto, proxmox, pacemaker, units, command, none
     uuid     string   32 hexadecimal digits: the record that the order belongs to; all zero: none
     prior    string   open: what to restore, as the result of close or status told it; else ""
     reason   string   the evidence, one sentence
     node     object   {"id": integer, "name": string}: the own node, as corosync has it
     nodes    list     of such objects: all configured nodes
     units    list     of strings: the option gate.units
     command  string   the option gate.command; "" without one
     health   word     leave, green, yellow, red: pacemaker's #health-time of the own node is set to it

   Keys that are not known are ignored; one that is missing or unfit is an error that names it. The file belongs to root, mode 0600. The
   program takes it by renaming it to TICKET.taken before anything else: who can still unlink TICKET.request knows that the run has done
   nothing and will do nothing. */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

#include <timeguard/gate.h>
#include <timeguard/limits.h>
#include <timeguard/options.h>

#include "field.h"

#define TG_GATE_DIRECTORY         "/run/timeguard/gate"
#define TG_GATE_REQUEST_BYTES_MAX (64 * 1024)
#define TG_GATE_UNITS_MAX         32
#define TG_GATE_UNIT_NAME_MAX     256 /* systemd's own limit, NUL included */

enum tg_gate_health { TG_HEALTH_LEAVE, TG_HEALTH_GREEN, TG_HEALTH_YELLOW, TG_HEALTH_RED };

struct tg_gate_peer {
        uint32_t id;
        char name[TG_NAME_MAX];
};

struct tg_gate_request {
        uint32_t ticket;
        enum tg_gate_verb verb;
        enum tg_gate_scope scope;
        enum tg_gate_backend backend;
        enum tg_gate_health health;
        uint8_t uuid[16];
        char prior[TG_GATE_PRIOR_MAX];
        char reason[TG_REASON_MAX];
        struct tg_gate_peer self;
        uint32_t n_nodes;
        struct tg_gate_peer nodes[TG_NODES_MAX];
        uint32_t n_units;
        char units[TG_GATE_UNITS_MAX][TG_GATE_UNIT_NAME_MAX];
        char command[TG_PATH_MAX];
};

/* Returns an object of its own, or NULL without memory. */
struct json_object *tg_gate_request_encode(const struct tg_gate_request *request);
/* Returns 0 or -EINVAL with one sentence in `error`. */
int tg_gate_request_decode(struct json_object *object, struct tg_gate_request *out, char error[static TG_FIELD_ERROR_MAX]);
