/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays a story: the simulation runs from one moment to the next (a fault, a fact to look at), and every event of a node is followed by the
   facts that hold throughout and by the checks of check.h. `tg-sim story` plays several and says how each went. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "main.h"
#include "story.h"

static void watch(struct sim *sim, uint32_t node, const struct tg_event *event, const struct sim_event *cause, void *user)
{
        struct story *story = user;

        (void)event, (void)cause;
        story->looked_node = UINT32_MAX;
        for (uint32_t k = 0; k < story->n_facts; k++) {
                const struct story_fact *fact = &story->facts[k];

                if (fact->always && sim->t_ns >= fact->from_ns && sim->t_ns <= fact->to_ns &&
                    story_observes(story, fact->seen_by, node))
                        story_fact_check(story, fact, node);
        }
}

static void watch_alert(struct sim *sim, uint32_t node, const struct tg_alert *alert, void *user)
{
        (void)sim;
        story_alert_told(user, node, alert);
}

static void watch_unit(struct sim *sim, uint32_t node, const struct sim_unit *unit, enum sim_unit_phase phase, void *user)
{
        static const char *const phases[] = { "begins to", "has the command accepted to", "has ended its run to" };
        const struct story *story = user;

        if (story->verbose)
                printf("# %11.6f n%u %s %s the %s: %s\n", (double)sim->t_ns / 1e9, node + 1, phases[phase],
                       tg_gate_verb_text(unit->order.verb), tg_gate_scope_text(unit->order.scope), unit->order.reason);
}

/* Looks at a fact at every node that is to see it. */
static void look_around(struct story *story, const struct story_fact *fact)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < story->n; i++)
                if (story_observes(story, fact->seen_by, i)) {
                        story_fact_check(story, fact, i);
                        n++;
                }
        if (!n)
                story_fail(story, fact->line, "at %.3f s no agent runs that could see it", (double)story->sim->t_ns / 1e9);
}

/* The next instant after t at which something is to be done; the end at last. */
static int64_t next_moment(const struct story *story, int64_t t_ns)
{
        int64_t next = story->end_ns;

        for (uint32_t k = 0; k < story->n_faults; k++)
                if (story->faults[k].fault.t_ns > t_ns && story->faults[k].fault.t_ns < next)
                        next = story->faults[k].fault.t_ns;
        for (uint32_t k = 0; k < story->n_facts; k++) {
                if (story->facts[k].from_ns > t_ns && story->facts[k].from_ns < next)
                        next = story->facts[k].from_ns;
                if (story->facts[k].to_ns > t_ns && story->facts[k].to_ns < next)
                        next = story->facts[k].to_ns;
        }
        return next;
}

/* What is to be seen at an instant is looked at before what happens then. */
static void act(struct story *story, int64_t t_ns)
{
        char text[200];

        story->looked_node = UINT32_MAX;
        for (uint32_t k = 0; k < story->n_facts; k++)
                if (story->facts[k].to_ns == t_ns || (story->facts[k].from_ns == t_ns && t_ns))
                        look_around(story, &story->facts[k]);
        for (uint32_t k = 0; k < story->n_faults; k++) {
                if (story->faults[k].fault.t_ns != t_ns || (int)k == story->left_out)
                        continue;
                if (story->verbose)
                        printf("# %11.6f %s\n", (double)t_ns / 1e9, sim_fault_text(&story->faults[k].fault, text, sizeof text));
                sim_fault_apply(story->sim, &story->faults[k].fault);
        }
}

static void play(struct story *story)
{
        struct sim_check *check = NULL;

        story->sim->watch = watch;
        story->sim->watch_alert = watch_alert;
        story->sim->watch_unit = watch_unit;
        story->sim->user = story;
        if (!story->unchecked)
                check = sim_check_new(story->sim);
        sim_start(story->sim);
        for (int64_t t = -1; t < story->end_ns && !story->why[0] && !story->sim->trouble[0];) {
                t = next_moment(story, t);
                sim_run_until(story->sim, t);
                if (!story->sim->trouble[0])
                        act(story, t);
        }
        if (story->sim->trouble[0])
                story_fail(story, story->line, "%s", story->sim->trouble);
        story_alerts_finish(story);
        sim_check_free(check);
}

bool story_run(struct story *story)
{
        const char *slash = strrchr(story->path, '/'), *base = slash ? slash + 1 : story->path;

        story->seed = story->other_seed ? story->other_seed : 1;
        story->n = 3;
        snprintf(story->name, sizeof story->name, "%.*s", (int)strcspn(base, "."), base);
        if (story_read(story)) {
                if (story->inverted >= 0 && (uint32_t)story->inverted < story->n_facts)
                        story->facts[story->inverted].negated ^= true;
                play(story);
        }
        story->sim = sim_free(story->sim);
        return !story->why[0];
}

/* ---- tg-sim story ---- */

static void usage(FILE *to)
{
        fputs("Usage: tg-sim story [--verbose] [--seed N] [--prove] FILE...\n"
              "\n"
              "Plays the stories and says whether all came as they tell.\n"
              "  --verbose  also every fault and every alert with its time\n"
              "  --seed N   another run of chance than the story's own\n"
              "  --prove    each story must fail without any one of its faults (but those at 0s, which prepare it), and with "
              "any\n"
              "             one of its facts inverted\n",
              to);
}

static struct story *new_story(const char *path, uint64_t seed, bool verbose)
{
        struct story *story = calloc(1, sizeof *story);

        if (!story)
                abort();
        story->path = path;
        story->other_seed = seed;
        story->verbose = verbose;
        story->left_out = story->inverted = -1;
        return story;
}

/* Plays it without a fault, or with a fact inverted; true when there is no such one, or when the story fails as it should. */
static bool fails_without(const char *path, uint64_t seed, int fault, int fact, bool *more)
{
        struct story *story = new_story(path, seed, false);
        bool ok;

        story->left_out = fault;
        story->inverted = fact;
        ok = story_run(story);
        *more = fault >= 0 ? (uint32_t)fault < story->n_faults : (uint32_t)fact < story->n_facts;
        if (fault >= 0 && *more && !story->faults[fault].fault.t_ns)
                ok = false;
        if (*more && ok)
                printf("not ok %s: %s:%d: the story does not fail %s\n", story->name, path,
                       fault >= 0 ? story->faults[fault].line : story->facts[fact].line,
                       fault >= 0 ? "without this fault" : "with this fact inverted");
        ok = ok && *more;
        free(story);
        return !ok;
}

static bool prove(const char *path, uint64_t seed)
{
        bool ok = true, more = true;

        for (int k = 0; more; k++)
                ok &= fails_without(path, seed, k, -1, &more);
        more = true;
        for (int k = 0; more; k++)
                ok &= fails_without(path, seed, -1, k, &more);
        return ok;
}

static bool tell(const char *path, uint64_t seed, bool verbose)
{
        struct story *story = new_story(path, seed, verbose);
        struct timespec before, after;
        bool ok;

        clock_gettime(CLOCK_MONOTONIC, &before);
        ok = story_run(story);
        clock_gettime(CLOCK_MONOTONIC, &after);
        if (verbose)
                printf("# %s\n", story->tells);
        if (ok)
                printf("ok %s", story->name);
        else
                printf("not ok %s: %s", story->name, story->why);
        if (verbose)
                printf(" [%.2f s]", (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9);
        putchar('\n');
        fflush(stdout);
        free(story);
        return ok;
}

int sim_story_main(int argc, char **argv)
{
        bool verbose = false, proving = false;
        uint64_t seed = 0;
        unsigned passed = 0, failed = 0;
        int i = 1;

        for (; i < argc && argv[i][0] == '-'; i++) {
                if (!strcmp(argv[i], "--verbose")) {
                        verbose = true;
                } else if (!strcmp(argv[i], "--prove")) {
                        proving = true;
                } else if (!strcmp(argv[i], "--seed") && i + 1 < argc) {
                        seed = strtoull(argv[++i], NULL, 10);
                } else {
                        usage(!strcmp(argv[i], "--help") ? stdout : stderr);
                        return strcmp(argv[i], "--help") ? 2 : 0;
                }
        }
        if (i == argc) {
                usage(stderr);
                return 2;
        }
        for (; i < argc; i++) {
                bool ok = tell(argv[i], seed, verbose);

                if (ok && proving)
                        ok = prove(argv[i], seed);
                passed += ok;
                failed += !ok;
        }
        printf("%u passed, %u failed, 0 skipped\n", passed, failed);
        return failed ? 1 : 0;
}
