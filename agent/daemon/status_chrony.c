/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chronyd's part of the status document. Everything but the state is null when chronyd gave no proper answer. */
#include <stddef.h>
#include <string.h>

#include "json_field.h"
#include "status_chrony.h"

static const char *address_text(const struct tg_addr *addr, char buf[static TG_ADDR_TEXT_MAX])
{
        return addr->family == TG_ADDR_NONE ? "" : tg_addr_text(addr, buf);
}

const char *tg_status_source_name(const struct tg_source *source, char buf[static TG_ADDR_TEXT_MAX])
{
        return source->name[0] ? source->name : address_text(&source->addr, buf);
}

const struct tg_source *tg_status_selected_source(const struct tg_chrony_sample *chrony)
{
        for (uint8_t i = 0; chrony->state == TG_CHRONY_OK && i < chrony->n_sources; i++)
                if (chrony->sources[i].state == '*')
                        return &chrony->sources[i];
        return NULL;
}

static struct json_object *source_json(const struct tg_source *source)
{
        static const char *const modes[] = {
                [TG_SOURCE_CLIENT] = "client", [TG_SOURCE_PEER] = "peer", [TG_SOURCE_REFCLOCK] = "refclock"
        };
        struct json_object *o = json_object_new_object();
        char text[TG_ADDR_TEXT_MAX], name[TG_ADDR_TEXT_MAX];
        const char state[] = { source->state, '\0' };

        tg_json_text(o, "address", tg_addr_text(&source->addr, text));
        tg_json_text(o, "name", tg_status_source_name(source, name));
        tg_json_text(o, "mode", source->mode < sizeof(modes) / sizeof(modes[0]) ? modes[source->mode] : "client");
        tg_json_text(o, "state", state);
        tg_json_int(o, "reach", source->reach);
        tg_json_int(o, "poll", source->poll);
        tg_json_int(o, "stratum", source->stratum);
        tg_json_opt_int(o, "since_sample_s", source->since_sample_s != UINT32_MAX, source->since_sample_s);
        return o;
}

static const struct {
        const char *key;
        size_t offset;
} tracking_numbers[] = {
        { "correction_s", offsetof(struct tg_tracking, correction_s) },
        { "last_offset_s", offsetof(struct tg_tracking, last_offset_s) },
        { "rms_offset_s", offsetof(struct tg_tracking, rms_offset_s) },
        { "freq_ppm", offsetof(struct tg_tracking, freq_ppm) },
        { "resid_freq_ppm", offsetof(struct tg_tracking, resid_freq_ppm) },
        { "skew_ppm", offsetof(struct tg_tracking, skew_ppm) },
        { "root_delay_s", offsetof(struct tg_tracking, root_delay_s) },
        { "root_dispersion_s", offsetof(struct tg_tracking, root_dispersion_s) },
        { "update_interval_s", offsetof(struct tg_tracking, update_interval_s) },
};
#define N_TRACKING_NUMBERS (sizeof(tracking_numbers) / sizeof(tracking_numbers[0]))

static void add_no_tracking(struct json_object *o)
{
        static const char *const keys[] = { "ref_id", "address", "stratum", "leap", "ref_time_ns", "sources" };

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
                tg_json_null(o, keys[i]);
        for (size_t i = 0; i < N_TRACKING_NUMBERS; i++)
                tg_json_null(o, tracking_numbers[i].key);
}

static void add_tracking(struct json_object *o, const struct tg_tracking *t)
{
        static const char *const leaps[] = { "normal", "insert", "delete", "unsynchronised" };
        char text[TG_ADDR_TEXT_MAX];

        tg_json_ref_id(o, "ref_id", t->ref_id);
        tg_json_opt_text(o, "address", address_text(&t->addr, text));
        tg_json_int(o, "stratum", t->stratum);
        tg_json_text(o, "leap", leaps[t->leap & 3]);
        tg_json_int(o, "ref_time_ns", t->ref_time_ns);
        for (size_t i = 0; i < N_TRACKING_NUMBERS; i++) {
                tg_chrony_float f;

                memcpy(&f, (const char *)t + tracking_numbers[i].offset, sizeof(f));
                tg_json_number(o, tracking_numbers[i].key, tg_chrony_float_value(f));
        }
}

struct json_object *tg_status_chrony_json(const struct tg_chrony_sample *chrony, int64_t age_ns)
{
        static const char *const states[] = { [TG_CHRONY_UNKNOWN] = "unknown",
                                              [TG_CHRONY_OK] = "ok",
                                              [TG_CHRONY_SILENT] = "silent",
                                              [TG_CHRONY_REFUSED] = "refused",
                                              [TG_CHRONY_GARBLED] = "garbled" };
        struct json_object *o = json_object_new_object();
        struct json_object *sources;

        tg_json_text(o, "state", chrony->state < sizeof(states) / sizeof(states[0]) ? states[chrony->state] : "unknown");
        tg_json_int(o, "age_ms", age_ns / TG_NS_PER_MS);
        tg_json_int(o, "known", chrony->n_known);
        tg_json_int(o, "reachable", chrony->n_reachable);
        if (chrony->state != TG_CHRONY_OK) {
                add_no_tracking(o);
                return o;
        }
        add_tracking(o, &chrony->tracking);
        sources = json_object_new_array();
        for (uint8_t i = 0; i < chrony->n_sources && i < TG_SOURCES_MAX; i++)
                (void)json_object_array_add(sources, source_json(&chrony->sources[i]));
        (void)json_object_object_add(o, "sources", sources);
        return o;
}
