/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent keeps of the gate on disk, for whoever asks while no agent may run: the removal of the package. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Says on `out` whether timeguard has closed the gate, or begun to. Returns 0, with that in *closed; or -errno: -EBADMSG when what is there is
   not sound. Nothing kept is nothing closed. */
int tg_kept_print(FILE *out, bool *closed);
