/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the agent until it says that this node is ok, one of the agreeing set, and the cluster agreed or at risk. That the agent does not answer
   yet is no reason to give up before the time: at boot it may be about to start. */
#include <stdlib.h>

#include "control.h"
#include "inquire.h"
#include "pace.h"
#include "units.h"
#include "wait.h"
#include <timeguard/limits.h>

#define PATIENCE_NS (120 * TG_NS_PER_S)

static bool is_proven(const struct tg_document *document)
{
        const struct tg_doc_node *own = document->agent.node_id ? tg_document_node(document, document->agent.node_id) : NULL;

        return own && own->state == TG_DOC_OK && own->in_set &&
               (document->cluster.verdict == TG_DOC_AGREED || document->cluster.verdict == TG_DOC_AT_RISK);
}

/* Whether it is proven now; if not, `why` gets what is known of it. */
static bool look(const char *socket, char why[static TG_INQUIRE_ERROR_MAX])
{
        struct tg_document *document = tg_inquire(socket, why);
        const struct tg_doc_node *own;
        bool proven;

        if (!document)
                return false;
        proven = is_proven(document);
        own = tg_document_node(document, document->agent.node_id);
        if (own && own->state != TG_DOC_OK && *own->reason)
                snprintf(why, TG_INQUIRE_ERROR_MAX, "this node is %s: %s", tg_doc_state_words[own->state], own->reason);
        else
                snprintf(why, TG_INQUIRE_ERROR_MAX, "%s: %s", tg_doc_verdict_words[document->cluster.verdict],
                         document->cluster.reason);
        tg_document_free(document);
        return proven;
}

static bool is_service(void)
{
        return getenv("JOURNAL_STREAM") != NULL;
}

/* The service manager takes a level before the line. */
static const char *level(const char *prefix)
{
        return is_service() ? prefix : "";
}

/* By the unit HA services wait for, and they start now: the agent, if there is one, raises the alert. By hand it is an answer, and nothing more. */
static enum tg_exit give_up(int64_t patience_ns, const char *why)
{
        char span[TG_UNITS_MAX];

        fprintf(stderr, "%stimeguard: the time of this node was not proven within %s; %s\n", level("<4>"),
                tg_units_duration(patience_ns, span), why);
        if (is_service())
                (void)tg_control_let_pass(stderr);
        return TG_EXIT_NOT;
}

enum tg_exit tg_wait_command(const struct tg_request *request)
{
        const int64_t patience_ns = request->for_ns ? request->for_ns : PATIENCE_NS, since_ns = tg_pace_now_ns();
        char why[TG_INQUIRE_ERROR_MAX] = "", span[TG_UNITS_MAX];

        while (!look(request->socket, why)) {
                if (tg_pace_now_ns() - since_ns >= patience_ns)
                        return give_up(patience_ns, why);
                tg_pace_rest();
        }
        printf("%sproven after %s; %s\n", level("<6>"), tg_units_duration(tg_pace_now_ns() - since_ns, span), why);
        return fflush(stdout) == 0 ? TG_EXIT_DONE : TG_EXIT_OUTPUT;
}
