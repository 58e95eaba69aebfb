/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of options: the one place where an option is defined. Parsing of each type is in option_value.c; files are the
   agent's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "option_value.h"

#define MS        TG_NS_PER_MS
#define S         TG_NS_PER_S
#define AT(FIELD) offsetof(struct tg_options, FIELD)

static const struct tg_option option_table[] = {
        { "budget", TG_OPTION_DURATION, AT(budget_ns), "1s", 1 * MS, 60 * S, true, true,
          "The largest offset between any two nodes that is still right; beyond it timeguard raises alerts." },
        { "warn_percent", TG_OPTION_INTEGER, AT(warn_percent), "80", 10, 100, true, true,
          "The share of the budget, in percent, from which a node counts as drifting." },
        { "forecast_horizon", TG_OPTION_DURATION, AT(forecast_horizon_ns), "1h", 10 * S, 86400 * S, true, true,
          "A node whose present rate crosses the budget within this time counts as drifting." },
        { "boot_grace", TG_OPTION_DURATION, AT(boot_grace_ns), "120s", 0, 3600 * S, true, true,
          "For so long after a node's boot its own alerts are held back, while its clock is being set." },
        { "mute_after", TG_OPTION_DURATION, AT(mute_after_ns), "3s", 2 * S, 60 * S, true, true,
          "A member is mute when its agent was silent for this time plus corosync's token and consensus timeouts." },
        { "source.allow", TG_OPTION_MATCHES, AT(source_allow), "", 0, TG_OPTION_LIST_MAX, true, true,
          "The time sources that the cluster may follow: addresses, prefixes, names, refclock:ID; empty: any private address "
          "or "
          "reference clock." },
        { "source.alias", TG_OPTION_SETS, AT(source_alias), "", 0, TG_OPTION_LIST_MAX, true, true,
          "The addresses of one server, one line a server; such as the LAN and the DMZ address of a firewall." },
        { "source.group", TG_OPTION_SETS, AT(source_group), "", 0, TG_OPTION_LIST_MAX, true, true,
          "Servers, or reference clocks, that are one authority together, one line a group." },
        { "chrony.port", TG_OPTION_INTEGER, AT(chrony_port), "323", 1, 65535, false, false,
          "The UDP port of chronyd's command protocol on the loopback addresses (cmdport of chrony.conf)." },
        { "status.socket", TG_OPTION_PATH, AT(status_socket), "/run/timeguard/status.sock", 0, 0, false, false,
          "The Unix socket that hands the status to whoever connects." },
        { "status.mode", TG_OPTION_MODE, AT(status_mode), "0666", 0600, 0666, false, false,
          "The permissions of the status socket: who may connect to it." },
        { "journal", TG_OPTION_BOOL, AT(journal), "yes", 0, 1, false, false,
          "Whether alerts go to the journal (standard error where there is none) or, with no, to standard error alone." },
};

const struct tg_option *tg_option_table(size_t *n)
{
        *n = sizeof option_table / sizeof option_table[0];
        return option_table;
}

const struct tg_option *tg_option_find(const char *name)
{
        for (size_t i = 0; i < sizeof option_table / sizeof option_table[0]; i++)
                if (!strcmp(option_table[i].name, name))
                        return &option_table[i];
        return NULL;
}

void tg_options_default(struct tg_options *options)
{
        char error[TG_OPTION_ERROR_MAX];

        memset(options, 0, sizeof *options);
        for (size_t i = 0; i < sizeof option_table / sizeof option_table[0]; i++)
                if (option_table[i].fallback[0])
                        tg_options_set(options, option_table[i].name, option_table[i].fallback, error);
}

int tg_options_set(struct tg_options *options, const char *name, const char *value, char error[static TG_OPTION_ERROR_MAX])
{
        const struct tg_option *option = tg_option_find(name);
        char allowed[TG_OPTION_ERROR_MAX], detail[TG_OPTION_ERROR_MAX] = "";

        if (!option) {
                snprintf(error, TG_OPTION_ERROR_MAX, "there is no such option; 'timeguardd --help' lists them");
                return -ENOENT;
        }
        if (tg_option_value_set(options, option, value, detail) < 0) {
                snprintf(error, TG_OPTION_ERROR_MAX, "'%.60s' is not allowed%s%.60s: %.110s", value, detail[0] ? ", " : "",
                         detail, tg_option_allowed(option, allowed, sizeof allowed));
                return -EINVAL;
        }
        return 0;
}

uint64_t tg_options_fingerprint(const struct tg_options *options)
{
        uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a over "name=value\n" of each shared option */
        char line[4096];

        for (size_t i = 0; i < sizeof option_table / sizeof option_table[0]; i++) {
                const struct tg_option *option = &option_table[i];
                int n;

                if (!option->cluster)
                        continue;
                n = snprintf(line, sizeof line, "%s=", option->name);
                tg_options_text(options, option, line + n, sizeof line - (size_t)n);
                for (const char *p = line; *p; p++)
                        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
                h = (h ^ '\n') * UINT64_C(1099511628211);
        }
        return h;
}
