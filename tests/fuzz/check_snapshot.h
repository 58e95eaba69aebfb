/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What include/timeguard/snapshot.h and the design promise of every status, and of every alert that is told. */
#pragma once

#include <timeguard/snapshot.h>

void fuzz_check_snapshot(const struct tg_snapshot *s);
void fuzz_check_evidence(const struct tg_evidence *e);
