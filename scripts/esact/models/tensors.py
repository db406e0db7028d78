"""Float weights of a model folder: one safetensors file, or several and their index."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from esact.errors import InputError
from esact.models.config import read_json
from esact.workload import Shape

_WHOLE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_TYPES = ("F16", "BF16", "F32", "F64")


class Tensors:
    """The tensors of a model under their names, each checked when it is taken.

    `prefix` is what a model with a task head puts before the names of its transformer; it is
    dropped, and tensors outside it belong to the head.
    """

    def __init__(self, folder: Path, prefix: str):
        places = _find_tensors(folder)
        if not any(name.startswith(prefix) for name in places):
            prefix = ""
        self._prefix = prefix
        self._places = {name.removeprefix(prefix): place for name, place in places.items()
                        if name.startswith(prefix)}
        self._left = set(self._places)
        self._source = folder / (_WHOLE if (folder / _WHOLE).is_file() else _INDEX)
        self._open_files: dict[Path, safe_open] = {}

    def take(self, name: str, *size: int) -> np.ndarray:
        """A tensor of shape `size` as float32."""
        expected = f"floats {list(size)}"
        if name not in self._places:
            raise InputError.value(self._source, self._prefix + name, "missing", expected)
        path = self._places[name]
        kind, shape = self._describe(path, name)
        if kind not in _TYPES or shape != list(size):
            raise InputError.value(path, self._prefix + name, f"{kind} {shape}", expected)
        self._left.discard(name)
        value = self._read(path, name, kind, shape)
        if not np.isfinite(value).all():
            raise InputError.value(path, self._prefix + name, "not finite", expected)
        return value

    def linear(self, name: str, inputs: int, outputs: int, bias: bool = True):
        """Weight `[inputs, outputs]` and bias of a linear layer, whose file holds the transpose."""
        weight = np.ascontiguousarray(self.take(f"{name}.weight", outputs, inputs).T)
        return weight, self.take(f"{name}.bias", outputs) if bias else np.zeros(outputs, np.float32)

    def norm(self, name: str, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Gamma and beta of a layer norm; old files call weight and bias so."""
        old = f"{name}.gamma" in self._places
        return tuple(self.take(f"{name}.{part}", width)
                     for part in (("gamma", "beta") if old else ("weight", "bias")))

    def finish(self, scopes: tuple[str, ...], unused: tuple[str, ...] = ()) -> None:
        """Refuse tensors under `scopes` that nobody took: they would change the result.

        `unused`: ends of names that are known to change nothing.
        """
        for name in sorted(self._left):
            if name.startswith(scopes) and not name.endswith(unused):
                kind, shape = self._describe(self._places[name], name)
                raise InputError.value(self._places[name], self._prefix + name, f"{kind} {shape}",
                                       "no such tensor in a model of this kind and config.json")

    def _describe(self, path: Path, name: str) -> tuple[str, list[int]]:
        part = self._file(path, name).get_slice(self._prefix + name)
        return part.get_dtype(), part.get_shape()

    def _read(self, path: Path, name: str, kind: str, shape: list[int]) -> np.ndarray:
        if kind == "BF16":
            return _read_bfloat16(path, self._prefix + name).reshape(shape)
        return self._file(path, name).get_tensor(self._prefix + name).astype(np.float32)

    def _file(self, path: Path, name: str):
        if path not in self._open_files:
            self._open_files[path] = _open(path)
        if self._prefix + name not in self._open_files[path].keys():
            raise InputError.value(path, self._prefix + name, "missing", f"there as {_INDEX} says")
        return self._open_files[path]


def read_layer(tensors: Tensors, at: str, parts: dict[str, str], shape: Shape,
               qkv_bias: bool = True) -> dict[str, np.ndarray]:
    """One layer of a `FloatModel` from linear layers and layer norms.

    `parts`: the module's name for each of `q k v o 1 2 norm1 norm2`, after `at`.
    """
    width, ffn, layer = shape.width, shape.ffn, {}
    for m in "qkvo12":
        inputs, outputs = {"1": (width, ffn), "2": (ffn, width)}.get(m, (width, width))
        layer[f"w{m}"], layer[f"b{m}"] = tensors.linear(
            at + parts[m], inputs, outputs, qkv_bias or m not in "qkv")
    for norm in ("norm1", "norm2"):
        layer[f"{norm}.gamma"], layer[f"{norm}.beta"] = tensors.norm(at + parts[norm], width)
    return layer


def _find_tensors(folder: Path) -> dict[str, Path]:
    """File of every tensor."""
    whole, index = folder / _WHOLE, folder / _INDEX
    if whole.is_file():
        return dict.fromkeys(_open(whole).keys(), whole)
    if not index.is_file():
        raise InputError(f"{folder}: neither {_WHOLE} nor {_INDEX}, expected one of them")
    places = read_json(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise InputError.value(index, "weight_map", places, "an object of tensors and their files")
    for name, file in places.items():
        if not isinstance(file, str) or Path(file).name != file:
            raise InputError.value(index, f"weight_map {name}", file, "a file of the folder")
    return {name: folder / file for name, file in places.items()}


def _open(path: Path):
    try:
        return safe_open(path, "np")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except SafetensorError as error:
        raise InputError(f"{path}: not a safetensors file ({error})") from None


def _read_bfloat16(path: Path, name: str) -> np.ndarray:
    """A tensor of the type NumPy lacks: the upper halves of float32."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        begin, end = json.loads(file.read(size))[name]["data_offsets"]
        file.seek(8 + size + begin)
        halves = np.frombuffer(file.read(end - begin), "<u2")
    return (halves.astype("<u4") << 16).view("<f4")
