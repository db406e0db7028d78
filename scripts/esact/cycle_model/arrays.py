"""The MAC array and the vector unit of the cycle model."""

from dataclasses import dataclass, field
from itertools import groupby

from esact.cycle_model.kernel import Process, Signal
from esact.cycle_model.machine import Command, Machine, Port, Queue, divide_up

LINE = 64  # MACs of a line of the array
MATRIX_KINDS = ("query", "key_value", "score", "context")  # in the order of `Command.kind`
VECTOR_KINDS = ("requantise", "softmax", "context")


@dataclass(eq=False)
class MatrixCommand(Command):
    """A projection of rows of x, or scores or contexts of rows with lists of keys."""

    row_list: list[int] = field(default_factory=list)
    depth: int = 0
    columns: int = 0
    key_lists: list[list[int]] | None = None
    keys: int = 0
    taken: int = 0
    finished: int = 0
    finished_at: int = 0
    lists_loaded: bool = False
    passed: set[int] = field(default_factory=set)  # slots whose share of B has passed
    stream_start: int = -1
    stream_leader: int = 0  # first slot of those that started in that cycle
    progress: Signal = field(default_factory=Signal)

    @property
    def entries(self) -> int:
        return sum(map(len, self.key_lists))


class Group:
    """A group of lines, and the slot that it was given."""

    def __init__(self, machine: Machine):
        self.port = Port(machine, "mac_array.memory", machine["mac_array.port_bytes"])
        self.ended = -1  # cycle in which its last slot did
        self.command: MatrixCommand | None = None
        self.slot = 0
        self.given = Signal()


class MacArray:
    """docs/mac_array.md"""

    def __init__(self, machine: Machine):
        self.machine = machine
        self.queue = Queue(machine, machine["mac_array.queue_depth"])
        self.lines = machine["mac_array.lines"] // machine["mac_array.groups"]
        self.open: list[MatrixCommand] = []
        self.finished: list[MatrixCommand] = []
        self.drain_wanted = Signal()
        self.free: list[Group] = []
        self.result = Port(machine, "mac_array.result", machine["mac_array.port_bytes"])
        for _ in range(machine["mac_array.groups"]):
            machine.simulation.start(self._serve(Group(machine)))
        machine.simulation.start(self._dispatch())
        machine.simulation.start(self._drain())

    def _dispatch(self) -> Process:
        """Give slots to the groups that are free in a cycle."""
        simulation = self.machine.simulation
        while True:
            yield simulation.quiet
            while self.free and (command := self._first()) is not None:
                group = self._pick_group()
                group.command, group.slot = command, command.taken
                command.taken += 1
                if command.taken == len(self._slots(command)):
                    self.open.remove(command)
                simulation.wake(group.given)
            yield self.queue.changed

    def _pick_group(self) -> Group:
        """Groups differ in whether their last slot ends now; which of them is first is open."""
        now = self.machine.simulation.now
        ending = [group for group in self.free if group.ended == now]
        idle = [group for group in self.free if group.ended != now]
        kinds = [groups for groups in (ending, idle) if groups]
        picked = kinds[self.machine.simulation.choose(len(kinds))][0]
        self.free.remove(picked)
        return picked

    def _first(self) -> MatrixCommand | None:
        command = min(self.open + self.queue.ready(), key=lambda c: c.order, default=None)
        if command is not None and command not in self.open:
            self.open.append(self.queue.take(command))
        return command

    def _serve(self, group: Group) -> Process:
        simulation = self.machine.simulation
        while True:
            self.free.append(group)
            simulation.wake(self.queue.changed)
            yield group.given
            command, slots = group.command, self._slots(group.command)
            pipeline = (0 if group.ended == simulation.now
                        else self.machine["mac_array.pipeline_cycles"])
            end = simulation.now + self._cycles(command, slots[group.slot]) + pipeline
            yield from self._transfers(group.port, command, slots, group.slot)
            yield from simulation.until(end)
            group.ended = simulation.now
            command.finished += 1
            if command.finished == len(slots):
                command.finished_at = simulation.now
                self.finished.append(command)
                simulation.wake(self.drain_wanted)

    def _slots(self, command: MatrixCommand) -> list[range]:
        rows = self.lines
        if command.key_lists is None:
            rows *= max(1, LINE // command.columns)
        return [range(first, min(first + rows, command.rows))
                for first in range(0, command.rows, rows)]

    def _cycles(self, command: MatrixCommand, rows: range) -> int:
        if command.key_lists is None:
            return command.depth * divide_up(command.columns, LINE)
        longest = max(len(command.key_lists[row]) for row in rows)
        width = self.machine.pattern.head_width
        if width <= LINE:
            return max(1, divide_up(longest, LINE // width))
        return max(1, longest * divide_up(width, LINE))

    def _transfers(self, port: Port, command: MatrixCommand, slots: list[range],
                   slot: int) -> Process:
        simulation = self.machine.simulation
        if slot == 0 or command.stream_start != simulation.now:
            command.stream_leader, command.stream_start = slot, simulation.now
        leader = command.stream_leader
        if slot == 0:
            yield from self._read_lists(port, command)
            command.lists_loaded = True
            simulation.wake(command.progress)
        while not command.lists_loaded:
            yield command.progress
        yield from self._read_a(port, command, slots[slot])
        yield from self._pass_b(port, command, slots, slot, leader)
        command.passed.add(slot)
        simulation.wake(command.progress)
        while not command.passed.issuperset(range(leader, slot)):
            yield command.progress

    def _read_lists(self, port: Port, command: MatrixCommand) -> Process:
        if command.key_lists is None:
            yield from port.access(2 * command.rows)
        else:
            yield from port.access(4 * (command.rows + 1))
            yield from port.access(2 * command.entries)

    def _read_a(self, port: Port, command: MatrixCommand, rows: range) -> Process:
        if command.key_lists is None:
            for run in runs(command.row_list[rows.start:rows.stop]):
                yield from port.access(run * command.depth)
        elif command.what == "matrix.score":
            yield from port.access(len(rows) * command.depth)
        else:
            yield from port.access(sum(len(command.key_lists[row]) for row in rows))

    def _pass_b(self, port: Port, command: MatrixCommand, slots: list[range], slot: int,
                leader: int) -> Process:
        width = self.machine.pattern.head_width
        if command.key_lists is None:
            if slot == leader:
                # Wk and Wv each begin at a multiple of 64 bytes: one run if nothing is between
                panel = command.depth * width
                together = command.columns == width or panel % 64 == 0
                for size in [command.depth * command.columns] if together else [panel, panel]:
                    yield from port.access(size)
        elif slot == 0:
            yield from port.access(command.keys * width)
        elif leader != 0:
            seen = keys_of(command, range(slots[leader].start, slots[slot].start))
            yield from port.access(len(keys_of(command, slots[slot]) - seen) * width)

    def _drain(self) -> Process:
        while True:
            while not self.finished:
                yield self.drain_wanted
            yield self.machine.simulation.quiet
            command = self._pick_finished()
            elements = (command.entries if command.what == "matrix.score"
                        else command.rows * command.columns)
            yield from self.result.access(4 * elements)
            self.queue.complete(command)

    def _pick_finished(self) -> MatrixCommand:
        """The first in order, of equals the one that finished first.

        Which of equals of one cycle that is, and whether one that finishes now is seen, is open.
        """
        now = self.machine.simulation.now
        first = min(((command.order, command.finished_at) for command in self.finished
                     if command.finished_at < now), default=None)
        candidates = [command for command in self.finished
                      if (command.order, command.finished_at) == first
                      or command.finished_at == now and (first is None or command.order < first[0])]
        candidates.sort(key=lambda command: command.order)
        command = candidates[self.machine.simulation.choose(len(candidates))]
        self.finished.remove(command)
        return command


def keys_of(command: MatrixCommand, rows: range) -> set[int]:
    """The keys in the lists of some rows."""
    return {key for row in rows for key in command.key_lists[row]}


def runs(rows: list[int]) -> list[int]:
    """Lengths of the runs of consecutive rows."""
    return [len(list(run)) for _, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0])]


@dataclass(eq=False)
class VectorCommand(Command):
    """What a vector command reads and writes, in order, in bytes, and how long it computes."""

    reads: list[int] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)
    passes: int = 1
    elements: int = 0


class VectorUnit:
    """docs/vector_unit.md"""

    def __init__(self, machine: Machine):
        self.machine = machine
        self.queue = Queue(machine, machine["vector_unit.queue_depth"])
        self.memory = Port(machine, "vector_unit.memory", machine["vector_unit.port_bytes"])
        self.result: VectorCommand | None = None
        self.result_filled, self.result_freed = Signal(), Signal()
        machine.simulation.start(self._execute())
        machine.simulation.start(self._drain())

    def _execute(self) -> Process:
        simulation = self.machine.simulation
        while True:
            while not (ready := self.queue.ready()):
                yield self.queue.changed
            command = self.queue.take(min(ready, key=lambda c: c.order))
            cycles = command.passes * divide_up(command.elements,
                                                self.machine["vector_unit.lanes"])
            end = simulation.now + cycles + self.machine["vector_unit.pipeline_cycles"]
            for size in command.reads:
                yield from self.memory.access(size)
            yield from simulation.until(end)
            while self.result is not None:
                yield self.result_freed
            self.result = command
            simulation.wake(self.result_filled)

    def _drain(self) -> Process:
        while True:
            while self.result is None:
                yield self.result_filled
            for size in self.result.writes:
                yield from self.memory.access(size)
            self.queue.complete(self.result)
            self.result = None
            self.machine.simulation.wake(self.result_freed)
