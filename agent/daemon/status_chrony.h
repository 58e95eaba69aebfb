/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chronyd's part of the status document. */
#pragma once

#include <json-c/json.h>

#include <timeguard/chrony.h>

/* The source with the state '*', or NULL. */
const struct tg_source *tg_status_selected_source(const struct tg_chrony_sample *chrony);
/* The name as configured, else the address; "" when it has neither. */
const char *tg_status_source_name(const struct tg_source *source, char buf[static TG_ADDR_TEXT_MAX]);
struct json_object *tg_status_chrony_json(const struct tg_chrony_sample *chrony, int64_t age_ns);
