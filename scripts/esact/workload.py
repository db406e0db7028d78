"""Workload folders: one workload.yaml and safetensors files, checked when read and written."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import yaml
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from esact.errors import InputError
from esact.spls import Knobs
from esact.yaml_text import load_yaml

FORMAT = "esact-workload-1"
MANIFEST = "workload.yaml"
MANIFEST_KEYS = ("format", "model", "spls", "sequences", "weights", "inputs", "float_embeddings")
KNOB_RANGES = {"k_q8": (1, 256), "s_q8": (0, 65535), "f_q8": (0, 257), "window": (1, 64)}
KNOB_CHOICES = {
    "quantizer": ("hlog", "pot", "leading_one", "exact"),
    "ties": ("up", "down"),
    "offset": ("none", "kth"),
    "metric": ("l1", "hamming"),
}
_INT32_MAX = 2**31 - 1
_BIAS = (np.int32, -(2**30), 2**30)
_MULTIPLIER, _SHIFT = (np.int32, 0, _INT32_MAX), (np.int32, 0, 62)
_WEIGHT, _FREE = (np.int8, -128, 127), (np.int32, -_INT32_MAX - 1, _INT32_MAX)


@dataclass(frozen=True)
class Shape:
    """What kind of transformer a workload is."""

    name: str
    layers: int
    width: int
    heads: int
    ffn: int
    norm: str = "post"
    causal: bool = False
    final_norm: bool = False

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def pre_norm(self) -> bool:
        return self.norm == "pre"


@dataclass
class Workload:
    """A model's integer parameters and the sequences to run, as a workload folder holds them."""

    shape: Shape
    knobs: list[Knobs]
    weights: list[dict[str, np.ndarray]]
    inputs: list[np.ndarray]
    h_scale: float
    float_embeddings: np.ndarray | None = None


def parameter_table(shape: Shape, last: bool) -> dict:
    """Name -> (type, lowest, highest, shape) of every parameter of a layer (docs/numerics.md)."""
    width, heads, ffn = (shape.width,), (shape.heads,), (shape.ffn,)
    table = {name: (*_WEIGHT, width * 2) for name in ("wq", "wk", "wv", "wo")}
    table |= {"w1": (*_WEIGHT, width + ffn), "w2": (*_WEIGHT, ffn + width)}
    table |= {name: (*_BIAS, width) for name in ("bq", "bk", "bv", "bo", "b2")}
    table["b1"] = (*_BIAS, ffn)
    table |= {f"predictor.{m}_shift": (np.int32, 0, 24, heads) for m in "qk"}
    steps = {"x": width, "q": heads, "k": heads, "v": width, "softmax": heads, "z": width,
             "output": width, "x1": width, "hidden": ffn, "y": ffn, "increment": width}
    for step, size in steps.items():
        table[f"{step}.multiplier"] = (*_MULTIPLIER, size)
        table[f"{step}.shift"] = (*_SHIFT, size)
    table["activation.table"] = (np.int16, -(2**15), 2**15 - 1, (256,))
    for norm in ("norm1", "norm2") + (("norm_final",) if last and shape.final_norm else ()):
        table |= {f"{norm}.gamma": (*_FREE, width), f"{norm}.beta": (*_FREE, width)}
        table[f"{norm}.shift"] = (*_SHIFT, (1,))
        table[f"{norm}.epsilon"] = (np.int32, 0, _INT32_MAX, (1,))
    return table


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    try:
        with safe_open(path, "np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except SafetensorError as error:
        raise InputError(f"{path}: not a safetensors file ({error})") from None
    except (AttributeError, TypeError) as error:  # the library's answer to types NumPy lacks
        raise InputError(f"{path}: a type NumPy does not have ({error})") from None


def write_tensors(path: Path, tensors: dict[str, np.ndarray], metadata=None) -> None:
    """Write a safetensors file; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contiguous = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    save_file(contiguous, path, metadata=metadata)


def read_scale(path: Path, metadata: dict[str, str]) -> float:
    """The `h_scale` in a safetensors file's metadata."""
    text = metadata.get("h_scale")
    try:
        scale = float(text)
    except (TypeError, ValueError):
        scale = 0.0
    if not 0 < scale < float("inf"):
        raise InputError.value(path, "metadata h_scale", text, "a positive decimal number")
    return scale


def check_knob(source, key: str, value):
    """`value` if it is a legal value of the knob `key`, else InputError."""
    if key == "enabled":
        if not isinstance(value, bool):
            raise InputError.value(source, "spls.enabled", value, "true or false")
    elif key in KNOB_RANGES:
        _check_integer(source, f"spls.{key}", value, *KNOB_RANGES[key])
    elif key in KNOB_CHOICES:
        if value not in KNOB_CHOICES[key]:
            raise InputError.value(source, f"spls.{key}", value, "one of " +
                                   ", ".join(KNOB_CHOICES[key]))
    else:
        raise InputError.value(source, "key of spls", key,
                               "one of " + ", ".join(field.name for field in fields(Knobs)))
    return value


def override_knobs(knobs: list[Knobs], changes: dict, source) -> list[Knobs]:
    """`knobs` with `changes` (each one value, or a list with one per layer) applied."""
    for key, value in changes.items():
        values = value if isinstance(value, list) else [value] * len(knobs)
        if len(values) != len(knobs):
            raise InputError.value(source, f"spls.{key}", value,
                                   f"one value or a list of {len(knobs)}")
        knobs = [replace(k, **{key: check_knob(source, key, v)}) for k, v in zip(knobs, values)]
    return knobs


def read_workload(folder: Path) -> Workload:
    """Read and check a workload folder; InputError names file, key, value and what is expected."""
    manifest_path = folder / MANIFEST
    manifest = _read_manifest(manifest_path)
    shape = _read_shape(manifest_path, _entry(manifest_path, manifest, "model", dict))
    spls = _entry(manifest_path, manifest, "spls", dict)
    knobs = override_knobs([Knobs()] * shape.layers, spls, manifest_path)
    weights = _read_weights(folder / _entry(manifest_path, manifest, "weights", str), shape)
    lengths = _entry(manifest_path, manifest, "sequences", list)
    for index, length in enumerate(lengths):
        _check_integer(manifest_path, f"sequences[{index}]", length, 1, 1024)
    inputs_path = folder / _entry(manifest_path, manifest, "inputs", str)
    tensors, metadata = read_tensors(inputs_path)
    inputs = [_tensor(inputs_path, tensors, f"h.{index}", np.int32, (length, shape.width))
              for index, length in enumerate(lengths)]
    embeddings = None
    if "float_embeddings" in manifest:
        path = folder / _entry(manifest_path, manifest, "float_embeddings", str)
        embeddings = _tensor(path, read_tensors(path)[0], "embedding", np.float32,
                             (len(lengths), shape.width))
    return Workload(shape, knobs, weights, inputs, read_scale(inputs_path, metadata), embeddings)


def write_workload(folder: Path, workload: Workload) -> None:
    """Write a workload folder."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "format": FORMAT,
        "model": asdict(workload.shape),
        "spls": _shared_values(workload.knobs),
        "sequences": [len(h) for h in workload.inputs],
        "weights": "weights.safetensors",
        "inputs": "inputs.safetensors",
    }
    write_tensors(folder / manifest["weights"], {
        f"layer.{n}.{name}": value
        for n, layer in enumerate(workload.weights) for name, value in layer.items()})
    write_tensors(folder / manifest["inputs"],
                  {f"h.{index}": h for index, h in enumerate(workload.inputs)},
                  {"h_scale": repr(float(workload.h_scale))})
    if workload.float_embeddings is not None:
        manifest["float_embeddings"] = "float.safetensors"
        write_tensors(folder / manifest["float_embeddings"],
                      {"embedding": workload.float_embeddings.astype(np.float32)})
    with open(folder / MANIFEST, "w", encoding="utf-8") as file:
        yaml.safe_dump(manifest, file, sort_keys=False, default_flow_style=None)


def _shared_values(knobs: list[Knobs]) -> dict:
    """Knob name -> one value where all layers agree, else the list of the layers' values."""
    values = {field.name: [getattr(k, field.name) for k in knobs] for field in fields(Knobs)}
    return {key: v[0] if len(set(v)) == 1 else v for key, v in values.items()}


def _read_manifest(path: Path) -> dict:
    try:
        manifest = load_yaml(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error})") from None
    if not isinstance(manifest, dict):
        raise InputError.value(path, "content", manifest, "a mapping")
    if manifest.get("format") != FORMAT:
        raise InputError.value(path, "format", manifest.get("format"), FORMAT)
    if unknown := set(manifest) - set(MANIFEST_KEYS):
        raise InputError.value(path, "key", min(unknown, key=str), "one of " +
                               ", ".join(MANIFEST_KEYS))
    return manifest


def _entry(path: Path, mapping: dict, key: str, kind: type):
    value = mapping.get(key)
    if not isinstance(value, kind) or not value:
        raise InputError.value(path, key, value, f"a non-empty {kind.__name__}")
    return value


def _read_shape(path: Path, model: dict) -> Shape:
    names = {field.name for field in fields(Shape)}
    if unknown := set(model) - names:
        raise InputError.value(path, "key of model", min(unknown), "one of " + ", ".join(names))
    limits = {"layers": (1, 1024), "width": (1, 1024), "heads": (1, 64), "ffn": (1, 4096)}
    for key, (low, high) in limits.items():
        _check_integer(path, f"model.{key}", model.get(key), low, high)
    if model["width"] % model["heads"] or model["width"] // model["heads"] > 128:
        raise InputError.value(path, "model.width", model["width"],
                               f"heads ({model['heads']}) times 1..128")
    shape = Shape(**{"name": "unnamed", **model})
    if shape.norm not in ("post", "pre"):
        raise InputError.value(path, "model.norm", shape.norm, "post or pre")
    for key in ("causal", "final_norm"):
        if not isinstance(getattr(shape, key), bool):
            raise InputError.value(path, f"model.{key}", getattr(shape, key), "true or false")
    return shape


def _read_weights(path: Path, shape: Shape) -> list[dict[str, np.ndarray]]:
    tensors, _ = read_tensors(path)
    layers = []
    for n in range(shape.layers):
        layer = {}
        for name, entry in parameter_table(shape, n == shape.layers - 1).items():
            dtype, low, high, size = entry
            key = f"layer.{n}.{name}"
            value = layer[name] = _tensor(path, tensors, key, dtype, size)
            del tensors[key]
            if value.min() < low or value.max() > high:
                raise InputError.value(path, key, f"{value.min()}..{value.max()}",
                                       f"values in {low}..{high}")
        layers.append(layer)
    if tensors:
        raise InputError.value(path, "tensor", min(tensors), f"parameters of {shape.layers} layers")
    return layers


def _tensor(path: Path, tensors: dict, key: str, dtype, size: tuple) -> np.ndarray:
    expected = f"{np.dtype(dtype).name} {list(size)}"
    if key not in tensors:
        raise InputError.value(path, key, "missing", expected)
    value = tensors[key]
    if value.dtype != dtype or value.shape != size:
        raise InputError.value(path, key, f"{value.dtype.name} {list(value.shape)}", expected)
    return value


def _check_integer(source, key: str, value, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError.value(source, key, value, f"an integer in {low}..{high}")
