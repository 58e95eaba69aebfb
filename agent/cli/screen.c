/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question to the agent, and its answer on the page: fetch, parse, show, and what to say when one of them fails. */
#include <stdlib.h>
#include <unistd.h>

#include "document.h"
#include "explain.h"
#include "screen.h"
#include "status.h"
#include "text.h"
#include "words.h"

/* As it came; but what a terminal would obey, which JSON allows only inside strings, is written as JSON's escapes for it. */
static void print_json(FILE *out, const char *bytes, size_t len, bool terminal)
{
        if (!terminal) {
                fwrite(bytes, 1, len, out);
        } else {
                for (size_t at = 0, n; at < len; at += n) {
                        uint32_t code;

                        n = tg_text_next(bytes + at, len - at, &code);
                        if (code <= ' ' || !tg_text_is_unsafe(code))
                                fwrite(bytes + at, 1, n, out);
                        else if (code <= 0xffff)
                                fprintf(out, "\\u%04x", code);
                        else
                                fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10 & 0x3ff),
                                        0xdc00 + (code & 0x3ff));
                }
        }
        if (len == 0 || bytes[len - 1] != '\n')
                fputc('\n', out);
}

static enum tg_exit no_such_node(const struct tg_page *page, const struct tg_document *document, const char *name,
                                 FILE *complaints)
{
        char *shown = tg_page_text(page, name);
        const char *comma = "";

        fprintf(complaints, "timeguard: no node is called '%s'; known: ", shown ? shown : "?");
        free(shown);
        for (size_t i = 0; i < document->nodes.n; i++) {
                char unnamed[TG_WORDS_NODE_MAX],
                        *known = tg_page_text(page, tg_words_node(document, document->nodes.items[i].id, unnamed));

                fprintf(complaints, "%s%s", comma, known ? known : "?");
                free(known);
                comma = ", ";
        }
        fputs(document->nodes.n ? "\n" : "none\n", complaints);
        return TG_EXIT_USAGE;
}

static enum tg_exit print_document(const struct tg_request *request, const struct tg_page *page,
                                   const struct tg_document *document, FILE *complaints)
{
        int r;

        if (request->node) {
                const struct tg_doc_node *node = tg_explain_find(document, request->node);

                if (!node)
                        return no_such_node(page, document, request->node, complaints);
                r = tg_explain_print(page, document, node);
        } else {
                r = tg_status_print(page, document);
        }
        if (r < 0) {
                fputs("timeguard: out of memory\n", complaints);
                return TG_EXIT_OUTPUT;
        }
        return tg_exit_of_verdict(document->cluster.verdict);
}

enum tg_exit tg_screen_show(const struct tg_request *request, const struct tg_page *page, FILE *complaints)
{
        char why[TG_FETCH_ERROR_MAX], fault_text[TG_DOCUMENT_ERROR_MAX];
        enum tg_exit code = TG_EXIT_UNPROVEN;
        enum tg_document_fault fault;
        struct tg_document *document;
        char *bytes = NULL;
        size_t len = 0;

        if (tg_fetch(request->socket, TG_DOCUMENT_BYTES_MAX, &bytes, &len, why) < 0) {
                fprintf(complaints, "timeguard: %s\n", why);
                return TG_EXIT_UNPROVEN;
        }
        fault = tg_document_parse(bytes, len, &document, fault_text);
        if (request->json && (fault == TG_DOCUMENT_OK || fault == TG_DOCUMENT_NOT_STATUS))
                print_json(page->out, bytes, len, isatty(STDOUT_FILENO));
        if (fault != TG_DOCUMENT_OK)
                fprintf(complaints, "timeguard: %s\n", fault_text);
        else if (request->json)
                code = tg_exit_of_verdict(document->cluster.verdict);
        else
                code = print_document(request, page, document, complaints);
        tg_document_free(document);
        free(bytes);
        return code;
}
