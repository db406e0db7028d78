"""Float model to integer parameters: static calibration, smoothing, fixed-point multipliers.

The scales are static: the largest magnitude seen on the calibration sequences maps to the end of
the integer range. Channels with outliers are evened out before quantisation (smoothing, as in
SmoothQuant): an operand is divided by a factor per channel, its weight rows multiplied by it, and
the division is part of the operand's per-channel requantisation.
"""

from collections.abc import Iterable

import numpy as np

from esact.errors import InputError
from esact.transformer import ACTIVATIONS, FloatModel, forward

H_RANGE = 2.0**20
NORM_RANGE = 2.0**20
SMOOTHING = 0.9
SATURATION = {"erf": -4.0, "tanh": -4.0, "relu": 0.0}
_SMALLEST = 1e-9


class Calibration:
    """Largest magnitudes seen per layer, tensor and channel, and the range of signed `u`."""

    def __init__(self, model: FloatModel, sequences: Iterable[np.ndarray]):
        self._layers = [{} for _ in model.layers]
        self._epsilon = model.epsilon
        for h in sequences:
            if not np.isfinite(forward(model, h, self._observe)).all():
                raise InputError("calibration: the float model's hidden states are not finite")

    def _observe(self, layer: int, name: str, value: np.ndarray) -> None:
        self._raise(layer, name, np.abs(value).max(0))
        if name == "u":
            self._raise(layer, "u_high", value.max())
            self._raise(layer, "-u_low", -value.min())

    def _raise(self, layer: int, name: str, largest) -> None:
        seen = self._layers[layer]
        seen[name] = np.maximum(seen[name], largest) if name in seen else largest

    def channels(self, layer: int, name: str) -> np.ndarray:
        """Largest magnitude of every channel, positive."""
        return np.maximum(self._layers[layer][name].astype(np.float64), _SMALLEST)

    def heads(self, layer: int, name: str, heads: int) -> np.ndarray:
        """Largest magnitude of every head, positive."""
        return self.channels(layer, name).reshape(heads, -1).max(-1)

    def largest(self, layer: int, name: str) -> float:
        return float(self.channels(layer, name).max())

    def activation_range(self, layer: int, saturation: float) -> tuple[float, float]:
        """Range of `u` to tell apart; below `saturation` the activation is as good as zero."""
        seen = self._layers[layer]
        low = max(float(-seen["-u_low"]), saturation)
        return low, max(float(seen["u_high"]), low + _SMALLEST)

    @property
    def h_scale(self) -> float:
        """One scale for the residual stream of the whole model; epsilon must fit int32 in it."""
        largest = max(self.largest(n, "h") for n in range(len(self._layers)))
        return max(largest / H_RANGE, (self._epsilon / (2**31 - 1)) ** 0.5)


def fixed_point(ratio) -> tuple[np.ndarray, np.ndarray]:
    """`ratio` as int32 multiplier in [2^30, 2^31) and shift in 0..62, where it is in reach."""
    mantissa, exponent = np.frexp(np.atleast_1d(np.asarray(ratio, np.float64)))
    multiplier = np.rint(np.ldexp(mantissa, 31)).astype(np.int64)
    carried = multiplier == 2**31
    multiplier = np.where(carried, 2**30, multiplier)
    shift = np.where(multiplier == 0, 0, 31 - exponent.astype(np.int64) - carried)
    if shift.min() < 0:
        raise InputError(f"a scale ratio of {np.max(ratio)} is out of reach, expected below 2^31")
    multiplier >>= np.clip(shift - 62, 0, 63)
    return multiplier.astype(np.int32), np.minimum(shift, 62).astype(np.int32)


def smoothing_factors(operand, weights: list[np.ndarray], strength: float) -> np.ndarray:
    """Factor per channel by which an operand is divided and its weight rows are multiplied."""
    rows = np.max([np.abs(weight).max(1) for weight in weights], axis=0)
    factors = operand**strength / np.maximum(rows, _SMALLEST) ** (1 - strength)
    return np.maximum(factors, factors.max() * 1e-4)


def quantise_model(model: FloatModel, calibration: Calibration) -> list[dict[str, np.ndarray]]:
    """Integer parameters of every layer, as docs/numerics.md names them."""
    layers = [_LayerQuantiser(model, calibration, n).quantise()
              for n in range(len(model.layers))]
    if model.norm_final is not None:
        gamma, beta = model.norm_final
        layers[-1] |= _norm_parameters("norm_final", gamma, beta, model.epsilon,
                                       calibration.h_scale, calibration.h_scale)
    return layers


class _LayerQuantiser:
    """Quantises one layer; every step writes the parameters it decides into `out`."""

    def __init__(self, model: FloatModel, calibration: Calibration, n: int):
        self.model, self.calibration, self.n = model, calibration, n
        self.shape, self.layer = model.shape, model.layers[n]
        self.h_scale = calibration.h_scale
        self.out: dict[str, np.ndarray] = {}

    def quantise(self) -> dict[str, np.ndarray]:
        norm_scales = [self._norm(name) for name in ("norm1", "norm2")]
        operand_scales = norm_scales if self.shape.pre_norm else [self.h_scale] * 2
        self._attention(operand_scales[0])
        self._feed_forward(operand_scales[1])
        return self.out

    def _norm(self, name: str) -> float:
        """Layer norm parameters; returns the scale of its output."""
        scale = self.h_scale
        if self.shape.pre_norm:
            scale = self.calibration.largest(self.n, name) / NORM_RANGE
        gamma, beta = (self.layer[f"{name}.{part}"] for part in ("gamma", "beta"))
        self.out |= _norm_parameters(name, gamma, beta, self.model.epsilon, self.h_scale, scale)
        return scale

    def _attention(self, operand_scale: float) -> None:
        shape = self.shape
        factors, x_scale = self._operand("x", "x", ["wq", "wk", "wv"], operand_scale)
        scales = {}
        for m in "qk":
            weight_scale = self._weight(f"w{m}", f"b{m}", factors, x_scale, shape.heads)
            accumulator = x_scale * weight_scale.reshape(shape.heads, -1)[:, 0]
            largest = self.calibration.heads(self.n, m, shape.heads)
            scales[m] = largest / 127
            self._scale(m, accumulator / scales[m])
            bits = np.ceil(np.log2(largest / accumulator / 127))
            self.out[f"predictor.{m}_shift"] = np.clip(bits, 0, 24).astype(np.int32)
        octaves = scales["q"] * scales["k"] / np.sqrt(shape.head_width) * np.log2(np.e) * 256
        self._scale("softmax", octaves)

        weight_scale = self._weight("wv", "bv", factors, x_scale)
        v_scale = self.calibration.channels(self.n, "v") / 127
        self._scale("v", x_scale * weight_scale / v_scale)
        factors, z_scale = self._operand("z", "z", ["wo"], v_scale / 256)
        weight_scale = self._weight("wo", "bo", factors, z_scale)
        self._scale("output", z_scale * weight_scale / self.h_scale)

    def _feed_forward(self, operand_scale: float) -> None:
        factors, x1_scale = self._operand("x1", "x1", ["w1"], operand_scale)
        low, high = self.calibration.activation_range(
            self.n, SATURATION[self.model.activation])
        middle, u_scale = (low + high) / 2, (high - low) / 254
        weight_scale = self._weight("w1", "b1", factors, x1_scale, offset=-middle)
        self._scale("hidden", x1_scale * weight_scale / u_scale)
        table = ACTIVATIONS[self.model.activation](middle + np.arange(-128, 128) * u_scale)
        table_scale = np.abs(table).max() / (2**15 - 1)
        self.out["activation.table"] = np.rint(table / table_scale).astype(np.int16)
        factors, y_scale = self._operand("y", "y", ["w2"], table_scale)
        weight_scale = self._weight("w2", "b2", factors, y_scale)
        self._scale("increment", y_scale * weight_scale / self.h_scale)

    def _operand(self, step: str, name: str, weights: list[str], source_scale):
        """Requantisation of a smoothed operand; returns its weight row factors and its scale."""
        largest = self.calibration.channels(self.n, name)
        factors = smoothing_factors(largest, [self.layer[w] for w in weights], SMOOTHING)
        scale = float((largest / factors).max()) / 127
        self._scale(step, source_scale / (factors * scale))
        return factors, scale

    def _weight(self, weight: str, bias: str, factors, operand_scale: float, heads=None,
                offset: float = 0.0):
        """Quantise a weight and its bias; returns the scale of every output column.

        `heads`: one scale per head instead of one per column. `offset` is added to the bias.
        """
        values = self.layer[weight] * factors[:, None]
        shift = self.layer[bias].astype(np.float64) + offset
        scale = np.maximum(np.abs(values).max(0) / 127, np.abs(shift) / operand_scale / 2**30)
        if heads:
            per_head = scale.reshape(heads, -1).max(-1)
            scale = np.repeat(per_head, len(scale) // heads)
        scale = np.maximum(scale, _SMALLEST)
        self.out[weight] = np.rint(values / scale).astype(np.int8)
        self.out[bias] = np.rint(shift / (operand_scale * scale)).astype(np.int32)
        return scale

    def _scale(self, step: str, ratio) -> None:
        try:
            self.out[f"{step}.multiplier"], self.out[f"{step}.shift"] = fixed_point(ratio)
        except InputError as error:
            raise InputError(f"layer {self.n}, {step}: {error}") from None


def _norm_parameters(name: str, gamma, beta, epsilon: float, in_scale: float, out_scale: float):
    """Integer layer norm: `gamma` takes the normalised row, in Q16, to the output's scale."""
    target = gamma.astype(np.float64) / 2**16 / out_scale
    exponent = int(np.frexp(np.abs(target).max())[1])
    shift = int(np.clip(30 - exponent, 0, 62))
    return {
        f"{name}.gamma": np.rint(np.ldexp(target, shift)).astype(np.int32),
        f"{name}.beta": np.rint(beta / out_scale).astype(np.int32),
        f"{name}.shift": np.array([shift], np.int32),
        f"{name}.epsilon": np.array([min(round(epsilon / in_scale**2), 2**31 - 1)], np.int32),
    }
