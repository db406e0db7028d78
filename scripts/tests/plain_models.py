"""The models of `model_folders` in float64, from the definitions of Hugging Face's classes.

Nothing here uses the package: it is what the package is compared with.
"""

import math

import numpy as np

from model_folders import Folder

_ERF = np.vectorize(math.erf)
ACTIVATIONS = {
    "gelu": lambda u: u * 0.5 * (1 + _ERF(u / math.sqrt(2))),
    "gelu_new": lambda u: 0.5 * u * (1 + np.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3))),
    "relu": lambda u: np.maximum(u, 0),
}
ACTIVATIONS["gelu_pytorch_tanh"] = ACTIVATIONS["gelu_new"]


class _Plain:
    """A folder's tensors in float64, and PyTorch's modules on them."""

    def __init__(self, folder: Folder, epsilon: float, heads: int):
        self._tensors = {name: value.astype(np.float64)
                         for name, value in folder.tensors.items()}
        self._epsilon, self._heads = epsilon, heads

    def __getitem__(self, name: str) -> np.ndarray:
        return self._tensors[name]

    def linear(self, name: str, x):
        bias = self._tensors.get(f"{name}.bias", 0.0)
        return np.einsum("li,oi->lo", x, self[f"{name}.weight"]) + bias

    def conv1d(self, name: str, x):
        return np.einsum("li,io->lo", x, self[f"{name}.weight"]) + self[f"{name}.bias"]

    def layer_norm(self, name: str, x):
        old = f"{name}.gamma" in self._tensors
        gamma, beta = (self[f"{name}.{part}"]
                       for part in (("gamma", "beta") if old else ("weight", "bias")))
        deviation = np.sqrt(x.var(axis=-1, keepdims=True) + self._epsilon)
        return (x - x.mean(axis=-1, keepdims=True)) / deviation * gamma + beta

    def attention(self, query, key, value, causal: bool = False):
        width = query.shape[1] // self._heads
        result = np.zeros_like(query)
        for head in range(self._heads):
            own = slice(head * width, (head + 1) * width)
            scores = query[:, own] @ key[:, own].T / math.sqrt(width)
            if causal:
                scores[np.triu_indices(len(scores), 1)] = -np.inf
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            weights /= weights.sum(axis=1, keepdims=True)
            result[:, own] = weights @ value[:, own]
        return result


def bert(folder: Folder, tokens: list[int]) -> np.ndarray:
    """BertModel or RobertaModel: last hidden state `[L, D]`."""
    config = folder.config
    plain = _Plain(folder, config["layer_norm_eps"], config["num_attention_heads"])
    first = config["pad_token_id"] + 1 if config["model_type"] == "roberta" else 0
    h = np.stack([plain["embeddings.word_embeddings.weight"][token]
                  + plain["embeddings.position_embeddings.weight"][first + place]
                  + plain["embeddings.token_type_embeddings.weight"][0]
                  for place, token in enumerate(tokens)])
    h = plain.layer_norm("embeddings.LayerNorm", h)
    for n in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{n}."
        context = plain.attention(*(plain.linear(f"{at}attention.self.{part}", h)
                                    for part in ("query", "key", "value")))
        attended = plain.linear(f"{at}attention.output.dense", context)
        h = plain.layer_norm(f"{at}attention.output.LayerNorm", attended + h)
        intermediate = ACTIVATIONS[config["hidden_act"]](
            plain.linear(f"{at}intermediate.dense", h))
        output = plain.linear(f"{at}output.dense", intermediate)
        h = plain.layer_norm(f"{at}output.LayerNorm", output + h)
    return h


def distilbert(folder: Folder, tokens: list[int]) -> np.ndarray:
    """DistilBertModel: last hidden state `[L, D]`."""
    config = folder.config
    plain = _Plain(folder, 1e-12, config["n_heads"])
    h = (plain["embeddings.word_embeddings.weight"][tokens]
         + plain["embeddings.position_embeddings.weight"][range(len(tokens))])
    h = plain.layer_norm("embeddings.LayerNorm", h)
    for n in range(config["n_layers"]):
        at = f"transformer.layer.{n}."
        context = plain.attention(*(plain.linear(f"{at}attention.{part}_lin", h)
                                    for part in "qkv"))
        attended = plain.linear(f"{at}attention.out_lin", context)
        h = plain.layer_norm(f"{at}sa_layer_norm", attended + h)
        hidden = ACTIVATIONS[config["activation"]](plain.linear(f"{at}ffn.lin1", h))
        h = plain.layer_norm(f"{at}output_layer_norm", plain.linear(f"{at}ffn.lin2", hidden) + h)
    return h


def gpt2(folder: Folder, tokens: list[int]) -> np.ndarray:
    """GPT2Model: last hidden state `[L, D]`, after the final layer norm."""
    config = folder.config
    plain = _Plain(folder, config["layer_norm_epsilon"], config["n_head"])
    h = plain["wte.weight"][tokens] + plain["wpe.weight"][range(len(tokens))]
    for n in range(config["n_layer"]):
        x = plain.layer_norm(f"h.{n}.ln_1", h)
        query, key, value = np.split(plain.conv1d(f"h.{n}.attn.c_attn", x), 3, axis=1)
        h = h + plain.conv1d(f"h.{n}.attn.c_proj", plain.attention(query, key, value, causal=True))
        x = plain.layer_norm(f"h.{n}.ln_2", h)
        hidden = ACTIVATIONS[config["activation_function"]](plain.conv1d(f"h.{n}.mlp.c_fc", x))
        h = h + plain.conv1d(f"h.{n}.mlp.c_proj", hidden)
    return plain.layer_norm("ln_f", h)


def vit(folder: Folder, pixel_values: np.ndarray) -> np.ndarray:
    """ViTModel on preprocessed pixels `[3, H, W]`: last hidden state `[L, D]`."""
    config = folder.config
    plain = _Plain(folder, config["layer_norm_eps"], config["num_attention_heads"])
    kernel = plain["embeddings.patch_embeddings.projection.weight"]
    bias = plain["embeddings.patch_embeddings.projection.bias"]
    _, _, high, wide = kernel.shape
    tokens = [plain["embeddings.cls_token"][0, 0]]
    for top in range(0, pixel_values.shape[1] - high + 1, high):
        for left in range(0, pixel_values.shape[2] - wide + 1, wide):
            patch = pixel_values[:, top:top + high, left:left + wide]
            tokens.append((kernel * patch).sum(axis=(1, 2, 3)) + bias)
    h = np.stack(tokens) + plain["embeddings.position_embeddings"][0]
    for n in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{n}."
        x = plain.layer_norm(f"{at}layernorm_before", h)
        context = plain.attention(*(plain.linear(f"{at}attention.attention.{part}", x)
                                    for part in ("query", "key", "value")))
        h = plain.linear(f"{at}attention.output.dense", context) + h
        x = plain.layer_norm(f"{at}layernorm_after", h)
        hidden = ACTIVATIONS[config["hidden_act"]](plain.linear(f"{at}intermediate.dense", x))
        h = plain.linear(f"{at}output.dense", hidden) + h
    return plain.layer_norm("layernorm", h)
