/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One configuration file. */
#pragma once

#include <stdbool.h>

#include <timeguard/options.h>

#include "fault.h"

/* Sets in *options what the file says; each fault is added to `faults` and its line has no effect. */
void tg_config_file_read(const char *path, bool may_be_missing, struct tg_options *options, struct tg_faults *faults);
