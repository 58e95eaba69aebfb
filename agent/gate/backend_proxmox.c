/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proxmox VE.

   Scope CLUSTER: `ha-manager crm-command disarm-ha freeze` and `arm-ha`, which need pve-ha-manager 5.1.3 on every node. This node tells only
   of itself: WHOLE here means that *its* release knows the command, and it counts for the cluster when every member's agent says so. (What
   pmxcfs publishes of the other nodes is pve-manager's version, and an LRM that knows no disarm leaves the stack in "disarming" for ever.)
   Without it, what is read is what scope NODE reads, but where a disarm is shown, or a record of the cluster tells that there is to be one.
   Only a disarm with mode freeze is what close leaves behind.

   Scope NODE: pve-ha-lrm is stopped, which freezes the services of this node, then pve-ha-crm. Both stops are queued at once: as pve-ha-lrm
   is ordered after pve-ha-crm (in every release from 3.6 on), systemd itself holds back the second until the first is through, for as long as
   workers run (up to an hour), and whoever dies meanwhile loses nothing.

   prior: both, "armed,lrm+crm": the mode of the disarm, or armed; and which of the two ran.

   Both need pmxcfs to be writable, that is quorum: without it a command fails after 10 s, and a stopping LRM has its node reset. Nothing here
   connects to the watchdog. */
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "pve_view.h"
#include "run.h"

#define HA_MANAGER_NS (14 * TG_NS_PER_S) /* without quorum it gives up after 10 */

static const char *const disarm_argv[] = { "ha-manager", "crm-command", "disarm-ha", "freeze", NULL };
static const char *const arm_argv[] = { "ha-manager", "crm-command", "arm-ha", NULL };
static const char disarm_command[] = "disarm-ha freeze"; /* as crm_commands has it */
static const char stop_command[] = "systemctl stop --no-block " TG_PVE_LRM " " TG_PVE_CRM;

static bool installed(void)
{
        return tg_command_exists("ha-manager");
}

static bool is_pending(const struct tg_pve_view *view, const char *command)
{
        return strncmp(view->pending, command, strlen(command)) == 0;
}

static enum tg_ha_state cluster_state(const struct tg_pve_view *view)
{
        bool all = view->n_lrm_idle == view->n_online;

        if (view->disarm != TG_PVE_ARMED) {
                if (is_pending(view, "arm-ha"))
                        return TG_HA_OPENING;
                return view->disarm == TG_PVE_DISARMED && all && !view->marker ? TG_HA_CLOSED : TG_HA_CLOSING;
        }
        if (is_pending(view, "disarm-ha"))
                return TG_HA_CLOSING;
        if (view->n_lrm_disarmed > 0)
                return TG_HA_OPENING;
        return view->used || view->marker ? TG_HA_OPEN : TG_HA_UNUSED;
}

/* What ran before and is stopped is to be started again, also where HA has lost its last resource meanwhile. */
static bool owes(const struct tg_gate_request *request, const struct tg_pve_view *view)
{
        return (strstr(request->prior, "lrm") && tg_unit_is_gone(&view->lrm)) ||
               (strstr(request->prior, "crm") && tg_unit_is_gone(&view->crm));
}

static enum tg_ha_state node_state(const struct tg_gate_request *request, const struct tg_pve_view *view)
{
        const struct tg_unit *lrm = &view->lrm, *crm = &view->crm;

        if (!view->used && !view->marker && !owes(request, view))
                return TG_HA_UNUSED;
        if (tg_unit_is_stopping(lrm) || tg_unit_is_stopping(crm))
                return TG_HA_CLOSING;
        if (tg_unit_is_starting(lrm) || tg_unit_is_starting(crm))
                return TG_HA_OPENING;
        if (tg_unit_is_gone(lrm))
                return tg_unit_is_gone(crm) && view->n_own_acting == 0 && !view->marker ? TG_HA_CLOSED : TG_HA_CLOSING;
        /* The mode that a stopped LRM left behind stays until the new one has written its own. */
        return strcmp(view->own_mode, "restart") == 0 ? TG_HA_OPENING : TG_HA_OPEN;
}

static const char *running_units(const struct tg_pve_view *view)
{
        bool lrm = !tg_unit_is_gone(&view->lrm), crm = !tg_unit_is_gone(&view->crm);

        return lrm && crm ? "lrm+crm" : lrm ? "lrm" : crm ? "crm" : "neither";
}

static bool has_record(const struct tg_gate_request *request)
{
        static const uint8_t none[sizeof(request->uuid)];

        return memcmp(request->uuid, none, sizeof(none)) != 0;
}

/* A disarm that is shown is the cluster's, whatever this release knows of it; and so is what a record of the cluster was written for. */
static bool is_by_node(const struct tg_gate_run *run, const struct tg_pve_view *view)
{
        if (run->request->scope == TG_GATE_NODE)
                return true;
        return !view->can_disarm && view->disarm == TG_PVE_ARMED && !has_record(run->request);
}

/* Why close could not be run now; NULL: it could. */
static const char *hindrance(const struct tg_gate_run *run, const struct tg_pve_view *view)
{
        if (!view->quorate)
                return "pmxcfs has no quorum";
        if (!is_by_node(run, view) && !view->can_disarm)
                return "pve-ha-manager is older than 5.1.3 here, and HA is disarmed, or was to be";
        if (!is_by_node(run, view))
                return tg_command_exists("ha-manager") ? NULL : "ha-manager is not installed";
        if (!tg_unit_is(view->lrm.load, "loaded") || !tg_unit_is(view->crm.load, "loaded"))
                return TG_PVE_LRM " or " TG_PVE_CRM " is masked or missing";
        if (!tg_unit_can(&view->lrm) || !tg_unit_can(&view->crm))
                return "systemd lets " TG_PVE_LRM " or " TG_PVE_CRM
                       " not be stopped and started by hand (RefuseManualStop=, RefuseManualStart=)";
        if (view->own_maintenance)
                return "this node is in maintenance: its LRM would stop only after all guests have left";
        if (view->disarm != TG_PVE_ARMED)
                return "HA is disarmed: that waits for the LRM of each node";
        return NULL;
}

static uint32_t flags_of(const struct tg_gate_run *run, const struct tg_pve_view *view)
{
        uint32_t flags = 0;

        flags |= hindrance(run, view) ? 0 : TG_GATE_READY;
        flags |= view->can_disarm ? TG_GATE_WHOLE : 0;
        flags |= strcmp(view->master, view->node) == 0 ? TG_GATE_MASTER : 0;
        flags |= view->marker ? TG_GATE_ARMED : 0;
        flags |= view->n_busy > 0 ? TG_GATE_BUSY : 0;
        return flags;
}

static void describe(const struct tg_gate_run *run, const struct tg_pve_view *view, struct tg_gate_result *result)
{
        static const char *const words[] = { "armed", "disarming", "disarmed" };
        const char *why = hindrance(run, view);
        char where[TG_NAME_MAX + 40] = "";

        if (view->disarm != TG_PVE_ARMED && view->n_lrm_idle < view->n_online)
                (void)snprintf(where, sizeof(where), ", not yet on %s", view->lrm_other);
        tg_gate_done(result, "%s%s, master %s, %s and %s run here: %s, watchdog %s%s%s%s%s", words[view->disarm], where,
                     view->master[0] ? view->master : "none", "lrm", "crm", running_units(view),
                     view->marker ? "armed" : "not armed", view->n_busy > 0 ? ", busy with " : "", view->busy,
                     why ? "; cannot close: " : "", why ? why : "");
}

static void look(struct tg_gate_run *run, struct tg_gate_result *result)
{
        struct tg_pve_view *view = run->view;
        bool by_node;

        if (tg_pve_look(run, view, result) < 0)
                return;
        by_node = is_by_node(run, view);
        result->state = by_node ? node_state(run->request, view) : cluster_state(view);
        result->flags = flags_of(run, view);
        (void)snprintf(result->prior, sizeof(result->prior), "%.8s,%s", view->disarm == TG_PVE_ARMED ? "armed" : view->mode,
                       running_units(view));
        (void)snprintf(result->command, sizeof(result->command), "%s",
                       by_node ? stop_command : "ha-manager crm-command disarm-ha freeze");
        describe(run, view, result);
}

static void close_cluster(struct tg_gate_run *run, struct tg_gate_result *result)
{
        struct tg_command command = { .argv = disarm_argv, .limit_ns = HA_MANAGER_NS };

        tg_gate_run_command(run, &command, result);
}

static void close_node(struct tg_gate_run *run, struct tg_gate_result *result)
{
        char fault[TG_UNIT_FAULT_MAX];

        if (!tg_unit_is_after(run->bus, TG_PVE_LRM, TG_PVE_CRM)) {
                tg_gate_failed(result, "not run: here %s is not ordered after %s, and they would stop at once", TG_PVE_LRM,
                               TG_PVE_CRM);
                return;
        }
        (void)snprintf(result->command, sizeof(result->command), "%s", stop_command);
        if (tg_unit_stop(run->bus, TG_PVE_LRM, fault) < 0)
                tg_gate_failed(result, "%s", fault);
        else if (tg_unit_stop(run->bus, TG_PVE_CRM, fault) < 0)
                tg_gate_done(result, "%s is being stopped, but %s", TG_PVE_LRM, fault);
        else
                tg_gate_done(result, "queued");
}

static void close_gate(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const struct tg_pve_view *view = run->view;
        const char *why = hindrance(run, view);

        if (why)
                tg_gate_failed(result, "not run: %s", why);
        else if (run->request->scope == TG_GATE_CLUSTER && !view->can_disarm)
                tg_gate_failed(result, "not run: pve-ha-manager is older than 5.1.3 here, each node has to close itself");
        else if (run->request->scope == TG_GATE_CLUSTER)
                close_cluster(run, result);
        else
                close_node(run, result);
}

static void open_cluster(struct tg_gate_run *run, const struct tg_pve_view *view, struct tg_gate_result *result)
{
        struct tg_command command = { .argv = arm_argv, .limit_ns = HA_MANAGER_NS };

        if (strncmp(run->request->prior, "armed,", 6) != 0)
                tg_gate_failed(result, "not run: it was not armed before, but \"%s\"", run->request->prior);
        else if (result->state == TG_HA_OPENING)
                tg_gate_done(result, "nothing to run: it is being armed");
        else if (view->disarm != TG_PVE_ARMED && strcmp(view->mode, "freeze") != 0)
                tg_gate_failed(result, "not run: somebody else disarmed it, with mode \"%s\"", view->mode);
        else if (view->disarm == TG_PVE_ARMED && is_pending(view, "disarm-ha") && !is_pending(view, disarm_command))
                tg_gate_failed(result, "not run: somebody else's \"%s\" waits for the manager", view->pending);
        else if (!view->quorate)
                tg_gate_failed(result, "not run: pmxcfs has no quorum");
        else
                tg_gate_run_command(run, &command, result);
}

/* The CRM first, as systemd would have it anyway; of the two only what ran before. */
static void start_units(struct tg_gate_run *run, bool lrm, bool crm, struct tg_gate_result *result)
{
        char fault[TG_UNIT_FAULT_MAX] = "";

        (void)snprintf(result->command, sizeof(result->command), "systemctl start --no-block%s%s", crm ? " " TG_PVE_CRM : "",
                       lrm ? " " TG_PVE_LRM : "");
        if (crm && tg_unit_start(run->bus, TG_PVE_CRM, fault) < 0)
                tg_gate_failed(result, "%s", fault);
        else if (lrm && tg_unit_start(run->bus, TG_PVE_LRM, fault) < 0 && !crm)
                tg_gate_failed(result, "%s", fault);
        else if (fault[0])
                tg_gate_done(result, "%s is being started, but %s", TG_PVE_CRM, fault);
        else
                tg_gate_done(result, "queued");
}

static void open_node(struct tg_gate_run *run, const struct tg_pve_view *view, struct tg_gate_result *result)
{
        const char *comma = strchr(run->request->prior, ','), *prior = comma ? comma + 1 : "";
        bool both = strcmp(prior, "lrm+crm") == 0, lrm = both || strcmp(prior, "lrm") == 0,
             crm = both || strcmp(prior, "crm") == 0;

        if (!lrm && !crm)
                tg_gate_failed(result, "not run: it is not told what ran before: prior is \"%s\"", run->request->prior);
        else if (!tg_unit_is(view->lrm.load, "loaded") || !tg_unit_is(view->crm.load, "loaded"))
                tg_gate_failed(result, "not run: %s is masked or missing: an administrator has taken it over",
                               tg_unit_is(view->lrm.load, "loaded") ? TG_PVE_CRM : TG_PVE_LRM);
        else
                start_units(run, lrm, crm, result);
}

static void open_gate(struct tg_gate_run *run, struct tg_gate_result *result)
{
        const struct tg_pve_view *view = run->view;

        if (run->request->scope == TG_GATE_CLUSTER && is_by_node(run, view))
                tg_gate_failed(result, "not run: pve-ha-manager is older than 5.1.3 here, each node has to open itself");
        else if (run->request->scope == TG_GATE_CLUSTER)
                open_cluster(run, run->view, result);
        else
                open_node(run, run->view, result);
}

const struct tg_backend tg_backend_proxmox = {
        .view_size = sizeof(struct tg_pve_view), .installed = installed, .look = look, .close = close_gate, .open = open_gate
};
