"""Layers of every kind, head width and length: all tensors as NumPy has them."""

import os
from itertools import combinations

import pytest

from esact.prototype import PROGRAM, compute_expected, run_prototype
from esact.shapes import (HEAD_WIDTHS, KINDS, LENGTHS, Case, check_case, large, matrix, sample,
                          write_case)

needs_program = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ, reason="build/bin/esact-vp has not been built")


def pairs(cases):
    """Every two values of two axes that meet in a case."""
    for case in cases:
        axes = {"norm": case.norm, "causal": case.causal, "sparse": case.sparse,
                "head_width": case.head_width, "length": case.lengths[0]}
        yield from combinations(axes.items(), 2)


def test_the_matrix_has_all_pairs():
    wanted = {pair for norm, causal, sparse in KINDS for d in HEAD_WIDTHS for length in LENGTHS
              for pair in combinations({"norm": norm, "causal": causal, "sparse": sparse,
                                        "head_width": d, "length": length}.items(), 2)}
    assert len(matrix() + large()) >= 60
    assert set(pairs(matrix())) == wanted
    assert set(pairs(sample())) == wanted
    assert {len(case.lengths) > 1 for case in sample()} == {True, False}


@needs_program
def test_a_difference_is_noticed(tmp_path):
    write_case(tmp_path, Case(8, (9,), "post", False, True))
    expected = compute_expected(tmp_path)
    assert run_prototype(tmp_path, {}, expected)[1] == []
    expected.tensors["layer.0.0.z"][1, 2, 3] += 1
    expected.tensors["layer.0.0.more"] = expected.tensors.pop("layer.0.0.q")
    expected.counts[0]["macs"]["key"] += 1
    assert run_prototype(tmp_path, {}, expected)[1] == [
        "layer 0: macs", "layer.0.0.more", "layer.0.0.q", "layer.0.0.z"]


@needs_program
@pytest.mark.parametrize("case", sample(), ids=str)
def test_all_tensors_equal_the_reference(tmp_path, case):
    write_case(tmp_path, case)
    _, tensors, differing = check_case(tmp_path, case)
    assert tensors > 0 and not differing
