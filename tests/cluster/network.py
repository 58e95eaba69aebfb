# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab's two networks, made of bridges in a namespace of their own: the cluster network (corosync), which can be
partitioned, and the time network (NTP), which cannot, except for single hosts that are cut off."""

from netspace import Namespace

CLUSTER_NET = "10.77.1."
TIME_NET = "10.77.2."
NTP = TIME_NET + "254"
NTP_ALIAS = TIME_NET + "253"
OTHER = TIME_NET + "252"
PUBLIC = "203.0.113.5"


class Network:
    def __init__(self, name, groups):
        self.switch = Namespace(name)
        self.groups = groups

    def create(self):
        self.switch.create()
        self.switch.wait_ready()
        bridges = ["time"] + [f"ring{group}" for group in range(self.groups)]
        self._batch(f"link add {bridge} type bridge" for bridge in bridges)
        self._batch(f"link set {bridge} up" for bridge in bridges)

    def _batch(self, lines):
        self.switch.run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def plug(self, namespace, host, interface, bridge, addresses):
        """Gives a host an interface on a bridge; its port is named after both."""
        port = f"{host}-{interface}"
        self._batch([f"link add {port} type veth peer name {interface} netns {namespace.holder.pid}",
                     f"link set {port} master {bridge} up"])
        lines = [f"address add {address} dev {interface}" for address in addresses] + [f"link set {interface} up"]
        namespace.run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def port(self, host, interface, up):
        self._batch([f"link set {host}-{interface} {'up' if up else 'down'}"])

    def partition(self, groups):
        """Each group of host names gets the ring bridge of its own."""
        self._batch(f"link set {host}-ring master ring{number}" for number, group in enumerate(groups) for host in group)

    def remove(self):
        self.switch.remove()
