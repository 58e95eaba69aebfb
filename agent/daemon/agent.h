/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent as its parts see it: they hand it events; it asks the core and carries out what the core wants done. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <qb/qbloop.h>

#include <timeguard/node.h>

#include "alarm.h"
#include "health.h"

struct tg_asker;
struct tg_bus;
struct tg_chronyd;
struct tg_clock;
struct tg_cluster;
struct tg_dbus;
struct tg_executor;
struct tg_notify;
struct tg_status;
struct tg_store;

struct tg_agent {
        qb_loop_t *loop;
        struct tg_node *node;
        struct tg_options options;
        const char *config_path;
        uint32_t node_id;            /* the own one; 0 until corosync has told it */
        struct tg_topology topology; /* the last one read, for names; n_nodes 0 until then */
        struct tg_clock *clock;
        struct tg_chronyd *chronyd;
        struct tg_asker *asker; /* NULL: source.port is 0 */
        struct tg_store *store;
        struct tg_bus *bus;        /* for what the gate needs of systemd, and nobody else sends to */
        struct tg_bus *public_bus; /* has the name that others send to: a flood delays nothing of the gate */
        struct tg_executor *executor;
        struct tg_health health;
        struct tg_dbus *dbus;
        struct tg_cluster *cluster;
        struct tg_status *status;
        struct tg_notify *notify;
        struct tg_alarm last_call; /* bounds the time that stopping may take */
        int signal_fd;
        bool stopping;
};

/* Makes an agent of options that have been judged; opens everything but the connection to corosync, which comes by itself.
   *out is set only on success. Returns 0 or -errno, having logged what failed. */
int tg_agent_new(struct tg_agent **out, const char *config_path, const struct tg_options *options);
/* Returns NULL. False in *clean when a thread had to be left behind: the process must then end without running destructors. */
struct tg_agent *tg_agent_free(struct tg_agent *agent, bool *clean);

/* Runs until a signal asks it to stop and it has told its peers, or one second has passed since. */
void tg_agent_run(struct tg_agent *agent);

/* Hands an event to the core and carries out what follows from it. An event whose `now` is zero gets the present look. */
void tg_agent_event(struct tg_agent *agent, struct tg_event *event);

/* The executor has run the order that the core gave. */
void tg_agent_gate_result(struct tg_agent *agent, const struct tg_gate_result *result);

/* What is done shortly before each second, for its report to carry: called by the clock. */
void tg_agent_eve(struct tg_agent *agent);
/* What is done once a second, besides the report: called by the clock after TG_EVENT_TICK. */
void tg_agent_tick(struct tg_agent *agent);

/* The cluster has been left, nothing keeps the agent. */
void tg_agent_left(struct tg_agent *agent);

/* The configured name of a node, or its number. */
const char *tg_agent_node_name(const struct tg_agent *agent, uint32_t node_id, char buf[static TG_NAME_MAX]);
