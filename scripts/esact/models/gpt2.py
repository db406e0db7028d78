"""GPT-2: pre-LN and causal, input-major weights, query, key and value in one."""

from pathlib import Path

import numpy as np

from esact.models.config import Config
from esact.models.kinds import MAX_ROWS, TextModel
from esact.models.tensors import Tensors
from esact.transformer import FloatModel
from esact.workload import Shape

_SHAPE = ("n_layer", "n_embd", "n_head", "n_inner")


def read(folder: Path, name: str, config: Config) -> TextModel:
    """The GPT-2 in a folder."""
    config.expect("scale_attn_weights", True)
    config.expect("scale_attn_by_inverse_layer_idx", False)
    shape = config.shape(name, _SHAPE, ffn_per_width=4, norm="pre", causal=True, final_norm=True)
    tensors = Tensors(folder, "transformer.")
    vocabulary, positions = (config.integer(key, MAX_ROWS) for key in
                             ("vocab_size", "n_positions"))
    words = tensors.take("wte.weight", vocabulary, shape.width)
    places = tensors.take("wpe.weight", positions, shape.width)
    layers = [_read_layer(tensors, f"h.{n}.", shape) for n in range(shape.layers)]
    norm_final = tensors.norm("ln_f", shape.width)
    # Older files hold the causal mask.
    tensors.finish(("wte.", "wpe.", "h.", "ln_f."), (".attn.bias", ".attn.masked_bias"))

    def embeddings(tokens):
        return words[tokens] + places[:len(tokens)]

    model = FloatModel(shape, layers, config.activation("activation_function", "gelu_new"),
                       config.positive("layer_norm_epsilon", 1e-5), norm_final)
    return TextModel(model, folder / "tokenizer.json", vocabulary, positions, embeddings)


def _read_layer(tensors: Tensors, at: str, shape: Shape) -> dict[str, np.ndarray]:
    width, ffn = shape.width, shape.ffn

    def convolution(name, inputs, outputs):
        return (tensors.take(f"{at}{name}.weight", inputs, outputs),
                tensors.take(f"{at}{name}.bias", outputs))

    layer = {}
    weight, bias = convolution("attn.c_attn", width, 3 * width)
    for n, m in enumerate("qkv"):
        columns = slice(n * width, (n + 1) * width)
        layer[f"w{m}"] = np.ascontiguousarray(weight[:, columns])
        layer[f"b{m}"] = bias[columns]
    layer["wo"], layer["bo"] = convolution("attn.c_proj", width, width)
    layer["w1"], layer["b1"] = convolution("mlp.c_fc", width, ffn)
    layer["w2"], layer["b2"] = convolution("mlp.c_proj", ffn, width)
    for norm, name in (("norm1", "ln_1"), ("norm2", "ln_2")):
        layer[f"{norm}.gamma"], layer[f"{norm}.beta"] = tensors.norm(at + name, width)
    return layer
