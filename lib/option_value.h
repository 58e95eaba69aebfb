/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of options as text, by their type. */
#pragma once

#include <timeguard/options.h>

/* Returns 0 or -EINVAL; `detail` may get what is wrong in a few words. `options` changes only on success. */
int tg_option_value_set(struct tg_options *options, const struct tg_option *option, const char *text,
                        char detail[static TG_OPTION_ERROR_MAX]);
/* "1500ms", "1s", "2h": the shortest exact form. */
const char *tg_duration_text(int64_t ns, char *buf, size_t size);
