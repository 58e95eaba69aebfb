# SPDX-License-Identifier: LGPL-2.1-or-later
"""A system bus in a node's namespace: a real dbus-daemon with Debian's own policy and the project's, at the place where programs look for it."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY = os.path.join(os.path.dirname(os.path.dirname(HERE)), "packaging/dbus/org.timeguard1.conf")
SYSTEM = "/usr/share/dbus-1/system.conf"
LAX = '<policy context="mandatory"><allow own="*"/><allow send_type="method_call"/></policy>'


class Bus:
    def __init__(self, node):
        self.node = node
        self.program = None

    def configuration(self, policy):
        with open(SYSTEM, encoding="utf-8") as file:
            text = re.sub(r"<!--.*?-->", "", file.read(), flags=re.S)
        for gone in (r"<user>messagebus</user>", r"<fork/>", r"<standard_system_servicedirs/>", r"<servicehelper>.*?</servicehelper>", r"<pidfile>.*?</pidfile>",
                     r"<syslog/>", r"<include[^>]*>.*?</include>", r"<includedir>.*?</includedir>"):
            text = re.sub(gone, "", text)
        return text.replace("</busconfig>", f"{policy}</busconfig>")

    def start(self, lax=False):
        """With the project's policy, or with one that lets everybody do everything."""
        with open(POLICY, encoding="utf-8") as file:
            ours = re.search(r"<busconfig>(.*)</busconfig>", file.read(), re.S)[1]
        path = self.node.file("bus.conf", self.configuration(LAX if lax else ours))
        self.node.space.run("mkdir", "-p", "/run/dbus")
        if not self.program:
            self.program = self.node.program("dbus", "/usr/bin/dbus-daemon", f"--config-file={path}", "--nofork", "--nopidfile")
        self.node.space.run("rm", "-f", "/run/dbus/system_bus_socket")
        self.program.start()

    def stop(self):
        if self.program and self.program.running():
            self.program.kill()
