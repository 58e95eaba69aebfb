/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See servo.h. Each poll measures every source that answers; the first in the list that is reachable is selected, the others of the list are
   combined. An update steps the clock where makestep allows it and slews it otherwise, and learns the oscillator's rate from small
   corrections only. Signs: an offset is source - clock here, so positive means that the clock must go forward; chronyd tells
   last_offset with the other sign. */
#include "servo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define FREQ_MAX_PPB INT64_C(500000)
#define SMALL_NS     (2 * TG_NS_PER_MS)
#define DELAY_NS     (400 * TG_NS_PER_US) /* root delay that it tells */

int64_t sim_server_error_ns(const struct sim_server *server, int64_t t_ns)
{
        return server->offset_ns + (int64_t)((__int128)(t_ns - server->since_t_ns) * server->rate_ppb / TG_NS_PER_S);
}

void sim_servo_init(struct sim_servo *servo)
{
        *servo = (struct sim_servo){ .poll = 4,
                                     .makestep_ns = TG_NS_PER_S,
                                     .makestep_times = 3,
                                     .selected = -1,
                                     .noise_ns = 100 * TG_NS_PER_US,
                                     .update_t_ns = INT64_MIN };
}

void sim_servo_follow(struct sim *sim, uint32_t i, const char *what)
{
        struct sim_servo *servo = &sim->nodes[i].servo;
        int used;
        unsigned number;
        char kind;

        servo->n_follows = 0;
        servo->selected = -1;
        servo->local = false;
        for (; servo->n_follows < SIM_FOLLOWS && sscanf(what, " %c%u%n", &kind, &number, &used) == 2;
             what += used + (what[used] == ','))
                servo->follows[servo->n_follows++] = (struct sim_follow){ .server = kind == 's' ? (int8_t)(number - 1) : -1,
                                                                          .node = kind == 'n' ? (int8_t)(number - 1) : -1,
                                                                          .sample_t_ns = INT64_MIN };
}

/* ---- what the clock does ---- */

void sim_servo_apply(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];
        int64_t slope = node->servo.freq_ppb + node->servo.slew_ppb + node->servo.forced_ppb;

        slope = slope > TG_SLEW_MAX_PPB    ? TG_SLEW_MAX_PPB
                : slope < -TG_SLEW_MAX_PPB ? -TG_SLEW_MAX_PPB
                                           : slope; /* the kernel's limit */
        if (sim_clock_last(&node->clock)->slope_ppb != slope)
                sim_clock_slew(&node->clock, sim->t_ns, slope);
}

static int64_t pending_ns(const struct sim *sim, const struct sim_servo *servo)
{
        int64_t left = servo->slew_end_t_ns - sim->t_ns;

        return left > 0 ? (int64_t)((__int128)left * servo->slew_ppb / TG_NS_PER_S) : 0;
}

static void slew(struct sim *sim, uint32_t i, int64_t by_ns)
{
        struct sim_servo *servo = &sim->nodes[i].servo;
        int64_t size = llabs(by_ns), for_ns = (int64_t)((__int128)size * TG_NS_PER_S / SIM_SLEW_MAX_PPB);
        struct sim_event end = { .kind = SIM_SLEWED, .node = (uint8_t)i, .life = servo->life };

        /* small corrections are spread over two seconds */
        for_ns = for_ns < 2 * TG_NS_PER_S ? 2 * TG_NS_PER_S : for_ns;
        servo->slew_ppb = (int64_t)((__int128)by_ns * TG_NS_PER_S / for_ns);
        servo->slew_end_t_ns = end.t_ns = sim->t_ns + for_ns;
        sim_servo_apply(sim, i);
        sim_push(sim, &end);
}

static void learn(struct sim_servo *servo, int64_t offset_ns)
{
        int64_t correction;

        if (servo->interval_ns <= 0 || llabs(offset_ns) > SMALL_NS + servo->interval_ns / 5000)
                return;
        correction = (int64_t)((__int128)offset_ns * TG_NS_PER_S / servo->interval_ns) / 4;
        servo->freq_ppb += correction;
        servo->freq_ppb = servo->freq_ppb > FREQ_MAX_PPB    ? FREQ_MAX_PPB
                          : servo->freq_ppb < -FREQ_MAX_PPB ? -FREQ_MAX_PPB
                                                            : servo->freq_ppb;
}

static void update(struct sim *sim, uint32_t i, int64_t offset_ns)
{
        struct sim_node *node = &sim->nodes[i];
        struct sim_servo *servo = &node->servo;

        servo->interval_ns = servo->update_t_ns == INT64_MIN ? 0 : sim->t_ns - servo->update_t_ns;
        servo->update_t_ns = sim->t_ns;
        servo->last_offset_ns = -offset_ns;
        servo->updates++;
        if (servo->updates <= servo->makestep_times && llabs(offset_ns) > servo->makestep_ns) {
                sim_clock_step(&node->clock, sim->t_ns, offset_ns);
                sim_ha_stepped(sim, i, offset_ns);
                servo->slew_ppb = 0;
                servo->slew_end_t_ns = sim->t_ns;
                sim_servo_apply(sim, i);
                sim_stepped(sim, i);
        } else {
                learn(servo, offset_ns - pending_ns(sim, servo));
                slew(sim, i, offset_ns);
        }
        servo->update_real_ns = sim_clock_real(&node->clock, sim->t_ns);
}

/* ---- what it measures ---- */

static bool answers(const struct sim *sim, uint32_t i, const struct sim_follow *follow)
{
        const struct sim_node *peer;

        if (follow->server >= 0)
                return sim->servers[follow->server].state != SIM_SERVER_DEAD;
        peer = &sim->nodes[follow->node];
        return peer->zone == sim->nodes[i].zone && peer->servo.daemon == SIM_CHRONY_RUNS &&
               sim_clock_last(&peer->clock)->running;
}

static int64_t measure(struct sim *sim, uint32_t i, const struct sim_follow *follow)
{
        const struct sim_servo *servo = &sim->nodes[i].servo;
        int64_t time = follow->server >= 0
                               ? SIM_EPOCH_NS + sim->t_ns + sim_server_error_ns(&sim->servers[follow->server], sim->t_ns)
                               : sim_clock_real(&sim->nodes[follow->node].clock, sim->t_ns);

        return time - sim_clock_real(&sim->nodes[i].clock, sim->t_ns) +
               (int64_t)sim_random(sim, (uint64_t)servo->noise_ns * 2 + 1) - servo->noise_ns;
}

static void poll_sources(struct sim *sim, uint32_t i)
{
        struct sim_servo *servo = &sim->nodes[i].servo;
        int selected = -1;

        for (int k = 0; k < servo->n_follows; k++) {
                struct sim_follow *follow = &servo->follows[k];
                bool heard = answers(sim, i, follow);

                follow->reach = (uint8_t)(follow->reach << 1 | heard);
                if (heard)
                        follow->sample_t_ns = sim->t_ns;
                if (heard && selected < 0)
                        selected = k;
        }
        if (selected >= 0) {
                servo->selected = (int8_t)selected;
                servo->local = false;
                update(sim, i, measure(sim, i, &servo->follows[selected]));
                return;
        }
        for (int k = 0; k < servo->n_follows; k++)
                if (servo->follows[k].reach)
                        return;
        servo->local = servo->local_allowed;
}

/* A chronyd that does not run leaves the kernel slewing; a halted clock is told when it goes on. */
static void end_slew(struct sim *sim, uint32_t i)
{
        struct sim_node *node = &sim->nodes[i];

        if (node->servo.daemon == SIM_CHRONY_FROZEN)
                return;
        node->servo.slew_ppb = 0;
        if (sim_clock_last(&node->clock)->running)
                sim_servo_apply(sim, i);
}

void sim_servo_handle(struct sim *sim, const struct sim_event *event)
{
        struct sim_node *node = &sim->nodes[event->node];
        struct sim_servo *servo = &node->servo;
        struct sim_event next = { .kind = SIM_POLL, .node = event->node, .life = servo->life };

        if (event->life != servo->life)
                return;
        if (event->kind == SIM_SLEWED) {
                if (event->t_ns == servo->slew_end_t_ns)
                        end_slew(sim, event->node);
                return;
        }
        if ((servo->daemon == SIM_CHRONY_RUNS || servo->daemon == SIM_CHRONY_MUTE) && sim_clock_last(&node->clock)->running)
                poll_sources(sim, event->node);
        /* four quick polls after the start (iburst) */
        next.t_ns = sim->t_ns + (servo->updates < 4 ? 2 * TG_NS_PER_S : TG_NS_PER_S << servo->poll);
        sim_push(sim, &next);
}

void sim_servo_start(struct sim *sim, uint32_t i)
{
        struct sim_servo *servo = &sim->nodes[i].servo;
        struct sim_event event = { .kind = SIM_POLL, .node = (uint8_t)i, .life = ++servo->life };

        servo->daemon = SIM_CHRONY_RUNS;
        servo->updates = 0;
        servo->update_t_ns = INT64_MIN;
        servo->selected = -1;
        servo->local = false;
        servo->slew_ppb = 0;
        sim_servo_apply(sim, i);
        for (int k = 0; k < servo->n_follows; k++)
                servo->follows[k].reach = 0;
        event.t_ns = sim->t_ns + 100 * TG_NS_PER_MS + (int64_t)sim_random(sim, (uint64_t)TG_NS_PER_S);
        sim_push(sim, &event);
}

void sim_servo_stop(struct sim *sim, uint32_t i, enum sim_daemon how)
{
        struct sim_servo *servo = &sim->nodes[i].servo;

        servo->daemon = how;
        if (how == SIM_CHRONY_RUNS && sim->t_ns >= servo->slew_end_t_ns)
                end_slew(sim, i);
        if (how != SIM_CHRONY_GONE)
                return;
        servo->life++;
        servo->slew_ppb = 0;
        sim_servo_apply(sim, i);
}

/* ---- what it tells ---- */

static void tell_source(const struct sim *sim, const struct sim_follow *follow, char state, struct tg_source *out)
{
        int64_t since = (sim->t_ns - follow->sample_t_ns) / TG_NS_PER_S;

        *out = (struct tg_source){ .state = state, .reach = follow->reach, .poll = 4, .since_sample_s = (uint32_t)since };
        if (follow->server >= 0) {
                const struct sim_server *server = &sim->servers[follow->server];

                out->addr = server->addr;
                out->stratum = server->state == SIM_SERVER_LOCAL ? 10 : server->stratum;
                memcpy(out->name, server->name, sizeof out->name);
                return;
        }
        out->addr = sim->topology.nodes[follow->node].addresses[0];
        out->stratum = 4;
        snprintf(out->name, sizeof out->name, "n%d", follow->node + 1);
}

static void tell_tracking(struct sim *sim, uint32_t i, struct tg_chrony_sample *out)
{
        const struct sim_servo *servo = &sim->nodes[i].servo;
        struct tg_tracking *tracking = &out->tracking;
        int64_t since = sim->t_ns - servo->update_t_ns;
        struct tg_source source;
        const uint8_t *b = source.addr.bytes;

        tell_source(sim, &servo->follows[servo->selected], '*', &source);
        tracking->ref_id = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        tracking->addr = source.addr;
        tracking->stratum = (uint8_t)(source.stratum + 1);
        tracking->ref_time_ns = servo->update_real_ns - servo->update_t_ns % TG_NS_PER_S; /* one for each update */
        tracking->correction_s = tg_chrony_float_from((double)pending_ns(sim, servo) / 1e9);
        tracking->last_offset_s = tg_chrony_float_from((double)servo->last_offset_ns / 1e9);
        tracking->freq_ppm = tg_chrony_float_from(-(double)servo->freq_ppb / 1e3);
        tracking->skew_ppm = tg_chrony_float_from(0.1);
        tracking->root_delay_s = tg_chrony_float_from((double)DELAY_NS / 1e9);
        tracking->root_dispersion_s = tg_chrony_float_from(0.0002 + (double)since / 1e9 * 1.2e-6);
        tracking->update_interval_s = tg_chrony_float_from((double)servo->interval_ns / 1e9);
}

static void tell_local(struct sim *sim, uint32_t i, struct tg_chrony_sample *out)
{
        out->tracking = (struct tg_tracking){ .ref_id = TG_REFID_LOCAL,
                                              .stratum = 10,
                                              .ref_time_ns = sim_clock_real(&sim->nodes[i].clock, sim->t_ns),
                                              .root_delay_s = tg_chrony_float_from(0),
                                              .root_dispersion_s = tg_chrony_float_from(0) };
}

void sim_servo_sample(struct sim *sim, uint32_t i, struct tg_chrony_sample *out)
{
        const struct sim_servo *servo = &sim->nodes[i].servo;

        memset(out, 0, sizeof *out);
        out->raw_ns = sim_clock_raw(&sim->nodes[i].clock, sim->t_ns);
        if (servo->daemon != SIM_CHRONY_RUNS) {
                out->state = TG_CHRONY_SILENT;
                return;
        }
        out->state = TG_CHRONY_OK;
        out->n_known = servo->n_follows;
        for (int k = 0; k < servo->n_follows; k++) {
                const struct sim_follow *follow = &servo->follows[k];

                out->n_reachable = (uint8_t)(out->n_reachable + (follow->reach != 0));
                if (follow->reach && servo->updates && !servo->local)
                        tell_source(sim, follow, k == servo->selected ? '*' : '+', &out->sources[out->n_sources++]);
        }
        if (servo->local)
                tell_local(sim, i, out);
        else if (servo->selected >= 0)
                tell_tracking(sim, i, out);
        else
                out->tracking = (struct tg_tracking){ .leap = 3,
                                                      .root_delay_s = tg_chrony_float_from(1),
                                                      .root_dispersion_s = tg_chrony_float_from(1) };
}
