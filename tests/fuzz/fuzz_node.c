/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole core, played by the input: each move is an event, sound or hostile (game.h). After each the status is well-formed; in the end
   the agent's document of it is read and shown by the CLI; and whatever was done to it, half a minute of a sound cluster heals
   the node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_words.h"
#include "check_snapshot.h"
#include "game.h"
#include "node_private.h"
#include "text.h"

#define MOVES_MAX   100
#define RAW_MAX_NS  (INT64_C(1) << 59)
#define REAL_MAX_NS (INT64_C(8200000000) * TG_NS_PER_S) /* the kernel sets no clock beyond 2232 */
#define HEAL_S      30

static struct tg_snapshot snapshot;

static struct game_peer *pick_peer(struct game *g)
{
        return &g->peers[fuzz_pick(&g->in, g->n_peers)];
}

static uint32_t pick_id(struct game *g)
{
        uint32_t i = fuzz_pick(&g->in, 16);

        return i < g->n_peers ? g->peers[i].id : i < 8 ? g->own_id : i < 15 ? 8 + i : 1 + (uint32_t)fuzz_take(&g->in, 4) % 5000;
}

/* ---- time ---- */

static int64_t clamp(int64_t value, int64_t max)
{
        return value < 0 ? 0 : value > max ? max : value;
}

static void move_time(struct game *g)
{
        uint32_t kind = fuzz_pick(&g->in, 10);
        struct tg_event event = { .type = TG_EVENT_LOOK };
        int64_t sizes[] = { TG_NS_PER_MS, TG_NS_PER_S, 3600 * TG_NS_PER_S, INT64_C(100000000) * TG_NS_PER_S };
        int64_t most = sizes[fuzz_pick(&g->in, 4)], ns = fuzz_number(&g->in, -most, most), forward = llabs(ns);
        struct tg_look *n = &g->now;

        n->real_ns += kind == 2 || kind == 8 || kind == 3 ? ns : kind < 2 ? forward : 0;
        n->tai_ns += kind == 2 || kind == 3 ? ns : kind < 2 ? forward : 0;
        n->mono_ns += kind < 2 ? forward : 0;
        n->boot_ns += kind == 3 ? ns : kind < 2 ? forward : 0;
        n->raw_ns += kind < 2 ? forward : kind == 4 ? ns : 0;
        if (kind == 1) { /* slewed while it passed */
                int64_t slew = forward / 1000 * (int64_t)fuzz_pick(&g->in, 201) - forward / 10;

                n->real_ns += slew;
                n->mono_ns += slew;
                n->boot_ns += slew;
                n->tai_ns += slew;
        }
        n->bracket_ns = kind == 5 ? llabs(ns) % (5 * TG_NS_PER_S) : 150;
        n->kernel_known = kind == 6;
        n->kernel_rate_ppb = kind == 6 ? (int32_t)ns : 0;
        n->kernel_status = kind == 6 ? (uint32_t)(ns >> 8) : 0;
        n->raw_ns = clamp(n->raw_ns, RAW_MAX_NS);
        n->mono_ns = clamp(n->mono_ns, RAW_MAX_NS);
        n->boot_ns = clamp(n->boot_ns, RAW_MAX_NS);
        n->real_ns = clamp(n->real_ns, REAL_MAX_NS);
        n->tai_ns = clamp(n->tai_ns, REAL_MAX_NS);
        game_give(g, &event);
}

static void move_tick(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_TICK };

        game_give(g, &event);
}

static void move_second(struct game *g)
{
        for (uint32_t n = 1 + fuzz_pick(&g->in, 4); n > 0 && g->now.raw_ns < RAW_MAX_NS && g->now.real_ns < REAL_MAX_NS; n--)
                game_second(g);
}

/* ---- messages ---- */

static void move_report(struct game *g)
{
        struct game_peer *p = pick_peer(g);
        struct tg_report report;

        game_compose(g, p, &report);
        game_send(g, p, &report);
}

static void put(void *field, size_t size, int64_t value)
{
        memcpy(field, &value, size); /* little-endian */
}

/* One field of the report, to the ends of its type or near what it was. */
static void change_field(struct fuzz_input *in, void *field, size_t size)
{
        int64_t old = 0, low = size < 8 ? -(INT64_C(1) << (8 * size - 1)) : INT64_MIN;

        memcpy(&old, field, size);
        if (fuzz_pick(in, 2))
                put(field, size, (int64_t)((uint64_t)old + (uint64_t)fuzz_number(in, -4 * TG_NS_PER_S, 4 * TG_NS_PER_S)));
        else
                put(field, size, fuzz_number(in, low, -(low + 1)));
}

#define FIELD(STRUCTURE, NAME)                                                                                                 \
        {                                                                                                                      \
                offsetof(struct STRUCTURE, NAME), sizeof(((struct STRUCTURE *)0)->NAME)                                        \
        }

static const struct field {
        size_t offset, size;
} report_fields[] = {
        FIELD(tg_report, seq),
        FIELD(tg_report, epoch.suspends),
        FIELD(tg_report, ring.seq),
        FIELD(tg_report, flags),
        FIELD(tg_report, raw_ns),
        FIELD(tg_report, c_ns),
        FIELD(tg_report, boot_ns),
        FIELD(tg_report, bracket_ns),
        FIELD(tg_report, steps),
        FIELD(tg_report, last_step_ns),
        FIELD(tg_report, kernel_status),
        FIELD(tg_report, slew_ppb),
        FIELD(tg_report, hull_low_ns),
        FIELD(tg_report, hull_high_ns),
        FIELD(tg_report, hull_since_raw_ns),
        FIELD(tg_report, steady_since_raw_ns),
        FIELD(tg_report, reference_id),
        FIELD(tg_report, fingerprint),
        FIELD(tg_report, gate_version),
        FIELD(tg_report, gate_state),
        FIELD(tg_report, chrony.state),
        FIELD(tg_report, chrony.n_known),
        FIELD(tg_report, chrony.n_reachable),
        FIELD(tg_report, chrony.n_sources),
        FIELD(tg_report, chrony.raw_ns),
        FIELD(tg_report, chrony.tracking.ref_id),
        FIELD(tg_report, chrony.tracking.stratum),
        FIELD(tg_report, chrony.tracking.leap),
        FIELD(tg_report, chrony.tracking.ref_time_ns),
        FIELD(tg_report, chrony.tracking.correction_s),
        FIELD(tg_report, chrony.tracking.freq_ppm),
        FIELD(tg_report, chrony.tracking.skew_ppm),
        FIELD(tg_report, chrony.tracking.root_delay_s),
        FIELD(tg_report, chrony.tracking.root_dispersion_s),
        FIELD(tg_report, n_echoes),
}, echo_fields[] = {
        FIELD(tg_echo, node_id),         FIELD(tg_echo, epoch_tag),    FIELD(tg_echo, upper_ns),
        FIELD(tg_echo, measured_raw_ns), FIELD(tg_echo, rate_ppb),     FIELD(tg_echo, estimate_gap_ns),
        FIELD(tg_echo, rate_error_ppb),  FIELD(tg_echo, heard_raw_ns), FIELD(tg_echo, heard_c_ns),
        FIELD(tg_echo, rho_ppm),
};

#define PICK_FIELD(IN, TABLE) (&(TABLE)[fuzz_pick((IN), sizeof(TABLE) / sizeof(TABLE)[0])])

static void bound(int64_t *value, int64_t most)
{
        *value = *value < -most ? -most : *value > most ? most : *value;
}

/* The instants that a writer turns into ages come from its own clock. */
static void bound_instants(struct tg_report *r)
{
        bound(&r->chrony.raw_ns, INT64_C(1) << 60);
        for (size_t i = 0; i < r->n_echoes; i++) {
                bound(&r->echoes[i].measured_raw_ns, INT64_C(1) << 60);
                bound(&r->echoes[i].heard_raw_ns, INT64_C(1) << 60);
                bound(&r->echoes[i].heard_c_ns, INT64_C(1) << 61);
        }
}

/* A member that says anything that is in range. The hull goes with the clock half of the time, so that a lie is not refused at once. */
static void move_lie(struct game *g)
{
        struct game_peer *p = pick_peer(g);
        struct tg_report r;

        game_compose(g, p, &r);
        for (uint32_t n = 1 + fuzz_pick(&g->in, 4); n > 0; n--) {
                uint32_t where = fuzz_pick(&g->in, 4);
                const struct field *f = where ? PICK_FIELD(&g->in, report_fields) : PICK_FIELD(&g->in, echo_fields);
                char *base = where ? (char *)&r : (char *)&r.echoes[fuzz_pick(&g->in, TG_ECHOES_MAX)];
                int64_t c = r.c_ns, raw = r.raw_ns;

                change_field(&g->in, base + f->offset, f->size);
                if (where > 1 && r.c_ns >= -(INT64_C(1) << 60) && r.c_ns <= INT64_C(1) << 62) {
                        r.hull_low_ns += r.c_ns - c;
                        r.hull_high_ns += r.c_ns - c;
                }
                if (where > 1 && r.raw_ns >= 0 && r.raw_ns <= INT64_C(1) << 60) {
                        r.hull_since_raw_ns += r.raw_ns - raw;
                        r.steady_since_raw_ns += r.raw_ns - raw;
                }
        }
        r.chrony.n_sources %= 4;
        for (size_t i = 1; i < r.chrony.n_sources; i++)
                r.chrony.sources[i] = r.chrony.sources[0];
        r.n_echoes %= TG_ECHOES_MAX + 1;
        bound_instants(&r);
        game_send(g, p, &r);
}

/* Bytes of a sound report changed, its length too. */
static void move_poke(struct game *g)
{
        struct game_peer *p = pick_peer(g);
        struct tg_report report;
        int n;

        game_compose(g, p, &report);
        n = tg_report_encode(&report, p->data);
        if (n < 0)
                return;
        for (uint32_t pokes = fuzz_pick(&g->in, 8); pokes > 0; pokes--)
                p->data[fuzz_take(&g->in, 2) % (size_t)n] = (uint8_t)fuzz_take(&g->in, 1);
        p->len = (size_t)n;
        if (fuzz_pick(&g->in, 4) == 0)
                p->len = fuzz_take(&g->in, 2) % sizeof p->data;
        game_deliver(g, p->id, p->pid, p->data, p->len);
}

static void move_bytes(struct game *g)
{
        struct game_peer *p = pick_peer(g);
        size_t len;
        const uint8_t *bytes = fuzz_bytes(&g->in, (size_t)fuzz_take(&g->in, 1) * 4, &len);

        game_deliver(g, p->id, p->pid, bytes, len);
}

/* A message again, perhaps as another member's. */
static void move_replay(struct game *g)
{
        struct game_peer *p = pick_peer(g);
        uint32_t id = pick_id(g), pid = fuzz_pick(&g->in, 3) ? p->pid : 2000;

        if (fuzz_pick(&g->in, 4) == 0)
                game_deliver(g, g->own_id, GAME_OWN_PID, g->own_data, g->own_len);
        else if (id != g->own_id || pid != GAME_OWN_PID)
                game_deliver(g, fuzz_pick(&g->in, 2) ? id : p->id, pid, p->data, p->len);
}

/* ---- what chronyd says ---- */

static void random_addr(struct fuzz_input *in, struct tg_addr *addr)
{
        static const char *const known[] = { "10.0.0.254", "10.0.0.1", "10.0.0.2",  "10.0.0.3",     "192.0.2.1",
                                             "fd00::1",    "2001::1",  "127.0.0.1", "refclock:PPS0" };
        uint32_t i = fuzz_pick(in, 12);

        memset(addr, 0, sizeof *addr);
        if (i < 9) {
                tg_addr_parse(known[i], addr);
                return;
        }
        addr->family = (uint8_t)(i - 8);
        for (size_t at = 0; at < (addr->family == TG_ADDR_IPV6 ? 16 : 4); at++)
                addr->bytes[at] = (uint8_t)fuzz_take(in, 1);
}

static void random_name(struct fuzz_input *in, char name[static TG_NAME_MAX])
{
        static const char *const known[] = { "", "ntp.example", "2.debian.pool.ntp.org", "10.0.0.254", "$(reboot)", "%s%n" };
        uint32_t i = fuzz_pick(in, 8);
        size_t len = i == 6 ? TG_NAME_MAX - 1 : fuzz_pick(in, 8);

        if (i < 6) {
                snprintf(name, TG_NAME_MAX, "%s", known[i]);
                return;
        }
        for (size_t at = 0; at < len; at++)
                name[at] = (char)('!' + fuzz_pick(in, 94));
        name[len] = 0;
}

static void random_sample(struct fuzz_input *in, struct tg_chrony_sample *s, int64_t raw_ns)
{
        tg_chrony_float *floats = &s->tracking.correction_s;

        game_good_source(s, raw_ns);
        s->state = (uint8_t)(fuzz_pick(in, 4) ? TG_CHRONY_OK : 1 + fuzz_pick(in, TG_CHRONY_GARBLED));
        s->n_sources = (uint8_t)(fuzz_pick(in, 4) ? fuzz_pick(in, 3) : fuzz_pick(in, TG_SOURCES_MAX + 1));
        s->n_known = s->n_sources;
        s->n_reachable = (uint8_t)fuzz_pick(in, s->n_sources + 1u);
        for (size_t i = 0; i < s->n_sources; i++) {
                struct tg_source *one = &s->sources[i];

                *one = (struct tg_source){ .mode = (uint8_t)fuzz_pick(in, 3), .state = "*+"[fuzz_pick(in, 2)] };
                random_addr(in, &one->addr);
                random_name(in, one->name);
                one->reach = (uint8_t)fuzz_take(in, 1);
                one->stratum = (uint8_t)fuzz_pick(in, 17);
                one->since_sample_s = (uint32_t)fuzz_number(in, 0, UINT32_MAX);
        }
        if (s->n_sources)
                s->tracking.addr = s->sources[0].addr;
        if (fuzz_pick(in, 2))
                s->tracking.ref_id = fuzz_pick(in, 2) ? TG_REFID_LOCAL : (uint32_t)fuzz_take(in, 4);
        s->tracking.stratum = (uint8_t)fuzz_pick(in, 17);
        s->tracking.leap = (uint8_t)fuzz_pick(in, 4);
        s->tracking.ref_time_ns = fuzz_number(in, 0, INT64_MAX);
        for (uint32_t n = fuzz_pick(in, 4); n > 0; n--)
                floats[fuzz_pick(in, 9)] = (tg_chrony_float)fuzz_take(in, 4);
}

static void move_chrony(struct game *g)
{
        struct tg_chrony_sample sample;
        struct tg_event event = { .type = TG_EVENT_CHRONY, .chrony = &sample };

        random_sample(&g->in, &sample, g->now.raw_ns);
        game_give(g, &event);
}

static void move_peer(struct game *g)
{
        struct game_peer *p = pick_peer(g);

        switch (fuzz_pick(&g->in, 5)) {
        case 0:
                p->skew_ns = fuzz_number(&g->in, -10 * TG_NS_PER_S, 10 * TG_NS_PER_S);
                break;
        case 1:
                p->base_ns = fuzz_number(&g->in, -(INT64_C(1) << 40), INT64_C(1) << 40);
                break;
        case 2:
                random_sample(&g->in, &p->chrony, 0);
                break;
        case 3:
                p->epoch.suspends++;
                break;
        default: /* its agent begins anew */
                p->pid++;
                p->seq = 0;
                break;
        }
}

/* ---- what corosync says ---- */

static void move_members(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_MEMBERS };
        uint32_t crowd = fuzz_pick(&g->in, 8) == 0 ? fuzz_pick(&g->in, TG_GROUP_MEMBERS_MAX) : 0,
                 first = 1 + fuzz_pick(&g->in, 100);

        for (uint32_t i = 0; i < g->n_peers; i++)
                if (fuzz_pick(&g->in, 4))
                        event.members.list[event.members.n++] =
                                (struct tg_group_member){ g->peers[i].id, g->peers[i].pid + !fuzz_pick(&g->in, 8) };
        if (fuzz_pick(&g->in, 8))
                event.members.list[event.members.n++] = (struct tg_group_member){ g->own_id, GAME_OWN_PID };
        if (fuzz_pick(&g->in, 4) == 0) /* a second agent */
                event.members.list[event.members.n++] = (struct tg_group_member){ pick_id(g), 5 };
        for (uint32_t i = 0; i < crowd && event.members.n < TG_GROUP_MEMBERS_MAX; i++)
                event.members.list[event.members.n++] = (struct tg_group_member){ first + i, 9 };
        game_give(g, &event);
}

static void move_ring(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_RING };

        g->ring.seq += 4 * fuzz_pick(&g->in, 3);
        g->ring.node_id = pick_id(g);
        event.ring = g->ring;
        game_give(g, &event);
}

static void move_quorum(struct game *g)
{
        struct tg_quorum q = g->quorum;
        struct tg_event event = { .type = TG_EVENT_QUORUM, .quorum = &q };

        q.provider = fuzz_pick(&g->in, 8);
        q.quorate = fuzz_pick(&g->in, 4);
        q.flags = (uint32_t)fuzz_take(&g->in, 2) & 0x3ff;
        q.total_votes = (uint32_t)fuzz_number(&g->in, 0, UINT32_MAX);
        q.quorum = (uint32_t)fuzz_number(&g->in, 0, UINT32_MAX);
        q.qdevice_votes = (uint32_t)fuzz_number(&g->in, 0, q.total_votes);
        for (uint32_t i = 0; i < q.n_nodes; i++)
                q.nodes[i] = (struct tg_quorum_node){ g->quorum.nodes[i].node_id, (uint32_t)fuzz_number(&g->in, 0, UINT32_MAX),
                                                      fuzz_pick(&g->in, 4) };
        for (uint32_t n = fuzz_pick(&g->in, 3) ? 0 : fuzz_pick(&g->in, 70), first = 1 + fuzz_pick(&g->in, 100);
             n > 0 && q.n_nodes < TG_NODES_MAX; n--)
                q.nodes[q.n_nodes++] = (struct tg_quorum_node){ first++, 1, n % 2 };
        game_give(g, &event);
}

static void move_topology(struct game *g)
{
        struct tg_topology t = g->topology;
        struct tg_event event = { .type = TG_EVENT_TOPOLOGY, .topology = &t };

        t.token_ms = (uint32_t)fuzz_number(&g->in, 0, 600000);
        t.consensus_ms = (uint32_t)fuzz_number(&g->in, 0, 600000);
        t.n_nodes = fuzz_pick(&g->in, t.n_nodes + 1);
        for (uint32_t i = 0; i < t.n_nodes; i++) {
                random_name(&g->in, t.nodes[i].name);
                t.nodes[i].n_addresses = (uint8_t)fuzz_pick(&g->in, TG_ADDRESSES_MAX + 1);
                for (uint8_t a = 0; a < t.nodes[i].n_addresses; a++)
                        random_addr(&g->in, &t.nodes[i].addresses[a]);
        }
        game_give(g, &event);
}

static void move_disconnected(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_DISCONNECTED };

        game_give(g, &event);
}

/* ---- what the administrator says ---- */

static void move_options(struct game *g)
{
        static const struct {
                const char *name, *value;
        } sets[] = {
                { "budget", "1ms" },
                { "budget", "50ms" },
                { "budget", "60s" },
                { "warn_percent", "10" },
                { "warn_percent", "100" },
                { "forecast_horizon", "10s" },
                { "forecast_horizon", "1d" },
                { "boot_grace", "0" },
                { "boot_grace", "1h" },
                { "mute_after", "2s" },
                { "mute_after", "1min" },
                { "source.allow", "10.0.0.254" },
                { "source.allow", "192.0.2.0/24 refclock:PPS0 ntp.example" },
                { "source.alias", "10.0.0.254 192.0.2.1" },
                { "source.alias", "fd00::1 10.0.0.3" },
                { "source.group", "10.0.0.254 refclock:PPS0" },
                { "source.group", "10.0.0.1 2001::1" },
        };
        char error[TG_OPTION_ERROR_MAX];
        uint32_t i = fuzz_pick(&g->in, sizeof sets / sizeof sets[0] + 1);
        struct tg_event event = { .type = TG_EVENT_OPTIONS, .options = &g->options };

        if (i == sizeof sets / sizeof sets[0])
                tg_options_default(&g->options);
        else
                (void)tg_options_set(&g->options, sets[i].name, sets[i].value, error);
        game_give(g, &event);
}

static void move_stop(struct game *g)
{
        struct tg_event event = { .type = TG_EVENT_STOP };

        game_give(g, &event);
        g->node->leaving = false; /* an agent ends here; the game goes on with what its core holds */
}

static void move_deaf(struct game *g)
{
        g->deaf = !g->deaf;
}

static void (*const moves[])(struct game *g) = {
        move_time,    move_time,         move_second, move_second,  move_second, move_tick,   move_report,
        move_report,  move_lie,          move_lie,    move_lie,     move_poke,   move_bytes,  move_replay,
        move_chrony,  move_peer,         move_peer,   move_members, move_ring,   move_quorum, move_topology,
        move_options, move_disconnected, move_stop,   move_deaf,
};

static void look(struct game *g)
{
        tg_node_snapshot(g->node, &g->now, &snapshot);
        fuzz_check_snapshot(&snapshot);
}

/* Everybody tells the truth from now on, with agents that were started anew; the own clock may stand where it likes. */
static void heal(struct game *g)
{
        struct tg_event options = { .type = TG_EVENT_OPTIONS, .options = &g->options };

        if (g->now.real_ns > INT64_C(4000000000) * TG_NS_PER_S || g->now.real_ns < g->now.raw_ns - (INT64_C(1) << 59))
                return; /* no time that a report can tell */
        g->deaf = false;
        g->ring.seq += 4;
        g->now.bracket_ns = 150;
        tg_options_default(&g->options);
        game_give(g, &options);
        for (uint32_t i = 0; i < g->n_peers; i++) {
                g->peers[i].pid += 10;
                g->peers[i].seq = 0;
                g->peers[i].epoch.boot_id[1]++;
                g->peers[i].skew_ns = 0;
                g->peers[i].base_ns = (i + 1) * 1000 * TG_NS_PER_S;
                game_good_source(&g->peers[i].chrony, 0);
        }
        game_members(g);
        for (int s = 0; s < HEAL_S; s++)
                game_second(g);
        look(g);
        for (uint32_t i = 0; i < snapshot.n_pairs; i++)
                FUZZ_REQUIRE(snapshot.pairs[i].verdict == TG_PAIR_WITHIN, "healed, the pair of %u and %u is %s: [%lld, %lld]",
                             snapshot.pairs[i].a, snapshot.pairs[i].b, tg_pair_verdict_text(snapshot.pairs[i].verdict),
                             (long long)snapshot.pairs[i].low_ns, (long long)snapshot.pairs[i].high_ns);
        FUZZ_REQUIRE(snapshot.n_nodes == g->n_peers + 1, "healed, it sees %u nodes", snapshot.n_nodes);
        FUZZ_REQUIRE(snapshot.verdict == TG_CLUSTER_AGREED, "healed, it says %s: %s", tg_cluster_verdict_text(snapshot.verdict),
                     snapshot.reason);
        FUZZ_REQUIRE(!snapshot.own_unheard, "healed, %u reports are on their way", snapshot.own_unheard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct game g;

        g = (struct game){ .in = { .data = data, .size = size } };
        game_begin(&g);
        look(&g);
        game_members(&g);
        for (int n = 0; n < MOVES_MAX && fuzz_left(&g.in); n++) {
                moves[fuzz_pick(&g.in, sizeof moves / sizeof moves[0])](&g);
                look(&g);
        }
        fuzz_show_status(&g.topology, &snapshot);
        if (size && data[0] & 0x80) /* half of them, as it takes longer than all else */
                heal(&g);
        game_end(&g);
        return 0;
}
