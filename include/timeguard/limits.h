/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and rates that every part of the core and the report format share. */
#pragma once

#define TG_NODES_MAX        64   /* cluster members that one core can hold */
#define TG_NAME_MAX         64   /* bytes of a node, source or time zone name, NUL included */
#define TG_REASON_MAX       480  /* bytes of one sentence of a status, NUL included */
#define TG_SOURCES_MAX      16   /* selected or combined sources kept for a node */
#define TG_ADDRESSES_MAX    8    /* addresses of a cluster node (corosync: ring0_addr ... ring7_addr) */
#define TG_REPORT_BYTES_MAX 1020 /* a report fits one knet packet with room to spare */

#define TG_NS_PER_S  INT64_C(1000000000)
#define TG_NS_PER_MS INT64_C(1000000)
#define TG_NS_PER_US INT64_C(1000)

/* The largest rate at which REALTIME can move against MONOTONIC_RAW without a step: the kernel's tick (+-10 %); chronyd's
   own slews end at 83333 ppm (sys_timex.c). */
#define TG_SLEW_MAX_PPB INT64_C(100000000)
