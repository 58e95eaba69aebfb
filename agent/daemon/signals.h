/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIGTERM and SIGINT end the agent in good order, SIGHUP has it read its configuration anew. */
#pragma once

struct tg_agent;

/* From now on signals come to the loop. Returns 0 or -errno. */
int tg_signals_open(struct tg_agent *agent);
void tg_signals_close(struct tg_agent *agent);
