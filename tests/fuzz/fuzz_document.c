/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is what came from the status socket. What is no status document is named, and nothing of it is shown; of one that is, every
   screen is written, on pages of several shapes, and none holds anything that a terminal would obey. --json gives what came: to a
   file to the byte, to a terminal as other words for the same JSON. */
#include <json-c/json.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <timeguard/snapshot.h>

#include "check_screen.h"
#include "cli/document.h"
#include "cli/screen.h"
#include "cli/text.h"
#include "fuzz.h"
#include "mutate_json.h"

static struct fuzz_input came;
static bool on_terminal;

/* In the place of the socket and of the terminal. */
int tg_fetch(const char *path, size_t most, char **bytes, size_t *len, char error[static TG_FETCH_ERROR_MAX])
{
        (void)path;
        (void)error;
        FUZZ_REQUIRE(came.size <= most, "an input of %zu bytes", came.size);
        *len = came.size;
        *bytes = malloc(came.size + 1);
        memcpy(*bytes, came.data, came.size);
        return 0;
}

int isatty(int fd)
{
        (void)fd;
        return on_terminal;
}

struct shown {
        enum tg_exit code;
        char *out, *complaints;
        size_t out_len, complaints_len;
};

static struct shown show(struct tg_page page, struct tg_request request)
{
        struct shown s = { 0 };
        FILE *complaints = open_memstream(&s.complaints, &s.complaints_len);

        page.out = open_memstream(&s.out, &s.out_len);
        s.code = tg_screen_show(&request, &page, complaints);
        fclose(page.out);
        fclose(complaints);
        return s;
}

static void shown_free(struct shown *s)
{
        free(s->out);
        free(s->complaints);
}

static const struct tg_page pages[] = {
        { .width = 0 },
        { .width = 80, .height = 25, .color = true, .utf8 = true },
        { .width = 30, .height = 25 },
};

static void show_screens(const struct tg_document *document, const char *node)
{
        const struct tg_page plain = { .width = 0, .utf8 = true };

        for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
                struct shown s = show(pages[i], (struct tg_request){ .node = node });
                enum tg_exit wanted = document ? tg_exit_of_verdict(document->cluster.verdict) : TG_EXIT_UNPROVEN;

                if (document && node && s.code == TG_EXIT_USAGE)
                        wanted = TG_EXIT_USAGE;
                fuzz_check_screen(&pages[i], s.out, s.out_len);
                fuzz_check_screen(&plain, s.complaints, s.complaints_len);
                FUZZ_REQUIRE(s.code == wanted, "it ends with %d instead of %d: %s", s.code, wanted, s.complaints);
                FUZZ_REQUIRE((s.out_len > 0) == (document && s.code != TG_EXIT_USAGE), "%zu bytes on the screen", s.out_len);
                FUZZ_REQUIRE((s.complaints_len > 0) == (s.out_len == 0), "complaints: %s", s.complaints);
                shown_free(&s);
        }
}

static struct json_object *parse(const char *text, size_t len)
{
        struct json_tokener *tokener = json_tokener_new_ex(32);
        struct json_object *json = json_tokener_parse_ex(tokener, text, (int)len);

        json_tokener_free(tokener);
        return json;
}

static void show_json(enum tg_document_fault fault)
{
        const struct tg_page page = { .width = 0, .utf8 = true };
        struct shown file, terminal;
        struct json_object *a, *b;

        on_terminal = false;
        file = show(page, (struct tg_request){ .json = true });
        on_terminal = true;
        terminal = show(page, (struct tg_request){ .json = true });
        if (fault != TG_DOCUMENT_OK && fault != TG_DOCUMENT_NOT_STATUS) {
                FUZZ_REQUIRE(!file.out_len && !terminal.out_len, "what is no JSON is passed on: %s", file.out);
        } else {
                FUZZ_REQUIRE(file.out_len >= came.size && file.out_len <= came.size + 1 &&
                                     !memcmp(file.out, came.data, came.size),
                             "%zu bytes came, and %zu are passed on", came.size, file.out_len);
                for (size_t i = 0; i < terminal.out_len; i++)
                        FUZZ_REQUIRE(terminal.out[i] != 0x1b && terminal.out[i] != 0x7f, "a terminal gets byte %d",
                                     terminal.out[i]);
                a = parse(file.out, file.out_len);
                b = parse(terminal.out, terminal.out_len);
                FUZZ_REQUIRE(json_object_equal(a, b), "a terminal gets another document: %s", terminal.out);
                json_object_put(a);
                json_object_put(b);
        }
        shown_free(&file);
        shown_free(&terminal);
}

/* "no string of it holds anything that a terminal would obey" */
static void check_string(const char *text)
{
        size_t len = text ? strlen(text) : 0;

        for (size_t at = 0, n; at < len; at += n) {
                uint32_t code;

                n = tg_text_next(text + at, len - at, &code);
                FUZZ_REQUIRE(!tg_text_is_unsafe(code), "code point 0x%x in a string of the document", code);
        }
}

static void check_order(const struct tg_document *d)
{
        FUZZ_REQUIRE(d->format == TG_DOCUMENT_FORMAT, "format %lld", (long long)d->format);
        FUZZ_REQUIRE(d->cluster.verdict >= 0 && d->cluster.verdict < TG_DOC_VERDICTS, "verdict %d", d->cluster.verdict);
        FUZZ_REQUIRE(d->nodes.n <= TG_NODES_MAX && d->pairs.n <= TG_PAIRS_MAX && d->alerts.n <= TG_ALERTS_MAX, "too many");
        for (size_t i = 0; i < d->nodes.n; i++)
                FUZZ_REQUIRE(d->nodes.items[i].name && d->nodes.items[i].reason && d->nodes.items[i].state >= 0 &&
                                     d->nodes.items[i].state < TG_DOC_STATES,
                             "node %zu lacks something", i);
        for (size_t i = 0; i < d->nodes.n; i++) {
                check_string(d->nodes.items[i].name);
                check_string(d->nodes.items[i].reason);
                check_string(d->nodes.items[i].root);
                check_string(d->nodes.items[i].time_zone);
        }
        for (size_t i = 0; i < d->alerts.n; i++) {
                check_string(d->alerts.items[i].id);
                check_string(d->alerts.items[i].reason);
                check_string(d->alerts.items[i].source);
        }
        check_string(d->cluster.name);
        check_string(d->cluster.reason);
        check_string(d->agent.version);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        setlocale(LC_CTYPE, "C.UTF-8");
        return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
        return fuzz_mutate_json(data, size, max_size, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char error[TG_DOCUMENT_ERROR_MAX];
        struct tg_document *document;
        enum tg_document_fault fault;

        came = (struct fuzz_input){ .data = data, .size = size };
        fault = tg_document_parse((const char *)data, size, &document, error);
        FUZZ_REQUIRE((fault == TG_DOCUMENT_OK) == (document != NULL), "fault %d, document %p", fault, (void *)document);
        if (document)
                check_order(document);
        else
                fuzz_check_text("what is wrong", error, sizeof error);
        on_terminal = false;
        show_screens(document, NULL);
        show_screens(document, document && document->nodes.n ? document->nodes.items[document->nodes.n - 1].name : "n1");
        show_json(fault);
        tg_document_free(document);
        return 0;
}
