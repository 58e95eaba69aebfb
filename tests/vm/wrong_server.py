#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A time server of stratum 3 whose clock is wrong. Usage: wrong_server.py ADDRESS SECONDS"""

import socket
import struct
import sys
import time

TO_1900_S = 2208988800
REFERENCE = bytes([192, 0, 2, 1])
MODE_CLIENT = 3


def stamp(ahead_s):
    seconds, rest = divmod(time.time_ns() + int(ahead_s * 1e9), 1000000000)
    return struct.pack(">II", (seconds + TO_1900_S) & 0xFFFFFFFF, (rest << 32) // 1000000000)


def answer(request, ahead_s):
    received = stamp(ahead_s)
    return struct.pack(">BBbbII4s", 4 << 3 | 4, 3, 6, -20, 0x100, 0x100, REFERENCE) + stamp(ahead_s - 10) + request[40:48] + received + stamp(ahead_s)


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    link.bind((sys.argv[1], 123))
    while True:
        asked, client = link.recvfrom(2048)
        if len(asked) >= 48 and asked[0] & 7 == MODE_CLIENT:
            link.sendto(answer(asked, float(sys.argv[2])), client)
