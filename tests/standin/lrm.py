# SPDX-License-Identifier: LGPL-2.1-or-later
"""The local resource manager of a node, and its workers."""

import cluster
import daemon

CODES = {"SUCCESS": 0, "ERROR": 1, "EWRONG_NODE": 3}  # Tools.pm:14-22 @ 5.2.0


class Worker:
    def __init__(self, sid, uid, state, target):
        self.sid, self.uid, self.state, self.target = sid, uid, state, target
        self.tries, self.done_at = 0, None  # None: not started

    def started(self):
        return self.done_at is not None


class Lrm(daemon.Daemon):
    name = "lrm"

    def __init__(self, world, node, mux):
        super().__init__(world, node, mux, cluster.PveLock(world, node, f"ha_agent_{node}_lock"))
        self.mode, self.wrote = "active", False
        self.services, self.node_status, self.manager_status = {}, "unknown", {}
        self.workers, self.results, self.tries = {}, {}, {}
        self.set_state("wait_for_agent_lock")

    def before(self):
        if not self.wrote:
            row = yield from self.decide("lrm.begin", self.state)
            if row.next != "written":
                yield from self.rest(row, self.wall())
                return None if row.next == "exit" else False
            self.wrote = True
        self.read_status()
        return True

    def stop(self):
        """SIGTERM."""
        row = self.decide_now("lrm.stop", self.mode)
        if row.next != "=":
            self.mode = row.next
            self.write_status()

    def read_status(self):
        """update_service_status; its value is whether manager_status could be read."""
        try:
            status = self.world.read_json(self.node, "ha/manager_status")
        except ValueError as error:
            self.log(f"updating service status from manager failed: {error}")
            return False
        self.manager_status, self.services = status, status.get("service_status") or {}
        self.node_status = status.get("node_status", {}).get(self.node) or "unknown"
        row = self.decide_now("lrm.mode", self.mode)
        if row is not None and row.next != "=":
            self.mode = row.next
        return True

    def write_status(self):
        status = {"state": self.state, "mode": self.mode, "results": self.results, "timestamp": self.wall()}
        try:
            self.world.write_json(self.node, f"nodes/{self.node}/lrm_status", status)
        except cluster.Refused:
            return False
        return True

    # -- workers

    def run_workers(self):
        begin_s = self.wall()
        while self.wall() - begin_s <= self.constants["workers_window_s"]:
            count = self._finish_workers()
            for worker in sorted(self.workers.values(), key=lambda worker: (-worker.tries, worker.sid)):
                if worker.started():
                    continue
                worker.tries += 1
                if count < self.constants["workers_max"]:
                    worker.done_at = self.world.schedule.now() + GuestCall(self, worker).seconds()
                    count += 1
            if not count:
                break
            yield self.constants["workers_pause_s"]
        return len(self.workers)

    def _finish_workers(self):
        """How many still work."""
        for worker in list(self.workers.values()):
            if worker.started() and worker.done_at <= self.world.schedule.now():
                self._finish(worker)
        return sum(worker.started() for worker in self.workers.values())

    def _finish(self, worker):
        del self.workers[worker.sid]
        code = self.answer("lrm.agent", worker.state, GuestCall(self, worker))
        if self.answer("lrm.result", code, Outcome(self, worker)) == "report":
            self.results[worker.uid] = {"sid": worker.sid, "state": worker.state, "exit_code": CODES[code]}
            valid = {service.get("uid") for service in self.services.values()}
            self.results = {uid: result for uid, result in self.results.items() if uid in valid}

    # -- words of the table

    def is_write_status(self):
        return self.write_status()

    def do_write_status(self):
        self.write_status()

    def is_status_read(self):
        return self.read_status()

    def is_maintenance_wanted(self):
        return bool(self.manager_status.get("node_request", {}).get(self.node, {}).get("maintenance"))

    def is_disarm_wanted(self):
        return bool(self.manager_status.get("disarm"))

    def do_request_shutdown(self):
        self.stopping = True

    def do_request_restart(self):
        self.stopping, self.mode = True, "restart"
        self.log("restart LRM, freeze all services")

    def is_restart(self):
        return self.mode == "restart"

    def is_maintenance(self):
        return self.mode == "maintenance"

    def is_disarm(self):
        return self.mode == "disarm"

    def is_fence_wanted(self):
        fenced = any(s.get("node") == self.node and s.get("state") == "fence" for s in self.services.values())
        return fenced or self.node_status == "fence"

    def is_services(self):
        """active_service_count"""
        return any(self.answer("lrm.counts", service.get("state"), ServiceHere(self, sid, service)) == "yes"
                   for sid, service in self.services.items())

    def is_local_services(self):
        return any(service.get("node") == self.node for service in self.services.values())

    def is_workers(self):
        return (yield from self.run_workers()) > 0

    def is_agent_lock(self):
        return (yield from self.protected_lock())

    def has_lock(self):
        self.decide_now("lrm.watchdog", "-")

    def is_idle_long(self):
        return self.idle_rounds + 1 > self.constants["lrm_idle_rounds"]

    def is_lost_long(self):
        return self.wall() - self.changed_s > self.constants["give_up_s"]

    def do_manage(self):
        for sid, service in self.services.items():
            self.decide_now("lrm.queue", service["state"], ServiceHere(self, sid, service))
        yield from self.run_workers()


class ServiceHere:
    """A service as the LRM finds it in manager_status."""

    def __init__(self, lrm, sid, service):
        self.lrm, self.sid, self.service = lrm, sid, service

    def is_here(self):
        return self.service.get("node") == self.lrm.node

    def is_target_here(self):
        return self.service.get("target") == self.lrm.node

    def is_has_result(self):
        return self.service["uid"] in self.lrm.results

    def is_working(self):
        worker = self.lrm.workers.get(self.sid)
        return worker is not None and worker.started()

    def do_queue(self):
        self.lrm.workers[self.sid] = Worker(self.sid, self.service["uid"], self.service["state"], self.service.get("target"))


class GuestCall:
    """A worker at its guest."""

    def __init__(self, lrm, worker):
        self.lrm, self.worker, self.world = lrm, worker, lrm.world
        self.guest = self.world.guests[worker.sid]

    def seconds(self):
        if self.worker.state in ("migrate", "relocate"):
            return self.guest.move_s
        if self.worker.state == "started":
            return 0 if self.guest.running else self.guest.start_s
        return self.guest.stop_s if self.guest.running else 0

    def _act(self, text):
        self.world.log("action", self.lrm.node, f"{text} {self.guest.sid}")

    def is_guest_here(self):
        return self.guest.node == self.lrm.node

    def is_running(self):
        return self.guest.running

    def is_startable(self):
        return self.guest.startable

    def is_movable(self):
        return self.guest.movable

    def do_start(self):
        self.guest.running = True
        self._act("start")

    def do_stop(self):
        self.guest.running = False
        self._act("stop")

    def do_move(self):
        self.guest.node = self.worker.target
        self.world.write_guests()
        self._act(f"move to {self.worker.target}")


class Outcome:
    """The exit code of a worker."""

    def __init__(self, lrm, worker):
        self.lrm, self.worker, self.guest = lrm, worker, lrm.world.guests[worker.sid]

    def is_command_started(self):
        return self.worker.state == "started"

    def is_tries_used(self):
        return self.lrm.tries.get(self.worker.sid, 0) >= self.guest.max_restart

    def do_count_try(self):
        self.lrm.tries[self.worker.sid] = self.lrm.tries.get(self.worker.sid, 0) + 1

    def do_reset_tries(self):
        self.lrm.tries[self.worker.sid] = 0
