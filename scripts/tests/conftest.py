"""Shared fixtures."""

import sys
from pathlib import Path

import numpy as np
import pytest

from esact import export
from esact.workload import Workload, read_workload

GOLDEN = Path(__file__).resolve().parents[2] / "testbenches" / "data" / "golden"
POST = "--layers 2 --width 24 --heads 3 --ffn 40 --tokens 5,17"
PRE = "--layers 2 --width 32 --heads 2 --ffn 48 --tokens 19,1 --pre-ln --causal --final-norm"


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a console command in this process: `(exit code, stderr)`."""

    def run(main, *arguments) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["esact", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as exit_:
            code = exit_.code
        return code, capsys.readouterr().err

    return run


@pytest.fixture(params=[POST, PRE], ids=["post-ln", "pre-ln-causal"])
def random_folder(request, tmp_path, command) -> Path:
    """A small random workload folder."""
    folder = tmp_path / "workload"
    assert command(export.main, "--random", *request.param.split(), "--out", folder) == (0, "")
    return folder


@pytest.fixture
def random_workload(random_folder) -> Workload:
    return read_workload(random_folder)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(1)
