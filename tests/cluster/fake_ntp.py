#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""NTP servers that misbehave as told, each on an address of its own: ADDRESS=MODE... Prints "ready", and then a line of JSON for each request:
its address, the port that it came from, the machine's RAW time and the bytes."""

import argparse
import json
import os
import select
import signal
import socket
import struct
import sys
import time

from program import die_with_parent

TO_1900_S = 2208988800
PORT = 123
HEADER = struct.Struct(">BBBbIII8s8s8s8s")
FAR_S = 100


def stamp(real_ns):
    seconds, rest = divmod(real_ns, 1000000000)
    return struct.pack(">II", (seconds + TO_1900_S) & 0xFFFFFFFF, (rest << 32) // 1000000000)


def answer(request, ahead_s=0.0, leap=0, version=4, mode=4, stratum=3, reference=b"\xc0\x00\x02\x01", origin=None, receive=None, held_s=0.0, precision=-25):
    now_ns = time.time_ns() + int(ahead_s * 1e9)
    receive_ns = receive if receive is not None else now_ns
    transmit_ns = receive_ns + int(held_s * 1e9) if held_s else (receive if receive is not None else time.time_ns() + int(ahead_s * 1e9))
    return HEADER.pack(leap << 6 | version << 3 | mode, stratum, 6, precision, 0x100, 0x100, int.from_bytes(reference, "big"),
                       stamp(now_ns - 7654321987), origin or request[40:48], stamp(receive_ns), stamp(transmit_ns))


def slow(request):
    """Holds the request for a while and says so."""
    receive_ns = time.time_ns()
    time.sleep(0.3)
    return answer(request, receive=receive_ns, held_s=(time.time_ns() - receive_ns) / 1e9)


START_NS = time.time_ns()
MODES = {
    "honest": lambda request: [answer(request)],
    "ahead": lambda request: [answer(request, FAR_S)],
    "behind": lambda request: [answer(request, -FAR_S)],
    "frozen": lambda request: [answer(request, receive=START_NS + FAR_S * 1000000000)],
    "unsynchronised": lambda request: [answer(request, FAR_S, leap=3, stratum=0, reference=bytes(4))],
    "rate": lambda request: [answer(request, leap=3, stratum=0, reference=b"RATE")],
    "deny": lambda request: [answer(request, leap=3, stratum=0, reference=b"DENY")],
    "silent": lambda request: [],
    "cookie": lambda request: [answer(request, FAR_S, origin=os.urandom(8))],
    "echo": lambda request: [request],
    "short": lambda request: [answer(request)[:47]],
    "version": lambda request: [answer(request, version=5)],
    "impossible": lambda request: [answer(request, held_s=0.5)],
    "late": lambda request: (time.sleep(1.3), [answer(request)])[1],
    "slow": lambda request: [slow(request)],
    "noisy": lambda request: [b"", os.urandom(48), answer(request, FAR_S, origin=bytes(8)), answer(request) + os.urandom(700)],
}


def serve(link, address, mode):
    request, client = link.recvfrom(2048)
    told = {"address": address, "port": client[1], "raw_ns": time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW), "bytes": request.hex()}
    os.write(1, (json.dumps(told) + "\n").encode())  # whole lines, as others write there too
    if len(request) < 48:
        return
    for part in MODES[mode](request):
        link.sendto(part, client)


def run_one(address, mode):
    """A process each: one that sleeps must not hold up the others."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((address, PORT))
        os.write(ready[1], b"1")
        while True:
            serve(link, address, mode)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("servers", nargs="+", metavar="ADDRESS=MODE", help=f"modes: {', '.join(MODES)}")
servers = [word.split("=") for word in parser.parse_args().servers]
ready = os.pipe()
children = []
for own_address, own_mode in servers:
    child = os.fork()
    if child == 0:
        die_with_parent()
        run_one(own_address, own_mode)
    children.append(child)


def stop(*_):
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
for _ in servers:
    select.select([ready[0]], [], [], 10)
    os.read(ready[0], 1)
print("ready", flush=True)
while True:
    signal.pause()
