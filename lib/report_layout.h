/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report on the wire, little-endian, no padding:

     magic "TGRD" | major u8 | minor u8 | fixed length u16 | fixed part | n u8, n x (length u8, source) | n u8, size u8, n x echo | tail

   The fixed length counts the fixed part alone; a newer minor may make it, a source or an echo longer, or append a tail: a reader
   skips what it does not know. Every number that a later computation adds or multiplies is bounded here, so that the core needs no
   overflow checks: RAW and differences of RAW within 36 years, REALTIME - RAW up to the year 2106. */
#pragma once

#include <timeguard/report.h>

#define TG_REPORT_MAGIC    0x44524754u /* "TGRD" */
#define TG_REPORT_PREAMBLE 8
#define TG_ECHO_BYTES      43
#define TG_AGE_BYTES       5 /* of an age in ns: 18 minutes */
#define TG_NOT_HEARD       UINT32_MAX
#define TG_RAW_MAX_NS      (INT64_C(1) << 60)
#define TG_C_MAX_NS        (INT64_C(1) << 62)

/* The name of the first field out of its range, or NULL. */
const char *tg_report_range_fault(const struct tg_report *report);
