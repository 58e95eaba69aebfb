#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Wall time of commands, from posix_spawn to the end, in turns: A B C A B C. Runs inside a node's namespaces, so that entering them
is not counted. Takes one JSON object (commands, rounds, pause_s) as argument and prints {name: {"null": [ns], "pipe": [ns]}}.

The pause between two rounds is longer than an agent's status document may be shared: each round has one made anew."""

import json
import os
import sys
import time


def now_ns():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


def finish(pid, argv):
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not 0 <= status <= 3:
        raise SystemExit(f"{argv[0]} ended with {status}")


def to_null(argv):
    actions = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0), (os.POSIX_SPAWN_DUP2, 1, 2)]
    begin_ns = now_ns()
    finish(os.posix_spawn(argv[0], argv, os.environ, file_actions=actions), argv)
    return now_ns() - begin_ns


def to_pipe(argv):
    reader, writer = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, writer, 1)]
    begin_ns = now_ns()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
    os.close(writer)
    while os.read(reader, 65536):
        pass
    finish(pid, argv)
    took_ns = now_ns() - begin_ns
    os.close(reader)
    return took_ns


def main():
    wanted = json.loads(sys.argv[1])
    times = {name: {"null": [], "pipe": []} for name in wanted["commands"]}
    for turn in range(wanted["rounds"] + 1):
        for sink, measure in (("null", to_null), ("pipe", to_pipe)):
            time.sleep(wanted["pause_s"])
            for name, argv in wanted["commands"].items():
                took_ns = measure(argv)
                if turn > 0:  # the first fills the caches of files
                    times[name][sink].append(took_ns)
    print(json.dumps(times))


if __name__ == "__main__":
    main()
