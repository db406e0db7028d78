"""Model folders of every kind: float, integer and C++ against the model's own definition."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

import model_folders as make
import plain_models as plain
from esact import export, reference
from esact.models import load_model
from esact.reference import make_layers, run_sequence
from esact.spls import Knobs
from esact.transformer import forward
from esact.workload import read_workload

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "bin" / "esact-vp"
TEXTS = ["how do i top up my card?", "the panthers gave up just 308 points. who scored them?", "a"]
PREPROCESSOR = {"do_resize": True, "size": 224, "do_normalize": True,
                "image_mean": [0.48, 0.45, 0.40], "image_std": [0.26, 0.27, 0.28]}

# name -> (make the folder, plain forward pass, how it is written)
TEXT_MODELS = {
    "bert": (make.make_bert, plain.bert, {}),
    "bert-old-names": (lambda path: make.make_bert(path, norm_parts=("gamma", "beta"),
                                                   hidden_act="gelu_pytorch_tanh"),
                       plain.bert, {"prefix": "bert.", "shards": 3}),
    "roberta": (lambda path: make.make_bert(path, "roberta", hidden_act="relu"), plain.bert,
                {"prefix": "roberta.", "kind": "F16"}),
    "distilbert": (make.make_distilbert, plain.distilbert, {"prefix": "distilbert."}),
    "gpt2": (make.make_gpt2, plain.gpt2, {}),
    "gpt2-bfloat16": (lambda path: make.make_gpt2(path, n_inner=70,
                                                  activation_function="gelu_pytorch_tanh"),
                      plain.gpt2, {"prefix": "transformer.", "kind": "BF16", "shards": 2}),
}
IMAGE_MODELS = {
    "vit": (lambda path: make.make_vit(path, PREPROCESSOR), {}),
    "vit-without-bias": (lambda path: make.make_vit(path, qkv_bias=False, hidden_act="gelu_new"),
                         {"prefix": "vit.", "kind": "F64"}),
}


def images(preprocessed: bool) -> dict[str, np.ndarray]:
    """Three images, of pixels 0..255 or as a model without preprocessor takes them."""
    generator = np.random.default_rng(5)
    size = (3, *make.IMAGE)
    if preprocessed:
        return {f"image.{n}": generator.uniform(0, 255, size).astype(np.float32)
                for n in range(3)}
    return {f"image.{n}": generator.standard_normal(size).astype(np.float32) for n in range(3)}


def pixel_values(image: np.ndarray, preprocessed: bool) -> np.ndarray:
    """What ViTImageProcessor does to the values of an image."""
    image = image.astype(np.float64)
    if not preprocessed:
        return image
    mean, deviation = (np.array(PREPROCESSOR[key])[:, None, None]
                       for key in ("image_mean", "image_std"))
    return (image / 255 - mean) / deviation


def export_model(folder: Path, out: Path, *inputs) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["esact-export", "--model", str(folder), "--out", str(out),
                                   *map(str, inputs)])
        export.main()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Model and workload folder and the expected final hidden states, by name, made once."""
    made = {}

    def get(name: str) -> tuple[Path, Path, list[np.ndarray]]:
        if name not in made:
            root = tmp_path_factory.mktemp(name)
            made[name] = (root / "model", root / "workload", _export(name, root))
        return made[name]

    return get


def _export(name: str, root: Path) -> list[np.ndarray]:
    if name in TEXT_MODELS:
        create, plain_forward, written = TEXT_MODELS[name]
        folder = create(root / "model").write(**written)
        (root / "texts.csv").write_text("\n".join(["text", *(f'"{text}"' for text in TEXTS)]))
        export_model(folder.path, root / "workload", "--text", root / "texts.csv")
        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
        most = make.POSITIONS - (2 if folder.config["model_type"] == "roberta" else 0)
        tokenizer.enable_truncation(most)
        return [plain_forward(folder, tokenizer.encode(text).ids) for text in TEXTS]
    create, written = IMAGE_MODELS[name]
    folder = create(root / "model").write(**written)
    preprocessed = (folder.path / "preprocessor_config.json").exists()
    make.write_safetensors(root / "images.safetensors", images(preprocessed))
    export_model(folder.path, root / "workload", "--inputs", root / "images.safetensors")
    return [plain.vit(folder, pixel_values(image, preprocessed))
            for image in images(preprocessed).values()]


@pytest.mark.parametrize("name", [*TEXT_MODELS, *IMAGE_MODELS])
def test_float_model_is_the_models_definition(exported, name):
    folder, workload, expected = exported(name)
    model = load_model(str(folder))
    if name in TEXT_MODELS:
        inputs = [model.embed(model.tokenize(text)) for text in TEXTS]
    else:
        inputs = [model.embed(image) for image in
                  images((folder / "preprocessor_config.json").exists()).values()]
    for h, final in zip(inputs, expected, strict=True):
        np.testing.assert_allclose(forward(model.model, h), final, rtol=1e-5, atol=5e-6)
    means = np.stack([final.mean(0) for final in expected])
    np.testing.assert_allclose(read_workload(workload).float_embeddings, means, rtol=1e-5,
                               atol=5e-6)


@pytest.mark.parametrize("name", [*TEXT_MODELS, *IMAGE_MODELS])
def test_integer_model_is_close_to_the_definition(exported, name):
    """Every token's final hidden state, dense."""
    _, folder, expected = exported(name)
    workload = read_workload(folder)
    layers = make_layers(workload, [Knobs(enabled=False)] * workload.shape.layers)
    for h, final in zip(workload.inputs, expected, strict=True):
        computed = run_sequence(layers, h)[0] * workload.h_scale
        cosine = (computed * final).sum(1) / np.linalg.norm(computed, axis=1) \
            / np.linalg.norm(final, axis=1)
        assert cosine.min() > 0.98 and cosine.mean() > 0.99


@pytest.mark.skipif(not PROGRAM.exists() and "CI" not in os.environ,
                    reason="build/bin/esact-vp has not been built")
@pytest.mark.parametrize("enabled", ["true", "false"])
@pytest.mark.parametrize("name", ["bert", "roberta", "distilbert", "vit", "gpt2"])
def test_every_tensor_of_the_program_equals_the_reference(exported, tmp_path, command, name,
                                                         enabled):
    _, workload, _ = exported(name)
    common = [workload, "--set", f"spls.enabled={enabled}"]
    assert command(reference.main, *common, "--out", tmp_path / "reference", "--tensors",
                   tmp_path / "reference.safetensors")[0] == 0
    done = subprocess.run([PROGRAM, "run", *common, "--out", tmp_path / "program", "--tensors",
                           tmp_path / "program.safetensors", "--batch", "2", "--quiet"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    computed, expected = (load_file(tmp_path / f"{by}.safetensors")
                          for by in ("program", "reference"))
    assert computed.keys() == expected.keys()
    for tensor, value in expected.items():
        assert computed[tensor].dtype == value.dtype, tensor
        np.testing.assert_array_equal(computed[tensor], value, err_msg=tensor)
    final = load_file(tmp_path / "program" / "outputs.safetensors")
    for n in range(len(TEXTS)):
        last = make.LAYERS - 1
        np.testing.assert_array_equal(final[f"h.{n}"], expected[f"layer.{last}.{n}.h_out"])


@pytest.mark.parametrize("name", ["bert", "gpt2", "vit"])
def test_embeddings_run_on_any_model(exported, tmp_path, name):
    """`--inputs` with embeddings needs no tokenizer; the order is that of the numbers."""
    folder, _, _ = exported(name)
    generator = np.random.default_rng(6)
    inputs = {f"h.{n}": generator.standard_normal((n, make.WIDTH)).astype(np.float32)
              for n in (10, 2, 1)}
    make.write_safetensors(tmp_path / "inputs.safetensors", inputs)
    model = tmp_path / "model"
    model.mkdir()
    for file in folder.iterdir():
        if not file.name.startswith("tokenizer"):
            (model / file.name).symlink_to(file)
    export_model(model, tmp_path / "w", "--inputs", tmp_path / "inputs.safetensors")
    workload = read_workload(tmp_path / "w")
    assert [len(h) for h in workload.inputs] == [1, 2, 10]
    np.testing.assert_allclose(workload.inputs[2] * workload.h_scale, inputs["h.10"],
                               atol=workload.h_scale)
    expected = forward(load_model(str(folder)).model, inputs["h.2"]).mean(0)
    np.testing.assert_allclose(workload.float_embeddings[1], expected, rtol=1e-5, atol=1e-5)


def test_scales_come_from_the_calibration_file(exported, tmp_path):
    folder, _, _ = exported("vit")
    loud = {"h.0": np.full((2, make.WIDTH), 100, np.float32)}
    make.write_safetensors(tmp_path / "inputs.safetensors", {"h.0": loud["h.0"] / 100})
    make.write_safetensors(tmp_path / "loud.safetensors", loud)
    scales = []
    for more in ([], ["--calibration", tmp_path / "loud.safetensors"]):
        export_model(folder, tmp_path / "w", "--inputs", tmp_path / "inputs.safetensors", *more)
        scales.append(read_workload(tmp_path / "w").h_scale)
    assert scales[1] > 10 * scales[0]


def test_roberta_skips_positions_at_padding(exported):
    """Padding has the padding token's position and does not count."""
    folder, _, _ = exported("roberta")
    model = load_model(str(folder))
    separate, padded = model.embed([0, 9, 2]), model.embed([0, 1, 9, 2])
    np.testing.assert_array_equal(separate, padded[[0, 2, 3]])


def test_texts_are_cut_to_the_positions(exported):
    for name, most in (("bert", make.POSITIONS), ("roberta", make.POSITIONS - 2),
                       ("gpt2", make.POSITIONS)):
        model = load_model(str(exported(name)[0]))
        assert len(model.tokenize("word " * 100)) == most
        assert len(model.tokenize("word " * 100, 7)) == 7
