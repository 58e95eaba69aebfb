/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of options: the one place where an option is defined. Parsing of each type is in option_value.c; files are the
   agent's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "option_value.h"
#include <timeguard/hash.h>

#define MS        TG_NS_PER_MS
#define S         TG_NS_PER_S
#define AT(FIELD) offsetof(struct tg_options, FIELD)

static const struct tg_option option_table[] = {
        { "budget", TG_OPTION_DURATION, AT(budget_ns), "1s", 1 * MS, 60 * S, true, true, NULL,
          "The largest offset between any two nodes that is still right; beyond it timeguard raises alerts." },
        { "warn_percent", TG_OPTION_INTEGER, AT(warn_percent), "80", 10, 100, true, true, NULL,
          "The share of the budget, in percent, from which a node counts as drifting." },
        { "forecast_horizon", TG_OPTION_DURATION, AT(forecast_horizon_ns), "1h", 10 * S, 86400 * S, true, true, NULL,
          "A node whose present rate crosses the budget within this time counts as drifting." },
        { "boot_grace", TG_OPTION_DURATION, AT(boot_grace_ns), "120s", 0, 3600 * S, true, true, NULL,
          "For so long after a node's boot its own alerts are held back, while its clock is being set." },
        { "mute_after", TG_OPTION_DURATION, AT(mute_after_ns), "3s", 2 * S, 60 * S, true, true, NULL,
          "A member is mute when its agent was silent for this time plus corosync's token and consensus timeouts." },
        { "source.allow", TG_OPTION_MATCHES, AT(source_allow), "", 0, TG_OPTION_LIST_MAX, true, true, NULL,
          "The time sources that the cluster may follow: addresses, prefixes, names, refclock:ID; empty: any private address "
          "or "
          "reference clock." },
        { "source.alias", TG_OPTION_SETS, AT(source_alias), "", 0, TG_OPTION_LIST_MAX, true, true, NULL,
          "The addresses of one server, one line a server; such as the LAN and the DMZ address of a firewall." },
        { "source.group", TG_OPTION_SETS, AT(source_group), "", 0, TG_OPTION_LIST_MAX, true, true, NULL,
          "Servers, or reference clocks, that are one authority together, one line a group." },
        { "source.port", TG_OPTION_INTEGER, AT(source_port), "123", 0, 65535, false, false, NULL,
          "The UDP port of the time sources, which are asked directly now and then; 0: they are not asked." },
        { "gate.mode", TG_OPTION_CHOICE, AT(gate_mode), "observe", 0, 1, true, true, "observe enforce",
          "Whether the gate only tells what it would do, or closes and opens." },
        { "gate.backend", TG_OPTION_CHOICE, AT(gate_backend), "auto", 0, 5, true, true,
          "auto proxmox pacemaker units command none",
          "What blocks HA actions; auto: proxmox or pacemaker, whichever is installed." },
        { "gate.offset_limit", TG_OPTION_DURATION, AT(gate_offset_limit_ns), "5s", 10 * MS, 3600 * S, true, true, NULL,
          "The offset between two nodes beyond which HA actions are dangerous: the gate closes." },
        { "gate.step_limit", TG_OPTION_DURATION, AT(gate_step_limit_ns), "5s", 10 * MS, 3600 * S, true, true, NULL,
          "A source that differs from a quorate part of the nodes by more is about to step them: the gate closes." },
        { "gate.confirm", TG_OPTION_INTEGER, AT(gate_confirm), "5", 2, 60, true, true, NULL,
          "The number of reports in a row that must prove a danger before the gate closes." },
        { "gate.horizon", TG_OPTION_DURATION, AT(gate_horizon_ns), "120s", 10 * S, 3600 * S, true, true, NULL,
          "The gate closes early when a proven rate crosses the limit within this time and would cost the quorum." },
        { "gate.release", TG_OPTION_DURATION, AT(gate_release_ns), "600s", 10 * S, 86400 * S, true, true, NULL,
          "All must have been proven right for so long before the gate opens again." },
        { "gate.release_ack", TG_OPTION_BOOL, AT(gate_release_ack), "no", 0, 1, true, true, NULL,
          "Whether the gate opens only after an administrator's 'timeguard gate release'." },
        { "gate.max_hold", TG_OPTION_DURATION, AT(gate_max_hold_ns), "4h", 60 * S, 30 * 86400 * S, true, true, NULL,
          "A gate that was closed for longer raises an alarm; it is never opened for that alone." },
        { "gate.units", TG_OPTION_UNITS, AT(gate_units), "", 0, TG_UNITS_MAX, true, true, NULL,
          "For the backend units: the systemd units that are stopped to close the gate, in this order." },
        { "gate.command", TG_OPTION_PATH, AT(gate_command), "", 0, 0, true, true, NULL,
          "For the backend command: the program that is run with close, open or status." },
        { "gate.health", TG_OPTION_BOOL, AT(gate_health), "no", 0, 1, true, true, NULL,
          "With pacemaker: whether each node's attribute #health-time tells its state as red, yellow or green." },
        { "chrony.port", TG_OPTION_INTEGER, AT(chrony_port), "323", 1, 65535, false, false, NULL,
          "The UDP port of chronyd's command protocol on the loopback addresses (cmdport of chrony.conf)." },
        { "status.socket", TG_OPTION_PATH, AT(status_socket), "/run/timeguard/status.sock", 0, 0, false, false, NULL,
          "The Unix socket that hands the status to whoever connects." },
        { "status.mode", TG_OPTION_MODE, AT(status_mode), "0666", 0600, 0666, false, false, NULL,
          "The permissions of the status socket: who may connect to it." },
        { "journal", TG_OPTION_BOOL, AT(journal), "yes", 0, 1, false, false, NULL,
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
        uint64_t h = TG_HASH64_BEGIN; /* over "name=value\n" of each shared option */
        char line[4096];

        for (size_t i = 0; i < sizeof option_table / sizeof option_table[0]; i++) {
                const struct tg_option *option = &option_table[i];
                int n;

                if (!option->cluster)
                        continue;
                n = snprintf(line, sizeof line, "%s=", option->name);
                tg_options_text(options, option, line + n, sizeof line - (size_t)n);
                h = tg_hash64(tg_hash64(h, line, strlen(line)), "\n", 1);
        }
        return h;
}
