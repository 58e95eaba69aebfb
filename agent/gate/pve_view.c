/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what Proxmox VE's HA stack shows. JSON files are read, never the text of `ha-manager status`: that differs between releases and
   derives "active" from wall clock differences. Epochs in the files are not looked at for the same reason: after a step they say nothing.

   A file that hangs ends the look at once: what hangs is the cluster file system, and the next file would hang as well. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "pve_view.h"
#include "run.h"

#define MARKER           "/run/watchdog-mux.active"
#define DISARM_VERSION   "5.1.3"
#define DPKG_NS          (3 * TG_NS_PER_S)
#define NO_PACKAGE       1 /* of dpkg-query: it knows none of that name */
#define OLDER            1 /* of dpkg --compare-versions: no */
#define PVE_PATH_MAX     (TG_NAME_MAX + 40)
#define MEMBERS          "/etc/pve/.members"
#define MANAGER_STATUS   "/etc/pve/ha/manager_status"
#define CRM_COMMANDS     "/etc/pve/ha/crm_commands"
#define RESOURCES_CONFIG "/etc/pve/ha/resources.cfg"

/* A member of an object as text; "" where there is none. */
static const char *text_of(struct json_object *object, const char *key)
{
        struct json_object *value = NULL;

        if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &value) ||
            !json_object_is_type(value, json_type_string))
                return "";
        return json_object_get_string(value);
}

/* Perl writes numbers and flags as it likes: 1, "1", true. */
static bool truth_of(struct json_object *object, const char *key)
{
        struct json_object *value = NULL;

        return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, key, &value) &&
               json_object_get_int(value) != 0;
}

static struct json_object *member(struct json_object *object, const char *key)
{
        struct json_object *value = NULL;

        if (json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, key, &value) &&
            json_object_is_type(value, json_type_object))
                return value;
        return NULL;
}

static void copy(char *out, size_t size, const char *text)
{
        (void)snprintf(out, size, "%s", text);
}

static bool is_one_of(const char *word, const char *const *words)
{
        for (size_t i = 0; words[i]; i++)
                if (strcmp(word, words[i]) == 0)
                        return true;
        return false;
}

/* What could lead out of the directory is no name of a node. */
static bool is_node_name(const char *name)
{
        return name[0] && name[0] != '.' && name[0] != '-' && strlen(name) < TG_NAME_MAX &&
               name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == '\0';
}

static int unreadable(int r, const char *path, struct tg_gate_result *result)
{
        tg_gate_failed(result, "%s: %s", path,
                       r == -ETIMEDOUT ? "no answer in 2 s: does pve-cluster (pmxcfs) hang?"
                       : r == -EBADMSG ? "no JSON object"
                       : r == -ENODATA ? "empty"
                                       : strerror(-r));
        return r;
}

static int look_at_members(struct tg_gate_run *run, struct tg_pve_view *view, struct tg_gate_result *result)
{
        struct json_object *members;
        int r = tg_file_read_json(MEMBERS, run->deadline_ns, &members);

        if (r < 0)
                return unreadable(r, MEMBERS, result);
        copy(view->node, sizeof(view->node), text_of(members, "nodename"));
        view->quorate = truth_of(member(members, "cluster"), "quorate");
        json_object_put(members);
        if (!is_node_name(view->node)) {
                tg_gate_failed(result, "%s: no nodename", MEMBERS);
                return -EBADMSG;
        }
        return 0;
}

static void count_service(struct tg_pve_view *view, const char *sid, struct json_object *service)
{
        static const char *const busy[] = { "fence", "recovery", "migrate", "relocate", "request_start_balance", NULL };
        static const char *const at_rest[] = { "freeze", "stopped", "error", NULL };
        const char *state = text_of(service, "state");

        view->n_services++;
        if (is_one_of(state, busy)) {
                view->n_busy++;
                (void)snprintf(view->busy, sizeof(view->busy), "%.40s: %.16s", sid, state);
        }
        if ((strcmp(text_of(service, "node"), view->node) == 0 || strcmp(text_of(service, "target"), view->node) == 0) &&
            !is_one_of(state, at_rest))
                view->n_own_acting++;
}

static void look_at_disarm(struct tg_pve_view *view, struct json_object *disarm)
{
        if (!disarm)
                return;
        view->disarm = strcmp(text_of(disarm, "state"), "disarmed") == 0 ? TG_PVE_DISARMED : TG_PVE_DISARMING;
        copy(view->mode, sizeof(view->mode), text_of(disarm, "mode"));
}

struct lrm {
        char mode[16], state[24];
};

/* Returns 0 or -errno. All is "" where the file is not there: that node never ran an LRM. */
static int read_lrm(struct tg_gate_run *run, const char *node, struct lrm *out, struct tg_gate_result *result)
{
        struct json_object *status = NULL;
        char path[PVE_PATH_MAX];
        int r;

        *out = (struct lrm){ 0 };
        (void)snprintf(path, sizeof(path), "/etc/pve/nodes/%s/lrm_status", node);
        r = tg_file_read_json(path, run->deadline_ns, &status);
        if (r == -ENOENT || r == -ENODATA)
                return 0;
        if (r < 0)
                return unreadable(r, path, result);
        copy(out->mode, sizeof(out->mode), text_of(status, "mode"));
        copy(out->state, sizeof(out->state), text_of(status, "state"));
        json_object_put(status);
        return 0;
}

/* The mode alone does not tell: with a worker at work an LRM in mode disarm keeps its lock and its watchdog. One that has been stopped, or is
   being stopped, since all of them were disarmed does nothing any more, and its mode stays. */
static bool is_idle(const struct tg_pve_view *view, const struct lrm *lrm)
{
        static const char *const stopped[] = { "restart", "shutdown", NULL };

        return strcmp(lrm->mode, "disarm") == 0 ? strcmp(lrm->state, "wait_for_agent_lock") == 0
                                                : view->disarm == TG_PVE_DISARMED && is_one_of(lrm->mode, stopped);
}

static int look_at_lrms(struct tg_gate_run *run, struct tg_pve_view *view, struct json_object *nodes,
                        struct tg_gate_result *result)
{
        struct lrm lrm;
        int r = read_lrm(run, view->node, &lrm, result);

        copy(view->own_mode, sizeof(view->own_mode), lrm.mode);
        if (r < 0 || !nodes)
                return r;
        json_object_object_foreach(nodes, node, state)
        {
                if (!json_object_is_type(state, json_type_string) || strcmp(json_object_get_string(state), "online") != 0 ||
                    !is_node_name(node))
                        continue;
                r = read_lrm(run, node, &lrm, result);
                if (r < 0)
                        return r;
                view->n_online++;
                view->n_lrm_disarmed += strcmp(lrm.mode, "disarm") == 0;
                if (is_idle(view, &lrm))
                        view->n_lrm_idle++;
                else
                        copy(view->lrm_other, sizeof(view->lrm_other), node);
        }
        return 0;
}

static int look_at_manager(struct tg_gate_run *run, struct tg_pve_view *view, struct tg_gate_result *result)
{
        struct json_object *status = NULL, *services;
        int r = tg_file_read_json(MANAGER_STATUS, run->deadline_ns, &status);

        if (r == -ENOENT || r == -ENODATA)
                return 0; /* no manager ever ran */
        if (r < 0)
                return unreadable(r, MANAGER_STATUS, result);
        copy(view->master, sizeof(view->master), text_of(status, "master_node"));
        look_at_disarm(view, member(status, "disarm"));
        services = member(status, "service_status");
        if (services) {
                json_object_object_foreach(services, sid, service)
                {
                        count_service(view, sid, service);
                }
        }
        view->own_maintenance = truth_of(member(member(status, "node_request"), view->node), "maintenance") ||
                                strcmp(text_of(member(status, "node_status"), view->node), "maintenance") == 0;
        r = look_at_lrms(run, view, member(status, "node_status"), result);
        json_object_put(status);
        return r;
}

/* Commands that the manager has not read yet: the last word of each line's kind is what will be. */
static int look_at_commands(struct tg_gate_run *run, struct tg_pve_view *view, struct tg_gate_result *result)
{
        char *text = NULL, *rest = NULL;
        int r = tg_file_read(CRM_COMMANDS, run->deadline_ns, &text);

        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return unreadable(r, CRM_COMMANDS, result);
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
                if (strncmp(line, "disarm-ha", 9) == 0 || strncmp(line, "arm-ha", 6) == 0)
                        copy(view->pending, sizeof(view->pending), line);
        free(text);
        return 0;
}

static int look_at_resources(struct tg_gate_run *run, struct tg_pve_view *view, struct tg_gate_result *result)
{
        char *text = NULL;
        int r;

        view->used = view->n_services > 0;
        if (view->used)
                return 0;
        r = tg_file_read(RESOURCES_CONFIG, run->deadline_ns, &text);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return unreadable(r, RESOURCES_CONFIG, result);
        view->used = text[strspn(text, " \t\r\n")] != '\0';
        free(text);
        return 0;
}

/* Debian's own comparison. A package that is not there cannot disarm; a version that cannot be had now is no version, and no look. But what
   shows a disarm can be armed, whatever dpkg says. */
static int look_at_version(struct tg_gate_run *run, struct tg_pve_view *view, struct tg_gate_result *result)
{
        static const char *const query[] = { "dpkg-query", "-W", "-f=${Version}", "pve-ha-manager", NULL };
        struct tg_command command = { .argv = query, .limit_ns = DPKG_NS };
        const char *const compare[] = { "dpkg", "--compare-versions", view->version, "ge", DISARM_VERSION, NULL };
        char fault[TG_GATE_TEXT_MAX];

        if (tg_command_run(&command, run->deadline_ns) == NO_PACKAGE)
                return 0;
        copy(view->version, sizeof(view->version), tg_first_line(command.output));
        if (command.status == 0 && view->version[0] >= '0' && view->version[0] <= '9') {
                command.argv = compare;
                view->can_disarm = tg_command_run(&command, run->deadline_ns) == 0;
                if (command.status == 0 || command.status == OLDER)
                        return 0;
        }
        view->can_disarm = view->disarm != TG_PVE_ARMED;
        if (view->can_disarm)
                return 0;
        tg_gate_failed(result, "the version of pve-ha-manager: %s", tg_command_fault(&command, fault, sizeof(fault)));
        return -EIO;
}

static int look_at_units(struct tg_gate_run *run, struct tg_pve_view *view, struct tg_gate_result *result)
{
        char fault[TG_UNIT_FAULT_MAX];
        int r;

        if (!tg_gate_bus(run, result))
                return -ENOTCONN;
        r = tg_unit_look(run->bus, TG_PVE_LRM, &view->lrm, fault);
        if (r == 0)
                r = tg_unit_look(run->bus, TG_PVE_CRM, &view->crm, fault);
        if (r < 0)
                tg_gate_failed(result, "%s", fault);
        return r;
}

int tg_pve_look(struct tg_gate_run *run, struct tg_pve_view *out, struct tg_gate_result *result)
{
        int (*const parts[])(struct tg_gate_run *, struct tg_pve_view *, struct tg_gate_result *) = {
                look_at_members, look_at_commands, look_at_manager, look_at_resources, look_at_units, look_at_version,
        };
        struct stat st;

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                int r = parts[i](run, out, result);

                if (r < 0)
                        return r;
        }
        /* Last: a client that went while the files were being read is gone. What cannot be seen is no proof of that. */
        out->marker = stat(MARKER, &st) == 0 || errno != ENOENT;
        return 0;
}
