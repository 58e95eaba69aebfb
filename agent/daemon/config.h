/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration: FILE and then FILE.d/..., that is, the files *.conf of the directory FILE + ".d", in the order of their names. */
#pragma once

#include <timeguard/options.h>

#include "fault.h"

/* Reads the defaults, FILE and its directory into *out, which is changed only on success. A missing FILE or directory is no fault.
   Returns 0, or -EINVAL when `faults` holds at least one. */
int tg_config_read(const char *path, struct tg_options *out, struct tg_faults *faults);

/* Of two configurations: those options that differ and cannot be reloaded are put back to the old value in *options, each with a
   word in the log. */
void tg_config_keep_fixed(const struct tg_options *old, struct tg_options *options);
