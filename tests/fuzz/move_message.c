/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of peers: true, lying, garbled, replayed, forged. */
#include <string.h>

#include "moves.h"

void move_report(struct game *g)
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

/* By as much as it is from one to the other; it may wrap, as any of them may be anything. */
static void shift(int64_t *value, int64_t from, int64_t to)
{
        *value = (int64_t)((uint64_t)*value + (uint64_t)to - (uint64_t)from);
}

/* A member that says anything that is in range. The hull goes with the clock half of the time, so that a lie is not refused at once. */
void move_lie(struct game *g)
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
                        shift(&r.hull_low_ns, c, r.c_ns);
                        shift(&r.hull_high_ns, c, r.c_ns);
                }
                if (where > 1 && r.raw_ns >= 0 && r.raw_ns <= INT64_C(1) << 60) {
                        shift(&r.hull_since_raw_ns, raw, r.raw_ns);
                        shift(&r.steady_since_raw_ns, raw, r.raw_ns);
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
void move_poke(struct game *g)
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

void move_bytes(struct game *g)
{
        struct game_peer *p = pick_peer(g);
        size_t len;
        const uint8_t *bytes = fuzz_bytes(&g->in, (size_t)fuzz_take(&g->in, 1) * 4, &len);

        game_deliver(g, p->id, p->pid, bytes, len);
}

/* A message again, perhaps as another member's. */
void move_replay(struct game *g)
{
        struct game_peer *p = pick_peer(g);
        uint32_t id = pick_id(g), pid = fuzz_pick(&g->in, 3) ? p->pid : 2000;

        if (fuzz_pick(&g->in, 4) == 0)
                game_deliver(g, g->own_id, GAME_OWN_PID, g->own_data, g->own_len);
        else if (id != g->own_id || pid != GAME_OWN_PID)
                game_deliver(g, fuzz_pick(&g->in, 2) ? id : p->id, pid, p->data, p->len);
}
