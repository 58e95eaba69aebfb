# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the journals of the guests have to tell."""

import json

BOOT = "cat /proc/sys/kernel/random/boot_id"
JOURNAL = "journalctl -q -u timeguard -o json --output-fields=TIMEGUARD_ALERT,TIMEGUARD_TRANSITION,TIMEGUARD_NODE,MESSAGE --no-pager"


class Journal:
    """The alerts that the guests' journals tell of, each once, and whether a guest was reset."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.cursors = cluster.each(lambda guest: json.loads(guest.run(f"{JOURNAL} -n 1"))["__CURSOR"])
        self.boots = cluster.run(BOOT)

    def new(self):
        """[(viewer, entry)] since the last time, of the guests that answer."""
        found = []
        for number, guest in self.cluster.guests.items():
            text = guest.run(f"{JOURNAL} --after-cursor='{self.cursors[number]}'", 60)
            entries = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
            if entries:
                self.cursors[number] = entries[-1]["__CURSOR"]
            found += [(number, entry) for entry in entries if entry.get("TIMEGUARD_ALERT")]
        return found

    def resets(self):
        """The names of the guests that have been booted anew since the last time."""
        before, self.boots = self.boots, self.cluster.run(BOOT)
        return [f"n{number}" for number, boot in self.boots.items() if boot != before[number]]


def raised(entries):
    return [f"n{viewer}: {e['TIMEGUARD_ALERT']} {e.get('TIMEGUARD_NODE', '')}".strip() for viewer, e in entries if e["TIMEGUARD_TRANSITION"] == "raised"]
