#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A member of corosync's process group `timeguard` that is not an agent: listens for real reports and sends spoilt ones. Run it
inside a node's namespaces. Prints how many messages it sent of each kind, as JSON, and leaves."""

import argparse
import ctypes
import json
import os
import random
import struct
import sys
import time

CS_OK, CS_ERR_TRY_AGAIN = 1, 6
CPG_TYPE_AGREED, CS_DISPATCH_ALL = 2, 2
GROUP = b"timeguard\0"
NODE_ID_AT, SEQ_AT, MAJOR_AT, MINOR_AT = 8, 12, 4, 5
LISTEN_S = 3
REPORT_MAX = 1000


class Name(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("value", ctypes.c_char * 128)]


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]


DELIVER = ctypes.CFUNCTYPE(None, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_size_t)
CONFCHG = ctypes.CFUNCTYPE(None, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t,
                           ctypes.c_void_p, ctypes.c_size_t)


class Callbacks(ctypes.Structure):
    _fields_ = [("deliver", DELIVER), ("confchg", CONFCHG)]


class Member:
    def __init__(self):
        self.lib = ctypes.CDLL("libcpg.so.4")
        self.handle = ctypes.c_uint64()
        self.heard = {}  # node id: its last report
        self.callbacks = Callbacks(DELIVER(self._deliver), CONFCHG(lambda *_: None))
        name = Name(len(GROUP), GROUP)
        self._check(self.lib.cpg_initialize(ctypes.byref(self.handle), ctypes.byref(self.callbacks)), "cpg_initialize")
        self._check(self.lib.cpg_join(self.handle, ctypes.byref(name)), "cpg_join")

    @staticmethod
    def _check(error, what):
        if error != CS_OK:
            raise SystemExit(f"{what}: corosync says {error}")

    def _deliver(self, _handle, _name, node, pid, data, length):
        if pid != os.getpid():
            self.heard[node] = ctypes.string_at(data, length)

    def dispatch(self):
        self._check(self.lib.cpg_dispatch(self.handle, CS_DISPATCH_ALL), "cpg_dispatch")

    def listen(self, nodes):
        deadline = time.monotonic() + LISTEN_S
        while len(self.heard) < nodes:
            if time.monotonic() > deadline:
                raise SystemExit(f"heard only {sorted(self.heard)}")
            self.dispatch()
            time.sleep(0.02)

    def send(self, data):
        part = Iovec(data, len(data))
        deadline = time.monotonic() + 5
        while True:
            error = self.lib.cpg_mcast_joined(self.handle, CPG_TYPE_AGREED, ctypes.byref(part), 1)
            if error != CS_ERR_TRY_AGAIN or time.monotonic() > deadline:
                self._check(error, "cpg_mcast_joined")
                return
            self.dispatch()
            time.sleep(0.002)

    def leave(self):
        self.lib.cpg_finalize(self.handle)


def patched(report, at, data):
    return report[:at] + data + report[at + len(data):]


def truncated(report, dice):
    return report[:dice.randrange(8, len(report) - 1)]


def foreign(_report, dice):
    return b"\x7fELF" + dice.randbytes(dice.randrange(400))


def future_major(report, dice):
    return patched(report, MAJOR_AT, bytes([dice.choice((0, 2, 3, 255))]))


def oversized(report, dice):
    return report + dice.randbytes(dice.choice((REPORT_MAX, 5000, 200000)))


def forged(report, dice, heard=None, own=None):
    """Another node's last report, or one a little ahead of it, in this node's voice."""
    other = heard[dice.choice([n for n in heard if n != own])]
    if dice.random() < 0.5:
        return other
    return patched(other, SEQ_AT, (int.from_bytes(other[SEQ_AT:SEQ_AT + 4], "little") + 1).to_bytes(4, "little"))


def absurd(report, dice):
    """RAW out of any range."""
    return patched(report, 52, b"\xff" * 7 + b"\x7f") if dice.random() < 0.5 else patched(report, 52, b"\xff" * 8)


RAW_AT, HULL_SINCE_AT = 52, 120
LIE_NS = 3600 * 10**9


def forged_clock(report, n):
    """What the agent of this node would say now, had its clock been set forward by an hour; its echoes as they were."""
    raw, c, boot = struct.unpack_from("<qqq", report, RAW_AT)
    low, high, since, steady = struct.unpack_from("<qqqq", report, HULL_SINCE_AT - 16)
    passed = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) - raw
    seq = int.from_bytes(report[SEQ_AT:SEQ_AT + 4], "little") + 1 + n
    report = patched(report, SEQ_AT, struct.pack("<I", seq))
    report = patched(report, RAW_AT, struct.pack("<qqq", raw + passed, c + LIE_NS, boot + passed))
    return patched(report, HULL_SINCE_AT - 16, struct.pack("<qqqq", low + LIE_NS, high + LIE_NS, since + passed, steady + passed))


KINDS = {"truncated": truncated, "foreign": foreign, "future-major": future_major, "oversized": oversized, "forged": forged, "absurd": absurd}


def main():
    parser = argparse.ArgumentParser(description="Sends spoilt reports into the process group of timeguard.")
    parser.add_argument("kinds", nargs="+", choices=[*KINDS, "own-replay", "forged-clock", "empty"])
    parser.add_argument("--node", type=int, required=True, help="the id of the node that it runs on")
    parser.add_argument("--nodes", type=int, default=3, help="how many nodes to hear first")
    parser.add_argument("--count", type=int, default=10, help="messages of each kind")
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    dice, member, sent = random.Random(a.seed), Member(), {}
    member.listen(a.nodes)
    begin, n = time.monotonic(), 0
    for kind in [kind for _ in range(a.count) for kind in a.kinds]:
        report = member.heard[a.node]
        if kind == "own-replay":
            data = report
        elif kind == "forged-clock":
            data = forged_clock(report, n)
        elif kind == "empty":
            data = b""
        elif kind == "forged":
            data = forged(report, dice, member.heard, a.node)
        else:
            data = KINDS[kind](report, dice)
        member.send(data)
        sent[kind] = sent.get(kind, 0) + 1
        n += 1
        member.dispatch()
        time.sleep(max(0.0, begin + n / a.rate - time.monotonic()))
    print(json.dumps({"sent": sent, "seconds": time.monotonic() - begin}))
    member.leave()


if __name__ == "__main__":
    sys.exit(main())
