/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked for is said to the agent over the bus; what came of it is read from its document. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "gate_command.h"
#include "gate_screen.h"
#include "inquire.h"
#include "pace.h"
#include "units.h"
#include <timeguard/limits.h>

#define READING_NS (70 * TG_NS_PER_S) /* of the HA stack, an earlier run of the executor included */

static enum tg_exit print(const struct tg_document *document, int (*screen)(const struct tg_page *, const struct tg_document *),
                          enum tg_exit code)
{
        struct tg_page page = { 0 };
        int r;

        tg_page_probe(&page);
        page.out = stdout;
        r = screen(&page, document);
        return r == 0 && fflush(stdout) == 0 && !ferror(stdout) ? code : TG_EXIT_OUTPUT;
}

static bool is_blocked(const struct tg_doc_gate *gate)
{
        return gate->state == TG_DOC_GATE_CLOSING || gate->state == TG_DOC_GATE_CLOSED || gate->state == TG_DOC_GATE_OPENING ||
               (gate->ha && (gate->ha->state == TG_DOC_HA_CLOSED || gate->ha->state == TG_DOC_HA_CLOSING));
}

static struct tg_document *inquire(const struct tg_request *request)
{
        char error[TG_INQUIRE_ERROR_MAX];
        struct tg_document *document = tg_inquire(request->socket, error);

        if (!document)
                fprintf(stderr, "timeguard: %s\n", error);
        return document;
}

enum tg_exit tg_gate_show_command(const struct tg_request *request)
{
        struct tg_document *document = inquire(request);
        enum tg_exit code = TG_EXIT_UNPROVEN;

        if (document)
                code = print(document, tg_gate_screen_print, is_blocked(&document->gate) ? TG_EXIT_NOT : TG_EXIT_DONE);
        tg_document_free(document);
        return code;
}

static enum tg_exit say(const char *text)
{
        return puts(text) >= 0 && fflush(stdout) == 0 ? TG_EXIT_DONE : TG_EXIT_OUTPUT;
}

enum tg_exit tg_gate_hold_command(const struct tg_request *request)
{
        enum tg_exit code =
                tg_control_hold(request->for_ns ? (uint32_t)(request->for_ns / TG_NS_PER_S) : TG_CONTROL_FOREVER, stderr);
        char span[TG_UNITS_MAX];

        if (code != TG_EXIT_DONE)
                return code;
        printf("held: %s%s timeguard closes nothing on the nodes that hear of it; what is closed opens when all is proven "
               "well\n",
               request->for_ns ? "for " : "until 'timeguard gate release'",
               request->for_ns ? tg_units_duration(request->for_ns, span) : "");
        return fflush(stdout) == 0 ? TG_EXIT_DONE : TG_EXIT_OUTPUT;
}

enum tg_exit tg_gate_release_command(const struct tg_request *request)
{
        enum tg_exit code = tg_control_release(stderr);

        (void)request;
        return code == TG_EXIT_DONE
                       ? say("released: the hold, if there was one; else what is closed opens as soon as all is proven well")
                       : code;
}

static bool all_met(const struct tg_doc_gate *gate)
{
        for (size_t i = 0; i < gate->checks.n; i++)
                if (!gate->checks.items[i].met)
                        return false;
        return true;
}

/* A reading that was begun after `since_ns`, or backend none, where there is nothing to read. */
static bool is_read(const struct tg_doc_gate *gate, int64_t since_ns)
{
        if (!strcmp(gate->backend, "none"))
                return true;
        return gate->ha && gate->ha->age_ms.known && gate->ha->age_ms.value * TG_NS_PER_MS <= tg_pace_now_ns() - since_ns;
}

enum tg_exit tg_gate_test_command(const struct tg_request *request)
{
        const int64_t since_ns = tg_pace_now_ns();
        enum tg_exit code = tg_control_test(stderr);
        struct tg_document *document;

        if (code != TG_EXIT_DONE)
                return code;
        for (;;) {
                document = inquire(request);
                if (!document)
                        return TG_EXIT_UNPROVEN;
                if (is_read(&document->gate, since_ns))
                        break;
                tg_document_free(document);
                if (tg_pace_now_ns() - since_ns > READING_NS) {
                        fputs("timeguard: the HA stack was not read within 70 s; see: journalctl -u 'timeguard-gate@*'\n",
                              stderr);
                        return TG_EXIT_NOT;
                }
                tg_pace_rest();
        }
        code = print(document, tg_gate_screen_test, all_met(&document->gate) ? TG_EXIT_DONE : TG_EXIT_NOT);
        tg_document_free(document);
        return code;
}
