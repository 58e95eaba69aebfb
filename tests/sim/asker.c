/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's asking of its sources (tg_ask), and the servers' answers. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define REF_LOCAL UINT32_C(0x7f7f0101)
#define TO_1900_S INT64_C(2208988800)

static int64_t delay_ns(struct sim *sim)
{
        return (100 + (int64_t)sim_ha_random(sim, 300)) * TG_NS_PER_US;
}

void sim_asker_start(struct sim *sim, uint32_t i, const struct tg_look *now)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;

        tg_ask_begin(&node->ask, sim->nodes[i].options.gate_step_limit_ns, now);
        node->n_asked = 0;
}

/* ---- the servers ---- */

static void write_be(uint8_t *at, uint64_t value, int n)
{
        while (n--) {
                at[n] = (uint8_t)value;
                value >>= 8;
        }
}

static uint64_t stamp(int64_t ns)
{
        uint64_t s = (uint64_t)(ns / TG_NS_PER_S + TO_1900_S), rest = (uint64_t)(ns % TG_NS_PER_S);

        return s << 32 | ((rest << 32) / TG_NS_PER_S);
}

static void write_answer(uint8_t out[static TG_NTP_BYTES], const uint8_t *request, int64_t real_ns, uint8_t stratum,
                         uint32_t ref)
{
        memset(out, 0, TG_NTP_BYTES);
        out[0] = 4 << 3 | 4;
        out[1] = stratum;
        out[2] = 4;
        out[3] = (uint8_t)-24;
        write_be(out + 12, ref, 4);
        write_be(out + 16, stamp(real_ns - 5 * TG_NS_PER_S - real_ns % 1000003), 8);
        memcpy(out + 24, request + 40, 8);
        write_be(out + 32, stamp(real_ns), 8);
        write_be(out + 40, stamp(real_ns + 2000), 8);
}

/* The source's number among those of sim_said; SIM_SOURCES: nobody answers. */
static uint32_t answer(const struct sim *sim, uint32_t i, const struct tg_ask_request *request,
                       uint8_t out[static TG_NTP_BYTES])
{
        for (uint32_t k = 0; k < sim->n_servers; k++) {
                const struct sim_server *server = &sim->servers[k];
                bool local = server->state == SIM_SERVER_LOCAL;

                if (!tg_addr_equal(&server->addr, &request->addr))
                        continue;
                write_answer(out, request->datagram, SIM_EPOCH_NS + sim->t_ns + sim_server_error_ns(server, sim->t_ns),
                             local ? 10 : server->stratum, local ? REF_LOCAL : 0x0a000001u + k);
                return server->state != SIM_SERVER_DEAD ? k : SIM_SOURCES;
        }
        for (uint32_t k = 0; k < sim->n; k++) {
                const struct sim_node *peer = &sim->nodes[k];

                if (!tg_addr_equal(&sim->topology.nodes[k].addresses[0], &request->addr))
                        continue;
                write_answer(out, request->datagram, sim_clock_real(&peer->clock, sim->t_ns), 4, 0x0a0000feu);
                return peer->zone == sim->nodes[i].zone && peer->servo.daemon == SIM_CHRONY_RUNS &&
                                       sim_clock_last(&peer->clock)->running
                               ? sim->n_servers + k
                               : SIM_SOURCES;
        }
        return SIM_SOURCES;
}

/* ---- the agent ---- */

static void note(struct sim *sim, const struct sim_event *event)
{
        struct sim_node *node = &sim->nodes[event->node];
        int64_t t = event->sent_t_ns, time;

        if (event->from < sim->n_servers)
                time = SIM_EPOCH_NS + t + sim_server_error_ns(&sim->servers[event->from], t);
        else
                time = sim_clock_real(&sim->nodes[event->from - sim->n_servers].clock, t);
        node->ha.said[event->from] =
                (struct sim_said){ t, time - sim_clock_real(&node->clock, t), node->ha.said[event->from].ahead_ns,
                                   time - sim_clock_raw(&node->clock, t) };
}

static void tell(struct sim *sim, uint32_t i)
{
        struct sim_ha_node *node = &sim->nodes[i].ha;
        struct tg_asked list[TG_ASK_SOURCES];
        uint32_t n;
        struct tg_event event = { .type = TG_EVENT_ASKED };

        memset(list, 0, sizeof list);
        n = tg_ask_list(&node->ask, list);
        if (n == node->n_asked && !memcmp(list, node->asked, n * sizeof list[0]))
                return;
        node->n_asked = n;
        memcpy(node->asked, list, sizeof list);
        event.asked.n = n;
        event.asked.list = node->asked;
        sim_agent_give(sim, i, &event, NULL);
}

void sim_asker_sources(struct sim *sim, uint32_t i, const struct tg_chrony_sample *sample)
{
        struct tg_look now = sim_clock_look(&sim->nodes[i].clock, sim->t_ns, sim->blur_ns, 0);

        tg_ask_sources(&sim->nodes[i].ha.ask, sample, &now);
        if (llabs(tg_chrony_float_ns(sample->tracking.correction_s)) > TG_NS_PER_MS) {
                sim->nodes[i].ha.slews_t_ns = sim->t_ns;
                sim->nodes[i].ha.slews_ns = llabs(tg_chrony_float_ns(sample->tracking.correction_s));
        }
}

void sim_asker_tick(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        int64_t raw = sim_clock_raw(&node->clock, sim->t_ns);
        struct tg_ask_request request;

        tg_ask_limit(&node->ha.ask, node->options.gate_step_limit_ns);
        while (tg_ask_due(&node->ha.ask, raw, sim_ha_random(sim, UINT64_MAX - 1) + 1, &request)) {
                struct sim_event event = { .kind = SIM_ANSWER, .node = (uint8_t)i, .life = node->life, .len = TG_NTP_BYTES };

                event.from = (uint8_t)answer(sim, i, &request, event.data);
                if (event.from == SIM_SOURCES)
                        continue;
                /* the time in it is of now: the way there takes none, the way back all, which is the worst that the bound allows */
                event.t_ns = sim->t_ns + delay_ns(sim);
                event.sent_t_ns = sim->t_ns;
                note(sim, &event);
                memcpy(event.data + TG_NTP_BYTES, &request.addr, sizeof request.addr);
                event.len = TG_NTP_BYTES + sizeof request.addr;
                sim_push(sim, &event);
        }
        tell(sim, i);
}

void sim_asker_handle(struct sim *sim, const struct sim_event *event)
{
        struct sim_node *node = &sim->nodes[event->node];
        struct tg_ask_arrival arrival = { .data = event->data, .len = TG_NTP_BYTES };
        struct tg_addr from;

        if (event->life != node->life || !node->core || !sim_clock_last(&node->clock)->running)
                return;
        if (node->frozen) {
                struct sim_event later = *event;

                later.t_ns += 100 * TG_NS_PER_MS;
                sim_push(sim, &later);
                return;
        }
        memcpy(&from, event->data + TG_NTP_BYTES, sizeof from);
        arrival.look = sim_clock_look(&node->clock, sim->t_ns, sim->blur_ns, 0);
        arrival.t4_raw_ns = arrival.look.raw_ns;
        arrival.t1_raw_ns = sim_clock_raw(&node->clock, event->sent_t_ns);
        tg_ask_reply(&node->ha.ask, &from, &arrival);
        tell(sim, event->node);
}
