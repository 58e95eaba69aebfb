/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent would say: its journal records and its status document, made by its own code and checked here. */
#pragma once

#include <timeguard/node.h>

void fuzz_tell_alert(const struct tg_topology *topology, const struct tg_alert *alert);
/* The document of the snapshot: the CLI must read it, find the same in it, and show it. */
void fuzz_show_status(const struct tg_topology *topology, const struct tg_snapshot *snapshot);
