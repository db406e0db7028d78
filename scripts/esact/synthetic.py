"""Synthetic models and inputs of any shape."""

import numpy as np

from esact.spls import Knobs
from esact.transformer import FloatModel
from esact.workload import Shape

_WEIGHT_SHAPES = {"wq": "DD", "wk": "DD", "wv": "DD", "wo": "DD", "w1": "DF", "w2": "FD"}
_BIAS_SHAPES = {"bq": "D", "bk": "D", "bv": "D", "bo": "D", "b1": "F", "b2": "D"}
_SIMILAR_NOISE = 0.01
_SIMILAR_STEP = 0.1


def random_model(shape: Shape, activation: str, similar: bool,
                 generator: np.random.Generator) -> FloatModel:
    """A transformer with random parameters whose attention is neither flat nor one-hot.

    `similar`: tokens that are alike stay so. A head looks away from tokens like its own, whose
    number in reach differs from row to row of a causal model, and a layer changes `h` little.
    """
    size = {"D": shape.width, "F": shape.ffn}

    def normal(spread: float, *axes: str) -> np.ndarray:
        drawn = generator.standard_normal([size[axis] for axis in axes])
        return (spread * drawn).astype(np.float32)

    layers = []
    for _ in range(shape.layers):
        layer = {name: normal(size[axes[0]] ** -0.5, *axes)
                 for name, axes in _WEIGHT_SHAPES.items()}
        layer |= {name: normal(0.1, axis) for name, axis in _BIAS_SHAPES.items()}
        for norm in ("norm1", "norm2"):
            layer |= {f"{norm}.gamma": 1 + normal(0.1, "D"), f"{norm}.beta": normal(0.1, "D")}
        if similar:
            layer["wk"] -= layer["wq"]
            layer["wo"] *= _SIMILAR_STEP
            layer["w2"] *= _SIMILAR_STEP
        layers.append(layer)
    final = (1 + normal(0.1, "D"), normal(0.1, "D")) if shape.final_norm else None
    return FloatModel(shape, layers, activation, 1e-5, final)


def random_inputs(shape: Shape, lengths: list[int], similar: bool,
                  generator: np.random.Generator) -> list[np.ndarray]:
    """float32 `[L, D]` sequences; `similar`: the tokens of a window are nearly alike."""
    sequences = []
    for length in lengths:
        h = generator.standard_normal((length, shape.width))
        if similar:
            first = np.arange(length) // Knobs.window * Knobs.window
            h = h[first] + _SIMILAR_NOISE * h
        sequences.append(h.astype(np.float32))
    return sequences
