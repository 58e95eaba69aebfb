# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real pacemaker on the nodes of the lab: corosync in network namespaces, each node with directories of its own."""

import os
import re
import shutil

from box import Box
from lab import Lab

DIRECTORIES = ("/var/lib/pacemaker", "/var/log/pacemaker")
# An election waits for so long for nodes that it does not hear of; the default is 20 s.
CIB = """<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config><cluster_property_set id="cib-bootstrap-options">
<nvpair id="o1" name="dc-deadtime" value="2s"/><nvpair id="o2" name="stonith-enabled" value="false"/>
</cluster_property_set></crm_config><nodes/><resources/><constraints/></configuration><status/></cib>
"""
UP_S = 60


def missing():
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("pacemakerd", path="/usr/sbin") or not os.path.exists("/usr/lib/ocf/resource.d/pacemaker/Dummy"):
        return "pacemaker, pacemaker-cli-utils or pacemaker-resource-agents is not installed"
    return None


class NodeBox(Box):
    """timeguard-gate on a node of the lab."""

    def __init__(self, program, node):
        super().__init__(program)
        self.node = node
        node.space.run("mkdir", "-m", "0700", "/run/timeguard/gate")

    def inside(self, path):
        return self.node.space.path(path)

    def run(self, *argv, timeout_s=40, env=None):
        words = [f"{key}={value}" for key, value in (env or {}).items()]
        return self.node.space.run("env", *words, *argv, check=False, timeout_s=timeout_s)


class Cluster:
    def __init__(self, build):
        self.program = os.path.join(build, "timeguard-gate")
        self.lab = Lab(3, build, agents=False)
        self.daemons = {}

    def __enter__(self):
        self.lab.__enter__()
        try:
            for number, node in self.lab.nodes.items():
                self._prepare(node)
                self.daemons[number] = node.program("pacemakerd", "/usr/sbin/pacemakerd", env={"PCMK_logfile": "none"})
                self.daemons[number].start()
            self.boxes = {number: NodeBox(self.program, node) for number, node in self.lab.nodes.items()}
            self.lab.wait_for(self.ready, UP_S, "pacemaker on all nodes", every_s=0.5)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _prepare(self, node):
        for directory in DIRECTORIES:
            node.space.run("mount", "-t", "tmpfs", "tmpfs", directory)
        node.space.run("sh", "-c", "cd /var/lib/pacemaker && mkdir cib pengine blackbox cores && mkdir -p /run/resource-agents && "
                                   "chown -R hacluster:haclient . /var/log/pacemaker && chmod 0750 *")
        node.space.write("/var/lib/pacemaker/cib/cib.xml", CIB, 0o600)
        node.space.run("chown", "hacluster:haclient", "/var/lib/pacemaker/cib/cib.xml")

    def __exit__(self, *_):
        for daemon in self.daemons.values():
            daemon.kill()
        self.lab.__exit__()

    def tool(self, number, *words, check=True):
        return self.lab.nodes[number].space.run(*words, check=check, timeout_s=60).stdout.strip()

    def dc(self, number=1):
        return self.tool(number, "crmadmin", "--quiet", "--dc_lookup", "--timeout", "2s", check=False)

    def idle(self, number=1):
        dc = self.dc(number)
        return dc and self.tool(number, "crmadmin", "--quiet", "--status", dc, "--timeout", "2s", check=False) == "S_IDLE"

    def ready(self):
        online = self.tool(1, "crm_mon", "-1", "--output-as=xml", check=False).count('online="true"')
        return online == 3 and self.idle()

    def option(self, name, value):
        """None: removes it."""
        words = ("--delete",) if value is None else ("--update", value)
        self.tool(1, "crm_attribute", "--type", "crm_config", "--name", name, *words)

    def read_option(self, name):
        return self.tool(1, "crm_attribute", "--type", "crm_config", "--name", name, "--query", "--quiet", check=False)

    def health(self):
        """{number: colour}, of the nodes that have one."""
        said = self.tool(1, "attrd_updater", "--name", "#health-time", "--query", "--all", check=False)
        return {int(number): colour for number, colour in re.findall(r'host="n(\d+)" value="(\w+)"', said)}

    def create(self, section, xml):
        self.tool(1, "cibadmin", "--create", "--scope", section, "--xml-text", xml)

    def delete(self, xml):
        self.tool(1, "cibadmin", "--delete", "--xml-text", xml, check=False)

    def add_dummy(self, name, node):
        """A resource that prefers a node, looked at every second."""
        self.create("resources", f'<primitive id="{name}" class="ocf" provider="pacemaker" type="Dummy"><operations>'
                                 f'<op id="{name}-monitor" name="monitor" interval="1s" timeout="20s"/></operations></primitive>')
        self.create("constraints", f'<rsc_location id="loc-{name}" rsc="{name}" node="n{node}" score="100"/>')
        self.lab.wait_for(lambda: self.where(name) == [node], 20, f"{name} on n{node}")

    def state_file(self, name, number):
        return self.lab.nodes[number].space.path(f"/run/Dummy-{name}.state")

    def where(self, name):
        """The nodes on which the resource really runs."""
        return [number for number in self.lab.nodes if os.path.exists(self.state_file(name, number))]

    def break_resource(self, name, number):
        os.unlink(self.state_file(name, number))

    def order(self, number, *arguments, **changes):
        return self.boxes[number].order(*arguments, backend="pacemaker", **changes)


