/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host says of itself: boot id and time zone. */
#pragma once

#include <timeguard/node.h>

/* Fills in all but the node id, which corosync will tell. */
void tg_host_identity(struct tg_identity *identity);
