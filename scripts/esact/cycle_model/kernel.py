"""A discrete event kernel of generators, for models that count in cycles.

A process is a generator. It yields a number of cycles to let pass, or a `Signal` to be woken by;
`yield from` calls another. Whatever happens in a cycle in an order that nobody has laid down is
put in order when nothing else is left to do in it: by `Simulation.choose`.
"""

import heapq
from collections import deque
from collections.abc import Generator, Sequence
from itertools import count
from typing import NamedTuple

Process = Generator["int | Signal", None, None]


class Signal:
    """What processes wait for; waking them clears it."""

    def __init__(self):
        self.waiting: list[Process] = []


class Choice(NamedTuple):
    """A decision that was open: in which cycle, among how many, and what was taken."""

    cycle: int
    among: int
    taken: int


class Simulation:
    """Time, and the processes that run in it."""

    def __init__(self, choices: Sequence[int] = ()):
        """`choices`: what to take at the first open decisions; at all others the first."""
        self.now = 0
        self.quiet = Signal()  # wakes those who wait for the rest of the cycle to be over
        self.choices: list[Choice] = []
        self._given = choices
        self._awake: deque[Process] = deque()
        self._asleep: list[tuple[int, int, Process]] = []
        self._order = count()

    def start(self, process: Process) -> None:
        """Let a process run from now on."""
        self._awake.append(process)

    def wake(self, signal: Signal) -> None:
        """Let those who wait for `signal` go on, in this cycle."""
        self._awake.extend(signal.waiting)
        signal.waiting = []

    def until(self, cycle: int) -> Process:
        """Wait until `cycle`; not at all if it has passed."""
        if cycle > self.now:
            yield cycle - self.now

    def choose(self, among: int) -> int:
        """An open decision: a number below `among`."""
        if among == 1:
            return 0
        index = len(self.choices)
        taken = self._given[index] if index < len(self._given) else 0
        self.choices.append(Choice(self.now, among, taken))
        return taken

    def run(self) -> None:
        """Run until nothing is left that could happen."""
        while True:
            if self._awake:
                self._step(self._awake.popleft())
            elif self.quiet.waiting:
                self.wake(self.quiet)
            elif self._asleep:
                self.now = self._asleep[0][0]
                while self._asleep and self._asleep[0][0] == self.now:
                    self._awake.append(heapq.heappop(self._asleep)[2])
            else:
                return

    def _step(self, process: Process) -> None:
        wanted = next(process, None)
        if isinstance(wanted, Signal):
            wanted.waiting.append(process)
        elif wanted is not None:
            heapq.heappush(self._asleep, (self.now + wanted, next(self._order), process))
