# SPDX-License-Identifier: LGPL-2.1-or-later
"""When a danger was proven: heard on the ring, whose frames are not encrypted, without asking the agents.

A pair is proven once a second by the reports of its nodes after a step; the fifth such proof is what the gate waits for. Here the reports of all nodes
count, which may put the proof some milliseconds too early, and so what comes after it too late: never the other way round."""

import os
import selectors
import socket
import struct
import sys
import threading
import time

from machine import ROOT

sys.path.append(os.path.join(ROOT, "tests/bench"))  # last: it has modules of the same names

from tap import NODE_ID, Tap  # noqa: E402 # after the search path

APART_S = 0.8  # between two proofs


class Heard(threading.Thread):
    """with Heard(lab) as heard: ...; heard.proofs_s(step_s, 5) is an instant of the machine's REALTIME, in seconds."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.taps = [Tap(node) for node in lab.nodes.values()]
        self.sent, self.going = [], True

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.join()
        for tap in self.taps:
            tap.close()

    def run(self):
        with selectors.DefaultSelector() as selector:
            for tap in self.taps:
                selector.register(tap, selectors.EVENT_READ, tap)
            while self.going:
                for key, _ in selector.select(0.2):
                    self._read(key.data)

    def _read(self, tap):
        while True:
            try:
                data, address = tap.socket.recvfrom(65536)
            except BlockingIOError:
                return
            now_s = time.time()
            if address[2] == socket.PACKET_OUTGOING:
                self.sent += [now_s for at in tap._reports(data) if struct.unpack_from("<I", data, at + NODE_ID)[0] == tap.number]

    def proof_s(self, step_s, n):
        """When the n-th proof after a step left its node; None: not yet."""
        last_s, count = None, 0
        for at_s in sorted(at for at in self.sent if at > step_s):
            if last_s is None or at_s - last_s >= APART_S:
                last_s, count = at_s, count + 1
                if count == n:
                    return at_s
        return None
