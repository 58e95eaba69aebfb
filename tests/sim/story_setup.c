/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The statements before the start: each changes the simulation that is about to begin. */
#include <stdio.h>
#include <string.h>

#include "story.h"

static bool take_story(struct story *story, char *args)
{
        story_copy(story->tells, sizeof story->tells, args);
        return args[0];
}

static bool take_seed(struct story *story, char *args)
{
        int64_t seed;

        if (!story_integer(args, &seed))
                return false;
        story->seed = story->other_seed ? story->other_seed : (uint64_t)seed;
        return true;
}

static bool take_number_of_nodes(struct story *story, char *args)
{
        int64_t n;

        if (!story_integer(args, &n) || n < 1 || n > SIM_NODES)
                return false;
        story->n = (uint32_t)n;
        return true;
}

static bool set_option(struct story *story, uint64_t nodes, const char *option, const char *value)
{
        char error[TG_OPTION_ERROR_MAX];

        for (uint32_t i = 0; i < story->n; i++)
                if ((nodes & UINT64_C(1) << i) && tg_options_set(&story->sim->nodes[i].options, option, value, error) < 0)
                        return story_fail(story, story->line, "%s: %s", option, error);
        return true;
}

static bool take_budget(struct story *story, char *args)
{
        return set_option(story, ~UINT64_C(0), "budget", args);
}

static bool take_set(struct story *story, char *args)
{
        char *option = story_word(&args), *on = strstr(args, " on ");
        uint64_t nodes = ~UINT64_C(0);

        if (on) {
                *on = 0;
                if (!story_nodes(story, on + 4, &nodes))
                        return false;
        }
        return option && args[0] && set_option(story, nodes, option, args);
}

/* NODES and the word after them; false when there is more. */
static bool nodes_and_word(const struct story *story, char *args, uint64_t *nodes, char **word)
{
        if (!story_nodes(story, story_word(&args), nodes))
                return false;
        *word = story_word(&args);
        return *word && !*args;
}

static bool take_votes(struct story *story, char *args)
{
        uint64_t nodes;
        char *word;
        int64_t votes;

        if (!nodes_and_word(story, args, &nodes, &word) || !story_integer(word, &votes) || votes < 0)
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                if (nodes & UINT64_C(1) << i)
                        story->sim->votes[i] = (uint32_t)votes;
        return true;
}

static bool take_qdevice(struct story *story, char *args)
{
        int64_t votes;

        if (!story_integer(args, &votes) || votes < 1)
                return false;
        story->sim->qdevice_votes = (uint32_t)votes;
        story->sim->qdevice_alive = true;
        return true;
}

static bool take_flags(struct story *story, char *args)
{
        static const struct {
                const char *name;
                uint32_t flag;
        } flags[] = { { "two_node", TG_QUORUM_TWO_NODE },
                      { "wait_for_all", TG_QUORUM_WAIT_FOR_ALL },
                      { "last_man_standing", TG_QUORUM_LAST_MAN_STANDING },
                      { "auto_tie_breaker", TG_QUORUM_AUTO_TIE_BREAKER } };
        char *save;

        for (char *word = strtok_r(args, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
                size_t k = 0;

                while (k < sizeof flags / sizeof flags[0] && strcmp(word, flags[k].name) != 0)
                        k++;
                if (k == sizeof flags / sizeof flags[0])
                        return false;
                story->sim->flags |= flags[k].flag;
        }
        return true;
}

static bool take_oscillator(struct story *story, char *args)
{
        uint64_t nodes;
        char *word;
        int64_t ppb;

        if (!nodes_and_word(story, args, &nodes, &word) || !story_rate(word, &ppb))
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                if (nodes & UINT64_C(1) << i)
                        sim_clock_oscillator(&story->sim->nodes[i].clock, 0, ppb);
        return true;
}

static bool take_wander(struct story *story, char *args)
{
        uint64_t nodes;
        char *word;
        int64_t ppb;

        if (!nodes_and_word(story, args, &nodes, &word) || !story_rate(word, &ppb) || ppb < 0)
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                if (nodes & UINT64_C(1) << i)
                        story->sim->nodes[i].wander_ppb = ppb;
        return true;
}

static bool take_delay(struct story *story, char *args)
{
        bool loaded = !strcmp(args, "loaded");

        if (!loaded && strcmp(args, "idle") != 0)
                return false;
        story->sim->delay_min_ns = loaded ? TG_NS_PER_MS : 200 * TG_NS_PER_US;
        story->sim->delay_mean_ns = loaded ? 9 * TG_NS_PER_MS : 500 * TG_NS_PER_US;
        return true;
}

/* server s2 10.0.0.253 stratum 3 [name TEXT] */
static bool take_server(struct story *story, char *args)
{
        char *name = story_word(&args), *address = story_word(&args), *word = story_word(&args), *stratum = story_word(&args);
        char expected[8];
        struct tg_addr addr;
        int64_t value;

        snprintf(expected, sizeof expected, "s%u", story->sim->n_servers + 1);
        if (story->sim->n_servers == SIM_SERVERS || !name || strcmp(name, expected) != 0)
                return story_fail(story, story->line, "the next server is %s, and there are at most %d", expected, SIM_SERVERS);
        if (!address || tg_addr_parse(address, &addr) < 0 || !word || strcmp(word, "stratum") != 0 ||
            !story_integer(stratum, &value) || value < 1 || value > 15)
                return false;
        word = story_word(&args);
        if (word && (strcmp(word, "name") != 0 || !args[0]))
                return false;
        sim_server_add(story->sim, address, word ? args : address, (uint8_t)value);
        return true;
}

static bool take_follow(struct story *story, char *args)
{
        uint64_t nodes;
        char *word;

        if (!nodes_and_word(story, args, &nodes, &word) || (strcmp(word, "none") != 0 && !story_sources(story, word)))
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                if (nodes & UINT64_C(1) << i)
                        sim_servo_follow(story->sim, i, strcmp(word, "none") != 0 ? word : "");
        return true;
}

static bool take_poll(struct story *story, char *args)
{
        uint64_t nodes;
        char *word;
        int64_t poll;

        if (!nodes_and_word(story, args, &nodes, &word) || !story_integer(word, &poll) || poll < 0 || poll > 10)
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                if (nodes & UINT64_C(1) << i)
                        story->sim->nodes[i].servo.poll = (int8_t)poll;
        return true;
}

static bool take_install(struct story *story, char *args)
{
        if (!story_nodes(story, args, &story->installed))
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                story->sim->nodes[i].installed = story->installed & UINT64_C(1) << i;
        return true;
}

static bool take_local(struct story *story, char *args)
{
        uint64_t nodes;
        char *word;

        if (!nodes_and_word(story, args, &nodes, &word) || (strcmp(word, "on") != 0 && strcmp(word, "off") != 0))
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                if (nodes & UINT64_C(1) << i)
                        story->sim->nodes[i].servo.local_allowed = !strcmp(word, "on");
        return true;
}

static bool take_makestep(struct story *story, char *args)
{
        uint64_t nodes;
        int64_t size = 0, times = 0;
        char *word;

        if (!story_nodes(story, story_word(&args), &nodes) || !(word = story_word(&args)))
                return false;
        if (strcmp(word, "off") != 0 && (!story_length(word, &size) || !story_integer(args, &times) || times < 0))
                return false;
        for (uint32_t i = 0; i < story->n; i++)
                if (nodes & UINT64_C(1) << i) {
                        story->sim->nodes[i].servo.makestep_ns = size;
                        story->sim->nodes[i].servo.makestep_times = (uint32_t)times;
                }
        return true;
}

/* ha whole|each|none [master n2] [old NODES] */
static bool take_ha(struct story *story, char *args)
{
        static const char *const kinds[] = { "none", "whole", "each" };
        char *kind = story_word(&args), *word;
        int k = 0;

        while (k < 3 && (!kind || strcmp(kind, kinds[k]) != 0))
                k++;
        if (k == 3)
                return false;
        story->sim->ha.kind = (enum sim_ha_kind)k;
        while ((word = story_word(&args)))
                if (!(!strcmp(word, "master") && story_node(story, story_word(&args), &story->sim->ha.master)) &&
                    !(!strcmp(word, "old") && story_nodes(story, story_word(&args), &story->sim->ha.old)))
                        return false;
        return true;
}

static bool take_watchdogs(struct story *story, char *args)
{
        story->sim->ha.watchdogs = true;
        return !*args;
}

static bool take_unchecked(struct story *story, char *args)
{
        story->unchecked = true;
        return !*args;
}

const struct story_statement story_setup_statements[] = {
        { "story", "TEXT", take_story, true },
        { "seed", "N", take_seed, true },
        { "nodes", "N, 1 to 64", take_number_of_nodes, true },
        { "budget", "LENGTH", take_budget, false },
        { "set", "OPTION VALUE [on NODES]", take_set, false },
        { "votes", "NODES N", take_votes, false },
        { "qdevice", "N", take_qdevice, false },
        { "flags", "two_node,wait_for_all,last_man_standing,auto_tie_breaker", take_flags, false },
        { "oscillator", "NODES +120ppm", take_oscillator, false },
        { "wander", "NODES 0.02ppm", take_wander, false },
        { "delay", "idle|loaded", take_delay, false },
        { "server", "s2 ADDRESS stratum N [name TEXT]", take_server, false },
        { "follow", "NODES s1,s2|n1|none", take_follow, false },
        { "poll", "NODES N, 0 to 10", take_poll, false },
        { "install", "NODES", take_install, false },
        { "local", "NODES on|off", take_local, false },
        { "makestep", "NODES LENGTH N|off", take_makestep, false },
        { "ha", "whole|each|none [master NODE] [old NODES]", take_ha, false },
        { "watchdogs", "nothing", take_watchdogs, false },
        { "unchecked", "nothing", take_unchecked, false },
        { NULL, NULL, NULL, false },
};
