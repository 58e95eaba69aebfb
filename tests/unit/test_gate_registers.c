/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records and words: adopted from what is delivered, written, saved, told; and when the gate may act at all. */
#include "gate_scene.h"

static struct tg_gate_record record(uint64_t ring_seq, uint32_t serial, enum tg_gate_stage stage)
{
        return (struct tg_gate_record){ .uuid = { 7 },
                                        .ring_seq = ring_seq,
                                        .serial = serial,
                                        .owner_id = 2,
                                        .scope = TG_GATE_CLUSTER,
                                        .stage = (uint8_t)stage,
                                        .whole = 1 };
}

static const struct tg_gate_record *own(void)
{
        return &scene.gate.reg.records[0];
}

/* The next report of a node tells of that record. */
static void told(int slot, struct tg_gate_record r)
{
        scene_report(slot)->gate.records[0] = r;
        scene_report(slot)->seq++;
        tg_gate_deliver(&scene.gate, &scene.s, slot);
}

static void newer_records_are_adopted(void **state)
{
        (void)state;
        scene_new(3);
        told(1, record(8, 2, TG_STAGE_INTENT));
        assert_int_equal(own()->stage, TG_STAGE_INTENT);
        told(2, record(8, 1, TG_STAGE_VERIFIED));
        assert_int_equal(own()->stage, TG_STAGE_INTENT);
        told(2, record(4, 9, TG_STAGE_VERIFIED)); /* of an older ring */
        assert_int_equal(own()->stage, TG_STAGE_INTENT);
        told(2, record(12, 1, TG_STAGE_VERIFIED)); /* of one that nobody can have heard of here */
        assert_int_equal(own()->stage, TG_STAGE_INTENT);
        told(2, record(8, 3, TG_STAGE_ISSUED));
        assert_int_equal(own()->stage, TG_STAGE_ISSUED);
        told(2, (struct tg_gate_record){ .ring_seq = 8, .serial = 4 }); /* it knows of none */
        assert_int_equal(own()->stage, TG_STAGE_ISSUED);
}

/* What is adopted is saved, and tells of a new stage, as what is written is. */
static void adopted_is_written(void **state)
{
        (void)state;
        scene_new(3);
        told(1, record(8, 2, TG_STAGE_ISSUED));
        assert_true(scene.gate.version == 1 && scene.gate.wants_report);
        assert_true(scene.gate.work[0].stage == TG_STAGE_ISSUED && scene.gate.work[0].stage_raw_ns == NOW);
}

static void a_stage_begins_anew(void **state)
{
        struct tg_gate_work *work = &scene.gate.work[0];

        (void)state;
        scene_new(3);
        for (int stage = TG_STAGE_INTENT; stage <= TG_STAGE_UNDONE; stage++) {
                bool live = stage < TG_STAGE_UNDONE;

                scene.s.now_raw_ns++;
                scene.gate.ha[0].open_seen = 1;
                work->asked = work->moved = true;
                work->failures = 1;
                work->failed[0] = '!';
                tg_gate_write(&scene.gate, &scene.s, 0, (enum tg_gate_stage)stage);
                assert_true(!scene.gate.ha[0].open_seen && !work->asked && !work->moved);
                assert_true(work->stage == stage && work->stage_raw_ns == scene.s.now_raw_ns);
                /* what failed is part of the record's life */
                assert_true((work->failures > 0) == live && (work->failed[0] != 0) == live);
        }
}

/* The word that lets a record open is spent when it is not opened after all, on all nodes and for ever; another word is not. */
static void a_word_is_spent_by_an_opening(void **state)
{
        (void)state;
        scene_new(3);
        tg_gate_write(&scene.gate, &scene.s, 0, TG_STAGE_VERIFIED);
        scene.gate.reg.records[0].uuid[0] = 7;
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_RELEASE, UINT32_MAX);
        assert_true(tg_gate_is_acknowledged(&scene.gate, 0));
        tg_gate_spend_word(&scene.gate, &scene.s, 0);
        assert_false(tg_gate_is_acknowledged(&scene.gate, 0));
        assert_int_equal(scene.gate.reg.hold.serial, 2);
        assert_int_equal(scene.gate.changed_at[TG_GATE_SLOTS], scene.gate.version);
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, 60);
        tg_gate_spend_word(&scene.gate, &scene.s, 0);
        assert_int_equal(scene.gate.reg.hold.serial, 3);
        assert_true(tg_gate_holds(&scene.gate, NOW));
}

static void versions_begin_anew_with_each_ring(void **state)
{
        (void)state;
        scene_new(3);
        scene.gate.reg.records[0] = record(8, 5, TG_STAGE_INTENT);
        tg_gate_write(&scene.gate, &scene.s, 0, TG_STAGE_ISSUED);
        assert_true(own()->ring_seq == 8 && own()->serial == 6 && own()->owner_id == 1);
        scene.view.ring.seq = 12;
        tg_gate_write(&scene.gate, &scene.s, 0, TG_STAGE_VERIFIED);
        assert_true(own()->ring_seq == 12 && own()->serial == 1);
}

/* What is left from before is older than whatever is written by the new numbers; what claims to be of before counts for nothing. */
static void corosync_begins_its_numbers_anew(void **state)
{
        (void)state;
        scene_new(3);
        told(1, record(8, 2, TG_STAGE_VERIFIED));
        scene.view.ring.seq = 0; /* nothing is known of a ring yet */
        told(2, record(0, 1, TG_STAGE_UNDONE));
        assert_int_equal(own()->stage, TG_STAGE_VERIFIED);
        scene.view.ring.seq = 4;
        told(1, record(8, 3, TG_STAGE_OPENING)); /* this node has not heard of the new ones yet */
        assert_int_equal(own()->stage, TG_STAGE_VERIFIED);
        told(2, record(4, 1, TG_STAGE_UNDONE));
        assert_int_equal(own()->stage, TG_STAGE_UNDONE);
        told(1, record(8, 3, TG_STAGE_OPENING));
        assert_int_equal(own()->stage, TG_STAGE_UNDONE);
}

static void told_of_itself(enum tg_gate_stage stage, uint8_t uuid, uint32_t owner_id)
{
        struct tg_gate_record r = record(8, 9, stage);

        r.target_id = 1;
        r.scope = TG_GATE_NODE;
        r.uuid[0] = uuid;
        r.owner_id = owner_id;
        scene_report(1)->gate.records[1] = r;
        scene_report(1)->seq++;
        tg_gate_deliver(&scene.gate, &scene.s, 1);
}

/* It was taken out of the cluster, and is back: what others wrote off is still closed here. */
static void how_this_node_is_it_knows_itself(void **state)
{
        struct tg_gate_record *mine = &scene.gate.reg.records[1];

        (void)state;
        for (int i = 0; i < 5; i++) {
                scene_new(3);
                *mine = record(8, 2, TG_STAGE_VERIFIED);
                mine->target_id = i == 4 ? 3 : 1;
                mine->owner_id = 1;
                told_of_itself(i == 1 ? TG_STAGE_OPENING : TG_STAGE_UNDONE, i == 2 ? 8 : 7, i == 3 ? 1 : 2);
                if (i == 0)
                        assert_true(mine->stage == TG_STAGE_VERIFIED && mine->serial == 10 && mine->owner_id == 1);
                else
                        assert_int_equal(mine->stage, i == 1 ? TG_STAGE_OPENING : TG_STAGE_UNDONE);
        }
}

/* ---- words ---- */

static void word(int slot, uint32_t serial, uint32_t node_id, uint32_t left_s)
{
        scene_report(slot)->gate.hold =
                (struct tg_gate_hold){ .ring_seq = 8, .serial = serial, .node_id = node_id, .holds = true, .left_s = left_s };
        scene_report(slot)->seq++;
        tg_gate_deliver(&scene.gate, &scene.s, slot);
}

static void the_newest_word_counts_everywhere(void **state)
{
        (void)state;
        scene_new(3);
        word(1, 1, 2, 100);
        assert_int_equal(scene.gate.reg.hold.node_id, 2);
        word(2, 1, 3, 100); /* given in the same instant */
        assert_int_equal(scene.gate.reg.hold.node_id, 3);
        word(1, 1, 2, 100);
        assert_int_equal(scene.gate.reg.hold.node_id, 3);
        word(1, 2, 2, 100);
        assert_int_equal(scene.gate.reg.hold.node_id, 2);
}

static void a_word_runs_down(void **state)
{
        (void)state;
        scene_new(3);
        word(1, 1, 2, 100);
        scene.s.now_raw_ns += 40 * S;
        assert_int_equal(tg_gate_word_left_s(&scene.gate, scene.s.now_raw_ns), 60);
        assert_true(tg_gate_holds(&scene.gate, scene.s.now_raw_ns));
        word(2, 1, 2, 90); /* it has just come back, and had not seen it run down */
        assert_int_equal(tg_gate_word_left_s(&scene.gate, scene.s.now_raw_ns), 60);
        word(2, 1, 2, 30);
        assert_int_equal(tg_gate_word_left_s(&scene.gate, scene.s.now_raw_ns), 30);
        assert_int_equal(tg_gate_word_left_s(&scene.gate, scene.s.now_raw_ns + 20 * S), 10);
        assert_int_equal(tg_gate_word_left_s(&scene.gate, scene.s.now_raw_ns + 30 * S), 0);
        assert_false(tg_gate_holds(&scene.gate, scene.s.now_raw_ns + 30 * S));
        word(2, 2, 2, UINT32_MAX);
        assert_true(tg_gate_holds(&scene.gate, scene.s.now_raw_ns + 100000 * S));
}

/* ---- as bytes ---- */

static bool reads_told(uint8_t *bytes, size_t len)
{
        struct tg_reader r = { .data = bytes, .size = len };
        struct tg_gate_report out = { 0 };

        tg_gate_read_report(&r, &out);
        return !r.bad;
}

/* What went wrong on its way, by one bit, becomes no record. */
static void a_report_is_read_whole_or_not_at_all(void **state)
{
        struct tg_gate_report gate = { .flags = TG_GATE_READY, .ha_state = TG_HA_OPEN };
        uint8_t bytes[TG_GATE_SAVED_MAX];
        struct tg_writer w = { .data = bytes, .size = sizeof bytes };

        (void)state;
        gate.records[0] = record(8, 2, TG_STAGE_INTENT);
        tg_gate_write_report(&w, &gate);
        assert_true(reads_told(bytes, w.pos));
        for (size_t i = 0; i < 8 * w.pos; i++) {
                bytes[i / 8] ^= (uint8_t)(1u << i % 8);
                assert_false(reads_told(bytes, w.pos));
                bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        }
        assert_false(reads_told(bytes, w.pos - 1));
}

/* It is what an administrator's word is about, and tells one closing from the next. */
static void every_record_has_a_name(void **state)
{
        struct tg_gate_registers written = { 0 }, read;
        uint8_t bytes[TG_GATE_SAVED_MAX];

        (void)state;
        written.records[0] = record(8, 2, TG_STAGE_INTENT);
        assert_true(tg_gate_load(bytes, tg_gate_save(&written, bytes), &read));
        written.records[0].uuid[0] = 0;
        assert_false(tg_gate_load(bytes, tg_gate_save(&written, bytes), &read));
        written.records[0].uuid[15] = 1;
        assert_true(tg_gate_load(bytes, tg_gate_save(&written, bytes), &read));
        written.records[0].owner_id = 0;
        assert_false(tg_gate_load(bytes, tg_gate_save(&written, bytes), &read));
}

/* It is handed to a command. */
static void the_state_before_is_plain_text(void **state)
{
        struct tg_gate_registers written = { 0 }, read;
        uint8_t bytes[TG_GATE_SAVED_MAX];

        (void)state;
        written.records[0] = record(8, 2, TG_STAGE_INTENT);
        for (int c = 1; c < 256; c++) {
                memcpy(written.records[0].prior, "a b", 4);
                written.records[0].prior[1] = (char)c;
                assert_int_equal(tg_gate_load(bytes, tg_gate_save(&written, bytes), &read), c >= ' ' && c <= '~');
        }
        memset(written.records[0].prior, 'x', TG_GATE_PRIOR_MAX - 1);
        assert_true(tg_gate_load(bytes, tg_gate_save(&written, bytes), &read));
        assert_int_equal(strlen(read.records[0].prior), TG_GATE_PRIOR_MAX - 1);
}

/* ---- on the disks ---- */

static bool is_stored(void)
{
        return tg_gate_is_stored(&scene.gate, &scene.s, 0);
}

static void on_disk_of(int slot, struct tg_gate_record r)
{
        scene_report(slot)->gate.records[0] = r;
        scene_report(slot)->gate.stored = 1;
}

static void a_quorum_has_it_on_disk(void **state)
{
        (void)state;
        scene_new(3);
        scene.gate.reg.records[0] = record(8, 2, TG_STAGE_INTENT);
        on_disk_of(0, *own());
        assert_false(is_stored());
        on_disk_of(1, *own());
        assert_true(is_stored());
        scene_report(1)->gate.stored = 2; /* it knows it, and has something else on disk */
        assert_false(is_stored());
        on_disk_of(1, record(8, 1, TG_STAGE_INTENT));
        assert_false(is_stored());
        on_disk_of(1, *own());
        scene_mute(1);
        assert_false(is_stored());
        scene_member(1);
        on_disk_of(1, *own());
        scene.view.members[1].present = false;
        assert_false(is_stored());
}

static void a_qdevice_goes_with_the_whole_part(void **state)
{
        (void)state;
        scene_new(2);
        scene.quorum.total_votes = 3;
        scene.quorum.qdevice_votes = 1;
        scene.gate.reg.records[0] = record(8, 2, TG_STAGE_INTENT);
        on_disk_of(0, *own());
        assert_false(is_stored()); /* node 2, alone with the qdevice, would not know of it */
        scene.view.members[1].present = false;
        assert_true(is_stored());
        scene.quorum.qdevice_votes = 0; /* corosync breaks a tie */
        assert_true(is_stored());
        scene.view.members[0].votes = 0; /* whoever has no vote keeps nothing for anybody */
        assert_false(is_stored());
        scene.view.members[0].votes = 1;
        scene.view.members[0].fresh = false;
        assert_false(is_stored());
}

static bool tells_stored(void)
{
        struct tg_gate_report told_now;

        tg_gate_fill(&scene.gate, &told_now, scene.s.now_raw_ns);
        return told_now.stored & 1;
}

static bool tells_stored_word(void)
{
        struct tg_gate_report told_now;

        tg_gate_fill(&scene.gate, &told_now, scene.s.now_raw_ns);
        return told_now.stored & 1 << TG_GATE_SLOTS;
}

static uint32_t save(void)
{
        uint8_t bytes[TG_GATE_SAVED_MAX];
        uint32_t version = 0;

        return tg_gate_next_save(&scene.gate, bytes, &version, scene.s.now_raw_ns) ? version : 0;
}

static void stored_is_what_the_disk_has_confirmed(void **state)
{
        uint32_t version;

        (void)state;
        scene_new(3);
        assert_int_equal(save(), 0);
        tg_gate_write(&scene.gate, &scene.s, 0, TG_STAGE_INTENT);
        assert_false(tells_stored());
        version = save();
        assert_true(version && !tells_stored());
        assert_int_equal(save(), 0); /* one at a time */
        tg_gate_stored(&scene.gate, version, false, NOW);
        assert_true(!tells_stored() && scene.gate.save_failed);
        assert_int_equal(save(), 0);
        scene.s.now_raw_ns += 5 * S;
        version = save();
        tg_gate_stored(&scene.gate, version + 1, true, NOW); /* whose that is, nobody knows */
        assert_false(tells_stored());
        scene.gate.wants_report = false;
        tg_gate_stored(&scene.gate, version, true, NOW);
        assert_true(scene.gate.wants_report && tells_stored());
        assert_int_equal(save(), 0);
        assert_false(tells_stored_word());
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, 60);
        assert_true(tells_stored() && !tells_stored_word());
        tg_gate_stored(&scene.gate, save(), true, NOW);
        assert_true(tells_stored() && tells_stored_word());
        tg_gate_write(&scene.gate, &scene.s, 0, TG_STAGE_ISSUED); /* the next version is another matter */
        assert_false(tells_stored());
        assert_true(save());
}

/* Agents that begin anew, however often, do not let a word stand for ever. */
static void what_is_left_of_a_word_is_on_disk(void **state)
{
        uint8_t bytes[TG_GATE_SAVED_MAX];
        struct tg_gate_registers read;
        uint32_t version;

        (void)state;
        scene_new(3);
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, 200);
        tg_gate_stored(&scene.gate, save(), true, NOW);
        scene.s.now_raw_ns += 60 * S;
        assert_int_equal(save(), 0);
        scene.s.now_raw_ns += 1 * S;
        assert_true(tg_gate_load(bytes, tg_gate_next_save(&scene.gate, bytes, &version, scene.s.now_raw_ns), &read));
        assert_int_equal(read.hold.left_s, 139);
        assert_int_equal(scene.gate.reg.hold.left_s, 200);
        tg_gate_stored(&scene.gate, version, true, NOW);
        assert_true(tells_stored_word());
        scene.s.now_raw_ns += 139 * S; /* it is over */
        assert_int_equal(save(), 0);
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, UINT32_MAX);
        tg_gate_stored(&scene.gate, save(), true, NOW);
        scene.s.now_raw_ns += 3600 * S;
        assert_int_equal(save(), 0); /* what has no end wants no writing */
}

/* ---- acting ---- */

/* What acting begins with, is counted. */
static bool acts(int64_t sent_raw_ns)
{
        uint32_t before = scene.gate.calm_reports;

        tg_agree(&scene.view, &scene.agreement);
        tg_gate_act(&scene.gate, &scene.s, &scene.agreement, sent_raw_ns);
        return scene.gate.calm_reports != before;
}

static void it_acts_upon_own_reports_of_just_now(void **state)
{
        (void)state;
        scene_new(3);
        assert_true(acts(NOW - 2 * S));
        assert_false(acts(NOW - 2 * S - 1));
        scene.s.connected = false;
        assert_false(acts(NOW));
        scene.s.connected = true;
        scene.quorum.ring.seq = 12;
        assert_false(acts(NOW));
        scene.quorum.ring = scene.view.ring;
        scene_report(0)->ring.seq = 4; /* sent before the ring */
        assert_false(acts(NOW));
        scene_report(0)->ring = scene.view.ring;
        assert_true(acts(NOW));
}

/* There is danger, and a part without quorum would like to close. */
static void without_quorum_nothing_is_even_ordered(void **state)
{
        (void)state;
        scene_new(3);
        scene.gate.reg.records[0] = record(8, 2, TG_STAGE_VERIFIED);
        scene.gate.reg.records[0].whole = 0;
        scene.gate.reg.own = (struct tg_gate_own){ .acted = TG_ACTED_CLOSED, .uuid = { 7 }, .boot_id = { 1 } };
        scene.quorum.quorate = false;
        acts(NOW);
        assert_false(scene.gate.ordered);
        scene.quorum.quorate = true;
        acts(NOW);
        assert_true(scene.gate.ordered);
}

/* ---- what is told, and what a life leaves to the next ---- */

static void what_is_told(void **state)
{
        struct tg_gate_report r;

        (void)state;
        scene_new(3);
        scene.gate.ha[0] = (struct tg_ha_reading){
                .known = true,
                .scope = TG_GATE_CLUSTER,
                .result = { .state = TG_HA_OPEN, .backend = TG_BACKEND_UNITS, .flags = TG_GATE_READY }
        };
        tg_gate_fill(&scene.gate, &r, NOW);
        assert_true(r.ha_state == TG_HA_OPEN && r.flags == TG_GATE_READY);
        scene.gate.work[0].rest_until_ns = NOW + 1; /* the next turn is another one's */
        tg_gate_fill(&scene.gate, &r, NOW);
        assert_int_equal(r.flags, 0);
        scene.gate.reg.own.acted = TG_ACTED_TRIED;
        tg_gate_fill(&scene.gate, &r, NOW);
        assert_int_equal(r.flags, TG_GATE_OURS);
        scene.gate.reg.own.acted = TG_ACTED_NOT;
        tg_gate_admin(&scene.gate, &scene.s, TG_WORD_HOLD, 60);
        tg_gate_fill(&scene.gate, &r, NOW + 20 * S);
        assert_int_equal(r.backend, TG_BACKEND_UNITS);
        assert_int_equal(r.hold.left_s, 40);
        assert_false(scene.gate.wants_report); /* this is the report */
}

static void a_life_goes_on_where_the_last_one_ended(void **state)
{
        struct tg_gate_registers before = { .own.acted = TG_ACTED_TRIED, .recent = 3 };
        uint8_t bytes[TG_GATE_SAVED_MAX];

        (void)state;
        scene_new(3);
        before.records[0] = record(4, 2, TG_STAGE_INTENT);
        scene.gate.start_raw_ns = NOW;
        assert_true(tg_gate_restore(&scene.gate, bytes, tg_gate_save(&before, bytes)));
        assert_int_equal(own()->stage, TG_STAGE_INTENT);
        assert_int_equal(scene.gate.n_recent, 3);
        assert_int_equal(scene.gate.hold_raw_ns, NOW); /* a word runs down from here */
        assert_true(scene.gate.work[0].stage == TG_STAGE_INTENT && scene.gate.work[0].stage_raw_ns == NOW);
        /* the run that it may have begun is not over */
        assert_true(scene.gate.duty.guard_until_ns == NOW + TG_GATE_RUN_NS);
        assert_true(scene.gate.own_rest_until_ns == NOW + TG_GATE_RUN_NS);
        assert_false(tg_gate_restore(&scene.gate, bytes, 3));
}

static void closings_and_openings_are_transitions(void **state)
{
        (void)state;
        scene_new(3);
        for (int stage = TG_STAGE_INTENT; stage <= TG_STAGE_UNDONE; stage++)
                tg_gate_write(&scene.gate, &scene.s, 0, (enum tg_gate_stage)stage);
        assert_int_equal(scene.gate.n_recent, 2);
        save();
        assert_int_equal(scene.gate.reg.recent, 2); /* for the next life */
}

TESTS_MAIN(TEST(newer_records_are_adopted), TEST(adopted_is_written), TEST(a_stage_begins_anew),
           TEST(a_word_is_spent_by_an_opening), TEST(versions_begin_anew_with_each_ring),
           TEST(the_newest_word_counts_everywhere), TEST(a_word_runs_down), TEST(a_report_is_read_whole_or_not_at_all),
           TEST(every_record_has_a_name), TEST(the_state_before_is_plain_text), TEST(a_quorum_has_it_on_disk),
           TEST(a_qdevice_goes_with_the_whole_part), TEST(stored_is_what_the_disk_has_confirmed),
           TEST(what_is_left_of_a_word_is_on_disk), TEST(corosync_begins_its_numbers_anew),
           TEST(how_this_node_is_it_knows_itself), TEST(it_acts_upon_own_reports_of_just_now),
           TEST(without_quorum_nothing_is_even_ordered), TEST(what_is_told), TEST(a_life_goes_on_where_the_last_one_ended),
           TEST(closings_and_openings_are_transitions))
