/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for the administrator. Makes records of alerts and log lines; writing them, and counting what could not be written, is
   the outlet's. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent.h"
#include "journal.h"
#include "outlet.h"

#define LEVEL_CLEARED 6
#define IDENTIFIER    "SYSLOG_IDENTIFIER=timeguardd"

void tg_log(int level, const char *format, ...)
{
        struct tg_record *record = tg_record_new(false);
        char text[512];
        va_list args;

        if (!record)
                return;
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        tg_record_add(record, "MESSAGE=%s", text);
        tg_record_add(record, "PRIORITY=%d", level);
        tg_record_add(record, IDENTIFIER);
        tg_record_line(record, "timeguardd: %s", text);
        tg_outlet_put(record);
}

const char *tg_journal_time(int64_t real_ns, char buf[static TG_TIME_MAX])
{
        int64_t ms = real_ns / TG_NS_PER_MS - (real_ns % TG_NS_PER_MS < 0);
        time_t s = (time_t)(ms / 1000 - (ms % 1000 < 0));
        struct tm tm = { 0 };
        size_t n;

        (void)gmtime_r(&s, &tm);
        n = strftime(buf, TG_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
        (void)snprintf(buf + n, TG_TIME_MAX - n, ".%03dZ", (int)(ms - (int64_t)s * 1000));
        return buf;
}

/* Appends text[0..len) as far as there is room. */
static void append(char buf[static TG_REMEDY_MAX], size_t *used, const char *text, size_t len)
{
        size_t room = TG_REMEDY_MAX - 1 - *used;

        if (len > room)
                len = room;
        memcpy(buf + *used, text, len);
        *used += len;
        buf[*used] = '\0';
}

const char *tg_journal_remedy(const struct tg_alert_kind *kind, const char *node, const char *source,
                              char buf[static TG_REMEDY_MAX])
{
        const struct {
                const char *mark, *value;
        } names[] = { { "@NODE@", node[0] ? node : "the node" }, { "@SOURCE@", source[0] ? source : "the source" } };
        size_t used = 0;

        buf[0] = '\0';
        for (const char *at = kind->remedy; *at;) {
                const char *value = NULL;
                size_t skip = strcspn(at + 1, "@") + 1;

                for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                        if (strncmp(at, names[i].mark, strlen(names[i].mark)) == 0) {
                                value = names[i].value;
                                skip = strlen(names[i].mark);
                        }
                append(buf, &used, value ? value : at, value ? strlen(value) : skip);
                at += skip;
        }
        return buf;
}

static bool is_name_part(char c)
{
        return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Whether a text holds a name as a word: "pve10" does not name pve1. */
static bool names(const char *text, const char *name)
{
        size_t len = strlen(name);

        for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
                if ((at == text || !is_name_part(at[-1])) && !is_name_part(at[len]))
                        return true;
        return false;
}

/* "n2: reason", unless the reason names its node itself; cleared, it says what is over. */
static void message(const struct tg_alert *alert, const struct tg_alert_kind *kind, char *buf, size_t size)
{
        const char *reason = alert->evidence.reason;
        const char *node = alert->node_name;
        bool named = !node[0] || names(reason, node);

        if (alert->raised && reason[0])
                (void)snprintf(buf, size, "%s%s%s", named ? "" : node, named ? "" : ": ", reason);
        else
                (void)snprintf(buf, size, "%s%s%s%s%s%s", alert->raised ? "" : "Cleared: ", kind->name, node[0] ? " of " : "",
                               node, reason[0] ? ": " : "", reason);
}

static void add_evidence(struct tg_record *record, const struct tg_agent *agent, const struct tg_evidence *evidence)
{
        char name[TG_NAME_MAX];

        if (evidence->other_id != 0)
                tg_record_add(record, "TIMEGUARD_OTHER=%s", tg_agent_node_name(agent, evidence->other_id, name));
        if (evidence->has_offset) {
                tg_record_add(record, "TIMEGUARD_OFFSET_NS=%jd", (intmax_t)evidence->offset_ns);
                tg_record_add(record, "TIMEGUARD_BOUND_LOW_NS=%jd", (intmax_t)evidence->bound_low_ns);
                tg_record_add(record, "TIMEGUARD_BOUND_HIGH_NS=%jd", (intmax_t)evidence->bound_high_ns);
        }
        if (evidence->source[0])
                tg_record_add(record, "TIMEGUARD_SOURCE=%s", evidence->source);
        if (evidence->reason[0])
                tg_record_add(record, "TIMEGUARD_REASON=%s", evidence->reason);
}

static void add_subject(struct tg_record *record, const struct tg_alert *alert, const struct tg_alert_kind *kind)
{
        char time[TG_TIME_MAX];

        tg_record_add(record, "TIMEGUARD_ALERT=%s", kind->name);
        tg_record_add(record, "TIMEGUARD_TRANSITION=%s", alert->raised ? "raised" : "cleared");
        tg_record_add(record, "TIMEGUARD_SINCE=%s", tg_journal_time(alert->since_real_ns, time));
        if (alert->evidence.node_id != 0)
                tg_record_add(record, "TIMEGUARD_NODE_ID=%u", alert->evidence.node_id);
        if (alert->node_name[0])
                tg_record_add(record, "TIMEGUARD_NODE=%s", alert->node_name);
}

void tg_journal_alert(const struct tg_agent *agent, const struct tg_alert *alert)
{
        const struct tg_alert_kind *kind = tg_alert_kind(alert->id);
        struct tg_record *record = tg_record_new(true);
        int level = alert->raised ? kind->level : LEVEL_CLEARED;
        char text[TG_REASON_MAX + 2 * TG_NAME_MAX];
        char remedy[TG_REMEDY_MAX] = "";

        if (record) {
                message(alert, kind, text, sizeof(text));
                if (alert->raised)
                        tg_journal_remedy(kind, alert->node_name, alert->evidence.source, remedy);
                tg_record_add(record, "MESSAGE=%s", text);
                tg_record_add(record, "MESSAGE_ID=%s", kind->message_id);
                tg_record_add(record, "PRIORITY=%d", level);
                tg_record_add(record, IDENTIFIER);
                add_subject(record, alert, kind);
                add_evidence(record, agent, &alert->evidence);
                if (remedy[0])
                        tg_record_add(record, "TIMEGUARD_REMEDY=%s", remedy);
                tg_record_line(record, "timeguard[%s %s] <%d>%s%s%s", kind->name, alert->raised ? "raised" : "cleared", level,
                               text, remedy[0] ? " | " : "", remedy);
        }
        tg_outlet_put(record);
}
