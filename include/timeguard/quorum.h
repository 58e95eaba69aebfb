/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What corosync's quorum and votequorum services say, and the margin that follows from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timeguard/addr.h>
#include <timeguard/limits.h>

struct tg_ring_id {
        uint32_t node_id; /* of the ring's representative */
        uint64_t seq;
};

static inline bool tg_ring_id_equal(struct tg_ring_id a, struct tg_ring_id b)
{
        return a.node_id == b.node_id && a.seq == b.seq;
}

/* corosync: votequorum.h, VOTEQUORUM_INFO_* */
enum tg_quorum_flag {
        TG_QUORUM_TWO_NODE = 1 << 0,
        TG_QUORUM_QUORATE = 1 << 1,
        TG_QUORUM_WAIT_FOR_ALL = 1 << 2,
        TG_QUORUM_LAST_MAN_STANDING = 1 << 3,
        TG_QUORUM_AUTO_TIE_BREAKER = 1 << 4,
        TG_QUORUM_ALLOW_DOWNSCALE = 1 << 5,
        TG_QUORUM_QDEVICE_REGISTERED = 1 << 6,
        TG_QUORUM_QDEVICE_ALIVE = 1 << 7,
        TG_QUORUM_QDEVICE_CAST_VOTE = 1 << 8,
        TG_QUORUM_QDEVICE_MASTER_WINS = 1 << 9,
};

struct tg_quorum_node {
        uint32_t node_id;
        uint32_t votes; /* 0 when not known */
        bool member;    /* in the present ring */
};

struct tg_quorum {
        bool provider; /* false: corosync runs without a quorum provider, and no vote means anything */
        bool quorate;
        struct tg_ring_id ring;
        uint32_t flags; /* enum tg_quorum_flag, of the own node */
        uint32_t expected_votes;
        uint32_t highest_expected;
        uint32_t total_votes;   /* of the members, and of the qdevice while it casts its vote */
        uint32_t quorum;        /* votes needed */
        uint32_t qdevice_votes; /* cast at present: contained in total_votes */
        uint32_t n_nodes;
        struct tg_quorum_node nodes[TG_NODES_MAX]; /* every configured node, any order */
};

/* Votes that may still vanish while the partition stays quorate; negative when it is not quorate (votequorum.c: quorate
   means total >= quorum). */
int64_t tg_quorum_margin(const struct tg_quorum *q);
/* The same if the qdevice's vote were the first to vanish; equal to the margin without one. */
int64_t tg_quorum_margin_without_qdevice(const struct tg_quorum *q);
/* Writes the names of the flags that change what a margin means, comma separated ("two_node, wait_for_all"); "" if none. */
const char *tg_quorum_flags_text(uint32_t flags, char *buf, size_t size);

/* What the cluster map says of the nodes and of totem's patience. */
struct tg_topology_node {
        uint32_t node_id;
        char name[TG_NAME_MAX];
        uint8_t n_addresses;
        struct tg_addr addresses[TG_ADDRESSES_MAX];
};

struct tg_topology {
        char cluster_name[TG_NAME_MAX];
        uint32_t token_ms;
        uint32_t consensus_ms;
        uint32_t n_nodes;
        struct tg_topology_node nodes[TG_NODES_MAX];
};
