/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result of one run of timeguard-gate: the program writes /run/timeguard/gate/TICKET.result, whole or not at all. A JSON object of at
   most 8 KiB:

     version  integer  1
     ticket   integer  of the request
     verb     word     of the request
     outcome  word     done, failed, timeout
     state    word     unknown, unused, open, closing, closed, opening: of the HA stack in the request's scope, read back
     flags    list     of words: ready, whole, master, armed, busy, fencing
     backend  word     the one that was used; auto when none could be chosen
     prior    string   what open would have to restore
     command  string   status: what close would run; else what was run, "" when nothing was
     detail   string   one sentence: what was found, or why it failed */
#pragma once

#include <json-c/json.h>

#include <timeguard/gate.h>

#include "field.h"

#define TG_GATE_RESULT_BYTES_MAX (8 * 1024)

/* Returns an object of its own, or NULL without memory. */
struct json_object *tg_gate_result_encode(const struct tg_gate_result *result);
/* Returns 0 or -EINVAL with one sentence in `error`. */
int tg_gate_result_decode(struct json_object *object, struct tg_gate_result *out, char error[static TG_FIELD_ERROR_MAX]);
