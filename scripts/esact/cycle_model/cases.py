"""Random heads, and what esact-vp does with them (docs/cycle_model.md)."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esact.cycle_model.arrays import MATRIX_KINDS, VECTOR_KINDS
from esact.cycle_model.machine import Pattern, Step
from esact.errors import InputError
from esact.export import build_workload
from esact.prototype import call_prototype, compute_expected
from esact.quantise import Calibration
from esact.spls import Knobs
from esact.synthetic import random_inputs, random_model
from esact.transactions import Kind, Recording, pair, read_recording
from esact.workload import Shape, Workload, write_workload

# Every access fits a cycle of the banks, every buffer the SRAM; heads come one after another.
ALONE = {"sram.banks": 1024, "sram.bank_bytes": 256, "sram.bytes": 1 << 26,
         "scheduler.heads_in_flight": 1, "clock.period_ps": 1000}
CHOICES = {
    "mac_array.groups": (1, 2, 4, 8), "mac_array.port_bytes": (32, 64, 128, 512),
    "mac_array.pipeline_cycles": (0, 3, 8), "mac_array.queue_depth": (1, 2, 16),
    "vector_unit.lanes": (16, 64, 256), "vector_unit.pipeline_cycles": (0, 5, 12),
    "vector_unit.port_bytes": (64, 256, 1024), "vector_unit.queue_depth": (1, 2, 16),
    "predictor.products_per_cycle": (256, 2048, 16384), "predictor.select_lanes": (8, 64, 512),
    "predictor.pipeline_cycles": (0, 8), "predictor.port_bytes": (32, 128, 1024),
    "predictor.progressive": (True, True, False), "engine.windows_in_flight": (1, 2, 3, 6, 12),
    "engine.queue_depth": (1, 2, 8), "engine.port_bytes": (32, 64, 256),
    "sram.latency_cycles": (0, 2, 5)}
LINES = (1, 2, 4)  # of a group
MOST_WEIGHTS = 1 << 15  # bytes of a head's Wk and Wv: what 8 groups read at a time fits the banks
MACHINE = "esact."
SOCKETS = {
    "scheduler.sparse_attention_engine": "attend", "scheduler.spls_predictor": "predict",
    "scheduler.windows": "record", "spls_predictor.windows": "record",
    "sparse_attention_engine.tasks": "matrix", "sparse_attention_engine.vector": "vector"}
PORTS = ("spls_predictor.operands", "spls_predictor.memory", "sparse_attention_engine.memory",
         "mac_array.memory_*", "mac_array.result", "vector_unit.memory")
# Where the records of modules/common/commands.h keep what a step says of them.
_COMMAND = np.dtype({"names": ["window", "kind", "rows"], "formats": ["<u2", "<u2", "<u4"],
                     "offsets": [6, 8, 12], "itemsize": 16})
_WINDOW = np.dtype({"names": ["window", "rows"], "formats": ["<u2", "<u2"], "offsets": [2, 6],
                    "itemsize": 16})
_FIRST_VECTOR_KIND = 2  # VectorKind::kRequantise
_VOTE = 1  # PredictorKind::kVote


@dataclass(frozen=True)
class Case:
    """A workload and the parameters it runs under; `parameters` are those of the cycle model."""

    workload: Workload
    parameters: dict


@dataclass(frozen=True)
class Head:
    """A head of a case, and the steps that esact-vp took."""

    name: str
    pattern: Pattern
    parameters: dict
    observed: list[Step]


def random_case(generator: np.random.Generator) -> Case:
    """A random workload of small heads, some dense, and random parameters or the defaults."""
    def pick(*values):
        return values[generator.integers(len(values))]

    parameters = {}
    if pick(True, True, True, False):
        parameters = {key: pick(*values) for key, values in CHOICES.items()}
        parameters["mac_array.lines"] = parameters["mac_array.groups"] * pick(*LINES)
    head_width = pick(8, 24, 32, 48, 64, 80, 128)
    heads = pick(*range(1, min(4, MOST_WEIGHTS // (2 * head_width**2)) + 1))
    shape = Shape("random", layers=2, width=heads * head_width, heads=heads, ffn=8,
                  causal=pick(True, False))
    similar = pick(True, False)
    lengths = generator.integers(1, 97, 2).tolist()
    inputs = random_inputs(shape, lengths, similar, generator)
    model = random_model(shape, "erf", similar, generator)
    workload = build_workload(model, Calibration(model, inputs), inputs)
    workload.knobs = [Knobs(enabled=pick(True, True, True, False), k_q8=pick(13, 51, 128, 256),
                            s_q8=pick(0, 64, 128, 192, 256), window=pick(1, 5, 8, 16, 64),
                            metric=pick("l1", "hamming"))
                      for _ in range(shape.layers)]
    return Case(workload, parameters)


def run_case(case: Case) -> list[Head]:
    """Run a case on esact-vp, and the reference to know what is computed of each head."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_workload(folder / "workload", case.workload)
        expected = compute_expected(folder / "workload").tensors
        observed = _observe(folder, case)
    patterns = list(_patterns(case.workload, expected))
    if len(observed) != len(patterns):
        raise InputError(f"esact-vp ran {len(observed)} heads, expected {len(patterns)}")
    return [Head(name, pattern, case.parameters, steps)
            for (name, pattern), steps in zip(patterns, observed, strict=True)]


def _patterns(workload: Workload, tensors: dict) -> Iterator[tuple[str, Pattern]]:
    """What the NumPy reference chose of every head, in the order in which they run."""
    shape = workload.shape
    for sequence in range(len(workload.inputs)):
        for layer, knobs in enumerate(workload.knobs):
            mask, representative = (tensors[f"layer.{layer}.{sequence}.{name}"]
                                    for name in ("mask", "representative"))
            for head in range(shape.heads):
                yield f"sequence {sequence}, layer {layer}, head {head}", Pattern(
                    shape.width, shape.head_width, mask[head] == 1, representative[head],
                    shape.causal, knobs.window if knobs.enabled else None)


def _observe(folder: Path, case: Case) -> list[list[Step]]:
    """The steps of every head, from a recording of esact-vp, in cycles from its begin."""
    settings = {key: str(value).lower() for key, value in (ALONE | case.parameters).items()}
    done = call_prototype(
        folder / "workload", settings, "--out", folder,
        "--record", ",".join(MACHINE + socket for socket in (*SOCKETS, *PORTS)), "--record-data")
    if done.returncode:
        raise InputError(f"esact-vp ended with {done.returncode}: {done.stderr.strip()}")
    recording = read_recording(folder / "transactions.bin")
    period = ALONE["clock.period_ps"]
    steps = sorted(_steps(recording, period), key=lambda step: (step.start, step.what != "attend"))
    heads = []
    for step in steps:
        if step.what == "attend":
            begin, end = step.start, step.end
            heads.append([])
        elif not heads or step.start >= end:
            continue  # a port is used by others than heads
        heads[-1].append(step._replace(start=step.start - begin, end=step.end - begin))
    return heads


def _steps(recording: Recording, period: int) -> Iterator[Step]:
    """Its transactions as steps, in cycles from time 0; votes are no step of a head."""
    sent = {(int(event["socket"]), int(event["transaction"])): recording.data(index)
            for index, event in enumerate(recording.events) if event["data_length"]}
    for row in pair(recording):
        number = int(row["socket"])
        socket = recording.sockets[number].removeprefix(MACHINE)
        if socket in SOCKETS:
            described = _describe(SOCKETS[socket], sent[number, int(row["transaction"])])
        else:
            described = re.sub("_[0-9]+$", "", socket), 0, int(row["length"])
        if described is not None and row["kind"] == Kind.BLOCKING:
            yield Step(*described, int(row["start_ps"]) // period, int(row["end_ps"]) // period)


def _describe(what: str, record: np.ndarray) -> tuple[str, int, int] | None:
    """`what`, `window` and `rows` of a step, from the record that was sent."""
    if what == "record":
        window, rows = record[:_WINDOW.itemsize].view(_WINDOW)[0].tolist()
        return what, window, rows
    window, kind, rows = record[:_COMMAND.itemsize].view(_COMMAND)[0].tolist()
    if what == "matrix":
        return f"matrix.{MATRIX_KINDS[kind]}", window, rows
    if what == "vector":
        return f"vector.{VECTOR_KINDS[kind - _FIRST_VECTOR_KIND]}", window, rows
    return None if what == "predict" and kind == _VOTE else (what, 0, 0)
