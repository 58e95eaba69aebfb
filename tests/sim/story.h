/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Named scenarios: short files that tell a story and what timeguard must say of it. One statement a line; # begins a comment; blank lines
   and indentation mean nothing. Times are since the start: 500ms, 62s, 10m, 2h. NODES: n1 | n1,n3 | n1-n8 | all.

   Before the start:
     story TEXT                          what it tells
     seed N, nodes N                     first, if at all; 1 and 3
     budget 50ms                         short for: set budget 50ms
     set OPTION VALUE [on NODES]         any option of timeguard; a list option is appended to
     votes NODES N                       qdevice N          the votes of a qdevice
     flags two_node,wait_for_all         of votequorum
     oscillator NODES +120ppm            wander NODES 0.02ppm   a random walk's largest step each 8 s
     delay idle|loaded                   of messages: 0.2 ms + 0.5 ms on average, or 1 ms + 9 ms
     server s2 10.0.0.253 stratum 3 [name TEXT]   s1 is 10.0.0.254; the next are s2, s3, ...
     follow NODES s1,s2                  also a node: follow n1 n2
     poll NODES 6                        log2 of seconds
     install NODES                       agents run only there
     local NODES on|off                  "local stratum 10" in their chrony.conf
     unchecked                           without the invariants of check.h, which promise nothing for such clocks
     ha whole|each|none [master n2]      the HA stack (ha.h); none unless told, and n1 its manager
     watchdogs                           of the HA stack reset an armed node whose clock steps forward by more than 60 s
     makestep NODES 1s N|off             chronyd steps larger corrections in its first N updates

   What happens, in any order:
     at T FAULT ARGS... [for LENGTH]     a fault of the table sim_fault_kinds (fault.h), undone after LENGTH

   What must be seen; without "seen-by" at every node whose agent runs:
     by T [seen-by NODES] FACT           holds at T
     from T to T [seen-by NODES] FACT    holds after every event of those nodes in that time
     never FACT                          holds after no event of any node
     until T                             the story goes on to T; else to the last time that it names
     alerts                              each line after it is one alert, raised and perhaps cleared in a time span:
       NAME [NODES] raised T..T [cleared T..T] [seen-by NODES]
                                         one for each of NODES; "raised before T..T" when another line has told the raising.
                                         Every transition that is told must be listed: a false alarm fails any story.
       whatever NODES|NAME...            of these (a liar, say) anything may be told besides

   FACT, perhaps after "not":
     cluster agreed|at-risk|breached|split|unproven       NODES ok|drifting|beyond|...
     nobody|somebody STATE                                set NODES|none       the agreeing set
     pair n1 n2 within|beyond|unproven|stale              width n1 n2 below|above D     of its bound
     rho n1 n2 below|above 300ppm                         reference n1|none
     source TEXT|none                                     smallest below|above D
     margin N                                             raised ALERT [n1]
     reason TEXT, remedy TEXT, why n1 TEXT                contained in the cluster's reason or remedy, or in a node's reason
     age n1 below|above D, stratum n1 N, selected n1 ADDRESS   of a node's last report and what it says of chronyd
     ring N                                               its sequence number: 4 more for each ring that forms
     forecast n1 within 10%                               of the true time until it crosses the budget
     forecast n1 none
     gate open|closing|closed|opening|held                damping N       of the cluster's record
     record none|intent|issued|verified|...               record-of n1 none|intent|...   of a node that is gated alone
   and of the truth, whatever timeguard says:
     apart n1 n2 below|above D                            two clocks
     wrong NODES below|above D                            each clock, from true time
     ha open|closing|closed|opening                       the HA stack, or all nodes' where each is closed by itself
     ha-of NODES open|closing|closed|opening              of nodes
     closed-by nobody|timeguard|administrator             whose command it was
     closes N, opens N                                    commands of timeguard's that were accepted so far
     resets N                                             nodes that a watchdog has reset */
#pragma once

#include <timeguard/snapshot.h>

#include "fault.h"
#include "sim.h"

#define STORY_FACTS  64
#define STORY_FAULTS 64
#define STORY_ALERTS 512
#define STORY_TEXT   160

struct story;
struct story_fact;

struct story_fact_kind {
        const char *name, *form; /* of its arguments, for errors */
        /* false: they do not fit */
        bool (*parse)(struct story *story, struct story_fact *fact, char *args);
        bool (*holds)(struct story *story, const struct story_fact *fact, uint32_t observer);
        /* What is seen instead. */
        void (*seen)(struct story *story, const struct story_fact *fact, uint32_t observer, char *buf, size_t size);
};

struct story_fact {
        int line;
        int64_t from_ns, to_ns;
        bool always;      /* after every event from from_ns to to_ns; false: at to_ns */
        uint64_t seen_by; /* set of nodes; 0: all whose agents run */
        bool negated;
        const struct story_fact_kind *kind;
        uint64_t nodes;
        uint32_t a, b; /* indexes of nodes */
        int number;    /* a state, a verdict, an alert, a margin */
        bool above;
        int64_t value;
        char text[STORY_TEXT];
};

struct story_statement {
        const char *name, *form;
        bool (*take)(struct story *story, char *args); /* false: the arguments do not fit */
        bool early;                                    /* before the simulation is made */
};

struct story_fault {
        int line;
        struct sim_fault fault;
};

/* One transition that is expected, once at each node of seen_by. */
struct story_alert {
        int line;
        enum tg_alert_id id;
        bool raised;
        uint32_t subject; /* node id; 0: the cluster */
        int64_t from_ns, to_ns;
        uint64_t seen_by, met;
};

struct story {
        const char *path;
        char name[64], tells[STORY_TEXT];
        int line; /* being read */
        uint64_t seed, other_seed;
        uint32_t n;
        uint64_t installed;
        struct sim *sim; /* made by the first statement after seed and nodes */
        int64_t end_ns;
        bool in_alerts, verbose, unchecked;
        uint64_t whatever_nodes, whatever_kinds; /* sets of nodes and of alerts that may be told of at any time */
        int left_out;                            /* this fault is left out; -1: none */
        int inverted;                            /* this fact is expected not to hold; -1: none */
        uint32_t n_facts, n_faults, n_alerts;
        struct story_fact facts[STORY_FACTS];
        struct story_fault faults[STORY_FAULTS];
        struct story_alert alerts[STORY_ALERTS];
        char why[1400];       /* "file:line: what went wrong first"; "": nothing */
        uint32_t looked_node; /* what `shown` shows; UINT32_MAX: nothing that still holds */
        struct tg_snapshot shown;
};

/* The first reason is kept; returns false. Stops the simulation. */
bool story_fail(struct story *story, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* story_text.c: words and numbers. Those that return false have left *out alone. */
char *story_word(char **rest);                    /* the next word, NULL at the end; *rest moves on to the word after it */
bool story_length(const char *word, int64_t *ns); /* "62s"; not negative */
bool story_offset(const char *word, int64_t *ns); /* "+2s", "-150ms" */
bool story_rate(const char *word, int64_t *ppb);  /* "+40ppm" */
bool story_integer(const char *word, int64_t *out);
bool story_span(const char *word, int64_t *from_ns, int64_t *to_ns); /* "60s..62s" */
bool story_nodes(const struct story *story, const char *word, uint64_t *out);
bool story_node(const struct story *story, const char *word, uint32_t *index);
bool story_server(const struct story *story, const char *word, uint8_t *index);
bool story_sources(const struct story *story, const char *text); /* "s1,s2", "n3": that there are such */
void story_copy(char *to, size_t size, const char *from);

/* story_parse.c: false on an error, which story->why tells. */
bool story_read(struct story *story);
/* story_setup.c: the statements before the start; ends with a row without a name. */
extern const struct story_statement story_setup_statements[];
/* story_fact.c */
bool story_fact_parse(struct story *story, char *text, struct story_fact *out);
/* Fails the story when the fact does not hold at that node. */
void story_fact_check(struct story *story, const struct story_fact *fact, uint32_t observer);
bool story_observes(const struct story *story, uint64_t seen_by, uint32_t i);
/* ... and for the kinds of facts: */
typedef const char *story_words(int number);
bool story_has(uint64_t set, uint32_t i);
const struct tg_snapshot *story_look(struct story *story, uint32_t observer);
const struct tg_node_status *story_look_node(const struct tg_snapshot *s, uint32_t index); /* NULL: not shown */
const struct tg_pair_status *story_look_pair(struct story *story, const struct story_fact *fact, uint32_t observer);
bool story_parse_word(struct story *story, const char *word, story_words *text, int n, int *out);
bool story_parse_limit(struct story_fact *fact, char *args, bool (*number)(const char *word, int64_t *out));
bool story_within_limit(const struct story_fact *fact, int64_t value);
bool story_parse_text(struct story *story, struct story_fact *fact, char *args);
/* story_fact_cluster.c, story_fact_node.c, story_fact_pair.c, story_fact_gate.c: tables end with a row without a name. */
extern const struct story_fact_kind story_cluster_facts[], story_node_facts[], story_pair_facts[], story_gate_facts[],
        story_state_fact;
/* story_alert.c */
bool story_alert_parse(struct story *story, char *text);
void story_alert_told(struct story *story, uint32_t observer, const struct tg_alert *alert);
void story_alerts_finish(struct story *story); /* what was expected and did not come */
/* story_run.c: reads and runs it; true when all came as expected. */
bool story_run(struct story *story);
