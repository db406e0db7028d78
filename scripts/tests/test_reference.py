"""The reference as a whole: identity, zero rows, agreement with floats, the command."""

import json
from dataclasses import replace

import numpy as np
import pytest

from esact import reference
from esact.reference import make_layers, run_sequence
from esact.spls import Knobs
from esact.workload import read_tensors, read_workload

DENSE = Knobs(enabled=False)


def run(workload, knobs: Knobs, index: int = 0):
    """Every tensor of a sequence, and the counts."""
    tensors = {}
    layers = make_layers(workload, [knobs] * workload.shape.layers)
    h, counts = run_sequence(layers, workload.inputs[index], tensors.__setitem__)
    return h, tensors, counts


def test_window_1_and_all_kept_equals_dense(random_workload):
    for index in range(len(random_workload.inputs)):
        _, sparse, sparse_counts = run(random_workload, Knobs(k_q8=256, window=1), index)
        _, dense, dense_counts = run(random_workload, DENSE, index)
        assert set(sparse) - set(dense) == {
            f"{n}.{name}" for n in range(2) for name in ("q_hat", "k_hat", "pam")}
        for name, value in dense.items():
            assert value.tobytes() == sparse[name].tobytes(), name
        for left, right in zip(sparse_counts, dense_counts):
            assert left["macs"] == right["macs"] == right["dense_macs"]
            assert left["predictor_products"] > right["predictor_products"] == 0


def test_dense_follows_the_float_model(random_workload):
    for index, expected in enumerate(random_workload.float_embeddings):
        embedding = run(random_workload, DENSE, index)[0].mean(0)
        cosine = embedding @ expected / np.linalg.norm(embedding) / np.linalg.norm(expected)
        assert cosine > 0.999
        np.testing.assert_allclose(embedding * random_workload.h_scale, expected, atol=0.1)


def test_rows_not_computed_are_zero(random_workload):
    knobs = Knobs(s_q8=400, f_q8=64)
    _, tensors, counts = run(random_workload, knobs)
    for n in range(random_workload.shape.layers):
        layer = {name.partition(".")[2]: value for name, value in tensors.items()
                 if name.startswith(f"{n}.")}
        tokens = np.arange(len(layer["h_in"]))
        similar = layer["representative"] != tokens
        assert similar.any()
        for name in ("q", "score", "weight", "context", "z"):
            assert not layer[name][similar].any(), name
            assert layer[name][~similar].any(), name
        for name in ("k", "v"):
            assert not layer[name][layer["needed_columns"] == 0].any()
        assert not layer["score"][layer["mask"] == 0].any()
        for name in ("hidden", "y", "increment"):
            assert not layer[name][layer["ffn_root"] != tokens].any()
        computed = (layer["ffn_root"] == tokens).sum()
        shape = random_workload.shape
        assert counts[n]["macs"]["ffn"] == 2 * computed * shape.width * shape.ffn


def test_every_tensor_is_alive(random_workload):
    _, tensors, _ = run(random_workload, DENSE)
    for name in ("x", "q", "k", "v", "z", "x1", "hidden", "y"):
        value = np.abs(tensors[f"1.{name}"].astype(int))
        assert value.max() > 60 and (value == 127).mean() < 0.3, name


def test_overflow_of_the_residual_stream_is_an_error(random_workload):
    workload = random_workload
    if not workload.shape.pre_norm:
        workload.weights[0]["norm1.beta"][:] = 2**31 - 1
    else:
        workload.inputs[0][:] = 2**31 - 1
        workload.weights[0]["bo"][:] = 2**30
        workload.weights[0]["output.shift"][:] = 30
    with pytest.raises(OverflowError, match="int32"):
        run(workload, DENSE)


def test_command_writes_outputs_counts_and_tensors(random_folder, tmp_path, command):
    config = tmp_path / "config.yaml"
    config.write_text("spls: {k_q8: 100, window: 4}\nsram: {bytes: 1000}\n")
    assert command(reference.main, random_folder, "--config", config, "--set", "spls.k_q8=80",
                   "--set", "projection.reuse=never", "--out", tmp_path / "out",
                   "--tensors", tmp_path / "all.safetensors") == (0, "")
    workload = read_workload(random_folder)
    outputs, metadata = read_tensors(tmp_path / "out" / "outputs.safetensors")
    tensors, _ = read_tensors(tmp_path / "all.safetensors")
    counts = json.loads((tmp_path / "out" / "counts.json").read_text())["layers"]
    assert float(metadata["h_scale"]) == workload.h_scale
    knobs = replace(Knobs(), k_q8=80, window=4)
    for index in range(2):
        h, expected, _ = run(workload, knobs, index)
        assert (outputs[f"h.{index}"] == h).all()
        for name, value in expected.items():
            layer, _, rest = name.partition(".")
            assert (tensors[f"layer.{layer}.{index}.{rest}"] == value).all()
    assert all(c["output_adds"] == 0 for c in counts)
    assert all(c["macs"]["output"] == c["dense_macs"]["output"] for c in counts)
    per_layer = [run(workload, knobs, index)[2] for index in range(2)]
    assert counts[1]["macs"]["query"] == sum(c[1]["macs"]["query"] for c in per_layer)
