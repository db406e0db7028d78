"""Quantisation and esact-export."""

import numpy as np
import pytest

from esact import export
from esact.models import load_model
from esact.quantise import Calibration, fixed_point
from esact.reference import add_counts, make_layers, run_sequence
from esact.spls import Knobs
from esact.synthetic import random_model
from esact.transformer import forward
from esact.workload import Shape, read_workload

MINILM_TEXTS = ("text\nHow do I top up my card?\nWhere is my card?\n"
                "The Panthers defense gave up just 308 points.\n")


def test_fixed_point_is_normalised_and_close():
    ratios = 2.0 ** np.linspace(-31.5, 30.9, 1000)
    multiplier, shift = fixed_point(ratios)
    assert multiplier.dtype == shift.dtype == np.int32
    assert multiplier.min() >= 2**30 and shift.min() >= 0 and shift.max() <= 62
    np.testing.assert_allclose(multiplier * 2.0 ** -shift, ratios, rtol=2.0**-30)


@pytest.mark.parametrize("ratio, multiplier, shift", [
    (0.0, 0, 0), (1.0, 2**30, 30), (2.0**-32, 2**30, 62), (2.0**-40, 2**22, 62),
    (1 - 2.0**-40, 2**30, 30)])
def test_fixed_point_values(ratio, multiplier, shift):
    assert fixed_point(ratio) == (multiplier, shift)


def test_random_depends_on_the_seed_alone(tmp_path, command):
    shape = "--layers 1 --width 8 --heads 2 --ffn 8 --tokens 3".split()
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        command(export.main, "--random", *shape, "--seed", seed, "--out", tmp_path / name)
    content = {name: (tmp_path / name / "weights.safetensors").read_bytes() for name in "abc"}
    assert content["a"] == content["b"] != content["c"]


@pytest.mark.parametrize("shape", [
    "--layers 1 --width 1 --heads 1 --ffn 1 --tokens 1,2",
    "--layers 2 --width 7 --heads 7 --ffn 3 --tokens 9 --activation relu",
    "--layers 1 --width 256 --heads 2 --ffn 33 --tokens 40 --pre-ln --activation tanh",
])
def test_random_shapes_run(tmp_path, command, shape):
    assert command(export.main, "--random", *shape.split(), "--out", tmp_path) == (0, "")
    workload = read_workload(tmp_path)
    for h in workload.inputs:
        final, _ = run_sequence(make_layers(workload, workload.knobs), h)
        assert final.shape == h.shape and final.any()


@pytest.mark.parametrize("shape", [
    "--layers 1 --width 768 --heads 12 --ffn 3072 --tokens 128",
    "--layers 1 --width 768 --heads 12 --ffn 3072 --tokens 512",
    "--layers 1 --width 768 --heads 12 --ffn 3072 --tokens 128 --pre-ln --causal --final-norm",
    "--layers 3 --width 64 --heads 4 --ffn 128 --tokens 40,100",
    "--layers 8 --width 96 --heads 12 --ffn 384 --tokens 48 --pre-ln --final-norm",
    "--layers 8 --width 96 --heads 12 --ffn 384 --tokens 48 --pre-ln --causal --final-norm",
    "--layers 2 --width 256 --heads 2 --ffn 1024 --tokens 64 --causal --activation relu",
    "--layers 2 --width 32 --heads 32 --ffn 64 --tokens 64 --pre-ln --causal",
])
def test_similar_inputs_halve_the_work(tmp_path, command, shape):
    command(export.main, "--random", "--similar", *shape.split(), "--out", tmp_path)
    workload = read_workload(tmp_path)
    counts = {}
    for h in workload.inputs:
        for count in run_sequence(make_layers(workload, workload.knobs), h)[1]:
            counts = add_counts(counts, count)
    assert sum(counts["macs"].values()) <= 0.5 * sum(counts["dense_macs"].values())


def test_minilm_keeps_its_embeddings(tmp_path, command):
    texts = tmp_path / "texts.csv"
    texts.write_text(MINILM_TEXTS)
    code, _ = command(export.main, "--model", "minilm", "--text", texts, "--column", "text",
                      "--max-tokens", 8, "--limit", 2, "--out", tmp_path / "w")
    assert code == 0
    workload = read_workload(tmp_path / "w")
    assert workload.shape.name == "all-MiniLM-L6-v2"
    assert [len(h) for h in workload.inputs] == [8, 7]
    layers = make_layers(workload, [Knobs(enabled=False)] * 6)
    for h, expected in zip(workload.inputs, workload.float_embeddings):
        embedding = run_sequence(layers, h)[0].mean(0)
        cosine = embedding @ expected / np.linalg.norm(embedding) / np.linalg.norm(expected)
        assert cosine > 0.99


def test_truncation_keeps_the_special_tokens():
    bert = load_model("minilm")
    tokens = bert.tokenize("how do i top up my card", 5)
    assert len(tokens) == 5
    whole = bert.tokenize("how do i top up my card")
    assert tokens == whole[:4] + whole[-1:]


@pytest.mark.parametrize("arguments, words", [
    (["--random"], ["--layers"]),
    ("--random --layers 1 --width 10 --heads 3 --ffn 4 --tokens 4".split(), ["--width", "10"]),
    ("--random --layers 1 --width 9 --heads 3 --ffn 4 --tokens 4,2000".split(), ["2000"]),
    (["--model", "minilm"], ["--text"]),
    (["--model", "minilm", "--text", "x", "--calibration", "y"], ["--calibration", "--inputs"]),
    (["--model", "/nowhere", "--text", "x"], ["--model", "/nowhere"]),
    (["--model", "minilm", "--text", "/nowhere.csv"], ["/nowhere.csv", "no such file"]),
])
def test_bad_arguments(tmp_path, command, arguments, words):
    code, message = command(export.main, *arguments, "--out", tmp_path / "w")
    assert code == 1
    assert message.startswith("error: ") and all(word in message for word in words)


@pytest.mark.parametrize("column, limit, expected", [
    ("1", "9", ["text", "a", "b"]), ("text", "1", ["a"]), ("none", "1", None)])
def test_columns(tmp_path, column, limit, expected):
    path = tmp_path / "t.csv"
    path.write_text("number,text\n1,a\n2,b\n")
    if expected is None:
        with pytest.raises(export.InputError, match="number, text"):
            export.read_column(path, column, int(limit))
    else:
        assert export.read_column(path, column, int(limit)) == expected


def test_epsilon_of_a_small_residual_stream_fits(generator):
    """Where epsilon outweighs the variance of h, h has the scale that epsilon needs."""
    model = random_model(Shape("small", 1, 16, 2, 16, "pre"), "erf", False, generator)
    for name in ("wo", "bo", "w2", "b2"):
        model.layers[0][name] *= np.float32(1e-3)
    h = 1e-3 * generator.standard_normal((5, 16)).astype(np.float32)
    workload = export.build_workload(model, Calibration(model, [h]), [h])
    epsilon = workload.weights[0]["norm1.epsilon"][0] * workload.h_scale**2
    assert epsilon == pytest.approx(model.epsilon, rel=1e-6)
    layers = make_layers(workload, [Knobs(enabled=False)])
    change = run_sequence(layers, workload.inputs[0])[0] * workload.h_scale - h
    expected = forward(model, h) - h
    np.testing.assert_allclose(change, expected, atol=0.03 * np.abs(expected).max())
