"""Runs of the virtual prototype esact-vp, compared with the NumPy reference tensor by tensor."""

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esact.errors import InputError
from esact.reference import add_counts, make_layers, run_sequence
from esact.settings import spls_changes
from esact.workload import override_knobs, read_tensors, read_workload

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "bin" / "esact-vp"
TIMEOUT_SECONDS = 600


@dataclass
class Expected:
    """Every tensor of a workload by its name in `--tensors` files, and every layer's counts."""

    tensors: dict[str, np.ndarray]
    counts: list[dict]


def compute_expected(folder: Path, settings: dict | None = None) -> Expected:
    """What a run of the workload in `folder` must give; `settings` as for `run_prototype`."""
    workload = read_workload(folder)
    knobs = override_knobs(workload.knobs, spls_changes(settings or {}), "settings")
    layers = make_layers(workload, knobs)
    tensors: dict[str, np.ndarray] = {}
    totals = [{} for _ in layers]
    for index, h in enumerate(workload.inputs):
        def publish(name, value, index=index):
            layer, _, tensor = name.partition(".")
            tensors[f"layer.{layer}.{index}.{tensor}"] = value

        tensors[f"h.{index}"], counts = run_sequence(layers, h, publish)
        totals = [add_counts(total, count) for total, count in zip(totals, counts)]
    return Expected(tensors, totals)


def call_prototype(folder: Path, settings: dict, *arguments) -> subprocess.CompletedProcess:
    """`esact-vp run` with `settings` by dotted key; subprocess.TimeoutExpired if it hangs."""
    words = [PROGRAM, "run", folder, *arguments, "--quiet"]
    for key, value in settings.items():
        words += ["--set", f"{key}={value}"]
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=TIMEOUT_SECONDS)


def run_prototype(folder: Path, settings: dict, expected: Expected, batch: int = 1):
    """One run: its report, and the names of all tensors and counts that are not as expected.

    Counts of the output projection, which `projection.reuse` decides about, are left out.
    """
    with tempfile.TemporaryDirectory() as scratch:
        out, tensors = Path(scratch), Path(scratch) / "tensors.safetensors"
        done = call_prototype(folder, settings, "--batch", batch, "--out", out,
                              "--tensors", tensors)
        if done.returncode:
            raise InputError(f"esact-vp ended with {done.returncode}: {done.stderr.strip()}")
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        computed = read_tensors(tensors)[0] | read_tensors(out / "outputs.safetensors")[0]
    wrong = [name for name in expected.tensors.keys() | computed.keys()
             if not _equal(computed.get(name), expected.tensors.get(name))]
    for layer, counts in zip(report["layers"], expected.counts, strict=True):
        wrong += [f"layer {layer['index']}: {key}" for key, value in counts.items()
                  if _without_output(layer[key]) != _without_output(value)
                  and key != "output_adds"]
    if not report["complete"]:
        wrong.append("complete")
    return report, sorted(wrong)


def minimum_sram(folder: Path, settings: dict, batch: int = 1) -> int:
    """Least `sram.bytes` that runs the workload, as esact-vp names it when it has too little."""
    done = call_prototype(folder, settings | {"sram.bytes": 4096}, "--batch", batch)
    named = re.search(r"sram\.bytes: 4096, expected at least (\d+)", done.stderr)
    if named is None:
        raise InputError(f"esact-vp names no least sram.bytes: {done.stderr.strip()}")
    return int(named[1])


def _equal(left: np.ndarray | None, right: np.ndarray | None) -> bool:
    return (left is not None and right is not None and left.dtype == right.dtype
            and np.array_equal(left, right))


def _without_output(count):
    if not isinstance(count, dict):
        return count
    return {key: value for key, value in count.items() if key != "output"}
