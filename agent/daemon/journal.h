/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent tells the administrator: log lines, and alerts with their evidence in fields. */
#pragma once

#include <stddef.h>

#include <timeguard/alert.h>

#define TG_REMEDY_MAX 512 /* bytes of a remedy with the names filled in, NUL included */
#define TG_TIME_MAX   32  /* bytes of an instant, NUL included */

struct tg_agent;

/* `level` is a syslog priority. Never blocks. */
void tg_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells one transition of an alert. Never blocks. */
void tg_journal_alert(const struct tg_agent *agent, const struct tg_alert *alert);

/* The remedy of an alert with @NODE@ and @SOURCE@ filled in. Returns buf. */
const char *tg_journal_remedy(const struct tg_alert_kind *kind, const char *node, const char *source,
                              char buf[static TG_REMEDY_MAX]);

/* "2026-11-21T23:56:02.123Z". Returns buf. */
const char *tg_journal_time(int64_t real_ns, char buf[static TG_TIME_MAX]);
