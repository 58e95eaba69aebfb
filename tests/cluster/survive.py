# SPDX-License-Identifier: LGPL-2.1-or-later
"""Breaking a cluster under watch: nobody is blamed at any poll, all answer at once all the time, and 'agreed' comes back unaided."""

import time

from testing import options
from watch import Watch

ANSWER_S = 0.5
RECOVER_S = 30


def settle_s():
    """For how long the cluster is watched after all is mended: the issue's 20 s in the long form."""
    return 20 if options.long else 5


def survived(lab, break_it, mend_it, meanwhile=None, hold_s=0, answering=None, least=20):
    """Breaks, checks meanwhile, holds, mends and waits for 'agreed', watching all the while; `answering`: the nodes that must
    answer at once throughout (default: all). Returns a note with the time from mending to 'agreed' everywhere."""
    with Watch(lab) as watch:
        begin = time.monotonic()
        break_it()
        if meanwhile:
            meanwhile(watch)
        time.sleep(max(0.0, hold_s - (time.monotonic() - begin)))
        mend_it()
        mended = time.monotonic()
        lab.wait_agreed(RECOVER_S)
        took_s = time.monotonic() - mended
        time.sleep(settle_s())
    watch.require_no_blame()
    watch.require_truth(least)
    watch.require_answers(ANSWER_S, answering)
    return f"agreed {took_s:.1f} s after it was mended; {watch.summary()}"


def cluster_of(lab, number):
    document = lab.status(number)
    return document["cluster"] if document else {}


def wait_cluster(lab, number, timeout_s=10, **wanted):
    lab.wait_for(lambda: all(cluster_of(lab, number).get(k) == v for k, v in wanted.items()), timeout_s, f"n{number} to say {wanted}")
