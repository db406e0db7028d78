"""What the blocks of the cycle model share: a head's work, parameters, ports and queues."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from esact.cycle_model.kernel import Process, Signal, Simulation

DEFAULTS = {
    "mac_array.lines": 16, "mac_array.groups": 4, "mac_array.port_bytes": 128,
    "mac_array.pipeline_cycles": 8, "mac_array.queue_depth": 16,
    "vector_unit.lanes": 64, "vector_unit.pipeline_cycles": 12, "vector_unit.port_bytes": 256,
    "vector_unit.queue_depth": 16,
    "predictor.products_per_cycle": 2048, "predictor.select_lanes": 64,
    "predictor.pipeline_cycles": 8, "predictor.port_bytes": 128, "predictor.progressive": True,
    "engine.windows_in_flight": 6, "engine.queue_depth": 8, "engine.port_bytes": 64,
    "sram.latency_cycles": 2,
}
DENSE_WINDOW = 64  # rows of a record where SPLS is off


@dataclass(frozen=True)
class Pattern:
    """What is computed of a head: its shape, and what SPLS chose of it.

    Without `window` the head is dense. `kept` bool `[L, L]`: the columns that each row keeps;
    `representative` int `[L]`: the row whose result each row takes.
    """

    width: int
    head_width: int
    kept: np.ndarray
    representative: np.ndarray
    causal: bool = False
    window: int | None = None

    @property
    def tokens(self) -> int:
        return len(self.kept)

    def valid(self, row: int) -> int:
        return row + 1 if self.causal else self.tokens

    def windows(self) -> list[range]:
        """Rows of every window; the last one may be short."""
        rows = self.window or DENSE_WINDOW
        return [range(first, min(first + rows, self.tokens))
                for first in range(0, self.tokens, rows)]

    def critical(self, rows: range) -> list[int]:
        return [row for row in rows if self.representative[row] == row]

    def topk_compares(self, rows: range) -> int:
        return sum(self.valid(row) * int(self.kept[row].sum()).bit_length() for row in rows)

    def similarity_adds(self, rows: range) -> int:
        """Each row is compared with all critical rows of its window before it."""
        critical = self.critical(rows)
        return sum(self.valid(row) * sum(c < row for c in critical) for row in rows)


class Step(NamedTuple):
    """What a block did for another: from the request to its answer, cycles from the head's start.

    `what`: `attend` or `predict` for the whole head, `record`, a kind of command after `matrix.` or
    `vector.`, or a port, whose step is an access as the SRAM sees it: without the port's wires.
    `window`: 0 where the step is of no window; `rows`: of command or record, bytes of an access.
    """

    what: str
    window: int
    rows: int
    start: int
    end: int


def divide_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


class Machine:
    """The blocks that a head passes through, and the steps that they have noted."""

    def __init__(self, pattern: Pattern, parameters: dict, choices: Sequence[int] = ()):
        unknown = parameters.keys() - DEFAULTS.keys()
        if unknown:
            raise ValueError(f"{min(unknown)}: not a parameter of the cycle model")
        self.parameters = DEFAULTS | parameters
        self.pattern = pattern
        self.simulation = Simulation(choices)
        self.steps: list[Step] = []

    def __getitem__(self, key: str) -> int:
        return self.parameters[key]

    def note(self, what: str, window: int, rows: int, start: int) -> None:
        self.steps.append(Step(what, window, rows, start, self.simulation.now))


class Access:
    """A call on a port; `end` once it has got the wires. Those of a size and work are alike."""

    def __init__(self, size: int, work: tuple | None):
        self.size = size
        self.work = id(self) if work is None else work
        self.end: int | None = None
        self.granted = Signal()


class Port:
    """An initiator's wires to the SRAM, shared by all who use them (docs/tlm.md, docs/sram.md)."""

    def __init__(self, machine: Machine, name: str, port_bytes: int):
        self.machine = machine
        self.name = name
        self.port_bytes = port_bytes
        self.free = 0
        self.asked: list[Access] = []

    def access(self, size: int, work: tuple | None = None) -> Process:
        """Move `size` bytes, for some `work`; nothing takes no time."""
        if size == 0:
            return
        simulation = self.machine.simulation
        access = Access(size, work)
        self.asked.append(access)
        if len(self.asked) == 1:
            simulation.start(self._grant())
        answered = simulation.now + 1 + self.machine["sram.latency_cycles"]
        self.machine.steps.append(Step(self.name, 0, size, simulation.now, answered))
        yield access.granted
        yield from simulation.until(access.end)

    def _grant(self) -> Process:
        """Give the wires to the calls of this cycle; which of them is first is open."""
        simulation = self.machine.simulation
        yield simulation.quiet
        answered = simulation.now + 1 + self.machine["sram.latency_cycles"]
        cycles = sum(divide_up(access.size, self.port_bytes) for access in self.asked)
        matters = max(simulation.now, self.free) + cycles > answered
        while self.asked:
            candidates = list({(access.work, access.size): access
                               for access in self.asked}.values())
            access = candidates[simulation.choose(len(candidates)) if matters else 0]
            self.asked.remove(access)
            self.free = (max(simulation.now, self.free)
                         + divide_up(access.size, self.port_bytes))
            access.end = max(answered, self.free)
            simulation.wake(access.granted)


@dataclass(eq=False)
class Command:
    """A command on its way through an array.

    `order` decides among those that are ready. `work` is what there is to do for the item that it
    belongs to: commands for the same may change places.
    """

    what: str
    window: int
    rows: int
    arrival: int
    kind: int
    work: tuple = ()
    done: Signal = field(default_factory=Signal, kw_only=True)
    completed: bool = field(default=False, kw_only=True)

    @property
    def order(self) -> tuple:
        return self.arrival, self.window, self.kind


class Queue:
    """A bounded queue of commands. What has arrived may be taken from the next cycle on."""

    def __init__(self, machine: Machine, depth: int):
        self.machine = machine
        self.depth = depth
        self.waiting: list[Command] = []
        self.outside: deque[Command] = deque()
        self.arriving: list[Command] = []
        self.changed = Signal()  # there may be something to take

    def send(self, command: Command) -> Process:
        """Returns when the command has completed."""
        self.arriving.append(command)
        if len(self.arriving) == 1:
            self.machine.simulation.start(self._arrive())
        while not command.completed:
            yield command.done
        self.machine.note(command.what, command.window, command.rows, command.arrival)

    def ready(self) -> list[Command]:
        now = self.machine.simulation.now
        return [command for command in self.waiting if command.arrival < now]

    def take(self, command: Command) -> Command:
        self.waiting.remove(command)
        self._admit()
        return command

    def complete(self, command: Command) -> None:
        command.completed = True
        self.machine.simulation.wake(command.done)

    def _arrive(self) -> Process:
        """Which of the commands of one cycle arrives first is open."""
        simulation = self.machine.simulation
        yield simulation.quiet
        full = len(self.waiting) + len(self.outside) + len(self.arriving) > self.depth
        while self.arriving:
            first = min(command.order for command in self.arriving)
            candidates = {(command.work, command.what): command for command in self.arriving
                          if full or command.order == first}
            picked = list(candidates.values())[simulation.choose(len(candidates))]
            self.arriving.remove(picked)
            self.outside.append(picked)
        self._admit()
        yield 1
        simulation.wake(self.changed)

    def _admit(self) -> None:
        while self.outside and len(self.waiting) < self.depth:
            self.waiting.append(self.outside.popleft())
            self.machine.simulation.wake(self.changed)
