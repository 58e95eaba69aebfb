/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of timeguardd, and the process around the agent. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <syslog.h>
#include <unistd.h>

#include "agent.h"
#include "config.h"
#include "journal.h"
#include "kept.h"
#include "outlet.h"

#define CONFIG_PATH TG_SYSCONFDIR "/timeguard/timeguard.conf"

#define LOCK_ROOM_BYTES (96UL * 1024 * 1024)

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CLOSED = 3, EXIT_CONFIG = 78 };

static const struct {
        enum exit_code code;
        const char *meaning;
} exit_codes[] = {
        { EXIT_OK, "stopped in good order, or the configuration is good" },
        { EXIT_FAILED, "could not start" },
        { EXIT_USAGE, "wrong command line" },
        { EXIT_CLOSED, "--check-gate: timeguard has closed the gate" },
        { EXIT_CONFIG, "bad configuration" },
};

struct command {
        const char *config_path;
        bool check, check_gate;
};

static void print_help(void)
{
        char allowed[TG_OPTION_ERROR_MAX];
        size_t n;
        const struct tg_option *table = tg_option_table(&n);

        printf("Usage: timeguardd [--config FILE] [--check-config | --check-gate]\n\n"
               "The agent of timeguard: proves that all nodes of a Corosync cluster tell the same time.\n\n"
               "  --config FILE   read FILE and FILE.d/*.conf (default %s)\n"
               "  --check-config  judge the configuration, print the effective options and end\n"
               "  --check-gate    tell whether timeguard has closed the gate, as it is kept on disk, and end\n"
               "  --help          print this\n"
               "  --version       print the version\n\nOptions of the configuration:\n",
               CONFIG_PATH);
        for (size_t i = 0; i < n; i++)
                printf("  %-18s %s (default %s; %s)\n", table[i].name, table[i].meaning,
                       table[i].fallback[0] ? table[i].fallback : "none",
                       tg_option_allowed(&table[i], allowed, sizeof(allowed)));
        printf("\nExit codes:\n");
        for (size_t i = 0; i < sizeof(exit_codes) / sizeof(exit_codes[0]); i++)
                printf("  %-3d %s\n", exit_codes[i].code, exit_codes[i].meaning);
}

/* Returns -1 when there is work to do, or the exit code. */
static int parse_command(int argc, char **argv, struct command *command)
{
        static const struct option longs[] = {
                { "config", required_argument, NULL, 'c' }, { "check-config", no_argument, NULL, 'k' },
                { "check-gate", no_argument, NULL, 'g' },   { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },      { NULL, 0, NULL, 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
                if (c == 'c') {
                        command->config_path = optarg;
                } else if (c == 'k') {
                        command->check = true;
                } else if (c == 'g') {
                        command->check_gate = true;
                } else if (c == 'h') {
                        print_help();
                        return EXIT_OK;
                } else if (c == 'v') {
                        printf("timeguardd %s\n", TG_VERSION);
                        return EXIT_OK;
                } else {
                        return EXIT_USAGE;
                }
        }
        if (optind == argc)
                return -1;
        fprintf(stderr, "timeguardd: unexpected argument '%s'\n", argv[optind]);
        return EXIT_USAGE;
}

static enum exit_code print_faults(const struct tg_faults *faults)
{
        for (size_t i = 0; i < faults->n; i++)
                fprintf(stderr, "%s\n", faults->list[i].text);
        if (faults->n_more > 0)
                fprintf(stderr, "timeguardd: and %zu more errors\n", faults->n_more);
        return EXIT_CONFIG;
}

static enum exit_code print_options(const char *path, const struct tg_options *options)
{
        char text[4096];
        size_t n;
        const struct tg_option *table = tg_option_table(&n);

        printf("%s: ok%s\n", path, access(path, F_OK) == 0 ? "" : " (no such file: defaults)");
        for (size_t i = 0; i < n; i++)
                printf("%s = %s\n", table[i].name, tg_options_text(options, &table[i], text, sizeof(text)));
        return EXIT_OK;
}

static enum exit_code print_gate(void)
{
        bool closed = false;
        int r = tg_kept_print(stdout, &closed);

        if (r == 0)
                return closed ? EXIT_CLOSED : EXIT_OK;
        fprintf(stderr, "timeguardd: what is kept of the gate cannot be read: %s\n", strerror(-r));
        return EXIT_FAILED;
}

/* A descriptor that is opened later must not become standard error. */
static void fill_standard_descriptors(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd >= 0)
                (void)close(fd);
}

/* One arena, as an arena a thread reserves 64 MiB that count as locked; and libqb's buffers of a megabyte each always from mmap,
   where they are no memory until they are used (glibc would raise the threshold after the first reconnect). */
static void tame_malloc(void)
{
        (void)mallopt(M_ARENA_MAX, 1);
        (void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

/* All that is mapped later counts as locked too, and a mapping beyond the limit fails: the 96 MiB that are tried are enough for two connections
   to corosync, one of which is being closed. */
static bool has_room_to_lock(void)
{
        void *room = mmap(NULL, LOCK_ROOM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (room == MAP_FAILED)
                return false;
        (void)munmap(room, LOCK_ROOM_BYTES);
        return true;
}

/* On fault only: all of corosync's rings in memory would be 35 MB. */
static void lock_memory(void)
{
        if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) {
                tg_log(LOG_NOTICE, "memory is not locked: %s", strerror(errno));
        } else if (!has_room_to_lock()) {
                (void)munlockall();
                tg_log(LOG_NOTICE, "memory is not locked: the limit of locked memory (LimitMEMLOCK) is too low");
        }
}

/* Nodes that start together must not try corosync in step. */
static void seed(void)
{
        unsigned value = (unsigned)getpid();

        if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
                value = (unsigned)getpid();
        srandom(value);
}

static enum exit_code run(const char *config_path, const struct tg_options *options)
{
        struct tg_agent *agent = NULL;
        bool clean = true;
        int r;

        tame_malloc();
        r = tg_outlet_start(options->journal);
        if (r < 0)
                tg_log(LOG_WARNING, "no thread for the journal: %s", strerror(-r));
        lock_memory();
        r = tg_agent_new(&agent, config_path, options);
        if (r == 0)
                tg_agent_run(agent);
        tg_agent_free(agent, &clean);
        clean &= tg_outlet_stop();
        /* A thread still hangs in a call: destructors would pull the libraries from under it. */
        if (!clean)
                _exit(r == 0 ? EXIT_OK : EXIT_FAILED);
        return r == 0 ? EXIT_OK : EXIT_FAILED;
}

int main(int argc, char **argv)
{
        struct command command = { .config_path = CONFIG_PATH };
        struct tg_faults faults = { 0 };
        struct tg_options options;
        int r;

        fill_standard_descriptors();
        (void)signal(SIGPIPE, SIG_IGN);
        r = parse_command(argc, argv, &command);
        if (r >= 0)
                return r;
        if (command.check_gate)
                return print_gate();
        seed();
        if (tg_config_read(command.config_path, &options, &faults) < 0)
                r = print_faults(&faults);
        else if (command.check)
                r = print_options(command.config_path, &options);
        else
                r = run(command.config_path, &options);
        tg_faults_clear(&faults);
        return r;
}
