/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's parts of the status document, as packaging/status.schema.json describes them. */
#pragma once

#include <json-c/json.h>

#include <timeguard/snapshot.h>

struct tg_agent;

/* The gate as a whole. */
struct json_object *tg_status_gate_json(const struct tg_snapshot *snapshot, const struct tg_agent *agent);
/* What a node reports of it. */
struct json_object *tg_status_node_gate_json(const struct tg_node_status *node);
/* What its sources said when it asked them. */
struct json_object *tg_status_asked_json(const struct tg_node_status *node);

/* Of the gate's state, for document and bus alike. */
const char *tg_status_gate_mode(const struct tg_gate_status *gate);
const char *tg_status_gate_backend(const struct tg_gate_status *gate, const struct tg_agent *agent);
