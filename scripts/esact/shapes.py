"""Transformers of all shapes: the virtual prototype against the NumPy reference, every tensor."""

import sys
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from tqdm import tqdm

from esact.errors import CommandParser, InputError, run_command
from esact.export import build_workload
from esact.prototype import compute_expected, minimum_sram, run_prototype
from esact.quantise import Calibration
from esact.spls import Knobs
from esact.synthetic import random_inputs, random_model
from esact.workload import Shape, write_workload

HEAD_WIDTHS = (1, 8, 32, 64, 128)
LENGTHS = (1, 7, 64, 257, 1024)
KINDS = tuple(product(("post", "pre"), (False, True), (True, False)))  # norm, causal, sparse
PER_SHAPE = 3
_ACTIVATIONS = ("erf", "tanh", "relu")
_FFN = (48, 1, 130, 67)
_TABLE_HEAD = """\
| norm | causal | SPLS | d | H | F | sequences | SRAM, KiB | pages | cycles | tensors | equal |
|---|---|---|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Case:
    """One run: a random layer, its sequences, and the SRAM it gets (0: the least it needs)."""

    head_width: int
    lengths: tuple[int, ...]
    norm: str
    causal: bool
    sparse: bool
    heads: int = 2
    ffn: int = 48
    final_norm: bool = False
    activation: str = "erf"
    similar: bool = True
    sram_bytes: int = 1 << 20
    pages: str = "paged"

    def __str__(self) -> str:
        return (f"{self.norm}-{'causal' if self.causal else 'full'}-"
                f"{'sparse' if self.sparse else 'dense'}-d{self.head_width}-L{self.lengths[0]}")

    @property
    def shape(self) -> Shape:
        return Shape(str(self), 1, self.heads * self.head_width, self.heads, self.ffn, self.norm,
                     self.causal, self.final_norm)


def matrix() -> list[Case]:
    """`PER_SHAPE` kinds for every head width and length, with all else varied."""
    cases = []
    for width, length in product(HEAD_WIDTHS, LENGTHS):
        for _ in range(PER_SHAPE):
            n = len(cases)
            norm, causal, sparse = KINDS[n % len(KINDS)]
            mixed = (5, 1 + length // 3) if n % 3 == 1 else ()
            cases.append(Case(
                width, (length, *mixed), norm, causal, sparse, heads=1 + n % 3,
                ffn=_FFN[n // 2 % len(_FFN)], final_norm=n % 5 == 0,
                activation=_ACTIVATIONS[n // 3 % 3], similar=n // 8 % 3 != 0,
                sram_bytes=0 if n % 7 < 2 else 1 << 20,
                pages="contiguous" if n // 2 % 2 else "paged"))
    return cases


def sample() -> list[Case]:
    """Every head width with every length once, so chosen that all pairs of two axes occur."""
    cases = matrix()
    return [cases[PER_SHAPE * n + (2 * n + n // len(LENGTHS) + 1) % PER_SHAPE]
            for n in range(len(cases) // PER_SHAPE)]


def large() -> list[Case]:
    """The limits of the specification, and batches of 64 sequences."""
    mixed = tuple((96, 1, 33, 8, 257, 7, 17, 64)[n % 8] for n in range(64))
    return [
        Case(128, (1024,), "post", False, True, heads=8, ffn=4096),
        Case(128, (1024,), "pre", True, False, heads=8, ffn=4096, sram_bytes=0,
             pages="contiguous", final_norm=True, activation="tanh"),
        Case(64, (1024,), "pre", True, True, heads=16, ffn=1024, sram_bytes=0),
        Case(64, (1024, 257), "post", False, False, heads=12, ffn=3072, pages="contiguous"),
        Case(16, (257,), "post", False, True, heads=64, ffn=130, sram_bytes=0,
             pages="contiguous", similar=False),
        Case(32, mixed, "post", False, True, heads=4, ffn=256),
        Case(32, mixed, "pre", True, True, heads=4, ffn=256, sram_bytes=0, pages="contiguous"),
        Case(32, mixed, "pre", False, False, heads=4, ffn=256, sram_bytes=0),
        Case(8, (1,) * 64, "post", True, True, heads=3, similar=False, sram_bytes=0),
    ]


def write_case(folder: Path, case: Case, seed: int = 0) -> None:
    """The workload folder of a case."""
    generator = np.random.default_rng(seed)
    model = random_model(case.shape, case.activation, case.similar, generator)
    inputs = random_inputs(case.shape, list(case.lengths), case.similar, generator)
    workload = build_workload(model, Calibration(model, inputs), inputs)
    workload.knobs = [Knobs(enabled=case.sparse)]
    write_workload(folder, workload)


def check_case(folder: Path, case: Case):
    """Run a case whose workload is in `folder`: report, number of tensors, names that differ."""
    expected, batch = compute_expected(folder), len(case.lengths)
    settings = {"sram.allocation": case.pages,
                "sram.bytes": case.sram_bytes or minimum_sram(folder, {}, batch)}
    report, differing = run_prototype(folder, settings, expected, batch)
    return report, len(expected.tensors), differing


def _table_row(case: Case, report: dict, tensors: int, differing: list[str]) -> str:
    lengths = ", ".join(map(str, case.lengths[:3]))
    if len(case.lengths) > 3:
        lengths = f"{len(case.lengths)} of {min(case.lengths)} to {max(case.lengths)}"
    cells = [case.norm, "yes" if case.causal else "no", "on" if case.sparse else "off",
             case.head_width, case.heads, case.ffn, lengths,
             f"{report['memory']['sram']['bytes'] // 1024:,}", case.pages,
             f"{report['total']['cycles']:,}", f"{tensors:,}", ", ".join(differing[:3]) or "yes"]
    return f"| {' | '.join(map(str, cells))} |"


def _run() -> None:
    CommandParser(prog="esact.shapes", description="Compare esact-vp with NumPy on many shapes; "
                  "print a markdown table.").parse_args()
    cases = matrix() + large()
    wrong = []
    print(_TABLE_HEAD)
    for case in tqdm(cases, unit="run", disable=not sys.stderr.isatty()):
        with tempfile.TemporaryDirectory() as folder:
            write_case(Path(folder), case)
            report, tensors, differing = check_case(Path(folder), case)
        print(_table_row(case, report, tensors, differing), flush=True)
        if differing:
            wrong.append(f"{case}: {', '.join(differing[:3])}")
    print(f"\n{len(cases) - len(wrong)} of {len(cases)} runs equal to the reference "
          "in every tensor.")
    if wrong:
        raise InputError(f"{len(wrong)} runs differ from the reference: {'; '.join(wrong)}")


def main() -> None:
    """Entry point of `python -m esact.shapes`."""
    run_command(_run)


if __name__ == "__main__":
    main()
