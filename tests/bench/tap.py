# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hears what leaves a node by its ring interface and finds the agent's reports in it: the lab's ring is not encrypted."""

import ctypes
import os
import socket
import struct
import threading

ETH_P_ALL = 3
CLONE_NEWNET = 0x40000000
MAGIC = b"TGRD"
NODE_ID, STEPS = 8, 84  # where these fields of a report lie, from its magic on: lib/report_layout.h, major version 1
_libc = ctypes.CDLL(None, use_errno=True)


def _socket_inside(pid, interface):
    """A packet socket in another network namespace. A thread enters that, for itself alone, and ends."""
    made = []

    def make():
        namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        try:
            if _libc.setns(namespace, CLONE_NEWNET) == 0:
                made.append(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(ETH_P_ALL)))
                made[0].bind((interface, ETH_P_ALL))
        finally:
            os.close(namespace)
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if not made:
        raise OSError(f"no packet socket in the namespace of {pid}")
    return made[0]


class Tap:
    def __init__(self, node, interface="ring"):
        self.number = node.id
        self.socket = _socket_inside(node.space.holder.pid, interface)
        self.steps = None

    def fileno(self):
        return self.socket.fileno()

    def stepped(self):
        """Reads what has come; true when a report of this node left that knows of one step more than the last."""
        found = False
        while True:
            try:
                data, address = self.socket.recvfrom(65536)
            except BlockingIOError:
                return found
            if address[2] == socket.PACKET_OUTGOING:
                found |= any([self._is_news(data[at:]) for at in self._reports(data)])

    @staticmethod
    def _reports(data):
        at = data.find(MAGIC)
        while at >= 0 and at + STEPS + 4 <= len(data):
            yield at
            at = data.find(MAGIC, at + 1)

    def _is_news(self, report):
        if struct.unpack_from("<I", report, NODE_ID)[0] != self.number:
            return False
        before, self.steps = self.steps, struct.unpack_from("<I", report, STEPS)[0]
        return before is not None and self.steps > before

    def close(self):
        self.socket.close()
