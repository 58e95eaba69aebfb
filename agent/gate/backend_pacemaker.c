/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pacemaker: maintenance mode of the cluster, or the maintenance attribute of the own node. What it is set to is read back from the CIB; it
   is closed when the value is true and the designated controller is idle, so that no transition that began before is still acting.

   Maintenance stops no fencing of a lost node: FENCING says when there is a fence device, or a watchdog that stands in for one.
   WHOLE always: one command, run anywhere, is the cluster's. ARMED never: sbd counts in monotonic time and is not let go by maintenance.
   prior: "absent", "false" or "true": open removes the value again, or sets it to false. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <timeguard/limits.h>

#include "backend.h"
#include "pacemaker_health.h"
#include "run.h"

#define TOOL_NS       (5 * TG_NS_PER_S)
#define TOOL_PATIENCE "3s" /* crmadmin would wait for 30 s while there is no designated controller */
#define EXIT_NO_SUCH  105  /* CRM_EX_NOSUCH: no such object */
#define EXIT_QUORUM   106  /* CRM_EX_QUORUM: no quorum */
#define ARGUMENTS_MAX 12
#define VALUE_MAX     64

enum flagged { FLAG_ABSENT, FLAG_FALSE, FLAG_TRUE };

struct view {
        char node[TG_NAME_MAX];
        char dc[TG_NAME_MAX];
        enum flagged maintenance; /* of the scope */
        enum flagged other;       /* with scope NODE: the cluster's */
        bool quorate, idle, fencing;
};

static bool installed(void)
{
        return tg_command_exists("crm_attribute") && tg_command_exists("crmadmin");
}

/* Runs a tool that only reads. 1 with its first line in `out`; 0 when it says that there is no such thing, or no quorum; -1 with `result`
   failed. */
static int ask(struct tg_gate_run *run, const char *const *argv, char *out, size_t size, struct tg_gate_result *result)
{
        struct tg_command command = { .argv = argv, .limit_ns = TOOL_NS };
        char fault[TG_GATE_TEXT_MAX];

        if (tg_command_run(&command, run->deadline_ns) == EXIT_NO_SUCH || command.status == EXIT_QUORUM)
                return 0;
        if (command.status != 0) {
                tg_gate_failed(result, "%s", tg_command_fault(&command, fault, sizeof(fault)));
                return -1;
        }
        (void)snprintf(out, size, "%s", tg_first_line(command.output));
        return 1;
}

static enum flagged parse_flag(const char *value)
{
        static const char *const truths[] = { "true", "on", "yes", "y", "1" };

        for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
                if (strcasecmp(value, truths[i]) == 0)
                        return FLAG_TRUE;
        return FLAG_FALSE;
}

/* An option of the cluster. */
static bool read_option(struct tg_gate_run *run, const char *name, enum flagged *out, struct tg_gate_result *result)
{
        const char *const argv[] = { "crm_attribute", "--type", "crm_config", "--name", name, "--query", "--quiet", NULL };
        char value[VALUE_MAX] = "";
        int r = ask(run, argv, value, sizeof(value), result);

        *out = r <= 0 ? FLAG_ABSENT : parse_flag(value);
        return r >= 0;
}

static bool read_node_flag(struct tg_gate_run *run, struct view *view, struct tg_gate_result *result)
{
        const char *const argv[] = {
                "crm_attribute", "--node", view->node, "--name", "maintenance", "--query", "--quiet", NULL
        };
        char value[VALUE_MAX] = "";
        int r = ask(run, argv, value, sizeof(value), result);

        view->maintenance = r <= 0 ? FLAG_ABSENT : parse_flag(value);
        return r >= 0;
}

static bool read_maintenance(struct tg_gate_run *run, struct view *view, struct tg_gate_result *result)
{
        if (run->request->scope == TG_GATE_CLUSTER)
                return read_option(run, "maintenance-mode", &view->maintenance, result);
        return read_option(run, "maintenance-mode", &view->other, result) && read_node_flag(run, view, result);
}

static bool read_membership(struct tg_gate_run *run, struct view *view, struct tg_gate_result *result)
{
        static const char *const name_argv[] = { "crm_node", "--name", NULL };
        static const char *const quorum_argv[] = { "crm_node", "--quorum", NULL };
        char quorum[VALUE_MAX] = "";

        if (ask(run, name_argv, view->node, sizeof(view->node), result) < 0 ||
            ask(run, quorum_argv, quorum, sizeof(quorum), result) < 0)
                return false;
        view->quorate = strcmp(quorum, "1") == 0;
        return true;
}

/* Without a designated controller nothing acts, and nothing carries out a change either: not idle, and not ready. */
static bool read_controller(struct tg_gate_run *run, struct view *view, struct tg_gate_result *result)
{
        static const char *const dc_argv[] = { "crmadmin", "--quiet", "--dc_lookup", "--timeout", TOOL_PATIENCE, NULL };
        const char *const state_argv[] = { "crmadmin", "--quiet", "--status", view->dc, "--timeout", TOOL_PATIENCE, NULL };
        char state[VALUE_MAX] = "";

        if (ask(run, dc_argv, view->dc, sizeof(view->dc), result) < 0)
                return false;
        if (view->dc[0] && ask(run, state_argv, state, sizeof(state), result) < 0)
                return false;
        view->idle = strcmp(state, "S_IDLE") == 0;
        return true;
}

static bool read_fencing(struct tg_gate_run *run, struct view *view, struct tg_gate_result *result)
{
        static const char *const device_argv[] = { "cibadmin", "--query", "--xpath", "//primitive[@class='stonith']", NULL };
        enum flagged enabled, watchdog;
        char device[VALUE_MAX] = "";
        int devices;

        if (!read_option(run, "stonith-enabled", &enabled, result) || !read_option(run, "have-watchdog", &watchdog, result))
                return false;
        devices = ask(run, device_argv, device, sizeof(device), result);
        if (devices < 0)
                return false;
        view->fencing = enabled != FLAG_FALSE && (devices > 0 || watchdog == FLAG_TRUE);
        return true;
}

static const char *hindrance(const struct view *view)
{
        if (!view->quorate)
                return "pacemaker has no quorum";
        return view->dc[0] ? NULL : "there is no designated controller";
}

static void write_change(const struct tg_gate_run *run, const struct view *view, const char *change, char *buf, size_t size)
{
        if (run->request->scope == TG_GATE_CLUSTER)
                (void)snprintf(buf, size, "crm_attribute --type crm_config --name maintenance-mode %s", change);
        else
                (void)snprintf(buf, size, "crm_attribute --node %s --name maintenance %s", view->node, change);
}

static void judge(struct tg_gate_run *run, const struct view *view, struct tg_gate_result *result)
{
        static const char *const words[] = { [FLAG_ABSENT] = "absent", [FLAG_FALSE] = "false", [FLAG_TRUE] = "true" };
        const char *why = hindrance(view);

        result->state = view->maintenance != FLAG_TRUE ? TG_HA_OPEN : view->idle ? TG_HA_CLOSED : TG_HA_CLOSING;
        result->flags = TG_GATE_WHOLE | (why ? 0 : TG_GATE_READY) | (strcmp(view->node, view->dc) == 0 ? TG_GATE_MASTER : 0) |
                        (view->idle ? 0 : TG_GATE_BUSY) | (view->fencing ? TG_GATE_FENCING : 0);
        (void)snprintf(result->prior, sizeof(result->prior), "%s", words[view->maintenance]);
        write_change(run, view, "--update true", result->command, sizeof(result->command));
        tg_gate_done(result, "%s is %s%s, controller %s is %s%s%s%s",
                     run->request->scope == TG_GATE_CLUSTER ? "maintenance-mode" : "maintenance of this node",
                     words[view->maintenance], view->other == FLAG_TRUE ? " (but maintenance-mode is true)" : "",
                     view->dc[0] ? view->dc : "none", view->idle ? "idle" : "busy", view->fencing ? ", fencing is active" : "",
                     why ? "; cannot close: " : "", why ? why : "");
}

static void look(struct tg_gate_run *run, struct tg_gate_result *result)
{
        struct view *view = run->view;

        if (!read_membership(run, view, result) || !read_maintenance(run, view, result) || !read_fencing(run, view, result) ||
            !read_controller(run, view, result))
                return;
        if (run->request->verb == TG_GATE_STATUS)
                tg_pacemaker_tell_health(run, view->node);
        judge(run, view, result);
}

/* `value` NULL: removes it. */
static void set_maintenance(struct tg_gate_run *run, const char *value, struct tg_gate_result *result)
{
        const struct view *view = run->view;
        bool cluster = run->request->scope == TG_GATE_CLUSTER;
        const char *argv[ARGUMENTS_MAX] = { "crm_attribute", cluster ? "--type" : "--node", cluster ? "crm_config" : view->node,
                                            "--name", cluster ? "maintenance-mode" : "maintenance" };
        struct tg_command command = { .argv = argv, .limit_ns = TOOL_NS };

        argv[5] = value ? "--update" : "--delete";
        argv[6] = value;
        tg_gate_run_command(run, &command, result);
}

static void close_gate(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const char *why = hindrance(run->view);

        if (why)
                tg_gate_failed(result, "not run: %s", why);
        else
                set_maintenance(run, "true", result);
}

static void open_gate(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const char *prior = run->request->prior, *why = hindrance(run->view);

        if (why)
                tg_gate_failed(result, "not run: %s", why);
        else if (strcmp(prior, "absent") == 0)
                set_maintenance(run, NULL, result);
        else if (strcmp(prior, "false") == 0)
                set_maintenance(run, "false", result);
        else
                tg_gate_failed(result, "not run: it was in maintenance before, or that is not known: prior is \"%s\"", prior);
}

const struct tg_backend tg_backend_pacemaker = {
        .view_size = sizeof(struct view), .installed = installed, .look = look, .close = close_gate, .open = open_gate
};
