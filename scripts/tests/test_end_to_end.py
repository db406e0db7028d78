"""The C++ virtual prototype against the NumPy reference, and its manners on the command line."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from esact.export import main as export_main
from esact.reference import main as reference_main

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "bin" / "esact-vp"

pytestmark = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ, reason="build/bin/esact-vp has not been built")

SHAPES = {
    "one-token": ["--layers", "1", "--width", "4", "--heads", "2", "--ffn", "4", "--tokens", "1"],
    "odd": ["--layers", "2", "--width", "45", "--heads", "3", "--ffn", "67", "--tokens", "5,19,64"],
    "narrow": ["--layers", "1", "--width", "8", "--heads", "8", "--ffn", "40", "--tokens", "33,7"],
    "wide": ["--layers", "1", "--width", "256", "--heads", "2", "--ffn", "1100", "--tokens", "70"],
    "pre": ["--layers", "2", "--width", "64", "--heads", "2", "--ffn", "96", "--tokens", "40,3",
            "--pre-ln", "--final-norm"],
    "causal": ["--layers", "2", "--width", "64", "--heads", "4", "--ffn", "96", "--tokens", "65,9",
               "--causal", "--pre-ln", "--final-norm", "--activation", "relu"],
    "similar": ["--layers", "1", "--width", "64", "--heads", "4", "--ffn", "128",
                "--tokens", "64,48", "--similar"],
}
ABLATIONS = [
    [], ["spls.enabled=false"], ["spls.quantizer=pot"], ["spls.ties=down", "spls.offset=kth"],
    ["spls.quantizer=leading_one", "spls.metric=hamming"],
    ["spls.quantizer=exact", "spls.window=16"],
    ["spls.k_q8=256", "spls.s_q8=400", "spls.f_q8=0", "spls.window=64"],
]


def call(main, arguments: list[str], monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["esact", *map(str, arguments)])
    main()


def run(*arguments, **options) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          **options)


def settings(sets: list[str]) -> list[str]:
    return [word for entry in sets for word in ("--set", entry)]


@pytest.fixture(scope="module")
def workloads(tmp_path_factory):
    """Random workloads by name."""
    folder = tmp_path_factory.mktemp("workloads")
    with pytest.MonkeyPatch.context() as patch:
        for seed, (name, shape) in enumerate(SHAPES.items()):
            call(export_main, ["--random", *shape, "--seed", seed, "--out", folder / name], patch)
    return folder


def check_equal(tensors: Path, expected: Path) -> None:
    computed, reference = load_file(tensors), load_file(expected)
    assert computed.keys() == reference.keys()
    for name, value in reference.items():
        assert computed[name].dtype == value.dtype, name
        np.testing.assert_array_equal(computed[name], value, err_msg=name)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("batch", [1, 3])
def test_every_tensor_equals_the_reference(workloads, tmp_path, monkeypatch, name, batch):
    """Dense and sparse, tensor by tensor, and the counts of the report."""
    for sets in ABLATIONS[:2]:
        reuse = [*sets, "projection.reuse=always"]
        call(reference_main, [workloads / name, *settings(reuse), "--out", tmp_path / "reference",
                              "--tensors", tmp_path / "reference.safetensors"], monkeypatch)
        done = run("run", workloads / name, *settings(reuse), "--batch", batch, "--out", tmp_path,
                   "--tensors", tmp_path / "tensors.safetensors", "--quiet")
        assert done.returncode == 0, done.stderr
        assert done.stdout == done.stderr == ""
        check_equal(tmp_path / "tensors.safetensors", tmp_path / "reference.safetensors")
        check_equal(tmp_path / "outputs.safetensors",
                    tmp_path / "reference" / "outputs.safetensors")
        report = json.loads((tmp_path / "report.json").read_text())
        counts = json.loads((tmp_path / "reference" / "counts.json").read_text())
        for layer, expected in zip(report["layers"], counts["layers"], strict=True):
            for key, value in expected.items():
                assert layer[key] == value, key


@pytest.mark.parametrize("sets", ABLATIONS[2:], ids=" ".join)
def test_ablations_equal_the_reference(workloads, tmp_path, monkeypatch, sets):
    for name in ("odd", "causal", "similar"):
        call(reference_main, [workloads / name, *settings(sets), "--out", tmp_path,
                              "--tensors", tmp_path / "reference.safetensors"], monkeypatch)
        done = run("run", workloads / name, *settings(sets), "--out", tmp_path, "--quiet",
                   "--tensors", tmp_path / "tensors.safetensors")
        assert done.returncode == 0, done.stderr
        check_equal(tmp_path / "tensors.safetensors", tmp_path / "reference.safetensors")


def test_two_runs_differ_in_host_only(workloads, tmp_path):
    reports = []
    for name in ("first", "second"):
        assert run("run", workloads / "odd", "--out", tmp_path / name).returncode == 0
        reports.append(json.loads((tmp_path / name / "report.json").read_text()))
        reports[-1].pop("host")
    assert json.dumps(reports[0]) == json.dumps(reports[1])


@pytest.mark.parametrize("arguments, mentions", [
    (["--set", "spls.k_q9=3"], ["spls.k_q9", "spls.k_q8"]),
    (["--set", "mac_array.lines=0"], ["mac_array.lines", "0", "expected"]),
    (["--set", "sram.bytes=4096"], ["sram.bytes", "at least"]),
    (["--set", "mac_array.groups=5"], ["groups"]),
    (["--set", "tlm.mode=fast"], ["tlm.mode", "fast", "loose"]),
    (["--set", "dram.preset=ddr5"], ["dram.preset", "ddr5", "lpddr4"]),
    (["--config", "missing.yaml"], ["missing.yaml"]),
    (["--batch", "0"], ["--batch", "1 to 64"]),
    (["--batch", "many"], ["--batch", "many"]),
    (["--bach", "2"], ["--bach"]),
])
def test_bad_settings_are_one_line_and_write_nothing(workloads, tmp_path, arguments, mentions):
    done = run("run", workloads / "odd", *arguments, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 1
    assert all(word in done.stderr for word in mentions), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "out").exists()


def test_a_bad_workload_keeps_what_was_written(workloads, tmp_path):
    """Results of a good run survive a bad one."""
    out = tmp_path / "out"
    assert run("run", workloads / "odd", "--out", out, "--quiet").returncode == 0
    before = (out / "report.json").read_bytes()
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in (workloads / "odd").iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    weights = (broken / "weights.safetensors").read_bytes()
    (broken / "weights.safetensors").write_bytes(weights[:-7])
    done = run("run", broken, "--out", out)
    assert done.returncode == 1
    assert "weights.safetensors" in done.stderr and done.stderr.count("\n") == 1
    done = run("run", tmp_path / "missing", "--out", out)
    assert done.returncode == 1 and "missing" in done.stderr
    assert (out / "report.json").read_bytes() == before


def catches_interrupt(process: subprocess.Popen) -> bool:
    """Whether the process handles SIGINT by now, which it does while it simulates."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)[1], 16)
    return bool(caught >> (signal.SIGINT - 1) & 1)


def test_interrupt_leaves_a_valid_partial_report(tmp_path, monkeypatch):
    shape = "--layers 12 --width 256 --heads 4 --ffn 1024".split()
    call(export_main, ["--random", *shape, "--tokens", ",".join(["256"] * 16),
                       "--out", tmp_path / "long"], monkeypatch)
    with subprocess.Popen([PROGRAM, "run", tmp_path / "long", "--out", tmp_path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not catches_interrupt(process):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["complete"] is False
    assert sum(layer["cycles"] for layer in report["layers"]) == report["total"]["cycles"]
    outputs = load_file(tmp_path / "outputs.safetensors")
    assert len(outputs) == sum(len(batch["layers"]) == 12 for batch in report["batches"]) < 16
