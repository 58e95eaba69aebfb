/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See asker_socket.h. Stamps of what was sent come back through the socket's error queue, those of what was received with the datagram; both
   are in REALTIME. Where the kernel or the driver has none all goes on without. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <timeguard/limits.h>

#include "asker_socket.h"

#define CONTROL_MAX 256
#define STAMPS_MAX  8 /* read at once */

union address {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
};

static socklen_t to_sockaddr(const struct tg_addr *addr, uint16_t port, union address *out)
{
        memset(out, 0, sizeof(*out));
        if (addr->family == TG_ADDR_IPV4) {
                out->v4.sin_family = AF_INET;
                out->v4.sin_port = htons(port);
                memcpy(&out->v4.sin_addr, addr->bytes, sizeof(out->v4.sin_addr));
                return sizeof(out->v4);
        }
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        memcpy(&out->v6.sin6_addr, addr->bytes, sizeof(out->v6.sin6_addr));
        return sizeof(out->v6);
}

int tg_asker_socket(const struct tg_addr *addr, uint16_t port)
{
        const int stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
                           SOF_TIMESTAMPING_OPT_TSONLY;
        union address to;
        socklen_t len = to_sockaddr(addr, port, &to);
        int fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -errno;
        (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps));
        if (connect(fd, &to.any, len) < 0) {
                int r = -errno;

                (void)close(fd);
                return r;
        }
        return fd;
}

static int64_t stamp_of(struct msghdr *message)
{
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
                struct scm_timestamping stamps;

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING || c->cmsg_len < CMSG_LEN(sizeof(stamps)))
                        continue;
                memcpy(&stamps, CMSG_DATA(c), sizeof(stamps));
                return (int64_t)stamps.ts[0].tv_sec * TG_NS_PER_S + stamps.ts[0].tv_nsec;
        }
        return 0;
}

static ssize_t receive(int fd, int flags, uint8_t bytes[static TG_ANSWER_MAX], int64_t *stamp_real_ns)
{
        _Alignas(struct cmsghdr) char control[CONTROL_MAX];
        struct iovec part = { .iov_base = bytes, .iov_len = TG_ANSWER_MAX };
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
        };
        ssize_t n;

        do
                n = recvmsg(fd, &message, flags | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        *stamp_real_ns = stamp_of(&message);
        return n;
}

ssize_t tg_asker_receive(int fd, uint8_t bytes[static TG_ANSWER_MAX], int64_t *stamp_real_ns)
{
        return receive(fd, 0, bytes, stamp_real_ns);
}

int64_t tg_asker_left_ns(int fd)
{
        uint8_t bytes[TG_ANSWER_MAX];
        int64_t stamp_ns = 0, left_ns = 0;

        for (int i = 0; i < STAMPS_MAX && receive(fd, MSG_ERRQUEUE, bytes, &stamp_ns) >= 0; i++)
                if (stamp_ns)
                        left_ns = stamp_ns;
        return left_ns;
}
