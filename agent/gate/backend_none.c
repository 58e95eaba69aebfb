/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No backend: nothing here can be closed, and that is said. */
#include "backend.h"

static void look(struct tg_gate_run *run, struct tg_gate_result *result)
{
        result->state = TG_HA_UNUSED;
        if (run->request->backend == TG_BACKEND_AUTO)
                tg_gate_done(result, "neither ha-manager nor pacemaker is installed");
        else
                tg_gate_done(result, "gate.backend is none");
}

static void refuse(struct tg_gate_run *run, struct tg_gate_result *result)
{
        (void)run;
        tg_gate_failed(result, "there is no backend");
}

const struct tg_backend tg_backend_none = { .look = look, .close = refuse, .open = refuse };
