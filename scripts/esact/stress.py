"""Workloads whose sparsity is as unkind as it can be, and the command that runs them.

The columns and the rows of a head belong to groups. A head reads a token's row group from
`GROUPS` of its own columns of x and the column group from as many others, both one-hot, so that
a predicted score is `FEATURE`^2 where row and column are of one group and 0 elsewhere: rows of a
group are equal, rows of two groups share no score that is not 0. The other columns of x, and all
parameters that decide nothing about sparsity, are random.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from esact.errors import CommandParser, InputError, run_command
from esact.export import build_workload
from esact.prototype import compute_expected, minimum_sram, run_prototype
from esact.quantise import Calibration
from esact.settings import read_settings
from esact.spls import Knobs
from esact.synthetic import random_inputs, random_model
from esact.workload import Shape, Workload, write_workload

GROUPS = 8
FEATURE = 64
_WEIGHT = 64
_PRODUCT_SHIFT = 6  # FEATURE * _WEIGHT back to FEATURE
_H_SHIFT = 12  # x to h
_UNIT = 2**30  # multiplier of a requantisation that only shifts
_OCTAVE = FEATURE**2 // 256  # softmax: a score of 0 weighs half of FEATURE^2
_PAGE = 4096
TABLE_HEAD = """\
| workload | SRAM, KiB | pages | cycles, dynamic | cycles, static | DRAM, MiB | high-water, KiB \
| failed allocations | fragmentation |
|---|---|---|---|---|---|---|---|---|"""

Rows = Callable[[int, int, int], np.ndarray]
Columns = Callable[[int], np.ndarray]


def _all_groups(head: int, sequence: int, length: int) -> np.ndarray:
    return np.arange(length) % GROUPS


def _one_group(head: int, sequence: int, length: int) -> np.ndarray:
    return np.zeros(length, np.int64)


def _one_then_all(head: int, sequence: int, length: int) -> np.ndarray:
    rows = _all_groups if head % 2 else _one_group
    return rows(head, sequence, length)


def _alternating(head: int, sequence: int, length: int) -> np.ndarray:
    """All rows critical and one in turn, from window to window, head to head, text to text."""
    window = np.arange(length) // Knobs.window
    return np.where((window + head + sequence) % 2, _all_groups(head, sequence, length), 0)


def _last_differs(head: int, sequence: int, length: int) -> np.ndarray:
    return (np.arange(length) == length - 1).astype(np.int64)


def _cyclic_columns(length: int) -> np.ndarray:
    return np.arange(length) % GROUPS


def _first_column(length: int) -> np.ndarray:
    return (np.arange(length) > 0).astype(np.int64)


def _halves(length: int) -> np.ndarray:
    return (np.arange(length) >= (length + 1) // 2).astype(np.int64)


@dataclass(frozen=True)
class Stress:
    """One workload: `rows(head, sequence, length)` and `columns(length)` give the groups.

    `worst_sram`: a size, bytes, at which contiguous pages were found to cost most, 0 if none was.
    """

    what: str
    lengths: list[int]
    rows: Rows
    columns: Columns = _cyclic_columns
    batch: int = 1
    knobs: Knobs = field(default_factory=lambda: Knobs(k_q8=256 // GROUPS))
    causal: bool = False
    width: int = 256
    heads: int = 8
    ffn: int = 512
    worst_sram: int = 0

    @property
    def shape(self) -> Shape:
        return Shape("stress", 1, self.width, self.heads, self.ffn, causal=self.causal)


STRESSES = {
    "one-then-all": Stress("one critical row a window in even heads, all in odd ones",
                           [256], _one_then_all),
    "last-row": Stress("causal; every column but the first needed by the last row only",
                       [64] * 6, _last_differs, _first_column, batch=3, causal=True,
                       knobs=Knobs(k_q8=256, window=64)),
    "last-row-long": Stress("half of 1024 columns needed by the last row only, heads of 128",
                            [1024], _last_differs, _halves, knobs=Knobs(k_q8=128), heads=2),
    "all-similar": Stress("one critical row a window, one column in eight needed",
                          [256], _one_group),
    "none-similar": Stress("all rows critical, all columns needed", [256], _all_groups),
    "alternating": Stress("all-similar and none-similar in turn: windows, heads, sequences",
                          [256, 192], _alternating, batch=2),
    "stairs": Stress("one-then-all; a window more from sequence to sequence",
                     list(range(8, 136, 8)), _one_then_all, batch=16, worst_sram=408 << 10),
    "many": Stress("one-then-all; 64 sequences, long ones beside short ones",
                   [96, 1, 33, 8, 65, 3, 17, 40] * 8, _one_then_all, batch=64,
                   worst_sram=208 << 10),
}


def make_inputs(stress: Stress, generator: np.random.Generator) -> list[np.ndarray]:
    """int8 x `[L, D]` of every sequence."""
    inputs = []
    for index, length in enumerate(stress.lengths):
        x = generator.integers(-127, 128, (length, stress.heads, stress.shape.head_width))
        x[..., : 2 * GROUPS] = 0
        for head in range(stress.heads):
            rows = stress.rows(head, index, length)
            x[np.arange(length), head, rows] = FEATURE
            x[np.arange(length), head, GROUPS + stress.columns(length)] = FEATURE
        inputs.append(x.reshape(length, stress.width).astype(np.int8))
    return inputs


def make_workload(stress: Stress, seed: int = 0) -> Workload:
    """The workload of a `Stress`; post-LN, one layer."""
    generator = np.random.default_rng(seed)
    shape = stress.shape
    model = random_model(shape, "erf", False, generator)
    sample = random_inputs(shape, [64], False, generator)
    workload = build_workload(model, Calibration(model, sample), sample)
    workload.float_embeddings = None
    workload.knobs = [stress.knobs]
    workload.inputs = [x.astype(np.int32) << _H_SHIFT for x in make_inputs(stress, generator)]
    weights = workload.weights[0]
    weights |= _scale("x", shape.width, 30 + _H_SHIFT) | _scale("softmax", shape.heads, 30)
    weights["softmax.multiplier"] //= _OCTAVE
    for m, first in (("q", 0), ("k", GROUPS)):
        weights |= _scale(m, shape.heads, 30 + _PRODUCT_SHIFT)
        weights[f"predictor.{m}_shift"] = np.full(shape.heads, _PRODUCT_SHIFT, np.int32)
        weights[f"b{m}"] = np.zeros(shape.width, np.int32)
        weights[f"w{m}"] = np.zeros((shape.width, shape.width), np.int8)
        for head in range(shape.heads):
            column = head * shape.head_width + np.arange(GROUPS)
            weights[f"w{m}"][column + first, column] = _WEIGHT
    return workload


def _scale(step: str, size: int, shift: int) -> dict[str, np.ndarray]:
    return {f"{step}.multiplier": np.full(size, _UNIT, np.int32),
            f"{step}.shift": np.full(size, shift, np.int32)}


def sram_sizes(stress: Stress, minimum: int) -> list[int]:
    """From the least there may be to 1 MiB, in which every shape runs; whole pages."""
    most = 1 << 20
    sizes = {minimum, minimum * 3 // 2 // _PAGE * _PAGE, min(3 * minimum, most), most}
    return sorted(sizes | ({stress.worst_sram} if stress.worst_sram else set()))


def run_all(folder: Path, names: list[str], settings: dict) -> None:
    """Run the workloads in `folder` under every way of allocation and print a markdown table."""
    runs, wrong = 0, []
    print(TABLE_HEAD)
    for name in tqdm(names, unit="workload", disable=not sys.stderr.isatty()):
        stress, expected = STRESSES[name], compute_expected(folder / name)
        for size in sram_sizes(stress, minimum_sram(folder / name, {}, stress.batch)):
            for pages in ("paged", "contiguous"):
                reports = []
                for groups in ("dynamic", "static"):
                    allocation = {"sram.bytes": size, "sram.allocation": pages,
                                  "mac_array.allocation": groups}
                    report, differing = run_prototype(folder / name, settings | allocation,
                                                      expected, stress.batch)
                    reports.append(report)
                    runs += 1
                    if differing:
                        wrong.append(f"{name} {allocation}: {', '.join(differing[:3])}")
                print(_table_row(name, size, pages, reports), flush=True)
    print(f"\n{runs - len(wrong)} of {runs} runs equal to the reference in every tensor.")
    if wrong:
        raise InputError(f"{len(wrong)} runs differ from the reference: {'; '.join(wrong)}")


def _table_row(name: str, size: int, pages: str, reports: list[dict]) -> str:
    """A row of `TABLE_HEAD` from the reports under dynamic and static groups."""
    def both(value: Callable[[dict], object]) -> str:
        return " / ".join(dict.fromkeys(str(value(report["memory"])) for report in reports))

    cycles = [f"{report['total']['cycles']:,}" for report in reports]
    traffic = both(lambda memory: "{:.1f}".format(
        (memory["dram"]["read_bytes"] + memory["dram"]["write_bytes"]) / 2**20))
    cells = [name, f"{size // 1024:,}", pages, *cycles, traffic,
             both(lambda memory: memory["sram"]["high_water_bytes"] // 1024),
             both(lambda memory: memory["sram"]["failed_allocations"]),
             both(lambda memory: f"{memory['sram']['fragmentation_at_failure']:.2f}")]
    return f"| {' | '.join(cells)} |"


def _run() -> None:
    parser = CommandParser(prog="esact.stress", description="Write workloads of adversarial "
                           "sparsity, and run them under every way of allocation.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR",
                        help="a workload folder of each name is written here")
    parser.add_argument("--only", choices=sorted(STRESSES), action="append",
                        help="this workload (may be repeated)")
    parser.add_argument("--run", action="store_true", help="run esact-vp, print a markdown table")
    parser.add_argument("--set", action="append", default=[], metavar="key=value",
                        help="a setting of all runs that changes no value, e.g. tlm.mode")
    arguments = parser.parse_args()
    names = arguments.only or list(STRESSES)
    for name in names:
        write_workload(arguments.out / name, make_workload(STRESSES[name]))
    if arguments.run:
        run_all(arguments.out, names, read_settings(None, arguments.set))


def main() -> None:
    """Entry point of `python -m esact.stress`."""
    run_command(_run)


if __name__ == "__main__":
    main()
