"""The predictor and the sparse attention engine of the cycle model."""

from collections import deque
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from esact.cycle_model.arrays import (
    MATRIX_KINDS, VECTOR_KINDS, MacArray, MatrixCommand, VectorCommand, VectorUnit, runs)
from esact.cycle_model.kernel import Process, Signal
from esact.cycle_model.machine import Machine, Port, divide_up

GENERATED_COLUMNS = 32  # columns of a generate item, at most
ATTENDED_ROWS = 8  # critical rows of an attend item, at most


@dataclass
class Item:
    """Columns to generate K and V of, in `rows`, or critical rows to attend and what they keep."""

    window: int
    rows: list[int]
    kept: list[list[int]] | None = None
    generation: int = 0  # its own; of an attend item how many it waits for

    @cached_property
    def work(self) -> tuple:
        """What there is to do; items with the same differ in nothing that counts."""
        kept = None if self.kept is None else tuple(map(tuple, self.kept))
        return self.window, self.generation, tuple(runs(self.rows)), kept


class Engine:
    """docs/sparse_attention_engine.md"""

    def __init__(self, machine: Machine, mac_array: MacArray, vector_unit: VectorUnit):
        self.machine = machine
        self.mac_array = mac_array
        self.vector_unit = vector_unit
        self.memory = Port(machine, "sparse_attention_engine.memory", machine["engine.port_bytes"])
        self.records: deque[int] = deque()
        self.items: deque[Item] = deque()
        self.record_ready, self.record_taken = Signal(), Signal()
        self.item_ready, self.item_taken = Signal(), Signal()
        self.generated, self.progress = set(), Signal()
        self.generations = 0
        self.key_of_column: dict[int, int] = {}
        self.items_left: dict[int, int] = {}
        self.windows = machine.pattern.windows()
        self.windows_done = 0
        machine.simulation.start(self._split_records())
        for _ in range(machine["engine.windows_in_flight"]):
            machine.simulation.start(self._work())

    def accept(self, window: int) -> Process:
        """Take a record; the sender waits while the queue is full."""
        start = self.machine.simulation.now
        while len(self.records) >= self.machine["engine.queue_depth"]:
            yield self.record_taken
        self.records.append(window)
        self.machine.simulation.wake(self.record_ready)
        self.machine.note("record", window, len(self.windows[window]), start)

    def _split_records(self) -> Process:
        pattern = self.machine.pattern
        while True:
            while not self.records:
                yield self.record_ready
            window = self.records.popleft()
            self.machine.simulation.wake(self.record_taken)
            rows = self.windows[window]
            if pattern.window is not None:
                yield from self.memory.access(len(rows) * divide_up(pattern.tokens, 64) * 8)
            critical = pattern.critical(rows)
            kept = [np.flatnonzero(pattern.kept[row]).tolist() for row in critical]
            fresh = list(dict.fromkeys(column for columns in kept for column in columns
                                       if column not in self.key_of_column))
            yield from self._issue(window, critical, kept, fresh)

    def _issue(self, window: int, critical: list[int], kept: list[list[int]],
               fresh: list[int]) -> Process:
        for first in range(0, len(fresh), GENERATED_COLUMNS):
            columns = fresh[first:first + GENERATED_COLUMNS]
            for column in columns:
                self.key_of_column[column] = len(self.key_of_column)
            self.generations += 1
            yield from self._push(Item(0, columns, generation=self.generations))
        self.items_left[window] = divide_up(len(critical), ATTENDED_ROWS)
        for first in range(0, len(critical), ATTENDED_ROWS):
            last = first + ATTENDED_ROWS
            yield from self._push(
                Item(window, critical[first:last], kept[first:last], self.generations))

    def _push(self, item: Item) -> Process:
        while len(self.items) >= self.machine["engine.windows_in_flight"]:
            yield self.item_taken
        self.items.append(item)
        self.machine.simulation.wake(self.item_ready)

    def _work(self) -> Process:
        while True:
            while not self.items:
                yield self.item_ready
            item = self.items.popleft()
            self.machine.simulation.wake(self.item_taken)
            if item.kept is None:
                yield from self._generate(item)
            else:
                yield from self._attend(item)

    def _generate(self, item: Item) -> Process:
        yield from self._project("key_value", item, 2 * self.machine.pattern.head_width)
        self.generated.add(item.generation)
        self.machine.simulation.wake(self.progress)

    def _project(self, kind: str, item: Item, columns: int) -> Process:
        rows, width = len(item.rows), self.machine.pattern.head_width
        yield from self.memory.access(2 * rows, item.work)
        yield from self._multiply(kind, item, row_list=item.rows, columns=columns,
                                  depth=self.machine.pattern.width)
        yield from self._compute("requantise", item, rows * columns, 1,
                                 [4 * rows * columns, 4 * columns, 4 * columns, columns],
                                 [rows * width] * (columns // width))

    def _attend(self, item: Item) -> Process:
        rows, width = len(item.rows), self.machine.pattern.head_width
        yield from self._project("query", item, width)
        while not self.generated.issuperset(range(1, item.generation + 1)):
            yield self.progress
        lists = [[self.key_of_column[column] for column in columns] for columns in item.kept]
        entries = sum(map(len, lists))
        yield from self.memory.access(4 * (rows + 1), item.work)
        yield from self.memory.access(2 * entries, item.work)
        yield from self._multiply("score", item, key_lists=lists, depth=width,
                                  keys=len(self.key_of_column))
        yield from self._compute("softmax", item, entries, 3,
                                 [4 * (rows + 1), 4 * entries, 4, 1], [entries, 4 * rows])
        yield from self._multiply("context", item, key_lists=lists, columns=width,
                                  keys=len(self.key_of_column))
        yield from self._compute(
            "context", item, rows * width, 2,
            [2 * rows, 4 * rows * width, 4 * rows, 4 * width, width],
            [run * width for run in runs(item.rows)])
        yield from self._finish(item.window)

    def _multiply(self, kind: str, item: Item, **operands) -> Process:
        yield from self.mac_array.queue.send(MatrixCommand(
            f"matrix.{kind}", item.window, len(item.rows), self.machine.simulation.now,
            MATRIX_KINDS.index(kind), item.work, **operands))

    def _compute(self, kind: str, item: Item, elements: int, passes: int, reads: list[int],
                 writes: list[int]) -> Process:
        yield from self.vector_unit.queue.send(VectorCommand(
            f"vector.{kind}", item.window, len(item.rows), self.machine.simulation.now,
            VECTOR_KINDS.index(kind), item.work, reads=reads, writes=writes, passes=passes,
            elements=elements))

    def _finish(self, window: int) -> Process:
        """Similar rows take their representative's z when the last item of a window is done."""
        self.items_left[window] -= 1
        if self.items_left[window]:
            return
        pattern, rows = self.machine.pattern, self.windows[window]
        if pattern.window is not None:
            yield from self.memory.access(len(rows))
            if len(pattern.critical(rows)) < len(rows):
                yield from self.memory.access(len(rows) * pattern.head_width)
                yield from self.memory.access(len(rows) * pattern.head_width)
        del self.items_left[window]
        self.windows_done += 1
        if self.windows_done == len(self.windows):
            self.machine.note("attend", 0, 0, 0)


class Predictor:
    """docs/spls_predictor.md"""

    def __init__(self, machine: Machine, engine: Engine):
        self.machine = machine
        self.engine = engine
        self.operands = Port(machine, "spls_predictor.operands", machine["predictor.port_bytes"])
        self.memory = Port(machine, "spls_predictor.memory", machine["predictor.port_bytes"])
        self.windows = machine.pattern.windows()
        self.buffer: int | None = None
        self.filled, self.freed = Signal(), Signal()
        machine.simulation.start(self._predict())
        machine.simulation.start(self._select())

    def _predict(self) -> Process:
        pattern, simulation = self.machine.pattern, self.machine.simulation
        products = self.machine["predictor.products_per_cycle"]
        weights = pattern.width * pattern.head_width
        end = (divide_up(pattern.tokens * weights, products)
               + self.machine["predictor.pipeline_cycles"])
        for _ in range(2):  # of Q^, then of K^
            yield from self.memory.access(4 * pattern.head_width)
            yield from self.operands.access(weights)
        yield from self.operands.access(pattern.tokens * pattern.width)
        yield from simulation.until(end)
        for window, rows in enumerate(self.windows):
            valid = sum(map(pattern.valid, rows))
            end = (simulation.now + divide_up(len(rows) * weights, products)
                   + divide_up(valid * pattern.head_width, products))
            yield from self.operands.access(len(rows) * pattern.width)
            yield from simulation.until(end)
            while self.buffer is not None:
                yield self.freed
            self.buffer = window
            simulation.wake(self.filled)

    def _select(self) -> Process:
        pattern, simulation = self.machine.pattern, self.machine.simulation
        lanes = self.machine["predictor.select_lanes"]
        held = []
        for last in range(len(self.windows)):
            while self.buffer is None:
                yield self.filled
            rows = self.windows[self.buffer]
            yield from simulation.until(
                simulation.now + divide_up(pattern.topk_compares(rows), lanes)
                + divide_up(pattern.similarity_adds(rows), lanes))
            yield from self.memory.access(len(rows) * divide_up(pattern.tokens, 64) * 8)
            yield from self.memory.access(len(rows))
            held.append(self.buffer)
            if self.machine["predictor.progressive"] or last == len(self.windows) - 1:
                for window in held:
                    yield from self.engine.accept(window)
                held.clear()
            if last == len(self.windows) - 1:
                yield from self.memory.access(8)
                self.machine.note("predict", 0, 0, 0)
            self.buffer = None
            simulation.wake(self.freed)
