# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the real program: processes, files and sockets. Part of test_standin.py."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

from suite import require, require_equal, test

HERE = os.path.dirname(os.path.abspath(__file__))
SPEED = 20
GUESTS = {"vm:101": {"node": "n1"}, "vm:102": {"node": "n2"}, "ct:103": {"node": "n3"}}


class Live:
    def __init__(self, versions=("5.2.0", "5.2.0", "5.2.0"), speed=SPEED, **more):
        self.root = tempfile.mkdtemp(prefix="standin.")
        nodes = {f"n{number}": version for number, version in enumerate(versions, 1)}
        configuration = {"nodes": nodes, "guests": GUESTS, "speed": speed, **more}
        begin = time.monotonic()
        command = [sys.executable, "-B", os.path.join(HERE, "standin.py"), "serve", self.root, json.dumps(configuration)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        require_equal(self.process.stdout.readline(), "ready\n", "the first line")
        self.took_s = time.monotonic() - begin

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        shutil.rmtree(self.root)

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def run(self, node, program, *words, timeout=30):
        command = [os.path.join(HERE, "bin", program), *words]
        environment = {**os.environ, "STANDIN": self.path(node), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=False)

    def ctl(self, **request):
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "standin.py"), "ctl", self.root, json.dumps(request)],
                              capture_output=True, text=True, timeout=10, check=False)
        require_equal((done.returncode, done.stderr), (0, ""), f"{request}: {done.stdout}")
        return json.loads(done.stdout)

    def json(self, node, path):
        with open(self.path(node, "pve", path), encoding="utf-8") as file:
            return json.loads(file.read() or "{}")

    def armed(self):
        return [node for node in ("n1", "n2", "n3") if os.path.isdir(self.path(node, "run/watchdog-mux.active"))]

    def until(self, condition, limit_s, what):
        """Real seconds."""
        end = time.monotonic() + limit_s
        while not condition():
            require(time.monotonic() < end, f"not within {limit_s} s: {what}")
            time.sleep(0.02)

    def until_armed(self):
        self.until(lambda: self.armed() == ["n1", "n2", "n3"], 80 / SPEED + 3, "all armed")


@test
def test_live_disarm_and_arm():
    with Live() as live:
        require(live.took_s < 1.5, f"it starts within {live.took_s:.1f} s")
        live.until_armed()
        done = live.run("n2", "ha-manager", "crm-command", "disarm-ha", "freeze")
        require_equal((done.returncode, done.stdout, done.stderr), (0, "", ""), "disarm-ha")
        live.until(lambda: live.json("n3", "ha/manager_status").get("disarm", {}).get("state") == "disarmed", 5, "disarmed")
        live.until(lambda: live.armed() == [], 2, "markers")
        lrm = live.json("n1", "nodes/n3/lrm_status")
        require_equal((lrm["state"], lrm["mode"]), ("wait_for_agent_lock", "disarm"), "lrm_status")
        require_equal(live.run("n1", "ha-manager", "crm-command", "arm-ha").returncode, 0, "arm-ha")
        live.until_armed()
        done = live.run("n1", "ha-manager", "crm-command", "disarm-ha", "soft")
        require_equal((done.returncode, done.stderr), (255, "400 Parameter verification failed.\n"), "a wrong word")


@test
def test_live_files():
    with Live() as live:
        live.until_armed()
        members = live.json("n2", ".members")
        require_equal((members["nodename"], members["cluster"]["quorate"], members["nodelist"]["n3"]["online"]), ("n2", 1, 1), ".members")
        require_equal(live.json("n2", ".vmlist")["ids"]["103"]["type"], "lxc", ".vmlist")
        with open(live.path("n3/pve/ha/resources.cfg"), encoding="utf-8") as file:
            require("vm: 101\n\tstate started\n" in file.read(), "resources.cfg")
        live.ctl(do="partition", parts=[["n1", "n2"], ["n3"]])
        members = live.json("n3", ".members")
        require_equal((members["cluster"]["quorate"], members["nodelist"]["n1"]["online"]), (0, 0), ".members of the lost node")
        require_equal(stat.S_IMODE(os.lstat(live.path("n3/pve/local")).st_mode), 0o555, "local without quorum")
        require_equal(stat.S_IMODE(os.lstat(live.path("n1/pve/local")).st_mode), 0o755, "local with quorum")
        begin = time.monotonic()
        done = live.run("n3", "ha-manager", "crm-command", "disarm-ha", "freeze")
        require_equal((done.returncode, done.stderr.splitlines()[-1]), (13, "cfs-lock 'domain-ha' error: no quorum!"), "no quorum")
        require(8 / SPEED < time.monotonic() - begin < 14 / SPEED + 1, "10 s at this speed")
        stamp = live.json("n3", "ha/manager_status")["timestamp"]
        time.sleep(30 / SPEED)
        require_equal(live.json("n3", "ha/manager_status")["timestamp"], stamp, "the lost node sees what was")
        require(live.json("n1", "ha/manager_status")["timestamp"] > stamp, "the others go on")
        live.until(lambda: os.path.exists(live.path("n3/reset")), 120 / SPEED, "the file that tells of a reset")


@test
def test_live_units():
    with Live(("4.0.6", "4.0.6", "4.0.6")) as live:
        live.until_armed()
        require_equal(live.run("n2", "dpkg-query", "-W", "-f=${Version}", "pve-ha-manager").stdout, "4.0.6", "dpkg-query")
        done = live.run("n2", "ha-manager", "crm-command", "disarm-ha", "freeze")
        require(done.returncode == 255 and "unknown command" in done.stderr, done.stderr)
        require_equal(live.run("n2", "systemctl", "stop", "--no-block", "pve-ha-lrm").returncode, 0, "stop --no-block")
        done = live.run("n2", "systemctl", "is-active", "pve-ha-lrm.service")
        require_equal((done.returncode, done.stdout), (3, "deactivating\n"), "is-active")
        show = ["systemctl", "show", "-p", "ActiveState", "pve-ha-lrm"]
        live.until(lambda: live.run("n2", *show).stdout == "ActiveState=inactive\n", 4, "inactive")
        require_equal(live.armed(), ["n1", "n3"], "markers")
        require_equal(live.run("n2", "systemctl", "start", "pve-ha-lrm").returncode, 0, "start")
        live.until_armed()
        require_equal(live.run("n1", "systemctl", "stop", "pve-ha-crm").returncode, 0, "stop waits")
        require_equal(live.run("n1", "systemctl", "is-active", "pve-ha-crm").stdout, "inactive\n", "and it is")


@test
def test_live_daemon_in_the_foreground():
    """As the main process of a unit of a real systemd."""
    with Live(start=False) as live:
        programs = []
        for unit in ("watchdog-mux", "pve-ha-crm", "pve-ha-lrm"):
            command = [os.path.join(HERE, "bin", unit)]
            programs.append(subprocess.Popen(command, env={**os.environ, "STANDIN": live.path("n1"), "PYTHONDONTWRITEBYTECODE": "1"}))
            live.until(lambda: live.ctl(do="state")["nodes"]["n1"]["units"][unit] == "active", 3, unit)
        live.until(lambda: live.armed() == ["n1"], 80 / SPEED + 3, "armed")
        programs[2].terminate()
        require_equal(programs[2].wait(60 / SPEED + 3), 0, "pve-ha-lrm ends at SIGTERM")
        programs[1].kill()
        live.until(lambda: os.path.exists(live.path("n1/reset")), 30 / SPEED + 3, "a killed CRM master resets the node")
        programs[1].wait(5)
        programs[0].kill()
        programs[0].wait(5)


@test
def test_live_clock():
    with Live(("5.2.0",), guests={"vm:101": {"node": "n1"}}) as live:
        live.until(lambda: live.armed() == ["n1"], 80 / SPEED + 3, "armed")
        before = live.ctl(do="state")["nodes"]["n1"]["wall"]
        with open(live.path("n1/clock"), "w", encoding="ascii") as file:
            file.write("-3000\n")
        require(live.ctl(do="state")["nodes"]["n1"]["wall"] < before - 2900, "wall clock")
        stamp = live.json("n1", "ha/manager_status")["timestamp"]
        time.sleep(40 / SPEED)
        require_equal(live.json("n1", "ha/manager_status")["timestamp"], stamp, "the master stands still")


@test
def test_live_clock_of_the_shim():
    sys.path.append(os.path.join(HERE, "../cluster"))
    import clockfile

    with Live(("5.2.0",), speed=1, guests={"vm:101": {"node": "n1"}}, start=False) as live:
        segment = [0] * len(clockfile.FIELDS.split())
        raw_ns, real_ns = clockfile.raw_now_ns(), time.time_ns()
        # MONOTONIC begins at 0 now; REALTIME is a day ahead
        segment[0], segment[5], segment[11] = raw_ns, real_ns + 86400 * 10**9, 10000
        with open(live.path("clock"), "wb") as file:
            file.write(clockfile.HEADER.pack(clockfile.MAGIC, 4, 1, 0, 0) + clockfile.SEGMENT.pack(*segment) * 4)
        before = live.ctl(do="state")["nodes"]["n1"]["wall"]
        os.symlink(live.path("clock"), live.path("n1/clock"))
        after = live.ctl(do="state")["nodes"]["n1"]["wall"]
        require(86399 <= after - before <= 86405, f"{after - before} s instead of a day")


@test
def test_live_hung_file_system():
    with Live() as live:
        live.until_armed()
        path, seen = live.path("n2/pve/ha/manager_status"), []
        live.ctl(do="hang", node="n2", hung=True)

        def read():
            with open(path, encoding="utf-8") as file:
                seen.append(file.read())

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            live.run("n2", "ha-manager", "status", timeout=1)
            require(False, "ha-manager answered")
        except subprocess.TimeoutExpired:
            pass
        require_equal((seen, stat.S_ISFIFO(os.stat(path).st_mode)), ([], True), "who reads stays")
        live.ctl(do="hang", node="n2", hung=False)
        reader.join(3)
        require("master_node" in (seen or [""])[0], "then it is told")
        require(stat.S_ISREG(os.stat(path).st_mode) and live.json("n2", "ha/manager_status")["master_node"] == "n1", "a file again")


@test
def test_live_watchdog_socket():
    with Live(start=False) as live:
        live.ctl(do="unit", node="n1", unit="watchdog-mux", verb="start")
        with socket.socket(socket.AF_UNIX) as feeder:
            feeder.connect(live.path("n1/run/watchdog-mux.sock"))
            live.until(lambda: live.armed() == ["n1"], 2, "armed")
            feeder.sendall(b"\0")
            feeder.sendall(b"V")
        live.until(lambda: live.armed() == [], 2, "closed cleanly")
        with socket.socket(socket.AF_UNIX) as feeder:
            feeder.connect(live.path("n1/run/watchdog-mux.sock"))
            live.until(lambda: live.armed() == ["n1"], 2, "armed")
        live.until(lambda: os.path.exists(live.path("n1/reset")), 20 / SPEED + 3, "closed without a V")
        require_equal(live.ctl(do="lock", node="n1", name="domain-ha", held=True), {"code": 0}, "a lock held by a test")


@test
def test_live_without_the_stand_in():
    with Live() as live:
        live.ctl(do="end")
        live.process.wait(5)
        done = live.run("n1", "ha-manager", "crm-command", "arm-ha")
        require(done.returncode == 255 and done.stderr.startswith("ipcc_send_rec[1] failed: "), done.stderr)
