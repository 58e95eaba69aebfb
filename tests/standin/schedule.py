# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the loops of the stand-in. A loop is a generator that yields seconds to sleep; all seconds here are of one clock, `now`, which runs
by itself (Virtual: as fast as the loops allow) or with the machine's monotonic time, `speed` times as fast (Real)."""

import heapq
import itertools
import selectors
import time

HUNG_S = 0.5  # how often it is looked whether a hung file system answers again


class Task:
    """One loop. `held` tells whether it waits for something that does not answer; `ended` is called with the error or None."""

    def __init__(self, generator, held, ended):
        self.generator, self.held, self.ended = generator, held, ended
        self.due = None


class Schedule:
    """The loops in the order in which they are due; of equal ones the older request first."""

    def __init__(self):
        self.heap, self.count = [], itertools.count()

    def now(self):
        raise NotImplementedError

    def add(self, generator, held=lambda: False, ended=lambda error: None):
        task = Task(generator, held, ended)
        self.wake(task)
        return task

    def wake(self, task, after_s=0):
        """Also ends a sleep early, as a signal does."""
        task.due = self.now() + after_s
        heapq.heappush(self.heap, (task.due, next(self.count), task))

    def kill(self, task):
        """Ends a loop where it stands, without a word."""
        task.due = None
        task.generator.close()

    def next_due(self):
        while self.heap and self.heap[0][2].due != self.heap[0][0]:
            heapq.heappop(self.heap)
        return self.heap[0][0] if self.heap else None

    def step(self):
        """Runs the loop that is due first, up to its next sleep."""
        task = heapq.heappop(self.heap)[2]
        if task.held():
            self.wake(task, HUNG_S)
            return
        task.due = None
        try:
            pause = next(task.generator)
        except StopIteration:
            task.ended(None)
        except Exception as error:  # the daemon dies of it
            task.ended(error)
        else:
            if task.due is None:  # it was not woken meanwhile
                self.wake(task, pause)


class Virtual(Schedule):
    """For tests: nothing sleeps."""

    def __init__(self):
        super().__init__()
        self.time = 0.0

    def now(self):
        return self.time

    def run_for(self, seconds):
        end = self.time + seconds
        while (due := self.next_due()) is not None and due <= end:
            self.time = max(self.time, due)
            self.step()
        self.time = end


class Real(Schedule):
    def __init__(self, speed=1.0):
        super().__init__()
        self.speed, self.begin = speed, time.monotonic()
        self.selector = selectors.DefaultSelector()
        self.running = True

    def now(self):
        return (time.monotonic() - self.begin) * self.speed

    def serve(self, idle=lambda: None):
        """Until `running` is false. What is registered in `selector` has a function of no argument as its data."""
        while self.running:
            idle()
            due = self.next_due()
            wait_s = 0.2 if due is None else min(0.2, max(0.0, (due - self.now()) / self.speed))
            for key, _ in self.selector.select(wait_s):
                key.data()
            while (due := self.next_due()) is not None and due <= self.now():
                self.step()
