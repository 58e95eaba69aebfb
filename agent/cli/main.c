/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timeguard: the administrator's view of what timeguardd knows. Reads one document from its status socket and shows it; it changes
   nothing, measures nothing and judges nothing; an administrator's word about the gate goes to timeguardd over the bus. Subcommands and options are in the tables below, exit codes in exit_code.c. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_command.h"
#include "safe_step.h"
#include "screen.h"
#include "wait.h"
#include "watch.h"
#include <timeguard/limits.h>
#include <timeguard/options.h>

#define WATCH_MAX_S 86400
#define FOR_MAX_NS  (365 * 86400 * TG_NS_PER_S)

static enum tg_exit show_once(const struct tg_request *request)
{
        struct tg_page page = { 0 };
        enum tg_exit code;

        tg_page_probe(&page);
        page.out = stdout;
        code = tg_screen_show(request, &page, stderr);
        return fflush(stdout) == 0 && !ferror(stdout) ? code : TG_EXIT_OUTPUT;
}

static enum tg_exit run_status(const struct tg_request *request)
{
        return request->watch_s ? tg_watch(request) : show_once(request);
}

enum wish {
        WISH_JSON = 1 << 0,
        WISH_WATCH = 1 << 1,
        WISH_SOCKET = 1 << 2,
        WISH_FOR = 1 << 3,
        WISH_TIMEOUT = 1 << 4,
        WISH_YES = 1 << 7,
        WISH_RESUME = 1 << 8,
        WISH_ABORT = 1 << 9
};

static const struct command {
        const char *name, *synopsis, *meaning;
        unsigned wishes; /* options that it takes */
        bool takes_node;
        enum tg_exit (*run)(const struct tg_request *request);
} commands[] = {
        { "status", "[--json] [--watch[=SECONDS]] [--socket PATH]", "Show whether all nodes tell the same time, and why.",
          WISH_JSON | WISH_WATCH | WISH_SOCKET, false, run_status },
        { "explain", "NODE [--socket PATH]", "Show the evidence behind the state of a node, given by name or id.", WISH_SOCKET,
          true, show_once },
        { "gate hold", "[--for DURATION]", "Let HA actions pass, whatever the clocks do: nothing is closed until released.",
          WISH_FOR, false, tg_gate_hold_command },
        { "gate release", "", "End the hold; without one, let what is closed open as soon as all is proven well.", 0, false,
          tg_gate_release_command },
        { "gate test", "[--socket PATH]", "Rehearse closing: read the HA stack anew, check every condition, change nothing.",
          WISH_SOCKET, false, tg_gate_test_command },
        { "gate", "[--socket PATH]", "Show whether HA actions are blocked, why, since when, and what would be run.",
          WISH_SOCKET, false, tg_gate_show_command },
        { "wait", "[--timeout DURATION] [--socket PATH]", "Wait until this node's time is proven, for 120 s unless told.",
          WISH_TIMEOUT | WISH_SOCKET, false, tg_wait_command },
        { "safe-step", "[--yes | --resume | --abort] [--timeout DURATION] [--socket PATH]",
          "Set this node's clock to its source with HA actions blocked meanwhile; without --yes only tell what would be done.",
          WISH_YES | WISH_RESUME | WISH_ABORT | WISH_TIMEOUT | WISH_SOCKET, false, tg_safe_step_command },
};

static const struct {
        enum wish wish;
        struct option option;
        const char *synopsis, *meaning;
} wishes[] = {
        { WISH_JSON, { "json", no_argument, NULL, WISH_JSON }, "--json", "print the agent's document as it came" },
        { WISH_WATCH,
          { "watch", optional_argument, NULL, WISH_WATCH },
          "--watch[=SECONDS]",
          "again each second, or as told, until Ctrl-C" },
        { WISH_SOCKET,
          { "socket", required_argument, NULL, WISH_SOCKET },
          "--socket PATH",
          "the agent's socket, " TG_FETCH_SOCKET " unless told" },
        { WISH_FOR,
          { "for", required_argument, NULL, WISH_FOR },
          "--for DURATION",
          "such as 30min or 2h; until released unless told" },
        { WISH_TIMEOUT,
          { "timeout", required_argument, NULL, WISH_TIMEOUT },
          "--timeout DURATION",
          "how long to wait, such as 120s" },
        { WISH_YES, { "yes", no_argument, NULL, WISH_YES }, "--yes", "do it" },
        { WISH_RESUME,
          { "resume", no_argument, NULL, WISH_RESUME },
          "--resume",
          "go on with a safe-step that was interrupted" },
        { WISH_ABORT, { "abort", no_argument, NULL, WISH_ABORT }, "--abort", "give it up: let the gate open" },
};

#define N_COMMANDS (sizeof commands / sizeof *commands)
#define N_WISHES   (sizeof wishes / sizeof *wishes)

static void print_help(void)
{
        printf("timeguard - prove that all nodes of a cluster tell the same time\n\nUsage:\n");
        for (size_t i = 0; i < N_COMMANDS; i++)
                printf("  timeguard %s %s\n      %s\n", commands[i].name, commands[i].synopsis, commands[i].meaning);
        printf("  timeguard --help | --version\n\nOptions:\n");
        for (size_t i = 0; i < N_WISHES; i++)
                printf("  %-19s  %s\n", wishes[i].synopsis, wishes[i].meaning);
        printf("\nExit codes:\n");
        tg_exit_explain(stdout);
        printf("\nNO_COLOR and TERM=dumb turn colours off; COLUMNS sets the width.\n");
}

static enum tg_exit usage(const char *fault, const char *about)
{
        fprintf(stderr, "timeguard: %s%s; see: timeguard --help\n", fault, about);
        return TG_EXIT_USAGE;
}

static bool set_watch(struct tg_request *request, const char *text)
{
        char *end = NULL;
        long seconds = text ? strtol(text, &end, 10) : 1;

        if (text && (end == text || *end))
                return false;
        request->watch_s = (int)seconds;
        return seconds >= 1 && seconds <= WATCH_MAX_S;
}

/* An option without a value. */
static bool set_flag(struct tg_request *request, int wish)
{
        bool *flag = wish == WISH_JSON     ? &request->json
                     : wish == WISH_YES    ? &request->yes
                     : wish == WISH_RESUME ? &request->resume
                     : wish == WISH_ABORT  ? &request->abort
                                           : NULL;

        if (flag)
                *flag = true;
        return flag != NULL;
}

static bool set_span(struct tg_request *request, const char *text)
{
        return tg_duration_parse(text, &request->for_ns) == 0 && request->for_ns >= TG_NS_PER_S &&
               request->for_ns <= FOR_MAX_NS;
}

/* Takes the options of a command; false when one is wrong, and then it has said so. */
static bool parse(const struct command *command, int argc, char **argv, struct tg_request *request)
{
        struct option options[N_WISHES + 1] = { 0 };
        size_t n = 0;
        int wish;

        for (size_t i = 0; i < N_WISHES; i++)
                if (command->wishes & wishes[i].wish)
                        options[n++] = wishes[i].option;
        while ((wish = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (set_flag(request, wish))
                        continue;
                if (wish == WISH_SOCKET) {
                        request->socket = optarg;
                } else if (wish == WISH_FOR || wish == WISH_TIMEOUT) {
                        if (!set_span(request, optarg)) {
                                usage(wish == WISH_FOR ? "--for" : "--timeout", " takes a duration from 1s to 365d");
                                return false;
                        }
                } else if (wish != WISH_WATCH) {
                        usage("wrong option for ", command->name);
                        return false;
                } else if (!set_watch(request, optarg)) {
                        usage("--watch takes whole seconds from 1 to 86400", "");
                        return false;
                }
        }
        if (request->yes + request->resume + request->abort > 1) {
                usage("only one of --yes, --resume and --abort goes", "");
                return false;
        }
        if (argc - optind != command->takes_node) {
                usage(command->takes_node ? "explain wants the name or id of one node" : "too many arguments for ",
                      command->takes_node ? "" : command->name);
                return false;
        }
        request->node = command->takes_node ? argv[optind] : NULL;
        return true;
}

static enum tg_exit run(const struct command *command, int argc, char **argv)
{
        struct tg_request request = { .socket = TG_FETCH_SOCKET };

        for (int i = 1; i < argc; i++)
                if (!strcmp(argv[i], "--help")) {
                        print_help();
                        return 0;
                }
        return parse(command, argc, argv, &request) ? command->run(&request) : TG_EXIT_USAGE;
}

/* How many arguments the name of a command takes up, 1 or 2; 0: it is not this command. */
static int words_matched(const char *name, int argc, char **argv)
{
        const size_t first = strcspn(name, " ");

        if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], name, first) != 0)
                return 0;
        if (!name[first])
                return 1;
        return argc > 1 && !strcmp(argv[1], name + first + 1) ? 2 : 0;
}

int main(int argc, char **argv)
{
        setlocale(LC_CTYPE, "");
        if (argc < 2)
                return usage("which command?", "");
        if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
                print_help();
                return 0;
        }
        if (!strcmp(argv[1], "--version")) {
                printf("timeguard %s\n", TG_VERSION);
                return 0;
        }
        for (size_t i = 0; i < N_COMMANDS; i++) {
                int words = words_matched(commands[i].name, argc - 1, argv + 1);

                if (words)
                        return (int)run(&commands[i], argc - words, argv + words);
        }
        return (int)usage("no such command", "");
}
