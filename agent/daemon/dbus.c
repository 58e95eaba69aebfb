/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dbus.h. Values are taken from the core whenever they are asked for; what was told last is kept, to tell changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "agent.h"
#include "bus.h"
#include "clock.h"
#include "dbus.h"
#include "dbus_calls.h"
#include "dbus_name.h"
#include "dbus_readers.h"
#include "dbus_text.h"

static const char our_name[] = "org.timeguard1";
static const char our_path[] = "/org/timeguard1";
static const char our_interface[] = "org.timeguard1.Gate";

#define TEXT_SIZE TG_REASON_MAX

struct tg_dbus {
        struct tg_agent *agent;
        struct tg_bus *bus;
        sd_bus_slot *object, *filter;
        struct tg_dbus_name name;
        struct tg_dbus_readers readers;
        struct tg_dbus_calls *calls;
        char told[TG_DBUS_TEXTS][TEXT_SIZE];
};

static void gate_now(const struct tg_dbus *dbus, struct tg_gate_status *out)
{
        struct tg_look now = tg_clock_look();

        tg_node_gate_status(dbus->agent->node, &now, out);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
                    void *data, sd_bus_error *error)
{
        const struct tg_dbus *dbus = data;
        struct tg_gate_status gate;
        char name[TG_NAME_MAX];

        (void)bus, (void)path, (void)interface, (void)error;
        gate_now(dbus, &gate);
        for (size_t i = 0; i < TG_DBUS_TEXTS; i++)
                if (strcmp(tg_dbus_text_name(i), property) == 0)
                        return sd_bus_message_append(reply, "s", tg_dbus_text(i, &gate, dbus->agent, name));
        return -ENOENT;
}

/* 0: not held. */
static int get_hold(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
                    void *data, sd_bus_error *error)
{
        struct tg_gate_status gate;

        (void)bus, (void)path, (void)interface, (void)property, (void)error;
        gate_now(data, &gate);
        return sd_bus_message_append(reply, "u", gate.holds ? gate.hold.left_s : 0);
}

static void tell(struct tg_dbus *dbus);

static void obey(void *data, struct tg_event *event)
{
        struct tg_dbus *dbus = data;

        tg_agent_event(dbus->agent, event);
        tell(dbus);
}

static int take(struct tg_dbus *dbus, sd_bus_message *call, const struct tg_event *event, sd_bus_error *error)
{
        return tg_dbus_calls_take(dbus->calls, call, event, error);
}

static int take_for(struct tg_dbus *dbus, sd_bus_message *call, enum tg_gate_word said, sd_bus_error *error)
{
        struct tg_event event = { .type = TG_EVENT_ADMIN, .admin = { .word = said } };
        int r = sd_bus_message_read(call, "u", &event.admin.left_s);

        if (r < 0)
                return r;
        if (event.admin.left_s == 0)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "that wants at least a second");
        return take(dbus, call, &event, error);
}

static int on_hold(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return take_for(data, call, TG_WORD_HOLD, error);
}

static int on_close(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return take_for(data, call, TG_WORD_CLOSE, error);
}

static int on_release(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return take(data, call, &(struct tg_event){ .type = TG_EVENT_ADMIN }, error);
}

static int on_test(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return take(data, call, &(struct tg_event){ .type = TG_EVENT_ADMIN, .admin = { .look = true } }, error);
}

static int on_let_pass(sd_bus_message *call, void *data, sd_bus_error *error)
{
        return take(data, call, &(struct tg_event){ .type = TG_EVENT_LET_PASS }, error);
}

#define TEXT(name) SD_BUS_PROPERTY(name, "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
/* For sd-bus alone, which would ask the bus for the sender's privileges and wait: tg_dbus_calls_take() asks without waiting. */
#define OPEN SD_BUS_VTABLE_UNPRIVILEGED

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        TEXT("State"),
        TEXT("Mode"),
        TEXT("Backend"),
        TEXT("Target"),
        TEXT("Why"),
        TEXT("Blocked"),
        TEXT("WouldRun"),
        TEXT("HaState"),
        TEXT("HoldBy"),
        SD_BUS_PROPERTY("HoldSeconds", "u", get_hold, 0, 0),
        SD_BUS_METHOD_WITH_NAMES("Hold", "u", SD_BUS_PARAM(seconds), "", , on_hold, OPEN),
        SD_BUS_METHOD_WITH_NAMES("Close", "u", SD_BUS_PARAM(seconds), "", , on_close, OPEN),
        SD_BUS_METHOD("Release", "", "", on_release, OPEN),
        SD_BUS_METHOD("Test", "", "", on_test, OPEN),
        SD_BUS_METHOD("LetPass", "", "", on_let_pass, OPEN),
        SD_BUS_SIGNAL_WITH_NAMES("StateChanged", "ss", SD_BUS_PARAM(state) SD_BUS_PARAM(why), 0),
        SD_BUS_VTABLE_END,
};

static void on_up(void *data, sd_bus *bus)
{
        struct tg_dbus *dbus = data;
        int r = sd_bus_add_object_vtable(bus, &dbus->object, our_path, our_interface, vtable, dbus);

        if (r >= 0)
                r = sd_bus_add_filter(bus, &dbus->filter, tg_dbus_readers_filter, &dbus->readers);
        if (r < 0)
                tg_dbus_name_lack(&dbus->name, strerror(-r));
        else
                tg_dbus_name_up(&dbus->name, bus);
}

static void on_down(void *data)
{
        struct tg_dbus *dbus = data;

        tg_dbus_calls_drop(dbus->calls);
        tg_dbus_name_down(&dbus->name);
        dbus->filter = sd_bus_slot_unref(dbus->filter);
        dbus->object = sd_bus_slot_unref(dbus->object);
}

/* Notes the values of now; the names of those that differ go to changed[], ended by NULL. */
static void note(struct tg_dbus *dbus, char *changed[static TG_DBUS_TEXTS + 1])
{
        struct tg_gate_status gate;
        char name[TG_NAME_MAX];
        size_t n = 0;

        gate_now(dbus, &gate);
        for (size_t i = 0; i < TG_DBUS_TEXTS; i++) {
                const char *text = tg_dbus_text(i, &gate, dbus->agent, name);

                if (strcmp(dbus->told[i], text) == 0)
                        continue;
                (void)snprintf(dbus->told[i], TEXT_SIZE, "%s", text);
                changed[n++] = (char *)tg_dbus_text_name(i);
        }
        changed[n] = NULL;
}

static void tell(struct tg_dbus *dbus)
{
        char *changed[TG_DBUS_TEXTS + 1];
        sd_bus *bus = tg_bus_get(dbus->bus);

        note(dbus, changed);
        if (!changed[0] || !bus || !dbus->object || sd_bus_is_ready(bus) <= 0)
                return;
        (void)sd_bus_emit_properties_changed_strv(bus, our_path, our_interface, changed);
        if (changed[0] == tg_dbus_text_name(TG_DBUS_STATE))
                (void)sd_bus_emit_signal(bus, our_path, our_interface, "StateChanged", "ss", dbus->told[TG_DBUS_STATE],
                                         dbus->told[TG_DBUS_WHY]);
        tg_bus_touch(dbus->bus);
}

void tg_dbus_tick(struct tg_dbus *dbus)
{
        sd_bus *bus = tg_bus_get(dbus->bus);

        tg_dbus_readers_tick(&dbus->readers);
        if (tg_dbus_name_tick(&dbus->name, bus))
                tg_bus_touch(dbus->bus);
        tell(dbus);
}

int tg_dbus_new(struct tg_dbus **out, struct tg_agent *agent, struct tg_bus *bus)
{
        struct tg_dbus *dbus = calloc(1, sizeof(*dbus));
        struct tg_bus_user user = { .up = on_up, .down = on_down, .data = dbus };
        char *changed[TG_DBUS_TEXTS + 1];
        int r;

        if (!dbus)
                return -ENOMEM;
        dbus->agent = agent;
        dbus->bus = bus;
        dbus->name.name = our_name;
        dbus->readers.interface = our_interface;
        note(dbus, changed);
        r = tg_dbus_calls_new(&dbus->calls, obey, dbus);
        if (r == 0)
                r = tg_bus_add_user(bus, &user);
        if (r < 0) {
                tg_dbus_calls_free(dbus->calls);
                free(dbus);
                return r;
        }
        *out = dbus;
        return 0;
}

struct tg_dbus *tg_dbus_free(struct tg_dbus *dbus)
{
        if (!dbus)
                return NULL;
        tg_bus_remove_user(dbus->bus, dbus);
        on_down(dbus);
        tg_dbus_calls_free(dbus->calls);
        free(dbus);
        return NULL;
}
