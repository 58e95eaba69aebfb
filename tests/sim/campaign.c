/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `tg-sim campaign`: one drawn run after another, with every invariant looked at, until enough evaluations have been made. A violation is
   played again with ever more of its faults until it fails; what is printed then can be played again by anybody. A campaign in which an
   invariant was never put to the test has failed as well. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "check.h"
#include "main.h"

#define CI_EVALUATIONS   1000000
#define LONG_EVALUATIONS 10000000
#define JOBS_MAX         16

struct wanted {
        uint64_t evaluations, first, jobs;
        bool one, keep_going, verbose;
        int64_t faults; /* of the one seed; -1: all */
        double minutes;
};

struct result {
        uint64_t evaluations, deliveries, seeds, failed, hash;
        double hours;
        struct sim_counts counts;
        char trouble[sizeof((struct sim *)0)->trouble];
};

static double now_s(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add(struct result *sum, const struct result *r)
{
        sum->evaluations += r->evaluations;
        sum->deliveries += r->deliveries;
        sum->seeds += r->seeds;
        sum->failed += r->failed;
        sum->hours += r->hours;
        sum->counts.excused += r->counts.excused;
        sum->counts.beyond += r->counts.beyond;
        for (int k = 0; k < SIM_INVARIANTS; k++)
                sum->counts.checked[k] += r->counts.checked[k];
        for (int k = 0; k < SIM_DEEDS; k++)
                sum->counts.deeds[k] += r->counts.deeds[k];
        for (int k = 0; k < SIM_WIDTHS; k++)
                sum->counts.widths[k] += r->counts.widths[k];
}

/* ---- one run ---- */

static void print_alert(struct sim *sim, uint32_t node, const struct tg_alert *alert, void *user)
{
        (void)user;
        printf("%12.6f n%u %s %s: %s\n", (double)sim->t_ns / 1e9, node + 1, alert->raised ? "raises" : "clears",
               tg_alert_kind(alert->id)->name, alert->evidence.reason);
}

static void print_unit(struct sim *sim, uint32_t node, const struct sim_unit *unit, enum sim_unit_phase phase, void *user)
{
        static const char *const phases[] = { "begins to", "has the command accepted to", "has ended its run to" };

        (void)user;
        printf("%12.6f n%u %s %s the %s\n", (double)sim->t_ns / 1e9, node + 1, phases[phase],
               tg_gate_verb_text(unit->order.verb), tg_gate_scope_text(unit->order.scope));
}

/* Plays a seed with so many of its faults, -1: all. */
static void run(uint64_t seed, int64_t faults, bool verbose, struct campaign_plan *plan, struct result *out)
{
        struct sim *sim = campaign_draw(seed, plan);
        struct sim_check *check;
        char text[256];

        if (faults >= 0 && faults < plan->n_faults)
                plan->n_faults = (uint32_t)faults;
        if (verbose) {
                sim->watch_alert = print_alert;
                sim->watch_unit = print_unit;
        }
        check = sim_check_new(sim);
        sim_start(sim);
        for (uint32_t k = 0; k < plan->n_faults && !sim->trouble[0]; k++) {
                sim_run_until(sim, plan->faults[k].t_ns);
                if (sim->trouble[0])
                        break;
                if (verbose)
                        printf("%s\n", sim_fault_text(&plan->faults[k], text, sizeof text));
                sim_fault_apply(sim, &plan->faults[k]);
        }
        sim_run_until(sim, plan->end_ns);
        *out = (struct result){ .evaluations = sim->evaluations,
                                .deliveries = sim->deliveries,
                                .seeds = 1,
                                .failed = sim->trouble[0] != 0,
                                .hours = (double)sim->t_ns / 3600e9,
                                .hash = sim_check_hash(check),
                                .counts = *sim_check_counts(check) };
        memcpy(out->trouble, sim->trouble, sizeof out->trouble);
        sim_check_free(check);
        sim_free(sim);
}

static void print_failure(const struct campaign_plan *plan, const struct result *r, uint32_t faults)
{
        char text[256];

        printf("not ok seed %llu with %u faults (%s)\n  %s\n", (unsigned long long)plan->seed, faults, plan->setup, r->trouble);
        for (uint32_t k = 0; k < faults; k++)
                printf("    %s\n", sim_fault_text(&plan->faults[k], text, sizeof text));
        printf("  again: tg-sim campaign --seed %llu --faults %u\n", (unsigned long long)plan->seed, faults);
        fflush(stdout);
}

/* The shortest prefix of the faults that fails. */
static void shorten(uint64_t seed)
{
        struct campaign_plan plan;
        struct result r;

        for (int64_t k = 0; k <= CAMPAIGN_FAULTS_MAX; k++) {
                run(seed, k, false, &plan, &r);
                if (!r.failed)
                        continue;
                print_failure(&plan, &r, plan.n_faults);
                return;
        }
        printf("not ok seed %llu failed once and not again: the run is not the same each time\n", (unsigned long long)seed);
        fflush(stdout);
}

/* ---- many ---- */

/* Seeds first + job, + jobs, ... The very first run of each job is played twice: the two must be equal. */
static void work(const struct wanted *wanted, uint64_t job, uint64_t *at_seed, struct result *sum)
{
        double end = now_s() + wanted->minutes * 60;
        struct campaign_plan plan;
        struct result r, again;

        memset(sum, 0, sizeof *sum);
        for (uint64_t seed = wanted->first + job; sum->evaluations < wanted->evaluations / wanted->jobs; seed += wanted->jobs) {
                *at_seed = seed;
                run(seed, -1, false, &plan, &r);
                add(sum, &r);
                if (seed == wanted->first + job) {
                        run(seed, -1, false, &plan, &again);
                        if (again.hash != r.hash) {
                                printf("not ok seed %llu: two runs of it differ\n", (unsigned long long)seed);
                                sum->failed++;
                        }
                }
                if (r.failed)
                        shorten(seed);
                if ((r.failed && !wanted->keep_going) || now_s() > end)
                        return;
        }
}

static bool read_all(int fd, void *data, size_t size)
{
        for (size_t at = 0; at < size;) {
                ssize_t n = read(fd, (char *)data + at, size - at);

                if (n <= 0 && !(n < 0 && errno == EINTR))
                        return false;
                at += n > 0 ? (size_t)n : 0;
        }
        return true;
}

static void work_in_parallel(const struct wanted *wanted, struct result *sum)
{
        int pipes[JOBS_MAX][2];
        pid_t children[JOBS_MAX];
        struct result r;
        int status;
        uint64_t *at_seed = mmap(NULL, JOBS_MAX * sizeof *at_seed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (at_seed == MAP_FAILED)
                abort();
        memset(sum, 0, sizeof *sum);
        fflush(stdout);
        for (uint64_t job = 0; job < wanted->jobs; job++) {
                if (pipe(pipes[job]) < 0 || (children[job] = fork()) < 0)
                        abort();
                if (children[job])
                        continue;
                work(wanted, job, &at_seed[job], &r);
                fflush(stdout);
                _exit(write(pipes[job][1], &r, sizeof r) != (ssize_t)sizeof r);
        }
        for (uint64_t job = 0; job < wanted->jobs; job++) {
                close(pipes[job][1]);
                if (read_all(pipes[job][0], &r, sizeof r))
                        add(sum, &r);
                waitpid(children[job], &status, 0);
                close(pipes[job][0]);
                if (status) {
                        printf("not ok: the process of job %llu ended with status %#x\n", (unsigned long long)job,
                               (unsigned)status);
                        sum->failed++;
                }
        }
}

/* What the gate does is rare in a short campaign of all things; its own has all of it. */
static bool never_tested(const struct wanted *wanted, const struct result *sum)
{
        bool never = false, all = wanted->first >= CAMPAIGN_GATE_SEED || wanted->evaluations >= LONG_EVALUATIONS;

        for (int k = 0; k < (all ? SIM_INVARIANTS : SIM_CHECK_GATE_CLOSE); k++)
                if (!sum->counts.checked[k]) {
                        printf("not ok: the invariant \"%s\" was never put to the test\n",
                               sim_invariant_text((enum sim_invariant)k));
                        never = true;
                }
        for (int k = 0; k < SIM_DEEDS; k++)
                if (all && !sum->counts.deeds[k]) {
                        printf("not ok: the gate never did this: %s\n", sim_deed_text((enum sim_deed)k));
                        never = true;
                }
        return never;
}

static void print_summary(const struct result *sum, double seconds)
{
        printf("\n| campaign | |\n| --- | ---: |\n");
        printf("| runs (seeds) | %llu |\n| virtual cluster-hours | %.1f |\n", (unsigned long long)sum->seeds, sum->hours);
        printf("| deliveries | %llu |\n| evaluations | %llu |\n", (unsigned long long)sum->deliveries,
               (unsigned long long)sum->evaluations);
        for (int k = 0; k < SIM_INVARIANTS; k++)
                printf("| checks: %s | %llu |\n", sim_invariant_text((enum sim_invariant)k),
                       (unsigned long long)sum->counts.checked[k]);
        for (int k = 0; k < SIM_DEEDS; k++)
                printf("| %s | %llu |\n", sim_deed_text((enum sim_deed)k), (unsigned long long)sum->counts.deeds[k]);
        printf("| pairs proven beyond | %llu |\n| false beyond | %s |\n", (unsigned long long)sum->counts.beyond,
               sum->failed ? "see above" : "0");
        printf("| bounds that promised nothing and were off | %llu |\n", (unsigned long long)sum->counts.excused);
        printf("| half width of a bound, p50 / p99 | %.3f / %.3f ms |\n", (double)sim_width_ns(&sum->counts, 0.5) / 2e6,
               (double)sim_width_ns(&sum->counts, 0.99) / 2e6);
        printf("| runs that violated an invariant | %llu |\n| wall time | %.0f s |\n", (unsigned long long)sum->failed,
               seconds);
}

/* ---- the command ---- */

static int play_one(const struct wanted *wanted)
{
        struct campaign_plan plan;
        struct result r;

        run(wanted->first, wanted->faults, wanted->verbose, &plan, &r);
        if (r.failed)
                print_failure(&plan, &r, plan.n_faults);
        else
                printf("ok seed %llu with %u faults (%s)\n", (unsigned long long)plan.seed, plan.n_faults, plan.setup);
        printf("evaluations %llu, hash %016llx\n", (unsigned long long)r.evaluations, (unsigned long long)r.hash);
        return r.failed ? 1 : 0;
}

static void usage(FILE *to)
{
        fputs("Usage: tg-sim campaign [OPTION...]\n"
              "\n"
              "Plays drawn runs with every invariant looked at.\n"
              "  --evaluations N  go on until so many have been made (1000000)\n"
              "  --long           10000000\n"
              "  --minutes M      stop after so long all the same\n"
              "  --first N        the first seed (1)\n"
              "  --jobs N         processes (2)\n"
              "  --keep-going     find more than one violation\n"
              "  --gate           seeds from 1000000000: every run is a small cluster with an HA stack\n"
              "  --seed N         play this seed alone ...\n"
              "  --faults K       ... with the first K of its faults\n"
              "  --verbose        ... and tell its faults and alerts\n",
              to);
}

static bool parse(int argc, char **argv, struct wanted *out)
{
        *out = (struct wanted){ .evaluations = CI_EVALUATIONS, .first = 1, .jobs = 2, .faults = -1, .minutes = 1e6 };
        for (int i = 1; i < argc; i++) {
                const char *value = i + 1 < argc ? argv[i + 1] : "";
                char *end = NULL;

                if (!strcmp(argv[i], "--long"))
                        out->evaluations = LONG_EVALUATIONS;
                else if (!strcmp(argv[i], "--keep-going"))
                        out->keep_going = true;
                else if (!strcmp(argv[i], "--gate"))
                        out->first = CAMPAIGN_GATE_SEED;
                else if (!strcmp(argv[i], "--verbose"))
                        out->verbose = true;
                else if (!strcmp(argv[i], "--evaluations"))
                        out->evaluations = strtoull(value, &end, 10);
                else if (!strcmp(argv[i], "--minutes"))
                        out->minutes = strtod(value, &end);
                else if (!strcmp(argv[i], "--first"))
                        out->first = strtoull(value, &end, 10);
                else if (!strcmp(argv[i], "--jobs"))
                        out->jobs = strtoull(value, &end, 10);
                else if (!strcmp(argv[i], "--seed"))
                        out->one = true, out->first = strtoull(value, &end, 10);
                else if (!strcmp(argv[i], "--faults"))
                        out->faults = strtoll(value, &end, 10);
                else
                        return false;
                if (!end)
                        continue;
                if (end == value || *end)
                        return false;
                i++;
        }
        return out->jobs >= 1 && out->jobs <= JOBS_MAX;
}

int sim_campaign_main(int argc, char **argv)
{
        struct wanted wanted;
        struct result sum;
        double begin = now_s();

        if (argc > 1 && !strcmp(argv[1], "--help")) {
                usage(stdout);
                return 0;
        }
        if (!parse(argc, argv, &wanted)) {
                usage(stderr);
                return 2;
        }
        if (wanted.one)
                return play_one(&wanted);
        work_in_parallel(&wanted, &sum);
        print_summary(&sum, now_s() - begin);
        /* a short one, with sanitizers or a planted fault, need not come to what is rare */
        return sum.failed || (wanted.evaluations >= CI_EVALUATIONS && never_tested(&wanted, &sum)) ? 1 : 0;
}
