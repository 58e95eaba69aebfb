# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of faults. A row: what is done, what must be seen on which node and within how many seconds, how long it lasts, what an administrator does at
its end (nothing, where the fault ends by itself), the seconds until all nodes agree again, and the alerts that belong to it. Any other alert is
a false one."""

import dataclasses

CHRONY = "/etc/chrony/chrony.conf"
POLL = "iburst minpoll 4 maxpoll 4"


@dataclasses.dataclass
class Fault:
    name: str
    do: list
    expect: list
    alerts: set = dataclasses.field(default_factory=set)
    hold_s: float = 0       # at least so long
    limit_s: float = 30     # until all that is expected has been seen
    mend: list = dataclasses.field(default_factory=list)
    recover_s: float = 90   # from its end until all agree
    short: bool = False     # of the short campaign
    before: list = dataclasses.field(default_factory=list)  # what the row needs and does not time
    check: list = dataclasses.field(default_factory=list)   # once all was seen
    after: list = dataclasses.field(default_factory=list)   # once all agree again
    resets: tuple = ()      # the names of nodes that this boots anew: no other may be


# What is done: each returns a function of the cluster.

def sh(number, command, limit_s=30):
    return lambda cluster: cluster.guests[number].run(command, limit_s)


def on_all(command, limit_s=30):
    return lambda cluster: cluster.run(command, limit_s)


def source(number, line):
    """Another source line in chronyd's configuration, and a restart, as after an edit."""
    return sh(number, f"sed -i 's/^\\(server\\|local\\|pool\\) .*/{line}/' {CHRONY} && systemctl restart chrony")


def step(number, seconds):
    return lambda cluster: cluster.note_step(number, cluster.guests[number].run(f"step {seconds}"))


def pause(number):
    return lambda cluster: cluster.guests[number].pause()


def resume(number):
    return lambda cluster: cluster.guests[number].resume()


def power_cut(number):
    return lambda cluster: cluster.guests[number].power_cut()


def link(number, up):
    return lambda cluster: cluster.link(number, up)


def server(name, verb):
    return lambda cluster: getattr(cluster.servers[name], verb)()


def no_ntp(number, dropped):
    """Whether what the node sends to UDP port 123 is lost, silently."""
    if not dropped:
        return sh(number, "tc qdisc del dev eth0 clsact")
    match = "match ip protocol 17 0xff match ip dport 123 0xffff"
    return sh(number, f"tc qdisc add dev eth0 clsact && tc filter add dev eth0 egress protocol ip u32 {match} action drop")


def option(*lines):
    """These lines at the end of every node's options; none: what was there is taken away."""
    change = f"printf '%s\\n' {' '.join(map(repr, lines))} >{EXTRA}" if lines else f"rm {EXTRA}"
    return on_all(f"{change} && timeguardd --check-config && systemctl reload timeguard")


def boot(number):
    return lambda cluster: cluster.guests[number].wait_boot(180)


def has(number, command, wanted, limit_s):
    """Until the command's output is this."""
    def look(cluster):
        guest = cluster.guests[number]
        cluster.wait_for(lambda: guest.run(command, check=False) == wanted, limit_s, f"'{wanted}' from {command}", 1)
    return look


def start_pacemaker(cluster):
    cluster.run("systemctl start pacemaker", 90)
    cluster.wait_for(lambda: cluster.guests[1].run("crm_mon -1 --output-as=xml", check=False).count('online="true"') == 3, 120, "pacemaker on all nodes", 2)
    cluster.guests[1].run("crm_attribute --type crm_config --name stonith-enabled --update false")


def gate_ready(cluster):
    """Every node has read its HA stack."""
    cluster.wait_for(lambda: all(text == "open" for text in cluster.run(HA_STATE).values()), 120, "all to have read pacemaker's state", 2)


def upgrade(number):
    return sh(number, "mountpoint -q /mnt || mount -o ro /dev/vdb /mnt; apt-get install -y /mnt/newer/timeguard_*.deb", 180)


HA_STATE = "timeguard status --json | perl -MJSON::PP -0777 -ne 'print decode_json($_)->{gate}{ha}{state} // q()'"
# all but a little is taken at once, also of what is reserved for root
FILL = "fallocate -l $(( $(stat -f -c '%f * %S' /) - 4194304 )) /fill; dd if=/dev/zero of=/fill2 bs=64k; true"
EAT = """(timeout 30 perl -e '$x = q(a) x (($ARGV[0] - 20) * 1048576); sleep 60' $(free -m | awk '/^Mem/ {print $7}') >/dev/null 2>&1 &)"""
MAINTENANCE = "crm_attribute --type crm_config --name maintenance-mode --query --quiet --default none"
EXTRA = "/etc/timeguard/timeguard.conf.d/vm2.conf"
GOOD_SOURCE = f"server 10.77.3.254 {POLL}"
OTHER_SOURCE = f"server 10.77.3.253 {POLL}"
PUBLIC_SOURCE = f"server 203.0.113.5 {POLL}"

# What a step brings with it until chronyd has undone it.
STEP = {"node-beyond", "node-stepped", "node-claim-contradicted", "node-drifting", "cluster-breached"}
GATE = {"gate-would-close", "gate-blocked"}  # past the gate limit of 5 s; Pacemaker is not running here
# A chronyd that starts anew, or finds its clock seconds off, is unsynchronised until it trusts its source again.
NEW_CHRONYD = {"node-chrony-silent", "node-unsynchronised", "node-holdover"}
# Where nothing can be measured or heard in time, that is what may be said, of chronyd too, which starves like all others: never that somebody is beyond.
UNPROVEN = {"cluster-unproven", "budget-unprovable", "not-heard", "node-mute", "node-chrony-silent", "node-holdover"}

UPGRADE = Fault("n2 is upgraded while the others run the older version; they are upgraded after it", [upgrade(2)],
                ["1 2 3: alert node-version", "1 2 3: verdict agreed"], {"node-version"}, hold_s=15, limit_s=60, mend=[upgrade(1), upgrade(3)])

FAULTS = [
    # corosync
    Fault("corosync is killed (-9) on n2 and started again", [sh(2, "systemctl kill -s KILL corosync")],
          ["1 3: n2 absent", "2: verdict unproven", "2: alert no-cluster"], {"no-cluster"}, mend=[sh(2, "systemctl start corosync")], short=True),
    Fault("corosync is stopped on n3 and started again", [sh(3, "systemctl stop corosync", 60)],
          ["1 2: n3 absent", "3: verdict unproven", "3: alert no-cluster"], {"no-cluster"}, mend=[sh(3, "systemctl start corosync")]),
    Fault("corosync stands still (SIGSTOP) on n1 for 10 s", [sh(1, "systemctl kill -s STOP corosync")],
          ["1 2 3: lives"], {"not-heard", "no-cluster", "node-mute", "cluster-unproven"}, hold_s=10, mend=[sh(1, "systemctl kill -s CONT corosync")]),
    Fault("corosync is restarted on n2", [sh(2, "systemctl restart corosync", 60)], ["1 2 3: lives"], {"no-cluster"}, hold_s=5),
    Fault("corosync reloads its configuration", [sh(1, "corosync-cfgtool -R")], ["1 2 3: verdict agreed"], set(), hold_s=10, short=True),
    # chronyd and the server
    Fault("chronyd is stopped on n3 and started again", [sh(3, "systemctl stop chrony")],
          ["1 2 3: alert node-chrony-silent n3"], NEW_CHRONYD, mend=[sh(3, "systemctl start chrony")], short=True),
    Fault("chronyd stands still (SIGSTOP) on n1 for 20 s", [sh(1, "systemctl kill -s STOP chrony")],
          ["1 2 3: alert node-chrony-silent n1"], NEW_CHRONYD, hold_s=20, mend=[sh(1, "systemctl kill -s CONT chrony")]),
    Fault("n2 follows its own clock (local stratum 10)", [source(2, "local stratum 10")],
          ["1 2 3: n2 local-clock", "1 2 3: alert node-local-clock n2"], NEW_CHRONYD | {"node-local-clock", "two-authorities"},
          mend=[source(2, GOOD_SOURCE)], short=True),
    Fault("n1 follows another internal server", [source(1, OTHER_SOURCE)],
          ["1 2 3: n1 foreign-source", "1 2 3: alert node-foreign-source n1"], NEW_CHRONYD | {"node-foreign-source", "two-authorities"},
          mend=[source(1, GOOD_SOURCE)], limit_s=45, short=True),
    Fault("n3 follows a public address", [source(3, PUBLIC_SOURCE)],
          ["1 2 3: n3 foreign-source", "1 2 3: alert node-public-source n3"], NEW_CHRONYD | {"node-foreign-source", "node-public-source", "two-authorities"},
          mend=[source(3, GOOD_SOURCE)], limit_s=45),
    Fault("what n2 sends to UDP port 123 is dropped", [no_ntp(2, True)], ["1 2 3: n2 holdover", "1 2 3: alert node-holdover n2"],
          {"node-holdover", "node-unsynchronised"}, limit_s=240, mend=[no_ntp(2, False)]),
    Fault("the server is dead", [server("ntp", "stop")], ["1 2 3: n1 holdover", "1 2 3: n2 holdover", "1 2 3: n3 holdover"],
          {"node-holdover", "node-unsynchronised"}, limit_s=240, mend=[server("ntp", "start")]),
    Fault("the server jumps by 1 h", [server("ntp", "stop"), server("wrong", "start")], ["1 2 3: alert pending-step"],
          {"pending-step", "node-drifting", "node-claim-contradicted"} | STEP | GATE, limit_s=180, mend=[server("wrong", "stop"), server("ntp", "start")],
          recover_s=400),
    # clocks
    Fault("the clock of n2 is set forward by 100 ms", [step(2, 0.1)],
          ["1 2 3: n2 beyond", "1 2 3: alert node-beyond n2", "1 2 3: alert node-stepped n2"], STEP, limit_s=10, short=True),
    Fault("date -s sets the clock of n1 forward by 2 s", [sh(1, "date -s '2 seconds'")],
          ["1 2 3: n1 beyond", "1 2 3: alert node-beyond n1", "1 2 3: alert node-stepped n1"], STEP, recover_s=180),
    Fault("date -s sets the clock of n3 back by 2 s", [sh(3, "date -s '2 seconds ago'")],
          ["1 2 3: n3 beyond", "1 2 3: alert node-beyond n3", "1 2 3: alert node-stepped n3"], STEP, recover_s=180),
    Fault("date -s sets the clock of n2 forward by 70 s; chronyd is restarted and steps it back", [sh(2, "date -s '70 seconds'")],
          ["1 2 3: n2 beyond", "1 2 3: alert node-beyond n2", "1 2 3: alert node-stepped n2"], STEP | NEW_CHRONYD | GATE | {"pending-step"}, hold_s=15,
          mend=[sh(2, "systemctl restart chrony")], recover_s=150),
    Fault("the clock of n1 runs 500 ppm too fast, without chronyd", [sh(1, "systemctl stop chrony && drift 500")],
          ["2 3: n1 beyond", "1 2 3: alert node-beyond n1"], STEP | NEW_CHRONYD, limit_s=300, mend=[sh(1, "drift 0; systemctl start chrony")], recover_s=180),
    Fault("n3 is paused for 3 s, less than the token: its clock falls behind", [pause(3)],
          ["1 2 3: n3 beyond", "1 2: alert node-beyond n3"], STEP | NEW_CHRONYD | {"node-oscillator"}, hold_s=3, mend=[resume(3)], recover_s=150, short=True),
    Fault("n1 is paused for 15 s, more than the token: its clock falls behind", [pause(1)], ["2 3: n1 absent", "1 2 3: n1 beyond", "2 3: alert node-beyond n1"],
          STEP | NEW_CHRONYD | GATE | {"node-oscillator", "pending-step"}, hold_s=15, mend=[resume(1)], recover_s=400),
    # nodes and their network
    Fault("the link of n3 is down for 20 s: 2|1", [link(3, False)],
          ["1 2: n3 absent", "3: n1 absent", "3: verdict unproven"], {"cluster-unproven"}, hold_s=20, mend=[link(3, True)], short=True),
    # its hardware clock knows whole seconds, so that it is really beyond the budget until chronyd has slewed it
    Fault("n1 is without power for 20 s and boots again", [power_cut(1)], ["2 3: n1 absent", "1: no answer"],
          STEP | NEW_CHRONYD | UNPROVEN | {"no-cluster"}, hold_s=20, mend=[resume(1), boot(1)], recover_s=180, resets=("n1",)),
    # the agent and what it leans on
    Fault("timeguardd is killed (-9) on n1: systemd starts it again", [sh(1, "systemctl kill -s KILL timeguard")],
          ["1: no answer", "2 3: lives"], set(), hold_s=5, short=True),
    Fault("timeguardd stands still (SIGSTOP) on n2: systemd's watchdog starts it again", [sh(2, "systemctl kill -s STOP timeguard")],
          ["1 3: n2 mute", "2: no answer"], {"node-mute"}, limit_s=60, short=True),
    Fault("journald and dbus are restarted on all nodes", [on_all("systemctl restart systemd-journald && systemctl restart dbus", 60)],
          ["1 2 3: lives"], set(), hold_s=5, short=True),
    Fault("the disk of n2 is full for 20 s", [sh(2, FILL, 120)], ["1 2 3: lives"], UNPROVEN, hold_s=20, limit_s=60,
          check=[has(2, "dd if=/dev/zero of=/fill3 bs=64k count=16 2>&1 | grep -c 'No space'", "1", 10)], mend=[sh(2, "rm /fill /fill2 /fill3")]),
    Fault("n3 is short of memory for 30 s", [sh(3, EAT)], ["1 2 3: lives"], UNPROVEN, hold_s=32,
          check=[has(3, "awk '/^MemAvailable/ {print ($2 < 60000)}' /proc/meminfo", "1", 20)]),
    Fault("every CPU is busy for 300 s", [on_all("(timeout 300 sh -c 'while :; do :; done' >/dev/null 2>&1 &)")], ["1 2 3: lives"], UNPROVEN, hold_s=305),
    Fault("a budget of 5 ms, smaller than what can be proven", [option("budget = 5ms")],
          ["1 2 3: verdict unproven", "1 2 3: provable 5", "1 2 3: alert budget-unprovable"],
          {"budget-unprovable", "cluster-unproven", "configuration-differs"}, limit_s=90, mend=[option()]),
    UPGRADE,
    # the gate; not 10 s, by which chronyd takes notice of a jump itself and steps back
    Fault("the clock of n1 is set forward by 8 s, with pacemaker and gate.mode = enforce; chronyd is restarted and steps it back", [step(1, 8)],
          ["1 2 3: n1 beyond", "1 2 3: alert gate-closed", "1 2 3: gate closed"], STEP | NEW_CHRONYD | {"gate-closed", "pending-step"}, limit_s=90,
          before=[start_pacemaker, option("[gate]", "mode = enforce", "backend = pacemaker", "release = 10s"), has(1, MAINTENANCE, "none", 30), gate_ready],
          check=[has(2, MAINTENANCE, "true", 5)], mend=[sh(1, "systemctl restart chrony"), has(2, MAINTENANCE, "none", 240)],
          after=[option(), on_all("systemctl stop pacemaker", 90)]),
]
