# SPDX-License-Identifier: LGPL-2.1-or-later
"""All measurements of one real cluster in namespaces, in the order in which they disturb each other least."""

import json
import os
import statistics
import subprocess
import sys
import time

import goals
import machine
from figures import Table, goal_for, percentile, spread
from program import die_with_parent
from steps import SECONDS_A_STEP, Steps
from usage import Usage
from widths import Widths

HERE = os.path.dirname(os.path.abspath(__file__))
SETTLE_S = 5
START_S = 20  # of the agents without the shim
CLI_ROUNDS, CLI_PAUSE_S = 50, 0.15


def text(options):
    return ("All nodes share the machine. Their clocks are the test shim's, and the shim is part of the agents' CPU time and memory where "
            f"no row says otherwise. corosync runs {'with' if options.sched_rr else 'without'} realtime scheduling. `cores busy` counts "
            "everything that ran. A goal between two sizes of the design's table lies on the straight line.")


def estimate_s(nodes, options):
    """How long a cluster of this size takes, about, on a quiet machine."""
    spans = 4 + options.loads(nodes)  # usage, widths, without the shim, without agents
    return (12 + 2 * nodes + options.warm_up + spans * options.seconds + 3 * SETTLE_S + START_S + 2 * CLI_ROUNDS * (CLI_PAUSE_S + 0.02)
            + options.steps_at(nodes) * SECONDS_A_STEP)


class Load:
    """So many processes that do nothing but count."""

    def __init__(self, count):
        self.processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=die_with_parent)
                          for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


class ClusterBench:
    def __init__(self, lab, options, say):
        self.lab, self.options = lab, options
        self.n = lab.size
        self.say = lambda what: say(f"{self.n} nodes: {what}")
        self.table, self.raw = Table("what", "measured"), {}

    def run(self):
        self.say("warming up")
        self.lab.wait_agreed(60)
        time.sleep(self.options.warm_up)
        idle = self.usage()
        self.widths("idle", goals.IDLE_WIDTH_MS)
        if self.options.loads(self.n):
            self.loaded()
        self.commands()
        if self.options.steps_at(self.n):
            self.steps(self.options.steps_at(self.n))
        self.without_shim()
        self.without_agents(idle)

    def widths(self, state, goal_ms):
        self.say(f"widths, {state}")
        widths, busy = Widths(self.lab), machine.Busy()
        widths.run(self.options.seconds)
        values = widths.half_widths_ns
        about = f"; {busy.cores():.1f} cores busy" + (f", {widths.silent} polls unanswered" if widths.silent else "")
        what, figure = f"half width of a pair bound, {state}", spread(values, 1e6, "ms") + about
        if self.n <= goals.WIDTH_NODES:
            self.table.add_limit(what, figure, f"p99 {goal_ms} ms", percentile(values, 99) if values else None, goal_ms * 1e6)
        else:
            self.table.add(what, figure)
        self.table.add(f"smallest provable budget, {state}", spread(widths.smallest_ns, 1e6, "ms"))
        self.table.add_limit(f"truth outside a bound, {state}", f"{len(widths.outside)} of {widths.checked} "
                             f"({widths.unbounded} without a fresh bound)", "0", len(widths.outside) if widths.checked else None, 0)
        self.raw[f"widths {state}"] = {"half_widths_ns": values, "pairs": widths.pairs, "outside": widths.outside}

    def loaded(self):
        count = self.options.load or os.cpu_count()
        with Load(count):
            time.sleep(SETTLE_S)
            self.widths(f"{count} busy processes", goals.LOADED_WIDTH_MS)
        self.lab.wait_agreed(60)
        time.sleep(SETTLE_S)

    def commands(self):
        """timeguard, and what else an administrator would ask, in turns on node 1."""
        self.say("commands")
        commands = {"timeguard status": [self.lab.timeguard, "status"], "corosync-quorumtool -s": ["/usr/sbin/corosync-quorumtool", "-s"],
                    "chronyc tracking": ["/usr/bin/chronyc", "tracking"], "true": ["/bin/true"]}
        wanted = {"commands": commands, "rounds": CLI_ROUNDS, "pause_s": CLI_PAUSE_S}
        helper = os.path.join(HERE, "spawn_times.py")
        result = self.lab.nodes[1].space.run("/usr/bin/python3", helper, json.dumps(wanted), timeout_s=120)
        times = json.loads(result.stdout)
        for sink, target in (("null", "/dev/null"), ("pipe", "a pipe")):
            quorumtool = statistics.median(times["corosync-quorumtool -s"][sink])
            for name, values in times.items():
                self.command_row(name, target, values[sink], quorumtool)
        self.raw["commands"] = times

    def command_row(self, name, target, values, quorumtool):
        ratio = statistics.median(values) / quorumtool
        figure = (f"median {statistics.median(values) / 1e6:.2f}, p10 {percentile(values, 10) / 1e6:.2f}, "
                  f"p90 {percentile(values, 90) / 1e6:.2f} ms; {ratio:.2f} of quorumtool's (n {len(values)})")
        if name == "timeguard status":
            self.table.add(f"`{name}` to {target}", figure, goal=f"ratio below {goals.STATUS_RATIO}", met=ratio < goals.STATUS_RATIO)
        else:
            self.table.add(f"`{name}` to {target}", figure)

    def steps(self, count):
        self.say(f"{count} steps")
        steps = Steps(self.lab, self.options.seed)
        steps.run(count)

        def limited(what, values, goal_ms):
            self.table.add_limit(f"100 ms step: {what}", spread(values, 1e6, "ms", 1), f"p99 {goal_ms} ms",
                                 percentile(values, 99) if values else None, goal_ms * 1e6)
        limited("its report leaves the stepping node (undoings too)", steps.sent_ns, goals.STEP_SENT_MS)
        self.table.add("100 ms step: `node-stepped` told by the stepping node (once in a minute)", spread(steps.own_ns, 1e6, "ms", 1))
        self.table.add("100 ms step: `node-beyond` told by the stepping node", spread(steps.own_beyond_ns, 1e6, "ms", 1))
        self.table.add("100 ms step: `node-beyond` told by the first node", spread(steps.first_beyond_ns, 1e6, "ms", 1))
        limited("`node-beyond` told by every node", steps.all_ns, goals.STEP_TOLD_MS)
        wrong = (steps.missed, steps.blamed, steps.repeated)
        self.table.add_limit("steps not told by every node; others blamed; told twice", "; ".join(map(str, wrong)), "0; 0; 0", sum(wrong), 0)
        self.say(f"{steps.seconds:.1f} s a step")
        self.raw["steps"] = {name: value for name, value in vars(steps).items() if name not in ("lab", "random", "watch")}

    def usage(self, shim=True):
        where = "" if shim else ", without the shim"
        self.say(f"CPU, memory and bytes{where}")
        usage = Usage(self.lab, self.options.seconds)
        self.cpu_row(usage, where)
        self.memory_row(usage, "", where)
        if shim:
            self.memory_row(usage, "_without", ", without the shim's mappings")
        self.raw[f"usage{where}"] = vars(usage)
        return usage

    def cpu_row(self, usage, where):
        goal, values = goal_for(goals.CPU, self.n), usage.agent_percent
        self.table.add_limit(f"agent's CPU, idle, % of a core{where}", f"mean {statistics.mean(values):.3f}, max {max(values):.3f}; "
                             f"{usage.busy_cores:.1f} cores busy", f"{goal:.2f}", max(values), goal)

    def memory_row(self, usage, suffix, where):
        goal = goal_for(goals.MEMORY_MIB, self.n)
        largest = max(usage.memory, key=lambda m: m[f"Rss{suffix}"])
        mib = {name: value / 1024 for name, value in largest.items()}
        parts = "" if suffix else f"; own {mib['RssAnon']:.1f}, files {mib['RssFile']:.1f}, shared with corosync {mib['RssShmem']:.1f}, peak {mib['VmHWM']:.1f}"
        self.table.add_limit(f"agent's resident memory (RSS){where}",
                             f"max {mib[f'Rss{suffix}']:.2f} MiB (PSS {mib[f'Pss{suffix}']:.2f}, USS {mib[f'Uss{suffix}']:.2f}{parts})",
                             f"{goal:.1f} MiB", mib[f"Rss{suffix}"], goal)

    def without_shim(self):
        """The agents as a package has them, on the machine's own clocks: all of them agree at once, and chronyd is asked as before."""
        for node in self.lab.nodes.values():
            node.agent.env = {}
            node.agent.restart()

        def heard():
            documents = [self.lab.status(number) for number in self.lab.nodes]
            return all(d and d["cluster"]["connected"] and not d["cluster"]["absent"] and all(p["low_ns"] is not None for p in d["pairs"])
                       for d in documents)
        self.lab.wait_for(heard, 60, "the agents without the shim to hear each other")
        time.sleep(START_S)
        self.usage(shim=False)

    def without_agents(self, idle):
        for node in self.lab.nodes.values():
            node.agent.stop()
        time.sleep(SETTLE_S)
        self.say("without agents")
        bare = Usage(self.lab, self.options.seconds)
        goal = goal_for(goals.RECEIVED, self.n)
        own = [a - b for a, b in zip(idle.received, bare.received)]
        self.table.add_limit("received bytes of a node, ours", f"max {max(own) / 1000:.2f} KB/s (all: {max(idle.received) / 1000:.2f}, "
                             f"without agents: {max(bare.received) / 1000:.2f})", f"{goal / 1000:.1f} KB/s", max(own), goal)
        with_agents, without = statistics.mean(idle.corosync_percent), statistics.mean(bare.corosync_percent)
        self.table.add("corosync's CPU, % of a core", f"mean {with_agents:.3f} with agents, {without:.3f} without "
                       f"({with_agents - without:+.3f}); {idle.busy_cores:.2f} and {bare.busy_cores:.2f} cores busy")
        self.raw["bare"] = vars(bare)
