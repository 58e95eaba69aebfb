#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Speaks chronyd's command protocol, version 6, on UDP loopback, and misbehaves as told. Stands in for a chronyd that is frozen,
newer, broken or hostile; the honest mode says chosen values. Run it in a network namespace where no chronyd listens.

Values come as JSON, such as {"ref_id": "0A0000FE", "address": "10.0.0.254", "stratum": 4, "correction_s": 0.001,
"sources": [{"address": "10.0.0.254", "state": "*", "reach": 255, "name": "ntp.example"}]}."""

import argparse
import ipaddress
import itertools
import json
import math
import os
import signal
import socket
import struct
import sys
import time

REQUEST, REPLY = struct.Struct(">BBHHHIII"), struct.Struct(">BBHHHHHHHIII")
TRACKING, N_SOURCES, SOURCE_DATA, SOURCE_NAME = 33, 14, 15, 65
LENGTHS = {TRACKING: 104, N_SOURCES: 32, SOURCE_DATA: 76, SOURCE_NAME: 284}
CODES = {TRACKING: 5, N_SOURCES: 2, SOURCE_DATA: 3, SOURCE_NAME: 19}
OK, UNAUTHORISED, INVALID, NO_SUCH_SOURCE, BAD_VERSION, BAD_LENGTH = 0, 2, 3, 4, 18, 19
STATES = "*?x~+-"
MODES = {"client": 0, "peer": 1, "refclock": 2}
LEAPS = {"normal": 0, "insert": 1, "delete": 2, "unsynchronised": 3}
COEF_MAX, EXP_MAX, EXP_MIN = (1 << 24) - 1, 63, -64
FLOATS = ("correction_s", "last_offset_s", "rms_offset_s", "freq_ppm", "resid_freq_ppm", "skew_ppm", "root_delay_s",
          "root_dispersion_s", "update_interval_s")
DEFAULT_FLOATS = dict(zip(FLOATS, (0.0, 0.0, 1e-6, -1.5, 0.0, 0.1, 1e-4, 1e-5, 1.0)))
# Legal, and trouble for whoever takes them for IEEE 754 or multiplies without thought.
ODD_FLOATS = (0x7FC00000, 0xFFC00000, 0x7F800000, 0xFF800000, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0x00000001, 0x01000000,
              0x7EFFFFFF, 0x7F000000, 0xFEFFFFFF, 0xFF000000, 0x81FFFFFF, 0x00000000)


def float_bits(value):
    """A number in chrony's format: 7 bits of exponent, 25 of coefficient, both signed."""
    if isinstance(value, str):
        return int(value, 16)
    negative, size = value < 0, abs(value)
    if size < 1e-100:
        return 0
    if size > 1e18:
        return (EXP_MAX << 25) | ((-COEF_MAX - 1) & 0x1FFFFFF if negative else COEF_MAX)
    exponent = int(math.log2(size)) + 1
    coefficient = int(size * 2.0 ** (25 - exponent) + 0.5)
    while coefficient > COEF_MAX + negative:
        coefficient >>= 1
        exponent += 1
    if exponent < EXP_MIN:
        coefficient >>= EXP_MIN - exponent
        exponent = EXP_MIN
    return ((exponent & 0x7F) << 25) | ((-coefficient if negative else coefficient) & 0x1FFFFFF)


def float_value(bits):
    """What such a pattern means, by the definition and not by the agent's reader: coefficient x 2^(exponent - 25), both signed."""
    exponent, coefficient = bits >> 25, bits & 0x1FFFFFF
    exponent -= (1 << 7) if exponent >= 1 << 6 else 0
    coefficient -= (1 << 25) if coefficient >= 1 << 24 else 0
    return coefficient * 2.0 ** (exponent - 25)


def address_bytes(text):
    if not text:
        return bytes(20)
    address = ipaddress.ip_address(text)
    return address.packed.ljust(16, b"\0") + struct.pack(">HH", 1 if address.version == 4 else 2, 0)


def address_text(data):
    family = struct.unpack_from(">H", data, 16)[0]
    size = {1: 4, 2: 16}.get(family)
    return str(ipaddress.ip_address(data[:size])) if size else None


def timespec(ns):
    seconds = ns // 1000000000
    return struct.pack(">III", seconds >> 32, seconds & 0xFFFFFFFF, ns % 1000000000)


class Answers:
    """What an honest chronyd would say with these values."""

    def __init__(self, values):
        self.values = {"ref_id": "0A4D02FE", "address": "10.77.2.254", "stratum": 4, "leap": "normal", **DEFAULT_FLOATS, **values}
        source = {"address": self.values["address"], "state": "*", "reach": 255}
        self.sources = self.values.get("sources", [source] if self.values["address"] else [])

    def data(self, command, request):
        index = struct.unpack_from(">i", request, 20)[0] if len(request) >= 24 else -1
        if command == N_SOURCES:
            return struct.pack(">I", len(self.sources))
        if command == TRACKING:
            return self.tracking()
        if command == SOURCE_DATA:
            return self.source(self.sources[index]) if 0 <= index < len(self.sources) else None
        address = address_text(request[20:40])
        names = [s.get("name", s["address"]) for s in self.sources if s["address"] == address]
        return names[0].encode()[:256].ljust(256, b"\0") if names else None

    def tracking(self):
        v = self.values
        head = struct.pack(">I", int(v["ref_id"], 16)) + address_bytes(v["address"])
        head += struct.pack(">HH", v["stratum"], LEAPS[v["leap"]])
        head += timespec(v.get("ref_time_ns", time.time_ns() - 500000000))
        return head + b"".join(struct.pack(">I", float_bits(v[name])) for name in FLOATS)

    @staticmethod
    def source(s):
        head = address_bytes(s["address"]) + struct.pack(">hHHH", s.get("poll", 0), s.get("stratum", 3),
                                                         STATES.index(s.get("state", "*")), MODES[s.get("mode", "client")])
        head += struct.pack(">HHI", 0, s.get("reach", 255), s.get("since_sample_s", 1))
        return head + b"".join(struct.pack(">I", float_bits(s.get(name, 0.0))) for name in ("original_s", "measured_s", "error_s"))


def reply(request, data, status=OK, version=6, sequence=None):
    _, _, _, command, _, number, _, _ = REQUEST.unpack_from(request)
    code = CODES[command] if data is not None and status == OK else 1
    head = REPLY.pack(version, 2, 0, command, code, status, 0, 0, 0, number if sequence is None else sequence, 0, 0)
    return head + (data or b"")


def honest(fake, request):
    command = REQUEST.unpack_from(request)[3]
    if command not in CODES:
        return reply(request, None, INVALID)
    if len(request) < LENGTHS[command]:
        return reply(request, None, BAD_LENGTH)
    data = fake.answers.data(command, request)
    return reply(request, data, OK if data is not None else NO_SUCH_SOURCE)


def wrong_sequence(fake, request):
    answer = honest(fake, request)
    return answer[:16] + struct.pack(">I", struct.unpack_from(">I", answer, 16)[0] ^ 0x55AA) + answer[20:]


def odd_floats(fake, request):
    """Every number of the reply is one legal pattern out of the list, another at each poll."""
    answer = bytearray(honest(fake, request))
    start = {TRACKING: 68, SOURCE_DATA: 64}.get(REQUEST.unpack_from(request)[3], len(answer))
    for at in range(start, len(answer) - 3, 4):
        struct.pack_into(">I", answer, at, next(fake.patterns))
    return bytes(answer)


MISBEHAVIOURS = {
    "honest": honest,
    "silent": lambda fake, request: None,
    "short": lambda fake, request: honest(fake, request)[:fake.cut],
    "late": honest,
    "sequence": wrong_sequence,
    "newer": lambda fake, request: honest(fake, request) + bytes(range(64)),
    "floats": odd_floats,
    "version5": lambda fake, request: reply(request, None, BAD_VERSION, version=5),
    "version7": lambda fake, request: reply(request, None, BAD_VERSION, version=7),
    "unauthorised": lambda fake, request: reply(request, None, UNAUTHORISED),
    "many": honest,
    "garbage": lambda fake, request: os.urandom(struct.unpack(">H", os.urandom(2))[0] % 600),
}


class Fake:
    def __init__(self, mode, values, late_s, cut):
        if mode == "many":
            some = [{"address": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", "state": "-", "name": "x" * 256} for n in range(9999)]
            values = {**values, "sources": [{"address": "10.77.2.254", "state": "*"}] + some}
        self.mode, self.answers, self.late_s, self.cut = MISBEHAVIOURS[mode], Answers(values), late_s, cut
        self.patterns = itertools.cycle(ODD_FLOATS)

    def serve(self, link):
        while True:
            request, client = link.recvfrom(2048)
            if len(request) < REQUEST.size:
                continue
            answer = self.mode(self, request)
            if self.late_s:
                time.sleep(self.late_s)
            if answer is not None:
                link.sendto(answer, client)


def main():
    parser = argparse.ArgumentParser(description="A chronyd's command port that misbehaves as told.")
    parser.add_argument("--mode", choices=sorted(MISBEHAVIOURS), default="honest")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=323)
    parser.add_argument("--values", type=json.loads, default={}, help="what the honest part of it says, as JSON")
    parser.add_argument("--late", type=float, help="seconds before each reply (mode late: 2)")
    parser.add_argument("--cut", type=int, default=40, help="length of the short replies")
    a = parser.parse_args()
    late_s = a.late if a.late is not None else 2.0 if a.mode == "late" else 0.0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((a.address, a.port))
        print("ready", flush=True)
        Fake(a.mode, a.values, late_s, a.cut).serve(link)


if __name__ == "__main__":
    main()
