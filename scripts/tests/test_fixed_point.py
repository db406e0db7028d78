"""Integer arithmetic against Python's unbounded integers and against floats."""

from decimal import Decimal, getcontext
from fractions import Fraction
from math import floor, isqrt

import numpy as np
import pytest

from esact import fixed_point as fx


def nearest(value: Fraction) -> int:
    """Rounded to the nearest integer, halves up."""
    return floor(value + Fraction(1, 2))


def test_round_shift_and_divide_round_half_up():
    values = np.arange(-40, 41)
    for shift in range(5):
        expected = [nearest(Fraction(int(v), 2**shift)) for v in values]
        assert fx.round_shift(values, shift).tolist() == expected
    for divisor in (1, 2, 3, 7):
        expected = [nearest(Fraction(int(v), divisor)) for v in values]
        assert fx.round_divide(values, divisor).tolist() == expected


@pytest.mark.parametrize("shift", [0, 1, 31, 32, 61, 62])
def test_requantise_and_rescale_at_the_extremes(shift):
    extremes = [-2**31, -2**31 + 1, -1, 0, 1, 2**31 - 1]
    for multiplier in (0, 1, 2**30, 2**31 - 1):
        exact = [nearest(Fraction(v * multiplier, 2**shift)) for v in extremes]
        requantised = fx.requantise(np.array(extremes), multiplier, shift)
        assert requantised.dtype == np.int8
        assert requantised.tolist() == [max(-128, min(127, v)) for v in exact]
        for value, result in zip(extremes, exact):
            if -2**31 <= result < 2**31:
                assert fx.rescale(np.array([value]), multiplier, shift)[0] == result
            else:
                with pytest.raises(OverflowError, match="rescaled value"):
                    fx.rescale(np.array([value]), multiplier, shift)


def test_predicted_operands_saturate_symmetrically():
    assert fx.saturate(np.array([-1000, -128, -127, 127, 128])).tolist() == [
        -127, -127, -127, 127, 127]


def test_isqrt_around_squares():
    roots = [0, 1, 2, 3, 2**15, 2**26 - 1, 2**26, 94906265, 2**31 - 1, 2**31]
    values = [max(0, r * r + d) for r in roots for d in (-2, -1, 0, 1, 2)]
    assert fx.isqrt(np.array(values)).tolist() == [isqrt(v) for v in values]


def test_weight_table_is_correctly_rounded():
    getcontext().prec = 40
    exact = [floor(255 * 2**15 * Decimal(2) ** (Decimal(-f) / 256) + Decimal("0.5"))
             for f in range(256)]
    assert fx.WEIGHT_TABLE.tolist() == exact


def test_softmax_weight_follows_the_exponential():
    delta = np.arange(0, 4_200_000, 997)
    weight = fx.softmax_weight(delta, 2**30, 40)
    exact = 255 * 2.0 ** (-delta * 2.0**-10 / 256)
    assert weight[0] == 255
    assert np.abs(weight - exact).max() <= 0.5 + 255 * np.log(2) / 512
    assert weight[-1] == 0


def layer_norm_exactly(row, gamma, beta, shift, epsilon):
    """docs/numerics.md in unbounded integers, one row."""
    width = len(row)
    mean = nearest(Fraction(sum(row), width))
    centred = [value - mean for value in row]
    bits = max(abs(value) for value in centred).bit_length()
    if bits == 0:
        return [nearest(Fraction(0)) + b for b in beta]
    k = bits - 26
    scaled = [value >> k if k >= 0 else value << -k for value in centred]
    if k >= 0:
        aligned = epsilon >> 2 * k
    else:
        aligned = 2**62 if epsilon.bit_length() - 2 * k > 62 else epsilon << -2 * k
    sigma = isqrt(sum(value * value for value in scaled) // width + aligned)
    y = [nearest(Fraction(value << 16, sigma)) for value in scaled]
    return [nearest(Fraction(value * g, 2**shift)) + b for value, g, b in zip(y, gamma, beta)]


@pytest.mark.parametrize("width", [1, 2, 7, 384, 1024])
@pytest.mark.parametrize("spread", [0, 1, 100, 2**20, 2**26, 2**31 - 1])
@pytest.mark.parametrize("epsilon", [0, 1, 2**20, 2**31 - 1])
def test_layer_norm_matches_unbounded_integers(generator, width, spread, epsilon):
    rows = generator.integers(-spread, spread + 1, (3, width))
    rows[1, 0] = spread
    gamma = generator.integers(-2**30, 2**30, width)
    beta = generator.integers(-2**20, 2**20, width)
    expected = [layer_norm_exactly(row, gamma.tolist(), beta.tolist(), 31, epsilon)
                for row in rows.tolist()]
    assert fx.layer_norm(rows, gamma, beta, 31, epsilon).tolist() == expected


def test_layer_norm_reports_overflow():
    with pytest.raises(OverflowError, match="norm1"):
        fx.layer_norm(np.array([[-5, 5]]), [2**30, 2**30], [0, 0], 0, 0, "norm1")


@pytest.mark.parametrize("dtype, low, high, length",
                         [(np.int8, -128, 127, 4096), (np.uint8, 0, 255, 1024)])
def test_matmul_is_exact_for_the_longest_sums(generator, dtype, low, high, length):
    left = generator.choice([low, high], (3, length)).astype(dtype)
    right = generator.choice([-128, 127, 126], (length, 4)).astype(np.int8)
    expected = left.astype(object) @ right.astype(object)
    assert (fx.exact_matmul(left, right) == expected).all()
