"""Tiny Hugging Face folders of every kind, with random weights under the libraries' names."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WIDTH, HEADS, FFN, LAYERS, POSITIONS = 48, 4, 80, 2, 40
IMAGE, PATCH = (12, 18), 4
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!'-"
_TYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I32": "<i4"}


@dataclass
class Folder:
    """What a folder was made from: values exactly as they are stored."""

    path: Path
    config: dict
    tensors: dict[str, np.ndarray]

    def write(self, prefix: str = "", kind: str = "F32", shards: int = 1) -> "Folder":
        """Write config and tensors, named `prefix` + name, as `kind`, in one file or several."""
        (self.path / "config.json").write_text(json.dumps(self.config))
        self.tensors = {name: _round(value, kind) for name, value in self.tensors.items()}
        stored = {prefix + name: value for name, value in self.tensors.items()}
        for file in self.path.glob("*.safetensors*"):
            file.unlink()
        if shards == 1:
            write_safetensors(self.path / "model.safetensors", stored, kind)
            return self
        places = {}
        for shard in range(shards):
            file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
            part = dict(list(stored.items())[shard::shards])
            write_safetensors(self.path / file, part, kind)
            places |= dict.fromkeys(part, file)
        index = {"metadata": {}, "weight_map": places}
        (self.path / "model.safetensors.index.json").write_text(json.dumps(index))
        return self


def _round(value: np.ndarray, kind: str) -> np.ndarray:
    """The nearest value that `kind` holds (bfloat16: truncated)."""
    if kind == "BF16":
        return (value.view("<u4") & 0xFFFF0000).view("<f4")
    return value.astype(_TYPES[kind]).astype("<f4")


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], kind: str = "F32") -> None:
    """Written by hand: NumPy's writer knows no bfloat16."""
    header, data = {}, b""
    for name, value in tensors.items():
        if kind == "BF16":
            part = (value.view("<u4") >> 16).astype("<u2").tobytes()
        else:
            part = value.astype(_TYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": value.shape,
                        "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


class _Weights:
    """Random tensors, collected by name."""

    def __init__(self, seed: int):
        self._generator = np.random.default_rng(seed)
        self.tensors: dict[str, np.ndarray] = {}

    def add(self, name: str, *size: int, spread: float = 1.0, centre: float = 0.0) -> None:
        drawn = centre + spread * self._generator.standard_normal(size)
        self.tensors[name] = drawn.astype(np.float32)

    def linear(self, name: str, inputs: int, outputs: int, bias: bool = True) -> None:
        self.add(f"{name}.weight", outputs, inputs, spread=inputs ** -0.5)
        if bias:
            self.add(f"{name}.bias", outputs, spread=0.1)

    def convolution(self, name: str, inputs: int, outputs: int) -> None:
        """GPT-2's `Conv1D`: a linear layer, input-major."""
        self.add(f"{name}.weight", inputs, outputs, spread=inputs ** -0.5)
        self.add(f"{name}.bias", outputs, spread=0.1)

    def norm(self, name: str, parts=("weight", "bias")) -> None:
        self.add(f"{name}.{parts[0]}", WIDTH, spread=0.1, centre=1.0)
        self.add(f"{name}.{parts[1]}", WIDTH, spread=0.1)


def _save_wordpiece(path: Path) -> int:
    """A tokenizer of letters, as BERT's; returns its number of tokens."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_LETTERS, *("##" + c for c in _LETTERS)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(path / "tokenizer.json"))
    return len(tokens)


def _save_bytes(path: Path, special: list[str]) -> int:
    """A tokenizer of bytes, as GPT-2's and RoBERTa's; returns its number of tokens."""
    tokens = special + sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({token: n for n, token in enumerate(tokens)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if special:
        tokenizer.add_special_tokens(special)
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.save(str(path / "tokenizer.json"))
    return len(tokens)


def _encoder_config(kind: str, vocabulary: int, **changes) -> dict:
    return {
        "model_type": kind, "num_hidden_layers": LAYERS, "hidden_size": WIDTH,
        "num_attention_heads": HEADS, "intermediate_size": FFN, "hidden_act": "gelu",
        "layer_norm_eps": 1e-12, "vocab_size": vocabulary, "type_vocab_size": 2,
        "max_position_embeddings": POSITIONS, "position_embedding_type": "absolute",
        "is_decoder": False, "pruned_heads": {}, "add_cross_attention": False, **changes,
    }


def make_bert(path: Path, kind: str = "bert", norm_parts=("weight", "bias"), **changes) -> Folder:
    """A BERT or RoBERTa; `norm_parts`: what its layer norms call gamma and beta."""
    path.mkdir()
    if kind == "bert":
        config = _encoder_config(kind, _save_wordpiece(path), **changes)
    else:
        vocabulary = _save_bytes(path, ["<s>", "<pad>", "</s>", "<unk>"])
        config = _encoder_config(kind, vocabulary, type_vocab_size=1, pad_token_id=1,
                                 layer_norm_eps=1e-5, **changes)
    weights = _Weights(seed=1)
    weights.add("embeddings.word_embeddings.weight", config["vocab_size"], WIDTH)
    weights.add("embeddings.position_embeddings.weight", POSITIONS, WIDTH)
    weights.add("embeddings.token_type_embeddings.weight", config["type_vocab_size"], WIDTH)
    weights.norm("embeddings.LayerNorm", norm_parts)
    weights.add("embeddings.position_ids", 1, POSITIONS)
    for n in range(LAYERS):
        at = f"encoder.layer.{n}."
        for part in ("query", "key", "value"):
            weights.linear(f"{at}attention.self.{part}", WIDTH, WIDTH)
        weights.linear(f"{at}attention.output.dense", WIDTH, WIDTH)
        weights.norm(f"{at}attention.output.LayerNorm", norm_parts)
        weights.linear(f"{at}intermediate.dense", WIDTH, FFN)
        weights.linear(f"{at}output.dense", FFN, WIDTH)
        weights.norm(f"{at}output.LayerNorm", norm_parts)
    weights.linear("pooler.dense", WIDTH, WIDTH)
    return Folder(path, config, weights.tensors)


def make_distilbert(path: Path, **changes) -> Folder:
    path.mkdir()
    config = {"model_type": "distilbert", "n_layers": LAYERS, "dim": WIDTH, "n_heads": HEADS,
              "hidden_dim": FFN, "activation": "gelu", "vocab_size": _save_wordpiece(path),
              "max_position_embeddings": POSITIONS, **changes}
    weights = _Weights(seed=2)
    weights.add("embeddings.word_embeddings.weight", config["vocab_size"], WIDTH)
    weights.add("embeddings.position_embeddings.weight", POSITIONS, WIDTH)
    weights.norm("embeddings.LayerNorm")
    for n in range(LAYERS):
        at = f"transformer.layer.{n}."
        for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
            weights.linear(f"{at}attention.{part}", WIDTH, WIDTH)
        weights.norm(f"{at}sa_layer_norm")
        weights.linear(f"{at}ffn.lin1", WIDTH, FFN)
        weights.linear(f"{at}ffn.lin2", FFN, WIDTH)
        weights.norm(f"{at}output_layer_norm")
    return Folder(path, config, weights.tensors)


def make_gpt2(path: Path, **changes) -> Folder:
    path.mkdir()
    config = {"model_type": "gpt2", "n_layer": LAYERS, "n_embd": WIDTH, "n_head": HEADS,
              "n_inner": None, "activation_function": "gelu_new", "n_positions": POSITIONS,
              "layer_norm_epsilon": 1e-5, "vocab_size": _save_bytes(path, []),
              "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, **changes}
    ffn = config["n_inner"] or 4 * WIDTH
    weights = _Weights(seed=3)
    weights.add("wte.weight", config["vocab_size"], WIDTH)
    weights.add("wpe.weight", POSITIONS, WIDTH)
    for n in range(LAYERS):
        weights.norm(f"h.{n}.ln_1")
        weights.add(f"h.{n}.attn.bias", 1, 1, POSITIONS, POSITIONS)
        weights.convolution(f"h.{n}.attn.c_attn", WIDTH, 3 * WIDTH)
        weights.convolution(f"h.{n}.attn.c_proj", WIDTH, WIDTH)
        weights.norm(f"h.{n}.ln_2")
        weights.convolution(f"h.{n}.mlp.c_fc", WIDTH, ffn)
        weights.convolution(f"h.{n}.mlp.c_proj", ffn, WIDTH)
    weights.norm("ln_f")
    return Folder(path, config, weights.tensors)


def make_vit(path: Path, preprocessor: dict | None = None, **changes) -> Folder:
    """A ViT; `preprocessor`: the content of preprocessor_config.json, None for no file."""
    path.mkdir()
    config = {"model_type": "vit", "num_hidden_layers": LAYERS, "hidden_size": WIDTH,
              "num_attention_heads": HEADS, "intermediate_size": FFN, "hidden_act": "gelu",
              "layer_norm_eps": 1e-12, "num_channels": 3, "image_size": list(IMAGE),
              "patch_size": PATCH, "qkv_bias": True, **changes}
    if preprocessor is not None:
        (path / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    patches = (IMAGE[0] // PATCH) * (IMAGE[1] // PATCH)
    weights = _Weights(seed=4)
    weights.add("embeddings.cls_token", 1, 1, WIDTH)
    weights.add("embeddings.position_embeddings", 1, patches + 1, WIDTH)
    projection = "embeddings.patch_embeddings.projection"
    weights.add(f"{projection}.weight", WIDTH, 3, PATCH, PATCH, spread=(3 * PATCH**2) ** -0.5)
    weights.add(f"{projection}.bias", WIDTH, spread=0.1)
    for n in range(LAYERS):
        at = f"encoder.layer.{n}."
        for part in ("query", "key", "value"):
            weights.linear(f"{at}attention.attention.{part}", WIDTH, WIDTH, config["qkv_bias"])
        weights.linear(f"{at}attention.output.dense", WIDTH, WIDTH)
        weights.linear(f"{at}intermediate.dense", WIDTH, FFN)
        weights.linear(f"{at}output.dense", FFN, WIDTH)
        weights.norm(f"{at}layernorm_before")
        weights.norm(f"{at}layernorm_after")
    weights.norm("layernorm")
    return Folder(path, config, weights.tensors)
