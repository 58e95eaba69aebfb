#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A FUSE file system that hangs, as pmxcfs may: hangfs.py DIRECTORY mounts it there with one file, .members. It answers until SIGUSR1 comes and
then no more, whoever asks; it ends, and all that hang with it, when it is killed. Speaks the kernel's protocol (linux/fuse.h, 7.31) by hand."""

import ctypes
import errno
import os
import signal
import struct
import sys

TEXT = b'{"nodename":"n1","version":1,"cluster":{"name":"c","version":1,"nodes":1,"quorate":1},"nodelist":{}}\n'
LOOKUP, GETATTR, OPEN, READ, STATFS, RELEASE, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, FORGET = 1, 3, 14, 15, 17, 18, 26, 27, 28, 29, 34, 2
ROOT, FILE = 1, 2


def attributes(node):
    mode, size = (0o40755, 0) if node == ROOT else (0o100640, len(TEXT))
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, 1, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(code, node, body):
    """(errno, bytes) of one request."""
    if code == INIT:
        return 0, struct.pack("<IIIIHHIIHHI28x", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, 0, 0)
    if code == GETATTR:
        return 0, struct.pack("<QII", 0, 0, 0) + attributes(node)
    if code == LOOKUP:
        if body.rstrip(b"\0") != b".members":
            return errno.ENOENT, b""
        return 0, struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + attributes(FILE)
    if code in (OPEN, OPENDIR):
        return 0, struct.pack("<QII", 0, 1, 0)  # FOPEN_DIRECT_IO: each read asks
    if code == READ:
        _, offset, size = struct.unpack_from("<QQI", body)
        return 0, TEXT[offset:offset + size]
    if code == STATFS:
        return 0, struct.pack("<QQQQQIII6I4x", 0, 0, 0, 0, 0, 512, 255, 0, 0, 0, 0, 0, 0, 0)[:80]
    if code in (RELEASE, RELEASEDIR, READDIR, ACCESS):
        return 0, b""
    return errno.ENOSYS, b""


def serve(device):
    while True:
        try:
            request = os.read(device, 1 << 20)
        except InterruptedError:
            continue
        _, code, unique, node = struct.unpack_from("<IIQQ", request)
        if code == FORGET:
            continue
        error, body = answer(code, node, request[40:])
        os.write(device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)


def main(directory):
    def hang(*_):
        while True:
            signal.pause()
    signal.signal(signal.SIGUSR1, hang)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions".encode()
    if ctypes.CDLL(None, use_errno=True).mount(b"hangfs", directory.encode(), b"fuse", 0, options) != 0:
        print(os.strerror(ctypes.get_errno()))
        return 1
    print("ready", flush=True)
    serve(device)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
