"""The cycle model of a head: against the cases of the block pages, and against esact-vp."""

import os
from dataclasses import replace

import numpy as np
import pytest

from esact.cycle_model import simulate
from esact.cycle_model.__main__ import main
from esact.cycle_model.arrays import MATRIX_KINDS, VECTOR_KINDS, MacArray, MatrixCommand
from esact.cycle_model.arrays import VectorCommand, VectorUnit
from esact.cycle_model.cases import random_case, run_case
from esact.cycle_model.check import compare
from esact.cycle_model.machine import Command, Machine, Pattern, Queue
from esact.prototype import PROGRAM

needs_program = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ, reason="build/bin/esact-vp has not been built")
SEEDS = (3, 8, 9, 12, 15, 17, 18, 20, 22, 23, 29)


def dense(tokens: int, head_width: int) -> Pattern:
    """A head of model width 64."""
    return Pattern(64, head_width, np.ones((tokens, tokens), bool), np.arange(tokens))


def matrix_command(kind: str, **operands) -> MatrixCommand:
    rows = len(operands.get("row_list") or operands["key_lists"])
    return MatrixCommand(f"matrix.{kind}", 0, rows, 0, MATRIX_KINDS.index(kind), **operands)


def completion(machine: Machine, queue: Queue, command: Command) -> int:
    """The cycle in which a command that is sent at cycle 0 completes."""
    machine.simulation.start(queue.send(command))
    machine.simulation.run()
    return next(step.end for step in machine.steps if step.what == command.what)


@pytest.mark.parametrize("rows, depth, columns, completes", [
    (range(4), 64, 64, 81), (range(16), 64, 64, 105), (range(20), 64, 64, 177),
    (range(16), 64, 16, 81), (range(4), 32, 128, 89), (range(0, 8, 2), 8, 64, 28)])
def test_projection_as_mac_array_page_says(rows, depth, columns, completes):
    machine = Machine(dense(64, min(columns, 64)), {})
    command = matrix_command("query", row_list=list(rows), depth=depth, columns=columns)
    assert completion(machine, MacArray(machine).queue, command) == completes


@pytest.mark.parametrize("kind, width, keys, entries, completes", [
    ("score", 32, 128, (26, 26, 13, 0), 45), ("context", 32, 128, (26, 26, 13, 0), 46),
    ("score", 128, 8, (5, 3), 22), ("score", 8, 4, (0,), 10), ("score", 32, 64, (64,) * 8, 57),
    ("score", 64, 64, (64,) * 16 + (8,) * 4, 114)])
def test_attention_as_mac_array_page_says(kind, width, keys, entries, completes):
    machine = Machine(dense(keys, width), {})
    command = matrix_command(
        kind, key_lists=[list(range(count)) for count in entries], keys=keys,
        depth=width if kind == "score" else 0, columns=width if kind == "context" else 0)
    assert completion(machine, MacArray(machine).queue, command) == completes


def test_softmax_as_vector_unit_page_says():
    machine = Machine(dense(100, 64), {})
    softmax = VectorCommand("vector.softmax", 0, 2, 0, VECTOR_KINDS.index("softmax"),
                            reads=[12, 640, 4, 1], writes=[160, 8], passes=3, elements=160)
    assert completion(machine, VectorUnit(machine).queue, softmax) == 28


def test_quantisation_as_vector_unit_page_says():
    machine = Machine(dense(100, 64), {})
    quantise = VectorCommand("vector.requantise", 0, 8, 0, 0, reads=[2048, 256, 64], writes=[512],
                             elements=512)
    assert completion(machine, VectorUnit(machine).queue, quantise) == 24


def test_head_as_cycle_model_page_says():
    steps, choices = simulate(dense(4, 64))
    commands = sorted((step.start, step.end, step.what) for step in steps
                      if step.what == "attend" or step.what.startswith(("matrix.", "vector.")))
    assert commands == [
        (0, 272, "attend"), (3, 84, "matrix.query"), (3, 156, "matrix.key_value"),
        (84, 104, "vector.requantise"), (156, 183, "vector.requantise"),
        (189, 205, "matrix.score"), (205, 227, "vector.softmax"), (227, 248, "matrix.context"),
        (248, 272, "vector.context")]
    assert not choices


def test_a_parameter_that_the_model_does_not_know_is_named():
    with pytest.raises(ValueError, match="dma.port_bytes: not a parameter"):
        simulate(dense(4, 8), {"dma.port_bytes": 64})


@pytest.fixture(scope="module")
def heads():
    """Heads of a few random cases with what esact-vp did."""
    return [head for seed in SEEDS for head in run_case(random_case(np.random.default_rng(seed)))]


@needs_program
def test_agrees_with_esact_vp_in_every_step(heads):
    dense_heads = sum(head.pattern.window is None for head in heads)
    assert dense_heads >= 5 and len(heads) - dense_heads >= 30
    different = [(head.name, outcome.difference) for head in heads
                 if not (outcome := compare(head)).agrees]
    assert not different


@needs_program
@pytest.mark.parametrize("parameters", [
    {"mac_array.pipeline_cycles": 9}, {"vector_unit.pipeline_cycles": 13},
    {"sram.latency_cycles": 3}, {"predictor.port_bytes": 64}], ids=lambda given: next(iter(given)))
def test_another_parameter_is_seen(heads, parameters):
    head = next(head for head in heads if head.pattern.window and not head.parameters)
    outcome = compare(replace(head, parameters=parameters))
    assert not outcome.agrees
    assert "model only: Step(" in outcome.difference
    assert "esact-vp only: Step(" in outcome.difference


@needs_program
def test_another_pattern_is_seen(heads):
    head = next(head for head in heads if head.pattern.window)
    kept = head.pattern.kept.copy()
    kept[0, 0] = not kept[0, 0]
    outcome = compare(replace(head, pattern=replace(head.pattern, kept=kept)))
    assert not outcome.agrees


@needs_program
def test_command_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["cycle_model", "--runs", "1", "--seed", "20"])
    main()
    assert capsys.readouterr().out.startswith("8 of 8 heads agree in every step")
