"""NumPy reference of docs/numerics.md, and the command esact-reference."""

import argparse
import json
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from tqdm import tqdm

from esact import fixed_point as fx
from esact import spls
from esact.errors import CommandParser, run_command
from esact.settings import read_settings, reuses_projection, spls_changes
from esact.spls import Knobs, Prediction
from esact.workload import Shape, Workload, override_knobs, read_workload, write_tensors

Publish = Callable[[str, np.ndarray], None]


def _ignore(name: str, value: np.ndarray) -> None:
    """A `Publish` that keeps nothing."""


class Layer:
    """One layer's parameters, and how it is to be run."""

    def __init__(self, shape: Shape, weights: dict[str, np.ndarray], knobs: Knobs, last: bool):
        self.shape = shape
        self.weights = weights
        self.knobs = knobs
        self.final_norm = shape.final_norm and last

    @cached_property
    def weight_levels(self) -> tuple[np.ndarray, np.ndarray]:
        """Quantizer levels of Wq and Wk."""
        return tuple(spls.quantize(self.weights[name], self.knobs) for name in ("wq", "wk"))

    def requantise(self, value, step: str) -> np.ndarray:
        return fx.requantise(value, *self._scale(step))

    def requantise_heads(self, value, step: str) -> np.ndarray:
        """As `requantise`, for `[H, L, d]` and one multiplier per head."""
        return fx.requantise(value, *(part[:, None, None] for part in self._scale(step)))

    def rescale(self, value, step: str) -> np.ndarray:
        return fx.rescale(value, *self._scale(step), step)

    def norm(self, rows, name: str) -> np.ndarray:
        gamma, beta, shift, epsilon = (
            self.weights[f"{name}.{part}"] for part in ("gamma", "beta", "shift", "epsilon"))
        return fx.layer_norm(rows, gamma, beta, shift[0], epsilon[0], name)

    def project(self, value, weight: str, bias: str) -> np.ndarray:
        return fx.exact_matmul(value, self.weights[weight]) + self.weights[bias]

    def _scale(self, step: str):
        return self.weights[f"{step}.multiplier"], self.weights[f"{step}.shift"]


def run_layer(layer: Layer, h_in: np.ndarray, publish: Publish = _ignore):
    """Run one layer on one sequence: int32 `h_in` to `(h_out, prediction)`."""
    pre_norm = layer.shape.pre_norm
    publish("h_in", h_in)
    x = layer.requantise(layer.norm(h_in, "norm1") if pre_norm else h_in, "x")
    publish("x", x)
    prediction = _predict(layer, x)
    _publish_prediction(prediction, publish)

    output = _attend(layer, x, prediction, publish)
    residual = _add(h_in, layer.rescale(output, "output"), "h_mid")
    h_mid = residual if pre_norm else layer.norm(residual, "norm1")
    publish("h_mid", h_mid)

    x1 = layer.requantise(layer.norm(h_mid, "norm2") if pre_norm else h_mid, "x1")
    publish("x1", x1)
    increment = _feed_forward(layer, x1, prediction.ffn_root, publish)
    h_out = _add(h_mid, increment[prediction.ffn_root], "h_out")
    if not pre_norm:
        h_out = layer.norm(h_out, "norm2")
    if layer.final_norm:
        h_out = layer.norm(h_out, "norm_final")
    publish("h_out", h_out)
    return h_out, prediction


def _predict(layer: Layer, x: np.ndarray) -> Prediction:
    shape, weights = layer.shape, layer.weights
    if not layer.knobs.enabled:
        return spls.dense_prediction(len(x), shape.heads, shape.causal)
    x_levels = spls.quantize(x, layer.knobs)
    q_levels, k_levels = layer.weight_levels
    q_hat = spls.predict_operand(x_levels, q_levels, weights["bq"],
                                 weights["predictor.q_shift"], shape.heads)
    k_hat = spls.predict_operand(x_levels, k_levels, weights["bk"],
                                 weights["predictor.k_shift"], shape.heads)
    return spls.predict(q_hat, k_hat, shape.causal, layer.knobs)


def _publish_prediction(prediction: Prediction, publish: Publish) -> None:
    if prediction.pam is not None:
        publish("q_hat", prediction.q_hat)
        publish("k_hat", prediction.k_hat)
        publish("pam", prediction.pam)
    publish("mask", prediction.mask.astype(np.uint8))
    publish("representative", prediction.representative)
    publish("needed_columns", prediction.needed_columns.astype(np.uint8))
    publish("ffn_root", prediction.ffn_root)


def _attend(layer: Layer, x, prediction: Prediction, publish: Publish) -> np.ndarray:
    """QKV, attention and output projection: the `output` accumulator of every token."""
    heads = layer.shape.heads
    critical = prediction.critical[..., None]
    needed = prediction.needed_columns[..., None]
    query, key, value = (
        spls.split_heads(layer.project(x, f"w{m}", f"b{m}"), heads) for m in "qkv")
    q = np.where(critical, layer.requantise_heads(query, "q"), np.int8(0))
    k = np.where(needed, layer.requantise_heads(key, "k"), np.int8(0))
    v = np.where(needed, _requantise_channels(layer, value, "v"), np.int8(0))
    publish("q", q)
    publish("k", k)
    publish("v", v)

    kept = prediction.mask & critical
    score = np.where(kept, fx.exact_matmul(q, k.transpose(0, 2, 1)), 0)
    weight = _softmax(layer, score, kept)
    total = weight.sum(-1, keepdims=True, dtype=np.int64)
    context = fx.round_divide(256 * fx.exact_matmul(weight, v), np.maximum(total, 1))
    z = _requantise_channels(layer, context, "z")
    publish("score", score.astype(np.int32))
    publish("weight", weight)
    publish("context", context.astype(np.int32))
    publish("z", z)

    taken = z[np.arange(heads)[:, None], prediction.representative]
    output = layer.project(_join_heads(taken), "wo", "bo")
    publish("output", output.astype(np.int32))
    return output


def _softmax(layer: Layer, score, kept) -> np.ndarray:
    """Unnormalised uint8 weights at the kept positions."""
    largest = np.where(kept, score, fx.INT32_MIN).max(-1, keepdims=True)
    multiplier = layer.weights["softmax.multiplier"][:, None, None]
    shift = layer.weights["softmax.shift"][:, None, None]
    delta = np.where(kept, largest - score, 0)
    return np.where(kept, fx.softmax_weight(delta, multiplier, shift), np.uint8(0))


def _requantise_channels(layer: Layer, value, step: str) -> np.ndarray:
    """Requantise `[H, L, d]` with the parameters of channel `h*d + c`."""
    return spls.split_heads(layer.requantise(_join_heads(value), step), layer.shape.heads)


def _feed_forward(layer: Layer, x1, ffn_root, publish: Publish) -> np.ndarray:
    """The FFN increment of every token that is its own root, zero elsewhere."""
    computed = np.flatnonzero(ffn_root == np.arange(len(x1)))
    hidden = np.zeros((len(x1), layer.shape.ffn), np.int8)
    y = np.zeros_like(hidden)
    increment = np.zeros(x1.shape, np.int32)
    hidden[computed] = layer.requantise(layer.project(x1[computed], "w1", "b1"), "hidden")
    activation = layer.weights["activation.table"][hidden[computed].astype(np.int16) + 128]
    y[computed] = layer.requantise(activation, "y")
    increment[computed] = layer.rescale(layer.project(y[computed], "w2", "b2"), "increment")
    publish("hidden", hidden)
    publish("y", y)
    publish("increment", increment)
    return increment


def _join_heads(value: np.ndarray) -> np.ndarray:
    """`[H, L, d]` as `[L, H*d]`."""
    return value.transpose(1, 0, 2).reshape(value.shape[1], -1)


def _add(left, right, name: str) -> np.ndarray:
    return fx.fit_int32(left.astype(np.int64) + right, name)


def count_layer(layer: Layer, prediction: Prediction, reuse: bool = True) -> dict:
    """Counts of one layer and sequence: macs and dense_macs by kind, predictor, additions."""
    shape, knobs = layer.shape, layer.knobs
    heads, length = prediction.representative.shape
    dense = spls.dense_prediction(length, heads, shape.causal)
    counts = {
        "macs": spls.count_macs(prediction, shape.head_width, shape.ffn, reuse),
        "dense_macs": spls.count_macs(dense, shape.head_width, shape.ffn),
        "predictor_products": 0,
        "predictor_adds": 0,
        "topk_compares": 0,
        "similarity_adds": 0,
        "output_adds": 0,
    }
    if knobs.enabled:
        counts |= spls.count_predictor(length, shape.width, heads, shape.causal, prediction,
                                       knobs.k_q8)
        counts["output_adds"] = length * heads * shape.width if reuse else 0
    return counts


def add_counts(total: dict, counts: dict) -> dict:
    """Sum of two (nested) dictionaries of counts; an empty one is zero."""
    if not total:
        return counts
    return {key: add_counts(total[key], value) if isinstance(value, dict) else total[key] + value
            for key, value in counts.items()}


def make_layers(workload: Workload, knobs: list[Knobs]) -> list[Layer]:
    """The workload's layers under `knobs`."""
    return [Layer(workload.shape, weights, k, n == workload.shape.layers - 1)
            for n, (weights, k) in enumerate(zip(workload.weights, knobs))]


def run_sequence(layers: list[Layer], h: np.ndarray, publish: Publish = _ignore,
                 reuse: bool = True):
    """Run all layers on one sequence: final `h` and every layer's counts.

    `publish` receives every tensor as `<layer>.<name>`.
    """
    counts = []
    for n, layer in enumerate(layers):
        h, prediction = run_layer(layer, h, lambda name, value: publish(f"{n}.{name}", value))
        counts.append(count_layer(layer, prediction, reuse))
    return h, counts


def _parse_arguments() -> argparse.Namespace:
    parser = CommandParser(
        prog="esact-reference", description="Run a workload in NumPy, to the bit.")
    parser.add_argument("workload", type=Path, metavar="WORKLOAD")
    parser.add_argument("--config", type=Path, metavar="F", help="YAML with nested keys")
    parser.add_argument("--set", action="append", default=[], metavar="key=value",
                        help="one setting, e.g. spls.k_q8=64")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--tensors", type=Path, metavar="FILE",
                        help="write every tensor of docs/numerics.md")
    return parser.parse_args()


def _run() -> None:
    arguments = _parse_arguments()
    settings = read_settings(arguments.config, arguments.set)
    workload = read_workload(arguments.workload)
    knobs = override_knobs(workload.knobs, spls_changes(settings), "settings")
    layers = make_layers(workload, knobs)
    reuse = reuses_projection(settings)
    outputs, tensors = {}, {}
    totals = [{} for _ in layers]
    for index, h in enumerate(tqdm(workload.inputs, unit="sequence",
                                   disable=not sys.stderr.isatty())):
        def publish(name, value, index=index):
            layer, _, tensor = name.partition(".")
            tensors[f"layer.{layer}.{index}.{tensor}"] = value

        outputs[f"h.{index}"], counts = run_sequence(
            layers, h, publish if arguments.tensors else _ignore, reuse)
        totals = [add_counts(total, count) for total, count in zip(totals, counts)]
    write_tensors(arguments.out / "outputs.safetensors", outputs,
                  {"h_scale": repr(workload.h_scale)})
    with open(arguments.out / "counts.json", "w", encoding="utf-8") as file:
        json.dump({"layers": [{"index": n, **total} for n, total in enumerate(totals)]}, file,
                  indent=2)
        file.write("\n")
    if arguments.tensors:
        write_tensors(arguments.tensors, tensors)


def main() -> None:
    """Entry point of esact-reference."""
    run_command(_run)
