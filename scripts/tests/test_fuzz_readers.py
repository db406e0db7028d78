"""Mutated files: the Python readers take or refuse what the C++ readers do, and make the same of it."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from esact.errors import InputError
from esact.settings import read_settings, spls_changes
from esact.spls import Knobs
from esact.workload import override_knobs, read_tensors, read_workload, write_tensors

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "bin" / "esact-fuzz"
COUNT = 300
FILES = {"workload": "workload.yaml", "weights": "w.safetensors", "inputs": "i.safetensors"}
TYPES = {"bool": "BOOL", "int8": "I8", "uint8": "U8", "int16": "I16", "int32": "I32",
         "int64": "I64", "float32": "F32"}

pytestmark = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ, reason="build/bin/esact-fuzz has not been built")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Inputs of every target, with what C++ made of them."""
    folder = tmp_path_factory.mktemp("fuzz")
    targets = ["safetensors", "workload", "weights", "inputs", "config", "set"]
    subprocess.run([PROGRAM, *targets, "--count", str(COUNT), "--seed", "5", "--save", folder],
                   check=True, capture_output=True)
    return folder


def inputs(folder: Path, target: str):
    """(file, what C++ made of it or None) of every input."""
    lines = (folder / target / "verdicts.tsv").read_text().splitlines()
    assert len(lines) == COUNT
    for line in lines:
        name, verdict = line.split("\t")
        yield folder / target / name, None if verdict == "refused" else json.loads(verdict)


def understood(read):
    """What `read` returns, None if it refuses; any other exception is a bug."""
    try:
        return read()
    except InputError as error:
        assert "\n" not in str(error).partition("(")[0]
        return None


def describe_tensors(path: Path):
    tensors, _ = read_tensors(path)
    return {name: [TYPES.get(value.dtype.name), list(value.shape), sum(value.tobytes())]
            for name, value in tensors.items()}


def describe_workload(folder: Path):
    workload = read_workload(folder)
    shape = workload.shape
    return {
        "model": [shape.layers, shape.width, shape.heads, shape.ffn, shape.pre_norm, shape.causal,
                  shape.final_norm],
        "spls": {f"spls.{name}": [getattr(knobs, name) for knobs in workload.knobs]
                 for name in vars(Knobs())},
        "sequences": [len(h) for h in workload.inputs],
        "h_scale": workload.h_scale,
    }


def describe_settings(config: Path | None, sets: list[str]):
    knobs, = override_knobs([Knobs()], spls_changes(read_settings(config, sets)), "settings")
    return {f"spls.{name}": value for name, value in vars(knobs).items()}


def compare(pairs) -> int:
    """Number of inputs that both readers take; they must make the same of each."""
    both = [(path, cpp, python) for path, cpp, python in pairs if None not in (cpp, python)]
    for path, cpp, python in both:
        assert cpp == python, path
    return len(both)


def taken_by_cpp_alone(pairs) -> list[Path]:
    return [path for path, cpp, python in pairs if cpp is not None and python is None]


def test_safetensors(saved):
    """The library takes types that ESACT does not have; C++ takes nothing that it refuses."""
    pairs = [(path, cpp, understood(lambda: describe_tensors(path)))
             for path, cpp in inputs(saved, "safetensors")]
    assert not taken_by_cpp_alone(pairs)
    assert compare(pairs) > COUNT // 20


@pytest.mark.parametrize("target", FILES)
def test_workloads(saved, target):
    folder = saved / target
    file = folder / FILES[target]
    write_tensors(folder / "f.safetensors", {"embedding": np.zeros((2, 8), np.float32)})
    pairs = []
    for path, cpp in inputs(saved, target):
        file.write_bytes(path.read_bytes())
        pairs.append((path, cpp, understood(lambda: describe_workload(folder))))
    if target != "workload":  # quoted numbers and tags are text to C++ and a type of their own to Python
        assert not taken_by_cpp_alone(pairs)
    assert compare(pairs) > COUNT // 60


def test_configs(saved):
    pairs = [(path, spls_of(cpp), understood(lambda: describe_settings(path, [])))
             for path, cpp in inputs(saved, "config")]
    assert compare(pairs) > COUNT // 60


def test_sets(saved):
    pairs = [(path, spls_of(cpp),
              understood(lambda: describe_settings(None, path.read_text("latin-1").split("\n"))))
             for path, cpp in inputs(saved, "set")]
    assert compare(pairs) > COUNT // 60


def spls_of(values):
    return values and {key: value for key, value in values.items() if key.startswith("spls.")}
