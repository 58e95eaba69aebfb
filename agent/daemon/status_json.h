/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status document: the snapshot as JSON, as packaging/status.schema.json describes it. */
#pragma once

#include <timeguard/snapshot.h>

#include "buffer.h"

struct tg_agent;

/* Writes the document and a newline; out->failed when memory ran out. Names come from the agent's topology. */
void tg_status_json(const struct tg_snapshot *snapshot, const struct tg_agent *agent, struct tg_buffer *out);
