"""Computes layers that esact-fuzz recorded (`--record FILE`) again in NumPy and compares, bit for bit.

Nothing here shares code with the C++ side: the block is taken apart as ParameterLayout's comments
describe it. Layers that end in an error must do so here: a value out of range, or one that leaves
int32.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from esact.fixed_point import requantise
from esact.reference import Layer, run_layer
from esact.spls import Knobs
from esact.workload import Shape, parameter_table

DONE, OVERFLOW, BAD_PARAMETERS = 0, 9, 14
DESCRIPTOR = np.dtype({
    "names": ["flags", "width", "heads", "head_width", "ffn", "k_q8", "s_q8", "f_q8", "window",
              "quantizer", "offset", "metric", "status", "error_code"],
    "offsets": [2, 12, 14, 16, 18, 20, 22, 24, 26, 28, 29, 30, 88, 92],
    "formats": ["<u2"] * 9 + ["u1"] * 3 + ["<u4"] * 2,
    "itemsize": 256,
})
QUANTIZERS = [("hlog", "up"), ("hlog", "down"), ("pot", "up"), ("leading_one", "up"),
              ("exact", "up")]
TILE_COLUMNS, TILE_ROWS = 64, 1024


class Block:
    """Takes vectors and tiles from a parameter block, each at a multiple of 64 bytes."""

    def __init__(self, content: np.ndarray):
        self._content = content.tobytes()
        self._next = 0

    def take(self, dtype, *shape: int) -> np.ndarray:
        value = np.frombuffer(self._content, dtype, int(np.prod(shape)), self._next)
        self._next += -(-value.nbytes // 64) * 64
        return value.reshape(shape)

    def tiles(self, rows: int, columns: int) -> np.ndarray:
        """A matrix that lies as column tiles, chunk of rows by chunk of rows."""
        matrix = np.empty((rows, columns), np.int8)
        for top in range(0, rows, TILE_ROWS):
            for left in range(0, columns, TILE_COLUMNS):
                part = matrix[top:top + TILE_ROWS, left:left + TILE_COLUMNS]
                part[:] = self.take(np.int8, *part.shape)
        return matrix


class BlockLayer(Layer):
    """A layer whose q and k scales are those of a block: one for every column."""

    def requantise_heads(self, value, step: str) -> np.ndarray:
        heads, _, columns = value.shape
        return requantise(value, *(part.reshape(heads, 1, columns) for part in self._scale(step)))


def read_block(content: np.ndarray, shape: Shape, final_norm: bool) -> dict[str, np.ndarray]:
    """The parameters of a layer by their names in docs/numerics.md."""
    block, values = Block(content), {}
    width, heads, columns, ffn = shape.width, shape.heads, shape.head_width, shape.ffn
    scalars = block.take("<i4", 6)
    for index, name in enumerate(("norm1", "norm2", "norm_final")):
        values[f"{name}.shift"] = scalars[2 * index:2 * index + 1]
        values[f"{name}.epsilon"] = scalars[2 * index + 1:2 * index + 2]
    shifts = block.take(np.uint8, 2, heads)
    values["predictor.q_shift"], values["predictor.k_shift"] = shifts

    def vectors(size: int, *names: str) -> None:
        for name in names:
            values[name] = block.take(np.uint8 if name.endswith("shift") else "<i4", size)

    def split(vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """k and v of `[H][2d]`, where those of a head stand one after the other."""
        parts = vector.reshape(heads, 2, columns)
        return parts[:, 0].ravel(), parts[:, 1].ravel()

    vectors(width, "x.multiplier", "x.shift")
    if shape.pre_norm:
        vectors(width, "norm1.gamma", "norm1.beta")
    vectors(width, "bq")
    values["bk"], values["bv"] = split(block.take("<i4", 2 * width))
    vectors(width, "q.multiplier", "q.shift")
    for part, dtype in (("multiplier", "<i4"), ("shift", np.uint8)):
        values[f"k.{part}"], values[f"v.{part}"] = split(block.take(dtype, 2 * width))
    vectors(heads, "softmax.multiplier", "softmax.shift")
    vectors(width, "z.multiplier", "z.shift")

    vectors(width, "bo", "output.multiplier", "x1.multiplier", "b2", "increment.multiplier",
            "output.shift", "x1.shift", "increment.shift")
    vectors(ffn, "b1", "hidden.multiplier", "y.multiplier", "hidden.shift", "y.shift")
    values["activation.table"] = block.take("<i2", 256)
    if not shape.pre_norm:
        vectors(width, "norm1.gamma", "norm1.beta")
    vectors(width, "norm2.gamma", "norm2.beta")
    if final_norm:
        vectors(width, "norm_final.gamma", "norm_final.beta")

    panels = [[block.take(np.int8, width, columns) for _ in range(3)] for _ in range(heads)]
    for index, name in enumerate(("wq", "wk", "wv")):
        values[name] = np.concatenate([head[index] for head in panels], axis=1)
    values["wo"] = block.tiles(width, width)
    values["w1"] = block.tiles(width, ffn)
    values["w2"] = block.tiles(ffn, width)
    return values


def in_range(values: dict[str, np.ndarray], shape: Shape) -> bool:
    ranges = {name: (low, high) for name, (_, low, high, _) in parameter_table(shape, True).items()}
    for name in ("norm_final.shift", "norm_final.epsilon"):  # checked in any case
        ranges[name] = ranges[name.replace("norm_final", "norm1")]
    return all(low <= values[name].min() and values[name].max() <= high
               for name, (low, high) in ranges.items() if name in values)


def expected(record: dict[str, np.ndarray]) -> tuple[set[int], np.ndarray | None]:
    """The error codes that are right, and the output if the layer completes."""
    field = record["descriptor"].view(DESCRIPTOR)[0]
    causal, pre, enabled, final = (bool(field["flags"] >> bit & 1) for bit in range(4))
    shape = Shape("fuzz", 1, int(field["width"]), int(field["heads"]), int(field["ffn"]),
                  "pre" if pre else "post", causal, final)
    quantizer, ties = QUANTIZERS[field["quantizer"]]
    knobs = Knobs(enabled, *(int(field[name]) for name in ("k_q8", "s_q8", "f_q8", "window")),
                  quantizer, ties, ("none", "kth")[field["offset"]],
                  ("l1", "hamming")[field["metric"]])
    values = read_block(record["parameters"], shape, final)
    h = record["h"].reshape(-1, shape.width)
    if not in_range(values, shape):  # what comes before the bad value may already overflow
        return {BAD_PARAMETERS, OVERFLOW}, None
    layer = BlockLayer(shape, values, knobs, last=True)
    try:
        ends = np.cumsum(record["sequences"])[:-1]
        rows = [run_layer(layer, part)[0] for part in np.split(h, ends)]
    except OverflowError:
        return {OVERFLOW}, None
    return {DONE}, np.concatenate(rows)


def main() -> None:
    counts: Counter[str] = Counter()
    for path in map(Path, sys.argv[1:]):
        tensors = load_file(path)
        for index in range(sum(name.endswith(".h") for name in tensors)):
            record = {name: tensors[f"{index}.{name}"]
                      for name in ("descriptor", "sequences", "parameters", "h", "output")}
            codes, output = expected(record)
            code = int(record["descriptor"].view(DESCRIPTOR)[0]["error_code"])
            same = code in codes and (output is None or (record["output"] == output.ravel()).all())
            counts["equal" if same else "different"] += 1
            if not same:
                print(f"{path}: record {index}: code {code}, NumPy says {sorted(codes)}")
    print(f"compared with NumPy: {counts['equal']} equal, {counts['different']} different")
    sys.exit(1 if counts["different"] or not counts["equal"] else 0)


if __name__ == "__main__":
    main()
