/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See kept.h. The core reads it, and is never run. */
#include <errno.h>

#include "kept.h"
#include "store.h"

static const struct tg_gate_record *live(const struct tg_gate_status *status)
{
        for (int i = 0; i < TG_GATE_SLOTS; i++)
                if (tg_stage_is_live(status->records[i].stage))
                        return &status->records[i];
        return NULL;
}

static int restore(struct tg_gate_status *out)
{
        const struct tg_identity nobody = { 0 };
        const struct tg_look now = { 0 };
        uint8_t bytes[TG_GATE_STORE_MAX];
        struct tg_options options;
        struct tg_node *node = NULL;
        ssize_t len = tg_store_load(bytes);
        int r;

        if (len < 0)
                return (int)len;
        tg_options_default(&options);
        r = tg_node_new(&node, &nobody, &options, &now);
        if (r == 0 && len > 0 && !tg_node_restore(node, bytes, (size_t)len))
                r = -EBADMSG;
        if (r == 0)
                tg_node_gate_status(node, &now, out);
        (void)tg_node_free(node);
        return r;
}

int tg_kept_print(FILE *out, bool *closed)
{
        struct tg_gate_status status = { 0 };
        const struct tg_gate_record *record;
        int r = restore(&status);

        if (r < 0)
                return r;
        record = live(&status);
        *closed = record || status.owes;
        if (record)
                fprintf(out, "timeguard has closed the gate, or begun to: %s, %s, by %s\n",
                        record->scope == TG_GATE_NODE ? "one node" : "the cluster", tg_gate_stage_text(record->stage),
                        tg_gate_backend_words[record->backend]);
        else if (status.owes)
                fprintf(out, "timeguard has stopped the HA services of this node, or begun to\n");
        else
                fprintf(out, "timeguard has not closed the gate\n");
        return 0;
}
