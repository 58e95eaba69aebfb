/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service manager's notify protocol (sd_notify(3)). */
#pragma once

struct tg_agent;
struct tg_notify;

/* Without NOTIFY_SOCKET everything here does nothing. Returns 0 or -errno; *out is set only on success. */
int tg_notify_new(struct tg_notify **out, struct tg_agent *agent);
struct tg_notify *tg_notify_free(struct tg_notify *notify); /* accepts NULL, returns NULL */

void tg_notify_ready(struct tg_notify *notify);
void tg_notify_reloading(struct tg_notify *notify);
void tg_notify_stopping(struct tg_notify *notify);
/* Tells the summary when it has changed. */
void tg_notify_summary(struct tg_notify *notify, const char *summary);
