# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon the journals told of a step: from the instant at which it was made, by the stepping guest's MONOTONIC clock, to the journal's stamp of the alert's
entry there and, by way of the host's clock, on the others. The latter is known as well as the clocks are read: to some milliseconds."""

ALERT = "node-beyond"


def _host_ns(readings, mono_ns):
    """When, on the host's clock, a guest's MONOTONIC read this, by the nearest reading."""
    near = min(readings, key=lambda r: abs(r.mono_ns - mono_ns))
    return (near.host_low + near.host_high) // 2 + mono_ns - near.mono_ns


def of_step(step, entries, watch):
    """{viewer: ms} of the first entries that blame the stepped node; step is its number and its MONOTONIC in us."""
    number, at_us = step
    found = {}
    for viewer, entry in entries:
        if entry["TIMEGUARD_ALERT"] != ALERT or entry["TIMEGUARD_TRANSITION"] != "raised" or viewer in found:
            continue
        told_ns = int(entry["__MONOTONIC_TIMESTAMP"]) * 1000
        if viewer == number:
            found[viewer] = (told_ns - at_us * 1000) / 1e6
        elif watch.readings[viewer] and watch.readings[number]:
            found[viewer] = (_host_ns(watch.readings[viewer], told_ns) - _host_ns(watch.readings[number], at_us * 1000)) / 1e6
    return found


def tell(found):
    return ", ".join(f"n{viewer} {ms:.0f} ms" for viewer, ms in sorted(found.items()))
