"""JSON files of a model folder, checked key by key."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

from esact.errors import InputError
from esact.workload import Shape

_ACTIVATIONS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "relu": "relu"}
_REQUIRED = object()


def read_json(path: Path) -> dict:
    """The object in a JSON file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})") from None
    if not isinstance(content, dict):
        raise InputError.value(path, "content", type(content).__name__, "an object")
    return content


def _is_number(value) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(value, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


class Config:
    """A JSON file's keys; a value ESACT cannot run is an InputError.

    Keys have Hugging Face's default where they are missing or null; without one they must be there.
    """

    def __init__(self, path: Path):
        self.path = path
        self._values = read_json(path)

    def integer(self, key: str, high: int, default=_REQUIRED, low: int = 1) -> int:
        """An integer in `low..high`."""
        value = self._get(key, default)
        if not _is_integer(value, low, high):
            raise self.error(key, value, f"an integer in {low}..{high}")
        return value

    def pair(self, key: str, high: int) -> tuple[int, int]:
        """A height and a width in `1..high`: two integers, or one for both."""
        value = self._get(key, _REQUIRED)
        sides = value if isinstance(value, list) and len(value) == 2 else [value, value]
        if not all(_is_integer(side, 1, high) for side in sides):
            raise self.error(key, value, f"one or two integers in 1..{high}")
        return tuple(sides)

    def positive(self, key: str, default: float) -> float:
        """A positive number."""
        value = self._get(key, default)
        if not _is_number(value) or value <= 0:
            raise self.error(key, value, "a positive number")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, value, "true or false")
        return value

    def numbers(self, key: str, default: list[float]) -> list[float]:
        """As many numbers as the default has."""
        value = self._get(key, default)
        if not isinstance(value, list) or len(value) != len(default) \
                or not all(map(_is_number, value)):
            raise self.error(key, value, f"{len(default)} numbers")
        return [float(number) for number in value]

    def choice(self, key: str, choices: Iterable[str], default=_REQUIRED) -> str:
        """One of some words."""
        value = self._get(key, default)
        if not isinstance(value, str) or value not in choices:
            raise self.error(key, value, "one of " + ", ".join(choices))
        return value

    def expect(self, key: str, *allowed) -> None:
        """Refuse any value but the allowed ones; a missing key counts as the first of them."""
        value = self._values.get(key, allowed[0])
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise self.error(key, value, " or ".join(json.dumps(one) for one in allowed))

    def activation(self, key: str, default: str) -> str:
        """The activation function under its name in `transformer.ACTIVATIONS`."""
        return _ACTIVATIONS[self.choice(key, _ACTIVATIONS, default)]

    def shape(self, name: str, keys: tuple[str, str, str, str], ffn_per_width: int = 0,
              **order) -> Shape:
        """The shape under the keys of layers, width, heads and FFN width, within ESACT's limits.

        `ffn_per_width` is the default of the FFN width over the width, 0 for none.
        """
        layers = self.integer(keys[0], 1024)
        width = self.integer(keys[1], 1024)
        heads = self.integer(keys[2], 64)
        ffn = self.integer(keys[3], 4096, ffn_per_width * width or _REQUIRED)
        if width % heads or width // heads > 128:
            raise self.error(keys[2], heads,
                             f"a divisor of {keys[1]} ({width}), heads of at most 128 columns")
        return Shape(name, layers, width, heads, ffn, **order)

    def error(self, key: str, value, expected: str) -> InputError:
        """The error of a key being `value` instead of `expected`."""
        return InputError.value(self.path, key, value, expected)

    def _get(self, key: str, default):
        value = self._values.get(key)
        return default if value is None and default is not _REQUIRED else value
