"""Workload folders: what is written is read, and every mistake is named."""

import numpy as np
import pytest
import yaml

from esact import reference
from esact.errors import InputError
from esact.workload import read_tensors, read_workload, write_tensors, write_workload


def test_round_trip(random_workload, tmp_path):
    write_workload(tmp_path / "copy", random_workload)
    copy = read_workload(tmp_path / "copy")
    assert (copy.shape, copy.knobs, copy.h_scale) == (
        random_workload.shape, random_workload.knobs, random_workload.h_scale)
    assert all((a == b).all() for a, b in zip(copy.inputs, random_workload.inputs))
    for left, right in zip(copy.weights, random_workload.weights):
        assert left.keys() == right.keys()
        assert all((left[name] == right[name]).all() for name in left)


def test_knobs_of_single_layers(random_folder):
    edit(random_folder, "spls", "window", [4, 16])
    assert [k.window for k in read_workload(random_folder).knobs] == [4, 16]


def edit(folder, section, key, value):
    path = folder / "workload.yaml"
    manifest = yaml.safe_load(path.read_text())
    (manifest[section] if section else manifest)[key] = value
    path.write_text(yaml.safe_dump(manifest))


@pytest.mark.parametrize("section, key, value, words", [
    (None, "format", "esact-workload-9", ["format", "esact-workload-9", "esact-workload-1"]),
    (None, "sequences", [5, 0], ["sequences[1]", "0", "1..1024"]),
    (None, "sequences", [6, 17], ["inputs.safetensors", "h.0"]),
    (None, "weights", "nothing.safetensors", ["nothing.safetensors", "no such file"]),
    (None, "weight", "w.safetensors", ["weight", "inputs"]),
    ("model", "heads", 5, ["width", "heads (5)"]),
    ("model", "width", 2048, ["model.width", "2048", "1..1024"]),
    ("model", "norm", "both", ["model.norm", "both", "post or pre"]),
    ("model", "depth", 1, ["depth", "layers"]),
    ("spls", "k_q8", 0, ["spls.k_q8", "0", "1..256"]),
    ("spls", "window", [8, 65], ["spls.window", "65", "1..64"]),
    ("spls", "window", [8], ["spls.window", "list of 2"]),
    ("spls", "quantizer", "log", ["spls.quantizer", "log", "hlog"]),
    ("spls", "enabled", 1, ["spls.enabled", "true or false"]),
    ("spls", "knob", 1, ["knob", "k_q8"]),
])
def test_bad_manifest(random_folder, section, key, value, words):
    edit(random_folder, section, key, value)
    with pytest.raises(InputError) as error:
        read_workload(random_folder)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("name, change, expected", [
    ("layer.0.wq", lambda v: v.astype(np.int16), "int8"),
    ("layer.1.b1", lambda v: v[1:], "int32"),
    ("layer.0.x.shift", lambda v: v + 63, "0..62"),
    ("layer.0.predictor.q_shift", lambda v: v * 0 + 25, "0..24"),
    ("layer.0.bq", lambda v: v * 0 + 2**30 + 1, "1073741824"),
    ("layer.1.y.multiplier", lambda v: -v, "0..2147483647"),
])
def test_bad_weights(random_folder, name, change, expected):
    path = random_folder / "weights.safetensors"
    tensors, _ = read_tensors(path)
    tensors[name] = change(tensors[name])
    write_tensors(path, tensors)
    with pytest.raises(InputError) as error:
        read_workload(random_folder)
    assert all(word in str(error.value) for word in (str(path), name, expected))


def test_missing_weight_and_broken_files(random_folder):
    path = random_folder / "weights.safetensors"
    tensors, _ = read_tensors(path)
    del tensors["layer.0.wo"]
    write_tensors(path, tensors)
    with pytest.raises(InputError, match="layer.0.wo is 'missing'"):
        read_workload(random_folder)
    tensors["layer.2.wo"] = tensors["layer.0.wo"] = tensors["layer.1.wo"]
    write_tensors(path, tensors)
    with pytest.raises(InputError, match="layer.2.wo.*expected parameters of 2 layers"):
        read_workload(random_folder)
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="not a safetensors file"):
        read_workload(random_folder)
    (random_folder / "workload.yaml").write_text("a: [")
    with pytest.raises(InputError, match="not YAML"):
        read_workload(random_folder)


@pytest.mark.parametrize("arguments, words", [
    (["--set", "spls.k_q8=300"], ["spls.k_q8", "300", "1..256"]),
    (["--set", "spls.k_q9=30"], ["k_q9"]),
    (["--set", "novalue"], ["novalue", "key=value"]),
    (["--set", "projection.reuse=maybe"], ["projection.reuse", "maybe", "never"]),
    (["--config", "/nothing.yaml"], ["/nothing.yaml", "no such file"]),
    (["--nonsense"], ["--nonsense"]),
])
def test_bad_command_line(random_folder, tmp_path, command, arguments, words):
    code, message = command(reference.main, random_folder, "--out", tmp_path / "o", *arguments)
    assert code == 1
    assert message.startswith("error: ") and all(word in message for word in words)
