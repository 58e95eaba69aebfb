/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate is closed by an administrator's word to all nodes, and read to be closed, before anything is stepped; the step itself is a unit's, which
   refuses while a watchdog is armed. Whatever fails after that leaves the gate closed, and says how to go on: opening by itself would be a guess.
   Each node that is to be stepped runs this; the word is the cluster's, and the last one to see all nodes agree, or the first, takes it back. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "control.h"
#include "gate_say.h"
#include "inquire.h"
#include "pace.h"
#include "safe_step.h"
#include "step_plan.h"
#include "units.h"
#include <timeguard/limits.h>

#define CLOSE_NS  (300 * TG_NS_PER_S)
#define OPEN_NS   (300 * TG_NS_PER_S)
#define SETTLE_NS (25 * TG_NS_PER_S) /* a source is asked every 16 s at most */
#define AGREE_NS  (1800 * TG_NS_PER_S)
#define FRESH_NS  (30 * TG_NS_PER_S) /* a reading of the HA stack that counts */
#define LOOK_NS   (10 * TG_NS_PER_S)
#define TRIES     10

static struct tg_document *ask(const struct tg_request *request)
{
        char error[TG_INQUIRE_ERROR_MAX];
        struct tg_document *document = tg_inquire(request->socket, error);

        if (!document)
                fprintf(stderr, "timeguard: %s\n", error);
        return document;
}

static void tell(const char *text)
{
        puts(text);
        fflush(stdout);
}

static enum tg_exit stay_closed(const char *why)
{
        fprintf(stderr,
                "timeguard: %s; the gate stays closed and nothing fails over: run 'timeguard safe-step --resume' or 'timeguard "
                "safe-step "
                "--abort'\n",
                why);
        return TG_EXIT_NOT;
}

static bool is_unused(const struct tg_document *document)
{
        return document->gate.ha && document->gate.ha->state == TG_DOC_HA_UNUSED;
}

static bool is_closed(const struct tg_document *document)
{
        const struct tg_doc_gate *gate = &document->gate;
        const struct tg_doc_node *own = tg_document_node(document, document->agent.node_id);

        return gate->state == TG_DOC_GATE_CLOSED && gate->ha && gate->ha->state == TG_DOC_HA_CLOSED && gate->ha->age_ms.known &&
               gate->ha->age_ms.value * TG_NS_PER_MS < FRESH_NS && own && own->gate &&
               !tg_gate_say_has(own->gate->flags.n, own->gate->flags.items, "armed");
}

static bool is_passing(const struct tg_document *document)
{
        return document->gate.state == TG_DOC_GATE_OPEN || document->gate.state == TG_DOC_GATE_HELD;
}

static bool is_agreed(const struct tg_document *document)
{
        return document->cluster.verdict == TG_DOC_AGREED;
}

static bool is_right(const struct tg_document *document)
{
        struct tg_step_plan plan;

        tg_step_plan_make(&plan, document);
        return plan.source && !plan.needed;
}

/* Until it is so, at most so long. An agent that gives no answer meanwhile is asked again. */
static bool await(const struct tg_request *request, bool (*so)(const struct tg_document *), int64_t patience_ns)
{
        const int64_t since_ns = tg_pace_now_ns();

        for (;;) {
                char error[TG_INQUIRE_ERROR_MAX];
                struct tg_document *document = tg_inquire(request->socket, error);
                bool done = document && so(document);

                tg_document_free(document);
                if (done || tg_pace_now_ns() - since_ns > patience_ns)
                        return done;
                tg_pace_rest();
        }
}

/* A node that does not act for the cluster reads a closed HA stack every few minutes only: it is told to look. */
static bool look_until_closed(const struct tg_request *request)
{
        const int64_t since_ns = tg_pace_now_ns();
        int64_t asked_ns = 0;

        while (tg_pace_now_ns() - since_ns < CLOSE_NS) {
                char error[TG_INQUIRE_ERROR_MAX];
                struct tg_document *document = tg_inquire(request->socket, error);
                bool done = document && is_closed(document),
                     look = document && !done && document->gate.state == TG_DOC_GATE_CLOSED;

                tg_document_free(document);
                if (done)
                        return true;
                if (look && tg_pace_now_ns() - asked_ns > LOOK_NS) {
                        asked_ns = tg_pace_now_ns();
                        (void)tg_control_test(stderr);
                }
                tg_pace_rest();
        }
        return false;
}

static enum tg_exit close_gate(const struct tg_request *request)
{
        struct tg_document *document;
        bool is_open;
        enum tg_exit code;

        tell("closing the gate of the cluster ...");
        code = tg_control_close(TG_CONTROL_FOREVER, stderr);
        if (code != TG_EXIT_DONE)
                return code;
        if (look_until_closed(request)) {
                tell("closed, and the HA stack was read to be so: nothing fails over");
                return TG_EXIT_DONE;
        }
        document = ask(request);
        is_open = document && document->gate.state != TG_DOC_GATE_CLOSED;
        tg_document_free(document);
        /* where it is closed, other nodes may be relying on it this moment */
        if (!is_open)
                return stay_closed("the HA stack of this node was not read to be closed within 5 min, and nothing was stepped");
        code = tg_control_release(stderr);
        fprintf(stderr, "timeguard: the gate did not close within 5 min, and nothing was stepped%s; see: timeguard gate\n",
                code == TG_EXIT_DONE ? "; the wish to close it was taken back" : "");
        return TG_EXIT_NOT;
}

/* One run of timeguard-step@.service, to its end. */
static bool run_unit(int64_t id)
{
        char unit[64], start[] = "start", name[] = "systemctl";
        char *argv[] = { name, start, unit, NULL };
        pid_t pid;
        int status;

        snprintf(unit, sizeof unit, "timeguard-step@%lld.service", (long long)id);
        if (posix_spawn(&pid, "/usr/bin/systemctl", NULL, NULL, argv, environ) != 0)
                return false;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return false;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static enum tg_exit step(const struct tg_request *request, int64_t id)
{
        for (int i = 0; i < TRIES && !await(request, is_right, i ? SETTLE_NS : 0); i++) {
                tell("stepping the clock of this node ...");
                if (!run_unit(id))
                        return stay_closed("the clock was not stepped; see: journalctl -u 'timeguard-step@*'");
        }
        if (!await(request, is_right, 0))
                return stay_closed("the clock is not where the source says, though it was stepped");
        tell("this node's clock is where its source says");
        return TG_EXIT_DONE;
}

static void tell_others(const struct tg_request *request)
{
        struct tg_document *document = ask(request);
        char others[TG_STEP_OTHERS_MAX];

        if (document && *tg_step_plan_others(document, others))
                printf("still far from their sources: %s; run 'timeguard safe-step --yes' there\n", others);
        tg_document_free(document);
        tell("waiting until all nodes are proven to agree ...");
}

static enum tg_exit open_gate(const struct tg_request *request)
{
        struct tg_document *document;
        bool stands;
        enum tg_exit code = TG_EXIT_DONE;

        tell_others(request);
        if (!await(request, is_agreed, request->for_ns ? request->for_ns : AGREE_NS))
                return stay_closed("it is not proven that all nodes agree");
        document = ask(request);
        stands = !document || document->gate.close;
        tg_document_free(document);
        /* another node's safe-step may have taken the word back already: once more would be another's */
        if (stands)
                code = tg_control_release(stderr);
        if (code != TG_EXIT_DONE)
                return stay_closed("the word that keeps the gate closed could not be taken back");
        tell("all nodes agree; opening the gate ...");
        if (!await(request, is_passing, OPEN_NS)) {
                fputs("timeguard: the gate has not opened within 5 min; see: timeguard gate\n", stderr);
                return TG_EXIT_NOT;
        }
        tell("open: HA actions pass again");
        return TG_EXIT_DONE;
}

static enum tg_exit carry_out(const struct tg_request *request, const struct tg_document *document, bool needed)
{
        enum tg_exit code = TG_EXIT_DONE;

        if (is_unused(document)) {
                code = needed ? step(request, document->agent.node_id) : TG_EXIT_DONE;
                return code;
        }
        if (needed || document->gate.close)
                code = close_gate(request);
        if (code == TG_EXIT_DONE && needed)
                code = step(request, document->agent.node_id);
        return code == TG_EXIT_DONE ? open_gate(request) : code;
}

static enum tg_exit start(const struct tg_request *request, const struct tg_document *document)
{
        struct tg_page page = { 0 };
        struct tg_step_plan plan;

        tg_step_plan_make(&plan, document);
        if (!plan.source) {
                fputs("timeguard: no time source answers this node directly, so there is nothing to set its clock to; see: "
                      "timeguard explain\n",
                      stderr);
                return TG_EXIT_NOT;
        }
        tg_page_probe(&page);
        page.out = stdout;
        tg_step_plan_print(&page, document, &plan);
        if (!plan.needed && !document->gate.close) {
                tell("No step is needed: the source is within the budget of this node's clock.");
                return TG_EXIT_DONE;
        }
        if (document->gate.hold && !is_unused(document)) {
                fputs("timeguard: the gate is ", stderr);
                tg_gate_say_hold(stderr, document->gate.hold);
                fputs(", and a step would end that; the one who holds it ends it with 'timeguard gate release' first\n",
                      stderr);
                return TG_EXIT_NOT;
        }
        if (!strcmp(document->gate.backend, "none") && !is_unused(document)) {
                fputs("timeguard: gate.backend is none: nothing can be closed before a step; set it in timeguard.conf on all "
                      "nodes\n",
                      stderr);
                return TG_EXIT_NOT;
        }
        if (!request->yes && !request->resume) {
                tell("Nothing was done; --yes does it.");
                return TG_EXIT_DONE;
        }
        return carry_out(request, document, plan.needed);
}

enum tg_exit tg_safe_step_command(const struct tg_request *request)
{
        struct tg_document *document;
        enum tg_exit code;

        if (request->abort) {
                code = tg_control_release(stderr);
                if (code == TG_EXIT_DONE)
                        tell("the word was taken back: what is closed opens as soon as all is proven well");
                return code;
        }
        document = ask(request);
        if (!document)
                return TG_EXIT_UNPROVEN;
        if (request->resume && !document->gate.close) {
                fputs("timeguard: there is nothing to resume: no word keeps the gate closed\n", stderr);
                code = TG_EXIT_NOT;
        } else {
                code = start(request, document);
        }
        tg_document_free(document);
        return code;
}
