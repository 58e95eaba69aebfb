# SPDX-License-Identifier: LGPL-2.1-or-later
"""What was seen of one fault: a row of the table of results."""

import dataclasses


@dataclasses.dataclass
class Row:
    """Of the table of results."""
    fault: object
    seen: dict          # what was expected, and the seconds after which it was seen everywhere; None: never
    recovered_s: float  # None: never
    told: list          # alerts that were raised, each once
    false: list         # those that do not belong to it, and on which nodes
    error: str = ""
    verdicts: str = ""  # of each node, in turn
    latency: str = ""   # of a step: after how long the journals told of it
    starved: float = 0  # the largest share of the time that a machine waited for the host's CPU

    def late(self):
        """What was seen too late or never."""
        limit_s = self.fault.limit_s + self.fault.hold_s
        return [text for text, at_s in self.seen.items() if at_s is None or at_s > limit_s]

    def good(self):
        return not self.error and not self.false and self.recovered_s is not None and not self.late()

    def parts(self):
        """What is to be told of it, in words."""
        limit_s = self.fault.limit_s + self.fault.hold_s
        parts = [f"{text}: {'never' if at_s is None else f'{at_s:.1f} s'}" for text, at_s in self.seen.items()]
        parts.append(f"alerts: {', '.join(self.told)}" if self.told else "no alert")
        parts += [f"verdicts: {self.verdicts}"] if self.verdicts else []
        parts += [f"told in the journal after: {self.latency}"] if self.latency else []
        parts += [f"later than {limit_s:.0f} s: {'; '.join(self.late())}"] if self.late() else []
        parts += [f"false: {', '.join(self.false)}"] if self.false else []
        return parts + ([self.error] if self.error else [])
