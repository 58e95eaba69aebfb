/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What include/timeguard/report.h and chrony.h promise of every report and sample that was accepted, written down anew: not the
   library's own checks called again. */
#pragma once

#include <timeguard/report.h>

void fuzz_check_addr(const struct tg_addr *addr);
void fuzz_check_sample(const struct tg_chrony_sample *sample);
void fuzz_check_report(const struct tg_report *report);
