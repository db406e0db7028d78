"""Integer arithmetic of docs/numerics.md: rounding, requantisation, softmax weights, layer norm."""

import numpy as np

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
INT8_LIMIT = 127
FLOAT32_EXACT = 2**24


def round_shift(value, shift):
    """`value / 2^shift` rounded half up, int64; shifts broadcast against the last axis."""
    value = np.asarray(value, np.int64)
    shift = np.asarray(shift, np.int64)
    half = np.where(shift > 0, np.left_shift(np.int64(1), np.maximum(shift - 1, 0)), 0)
    return (value + half) >> shift


def round_divide(numerator, denominator):
    """`numerator / denominator` rounded half up, int64, for positive denominators."""
    return (2 * numerator + denominator) // (2 * denominator)


def saturate(value) -> np.ndarray:
    """Clamp to [-127, 127], int8: the predictor's symmetric range."""
    return np.clip(value, -INT8_LIMIT, INT8_LIMIT).astype(np.int8)


def fit_int32(value, name: str) -> np.ndarray:
    """`value` as int32; OverflowError naming `name` if it does not fit."""
    if value.size and (value.min() < INT32_MIN or value.max() > INT32_MAX):
        raise OverflowError(f"{name} does not fit int32: [{value.min()}, {value.max()}]")
    return value.astype(np.int32)


def requantise(value, multiplier, shift) -> np.ndarray:
    """`value * multiplier / 2^shift`, rounded half up and saturated to int8."""
    return np.clip(_scaled(value, multiplier, shift), -128, 127).astype(np.int8)


def rescale(value, multiplier, shift, name: str = "rescaled value") -> np.ndarray:
    """`value * multiplier / 2^shift` rounded half up, int32; OverflowError if it does not fit."""
    return fit_int32(_scaled(value, multiplier, shift), name)


def _scaled(value, multiplier, shift):
    return round_shift(np.asarray(value, np.int64) * np.asarray(multiplier, np.int64), shift)


def bit_length(value) -> np.ndarray:
    """Number of bits of non-negative integers below 2^53, 0 for 0."""
    return np.frexp(np.asarray(value, np.float64))[1].astype(np.int64)


def isqrt(value) -> np.ndarray:
    """Largest integer whose square is at most `value`, for 0 <= value < 2^62 + 2^53."""
    value = np.asarray(value, np.int64)
    root = np.sqrt(value.astype(np.float64)).astype(np.int64)
    root -= root * root > value
    root += (root + 1) * (root + 1) <= value
    return root


def exact_matmul(left, right) -> np.ndarray:
    """Product of integer matrices, exact, int64.

    Float BLAS sums integers exactly while every partial sum stays below the width of the
    mantissa: float32 where the operands' bound allows it, float64 otherwise.
    """
    bound = left.shape[-1] * _magnitude(left) * _magnitude(right)
    dtype = np.float32 if bound <= FLOAT32_EXACT else np.float64
    return (left.astype(dtype) @ right.astype(dtype)).astype(np.int64)


def _magnitude(value) -> int:
    """Bound on the magnitudes in `value`: that of its type, for wide types their own."""
    if value.dtype == np.int8:
        return 128
    if value.dtype == np.uint8:
        return 255
    return int(np.abs(value).max(initial=0))


WEIGHT_TABLE = np.floor(255 * 2.0**15 * 2.0 ** (-np.arange(256) / 256) + 0.5).astype(np.int64)


def softmax_weight(delta, multiplier, shift) -> np.ndarray:
    """uint8 weight of a score `delta` below its row's largest; 255 for delta 0."""
    octaves = round_shift(np.asarray(delta, np.int64) * np.int64(multiplier), shift)
    whole, part = octaves >> 8, octaves & 255
    whole_bounded = np.minimum(whole, 8)
    half = np.left_shift(np.int64(1), 14 + whole_bounded)
    weight = (WEIGHT_TABLE[part] + half) >> (15 + whole_bounded)
    return np.where(whole <= 8, weight, 0).astype(np.uint8)


def layer_norm(rows, gamma, beta, shift: int, epsilon: int, name: str = "layer norm"):
    """Layer norm of int32 rows `[..., D]`, int32; OverflowError if a result does not fit."""
    rows = np.asarray(rows, np.int64)
    width = rows.shape[-1]
    centred = rows - round_divide(rows.sum(-1, keepdims=True), width)
    bits = bit_length(np.abs(centred).max(-1, keepdims=True))
    excess = bits - 26
    scaled = np.where(excess >= 0, centred >> np.maximum(excess, 0),
                      centred << np.maximum(-excess, 0))
    variance = (scaled * scaled).sum(-1, keepdims=True) // width
    sigma = isqrt(variance + _aligned_epsilon(int(epsilon), excess))
    quotient = round_divide(scaled << 16, np.where(bits > 0, sigma, 1))
    quotient = np.where(bits > 0, quotient, 0)
    return fit_int32(round_shift(quotient * np.asarray(gamma, np.int64), shift) + beta, name)


def _aligned_epsilon(epsilon: int, excess) -> np.ndarray:
    """`epsilon` in the scale of rows shifted right by `excess` bits, at most 2^62."""
    right = np.right_shift(np.int64(epsilon), np.clip(2 * excess, 0, 63))
    fits = epsilon.bit_length() - 2 * excess <= 62
    left = np.left_shift(np.int64(epsilon), np.where(fits, np.maximum(-2 * excess, 0), 0))
    return np.where(excess >= 0, right, np.where(fits, left, np.int64(2**62)))
