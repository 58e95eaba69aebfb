/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attribute #health-time of the own node: transient, with a damping of 5 s. What follows from it is the administrator's policy
   (node-health-strategy). Never is a majority of the nodes red: with 'migrate-on-red' all their resources would have to move at once, or stop. */
#pragma once

#include "backend.h"

/* Sets the colour that the request names, yellow instead of a red that would make a majority; `node` is the own name in pacemaker. That it
   cannot be set goes to standard error: its failure is no failure of the gate. */
void tg_pacemaker_tell_health(struct tg_gate_run *run, const char *node);
