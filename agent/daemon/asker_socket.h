/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One NTP exchange's socket: connected, from a random port, its datagrams stamped by the kernel. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <timeguard/addr.h>

#define TG_ANSWER_MAX 256 /* what is longer is cut: extensions are not looked at */

/* Returns the descriptor or -errno. Nothing is sent. */
int tg_asker_socket(const struct tg_addr *addr, uint16_t port);
/* Receives one datagram without waiting. Returns its length, at most TG_ANSWER_MAX, or -errno (-EAGAIN: there is none); *stamp_real_ns is the
   kernel's stamp of its coming, 0: none. */
ssize_t tg_asker_receive(int fd, uint8_t bytes[static TG_ANSWER_MAX], int64_t *stamp_real_ns);
/* The kernel's stamp of when the last datagram left, 0: none yet. Until this is called after the sending the descriptor shows POLLERR. */
int64_t tg_asker_left_ns(int fd);
