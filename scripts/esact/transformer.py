"""Float transformer: the model that is quantised, in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from esact.spls import split_heads, valid_columns
from esact.workload import Shape

Observe = Callable[[int, str, np.ndarray], None]


@dataclass
class FloatModel:
    """A transformer's float32 parameters.

    A layer holds `wq wk wv wo w1 w2` (input-major), `bq bk bv bo b1 b2`, and
    `norm1.gamma norm1.beta norm2.gamma norm2.beta`; `norm_final` is `(gamma, beta)` or None.
    """

    shape: Shape
    layers: list[dict[str, np.ndarray]]
    activation: str = "erf"
    epsilon: float = 1e-12
    norm_final: tuple[np.ndarray, np.ndarray] | None = None


def _gelu_erf(value):
    return 0.5 * value * (1 + erf(value / np.sqrt(2, dtype=value.dtype)))


def _gelu_tanh(value):
    inner = np.sqrt(2 / np.pi).astype(value.dtype) * (value + 0.044715 * value**3)
    return 0.5 * value * (1 + np.tanh(inner))


def _relu(value):
    return np.maximum(value, 0)


ACTIVATIONS = {"erf": _gelu_erf, "tanh": _gelu_tanh, "relu": _relu}


def layer_norm(rows, gamma, beta, epsilon: float):
    """Layer norm over the last axis."""
    centred = rows - rows.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + epsilon) * gamma + beta


def _ignore(layer: int, name: str, value: np.ndarray) -> None:
    """An `Observe` that keeps nothing."""


def forward(model: FloatModel, h: np.ndarray, observe: Observe = _ignore) -> np.ndarray:
    """Final `h` of one sequence `[L, D]`.

    `observe(layer, name, value)` sees the tensors that become integers: `h` (residual stream and
    its sums), `norm1 norm2 norm_final` (outputs of layer norms), `x q k v z x1 u y`.
    """
    for n, layer in enumerate(model.layers):
        h = _run_layer(model, layer, h, lambda name, value, n=n: observe(n, name, value))
    if model.norm_final is not None:
        h = layer_norm(h, *model.norm_final, model.epsilon)
        observe(len(model.layers) - 1, "h", h)
    return h


def _run_layer(model: FloatModel, layer, h, observe):
    pre_norm = model.shape.pre_norm

    def norm(rows, name):
        result = layer_norm(rows, layer[f"{name}.gamma"], layer[f"{name}.beta"], model.epsilon)
        observe(name, result)
        return result

    observe("h", h)
    x = norm(h, "norm1") if pre_norm else h
    observe("x", x)
    h = h + _attend(model.shape, layer, x, observe)
    observe("h", h)
    h = h if pre_norm else norm(h, "norm1")
    observe("h", h)
    x1 = norm(h, "norm2") if pre_norm else h
    observe("x1", x1)
    u = x1 @ layer["w1"] + layer["b1"]
    observe("u", u)
    y = ACTIVATIONS[model.activation](u)
    observe("y", y)
    h = h + y @ layer["w2"] + layer["b2"]
    observe("h", h)
    h = h if pre_norm else norm(h, "norm2")
    observe("h", h)
    return h


def _attend(shape: Shape, layer, x, observe):
    projected = [x @ layer[f"w{m}"] + layer[f"b{m}"] for m in "qkv"]
    for name, value in zip("qkv", projected):
        observe(name, value)
    q, k, v = (split_heads(value, shape.heads) for value in projected)
    logits = q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(shape.head_width))
    logits = np.where(valid_columns(len(x), shape.causal), logits, -np.inf)
    weight = np.exp(logits - logits.max(-1, keepdims=True))
    weight /= weight.sum(-1, keepdims=True)
    z = (weight @ v).transpose(1, 0, 2).reshape(x.shape)
    observe("z", z)
    return z @ layer["wo"] + layer["bo"]
