"""What a model folder or its inputs may not be: one line that names file, key and value."""

import json

import numpy as np
import pytest

import model_folders as make
from esact import evaluate, export
from esact.models import load_model

MAKE = {"bert": make.make_bert, "roberta": lambda path: make.make_bert(path, "roberta"),
        "distilbert": make.make_distilbert, "vit": make.make_vit, "gpt2": make.make_gpt2}
REMOVE = object()


@pytest.fixture
def refuse(command, tmp_path):
    """Export a model and return the one line it ends with."""

    def run(model, *inputs) -> str:
        inputs = inputs or ("--text", "texts.csv")
        code, message = command(export.main, "--model", model, *inputs, "--out", tmp_path / "w")
        assert code == 1 and not (tmp_path / "w").exists()
        assert message.startswith("error: ") and message.count("\n") == 1, message
        return message

    return run


@pytest.mark.parametrize("kind, key, value, expected", [
    ("bert", "model_type", "t5", "one of bert, distilbert, gpt2, roberta, vit"),
    ("bert", "model_type", REMOVE, "one of bert, distilbert, gpt2, roberta, vit"),
    ("bert", "model_type", ["bert"], "one of bert"),
    ("bert", "hidden_act", "silu", "one of gelu, gelu_new, gelu_pytorch_tanh, relu"),
    ("bert", "position_embedding_type", "relative_key", '"absolute"'),
    ("bert", "is_decoder", True, "false"),
    ("bert", "pruned_heads", {"0": [1]}, "null or {}"),
    ("bert", "add_cross_attention", True, "null or false"),
    ("bert", "quantization_config", {"bits": 4}, "null"),
    ("bert", "hidden_size", 1025, "1..1024"),
    ("bert", "hidden_size", 48.0, "an integer"),
    ("bert", "hidden_size", True, "an integer"),
    ("bert", "hidden_size", REMOVE, "an integer"),
    ("bert", "num_hidden_layers", 0, "1..1024"),
    ("bert", "num_attention_heads", 5, "a divisor of hidden_size (48)"),
    ("bert", "num_attention_heads", 65, "1..64"),
    ("bert", "intermediate_size", 4097, "1..4096"),
    ("bert", "layer_norm_eps", -1e-5, "a positive number"),
    ("bert", "layer_norm_eps", float("nan"), "a positive number"),
    ("bert", "vocab_size", "many", "an integer"),
    ("roberta", "pad_token_id", make.POSITIONS, "0..38"),
    ("distilbert", "activation", "gelu_fast", "one of gelu"),
    ("distilbert", "n_heads", 7, "a divisor of dim (48)"),
    ("gpt2", "n_embd", 1600, "1..1024"),
    ("gpt2", "n_inner", 0, "1..4096"),
    ("gpt2", "activation_function", "swish", "one of gelu"),
    ("gpt2", "scale_attn_weights", False, "true"),
    ("gpt2", "scale_attn_by_inverse_layer_idx", True, "false"),
    ("gpt2", "add_cross_attention", True, "null or false"),
    ("vit", "qkv_bias", "no", "true or false"),
    ("vit", "image_size", [224, 224], "1..1023 patches of [4, 4]"),
    ("vit", "image_size", [3, 18], "1..1023 patches of [4, 4]"),
    ("vit", "image_size", [12, 18, 3], "one or two integers"),
    ("vit", "patch_size", 0, "one or two integers"),
])
def test_config(tmp_path, refuse, kind, key, value, expected):
    folder = MAKE[kind](tmp_path / "model")
    folder.config.pop(key, None)
    if value is not REMOVE:
        folder.config[key] = value
    message = refuse(folder.write().path)
    shown = None if value is REMOVE else value
    assert f"config.json: {key} is {shown!r}, expected " in message and expected in message


def test_heads_of_more_than_128_columns(tmp_path, refuse):
    folder = make.make_bert(tmp_path / "model", hidden_size=516, num_attention_heads=4)
    assert "num_attention_heads is 4, expected a divisor of hidden_size (516), heads of at most " \
        "128 columns" in refuse(folder.write().path)


@pytest.mark.parametrize("kind, name, change, shown, expected", [
    ("bert", "encoder.layer.1.output.dense.bias", None, "missing", "floats [48]"),
    ("bert", "encoder.layer.0.attention.self.query.weight", (48, 47), "F32 [48, 47]", "[48, 48]"),
    ("bert", "embeddings.word_embeddings.weight", (3, 48), "F32 [3, 48]", "floats ["),
    ("bert", "embeddings.position_embeddings.weight", (512, 48), "F32 [512, 48]", "[40, 48]"),
    ("bert", "encoder.layer.2.output.dense.bias", (48,), "F32 [48]", "no such tensor"),
    ("bert", "encoder.layer.0.attention.self.distance_embedding.weight", (79, 12),
     "F32 [79, 12]", "no such tensor"),
    ("bert", "encoder.layer.0.crossattention.self.query.weight", (48, 48), "F32 [48, 48]",
     "no such tensor"),
    ("distilbert", "transformer.layer.0.ffn.lin1.weight", (48, 80), "F32 [48, 80]", "[80, 48]"),
    ("gpt2", "h.0.attn.c_attn.weight", (144, 48), "F32 [144, 48]", "[48, 144]"),
    ("gpt2", "ln_f.weight", None, "missing", "floats [48]"),
    ("gpt2", "h.0.ln_cross_attn.weight", (48,), "F32 [48]", "no such tensor"),
    ("vit", "embeddings.position_embeddings", (1, 12, 48), "F32 [1, 12, 48]", "[1, 13, 48]"),
    ("vit", "embeddings.patch_embeddings.projection.weight", (48, 1, 4, 4), "F32 [48, 1, 4, 4]",
     "[48, 3, 4, 4]"),
    ("vit", "embeddings.distillation_token", (1, 1, 48), "F32 [1, 1, 48]", "no such tensor"),
    ("vit", "encoder.layer.0.layer_scale1.lambda1", (48,), "F32 [48]", "no such tensor"),
])
def test_tensors(tmp_path, refuse, kind, name, change, shown, expected):
    """A tensor that is missing, has another shape, or should not be there."""
    folder = MAKE[kind](tmp_path / "model")
    folder.tensors.pop(name, None)
    if change is not None:
        folder.tensors[name] = np.ones(change, np.float32)
    message = refuse(folder.write().path)
    assert "model.safetensors: " in message
    assert f"{name} is {shown!r}, expected " in message and expected in message


def test_query_bias_where_the_config_says_none(tmp_path, refuse):
    folder = make.make_vit(tmp_path / "model")
    folder.config["qkv_bias"] = False
    assert "attention.attention.key.bias is 'F32 [48]', expected no such" in \
        refuse(folder.write().path)


@pytest.mark.parametrize("kind, prefix", [("bert", "bert."), ("gpt2", ""), ("vit", "vit.")])
def test_task_heads_are_left_out(tmp_path, kind, prefix):
    """Tensors outside the transformer change nothing that ESACT computes."""
    folder = MAKE[kind](tmp_path / "model").write(prefix)
    before = load_model(str(folder.path)).model
    stored = {prefix + name: value for name, value in folder.tensors.items()}
    stored |= {name: np.ones(3, np.float32) for name in ("classifier.weight", "lm_head.weight")}
    make.write_safetensors(folder.path / "model.safetensors", stored)
    after = load_model(str(folder.path)).model
    for n, layer in enumerate(after.layers):
        for name, value in layer.items():
            np.testing.assert_array_equal(value, before.layers[n][name])


def test_weights_that_are_not_numbers(tmp_path, refuse):
    folder = make.make_bert(tmp_path / "model")
    name = "encoder.layer.0.output.dense.bias"
    folder.tensors[name][5] = np.nan
    assert f"{name} is 'not finite'" in refuse(folder.write().path)


def test_integer_weights(tmp_path, refuse):
    message = refuse(make.make_gpt2(tmp_path / "model").write(kind="I32").path)
    assert "wte.weight is 'I32 [256, 48]', expected floats" in message


def break_file(name, content):
    def change(path):
        if content is None:
            (path / name).unlink()
        else:
            (path / name).write_bytes(content)

    return change


INDEX = "model.safetensors.index.json"


@pytest.mark.parametrize("shards, change, words", [
    (1, break_file("config.json", None), ["config.json: no such file"]),
    (1, break_file("config.json", b"{"), ["config.json: not JSON"]),
    (1, break_file("config.json", b"\xff"), ["config.json: not JSON"]),
    (1, break_file("config.json", b"[" * 100000), ["config.json: not JSON"]),
    (1, break_file("config.json", b"[]"), ["config.json: content is 'list'", "an object"]),
    (1, break_file("model.safetensors", None), ["neither model.safetensors nor " + INDEX]),
    (1, break_file("model.safetensors", b""), ["model.safetensors: not a safetensors file"]),
    (1, break_file("model.safetensors", b"\x09" + bytes(7) + b"[1, 2, 3]"),
     ["model.safetensors: not a safetensors file"]),
    (3, break_file("model-00002-of-00003.safetensors", None),
     ["model-00002-of-00003.safetensors: no such file"]),
    (3, break_file("model-00002-of-00003.safetensors", b"\x02" + bytes(7) + b"{}"),
     ["model-00002-of-00003.safetensors: ", "is 'missing'", INDEX]),
    (3, break_file(INDEX, b"{}"), [INDEX + ": weight_map is None"]),
    (3, break_file(INDEX, b'{"weight_map": {"wte.weight": "../secret"}}'),
     [INDEX + ": weight_map wte.weight is '../secret'", "a file of the folder"]),
    (3, break_file(INDEX, b'{"weight_map": {"wte.weight": 3}}'), ["weight_map wte.weight is 3"]),
    (1, break_file("tokenizer.json", None), ["tokenizer.json: no such file"]),
    (1, break_file("tokenizer.json", b"{}"), ["tokenizer.json: not a tokenizer"]),
])
def test_files(tmp_path, refuse, shards, change, words):
    folder = make.make_gpt2(tmp_path / "model").write(shards=shards)
    (tmp_path / "texts.csv").write_text("text\nhello\n")
    change(folder.path)
    message = refuse(folder.path, "--text", tmp_path / "texts.csv")
    assert all(word in message for word in words), message


def test_tokens_beyond_the_vocabulary(tmp_path):
    folder = make.make_gpt2(tmp_path / "model")
    folder.config["vocab_size"] = 50
    folder.tensors["wte.weight"] = folder.tensors["wte.weight"][:50]
    model = load_model(str(folder.write().path))
    with pytest.raises(export.InputError, match="tokenizer.json: token of 'hello' is .*50 emb"):
        model.tokenize("hello")


def test_texts_without_tokens(tmp_path):
    model = load_model(str(make.make_gpt2(tmp_path / "model").write().path))
    with pytest.raises(export.InputError, match="tokenizer.json: the text '' has no tokens"):
        model.tokenize("")


PIXELS = (3, *make.IMAGE)


@pytest.mark.parametrize("kind, value, words", [
    ("vit", np.full(PIXELS, 256.0), ["256.0..256.0", "pixels in 0..255"]),
    ("vit", np.full(PIXELS, -1.0), ["-1.0..-1.0", "pixels in 0..255"]),
    ("vit", np.full(PIXELS, 0.5), ["0.5..0.5", "pixels in 0..255"]),
    ("vit", np.full((3, 18, 12), 9.0), ["[3, 18, 12]", "[3, 12, 18]", "[1..1024, 48]"]),
    ("vit", np.full((1, *make.IMAGE), 9.0), ["[1, 12, 18]", "[3, 12, 18]"]),
    ("vit", np.full(PIXELS, np.nan), ["image is 'not finite'"]),
    ("bert", np.full(PIXELS, 9.0), ["[3, 12, 18]", "floats [1..1024, 48]\n"]),
    ("bert", np.zeros((4, 47)), ["[4, 47]"]),
    ("gpt2", np.zeros((0, 48)), ["[0, 48]"]),
    ("gpt2", np.zeros((1025, 48)), ["[1025, 48]"]),
    ("gpt2", np.full((2, 48), np.inf), ["not finite"]),
])
def test_inputs(tmp_path, refuse, kind, value, words):
    folder = MAKE[kind](tmp_path / "model", *([{}] if kind == "vit" else [])).write()
    inputs = tmp_path / "inputs.safetensors"
    make.write_safetensors(inputs, {"image": value.astype(np.float32)})
    message = refuse(folder.path, "--inputs", inputs)
    assert "inputs.safetensors: image is " in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize("kind, words", [
    ("I32", ["h is 'int32 [2, 48]'", "floats"]), ("BF16", ["a type NumPy does not have"])])
def test_types_of_inputs(tmp_path, refuse, kind, words):
    folder = make.make_bert(tmp_path / "model").write()
    inputs = tmp_path / "inputs.safetensors"
    make.write_safetensors(inputs, {"h": np.ones((2, 48), np.float32)}, kind)
    message = refuse(folder.path, "--inputs", inputs)
    assert all(word in message for word in ["inputs.safetensors: ", *words]), message


def test_no_inputs(tmp_path, refuse):
    folder = make.make_bert(tmp_path / "model").write()
    make.write_safetensors(tmp_path / "inputs.safetensors", {})
    assert "no tensors" in refuse(folder.path, "--inputs", tmp_path / "inputs.safetensors")


@pytest.mark.parametrize("preprocessor, key", [
    ({"image_mean": [0.5]}, "image_mean"), ({"image_std": [0.5, 0.5, 0]}, "image_std"),
    ({"image_mean": "half"}, "image_mean"), ({"rescale_factor": 0}, "rescale_factor"),
    ({"do_rescale": 1}, "do_rescale"), ({"do_normalize": "yes"}, "do_normalize"),
])
def test_preprocessor(tmp_path, refuse, preprocessor, key):
    folder = make.make_vit(tmp_path / "model", preprocessor).write()
    assert f"preprocessor_config.json: {key} is " in refuse(folder.path)


def test_models_and_inputs_that_do_not_match(tmp_path, refuse, command):
    folder = make.make_vit(tmp_path / "model").write()
    assert "reads images, expected --inputs" in refuse(folder.path, "--text", "texts.csv")
    code, message = command(evaluate.main, "banking77", "--model", folder.path, "--limit", 1)
    assert code == 1 and "expected a model that reads texts" in message
