"""Adversarial sparsity: the workloads have what they promise, and no allocation loses or blocks."""

import os
from functools import cache

import numpy as np
import pytest

from esact.errors import InputError
from esact.prototype import PROGRAM, compute_expected, minimum_sram, run_prototype
from esact.stress import GROUPS, STRESSES, make_workload
from esact.stress import main as stress_main
from esact.workload import read_workload, write_workload

needs_program = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ, reason="build/bin/esact-vp has not been built")
FEWEST_PAGES = {"sram.allocation": "contiguous", "mac_array.allocation": "static"}


@pytest.fixture(scope="module")
def expected_of(tmp_path_factory):
    """A workload's folder by name, and what the reference makes of it."""
    folder = tmp_path_factory.mktemp("stress")

    @cache
    def make(name: str):
        write_workload(folder / name, make_workload(STRESSES[name]))
        return folder / name, compute_expected(folder / name)

    return make


def predictions(expected, name: str):
    """(critical `[H, L]`, needed columns `[H, L]`) of every sequence of a workload."""
    for index, length in enumerate(STRESSES[name].lengths):
        tensors = {tensor: expected.tensors[f"layer.0.{index}.{tensor}"]
                   for tensor in ("representative", "needed_columns")}
        yield tensors["representative"] == np.arange(length), tensors["needed_columns"] == 1


def first_of_window(length: int) -> np.ndarray:
    return np.arange(length) % 8 == 0


@pytest.mark.parametrize("name", ["one-then-all", "stairs", "many"])
def test_one_critical_row_a_window_then_all(expected_of, name):
    for critical, needed in predictions(expected_of(name)[1], name):
        length = critical.shape[1]
        assert (critical[::2] == first_of_window(length)).all()
        assert critical[1::2].all()
        assert needed[1::2].all()
        kept = -(-length // GROUPS)
        assert (needed[::2].sum(-1) == kept).all()


def test_all_or_none_similar(expected_of):
    for critical, needed in predictions(expected_of("all-similar")[1], "all-similar"):
        assert (critical == first_of_window(256)).all()
        assert (needed == (np.arange(256) % GROUPS == 0)).all()
    for critical, needed in predictions(expected_of("none-similar")[1], "none-similar"):
        assert critical.all() and needed.all()
    counts = [expected_of(name)[1].counts[0]["macs"] for name in ("all-similar", "none-similar")]
    for key, fewer in counts[0].items():
        assert GROUPS * fewer == counts[1][key], key


def test_densities_alternate(expected_of):
    found = predictions(expected_of("alternating")[1], "alternating")
    for sequence, (critical, _) in enumerate(found):
        per_window = critical.reshape(len(critical), -1, 8).sum(-1)
        head, window = np.indices(per_window.shape)
        assert (per_window == np.where((head + window + sequence) % 2, 8, 1)).all()


def test_only_the_last_row_needs_the_columns(expected_of):
    _, expected = expected_of("last-row")
    for index, (critical, needed) in enumerate(predictions(expected, "last-row")):
        mask = expected.tensors[f"layer.0.{index}.mask"] == 1
        assert (np.flatnonzero(critical[0]) == [0, 63]).all() and (critical == critical[0]).all()
        assert needed.all()
        assert (mask[:, 0].sum(-1) == 1).all() and mask[:, 63].all()
    _, expected = expected_of("last-row-long")
    mask = expected.tensors["layer.0.0.mask"] == 1
    assert not mask[:, :-1, 512:].any() and mask[:, -1, 512:].all()
    (critical, needed), = predictions(expected, "last-row-long")
    assert critical[:, -1].all() and needed.all()


def test_a_folder_holds_what_was_made(tmp_path, command):
    assert command(stress_main, "--out", tmp_path, "--only", "stairs") == (0, "")
    written, made = read_workload(tmp_path / "stairs"), make_workload(STRESSES["stairs"])
    assert written.knobs == made.knobs and written.shape == made.shape
    for left, right in zip(written.inputs, made.inputs, strict=True):
        assert (left == right).all()


@needs_program
@pytest.mark.parametrize("name", STRESSES)
def test_the_least_sram_ends_with_the_right_values(expected_of, name):
    folder, expected = expected_of(name)
    batch = STRESSES[name].batch
    least = minimum_sram(folder, FEWEST_PAGES, batch)
    for settings in ({}, FEWEST_PAGES):
        report, differing = run_prototype(folder, settings | {"sram.bytes": least}, expected, batch)
        assert not differing
        assert report["memory"]["sram"]["high_water_bytes"] <= least
    with pytest.raises(InputError, match="expected at least"):
        run_prototype(folder, {"sram.bytes": least - 4096}, expected, batch)


@needs_program
def test_random_stalls_block_nothing(expected_of):
    folder, expected = expected_of("stairs")
    stalls = {"tlm.mode": "approximate", "tlm.stall_permille": 200, "sram.allocation": "contiguous",
              "sram.bytes": minimum_sram(folder, {}, 16) * 3 // 2 // 4096 * 4096}
    assert run_prototype(folder, stalls, expected, 16)[1] == []
