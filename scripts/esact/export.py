"""Command esact-export: a model and its inputs as a workload folder."""

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from esact.errors import CommandParser, InputError, run_command
from esact.models import ImageModel, Model, TextModel, load_model
from esact.models.kinds import MAX_TOKENS
from esact.quantise import Calibration, quantise_model
from esact.spls import Knobs
from esact.synthetic import random_inputs, random_model
from esact.texts import calibration_texts, read_column
from esact.transformer import ACTIVATIONS, FloatModel, forward
from esact.workload import Shape, Workload, read_tensors, write_workload


def build_workload(model: FloatModel, calibration: Calibration,
                   inputs: list[np.ndarray]) -> Workload:
    """The workload of float input sequences `[L, D]`, with the float model's embeddings."""
    h_scale = calibration.h_scale
    embeddings = [forward(model, h).mean(0) for h in inputs]
    return Workload(
        shape=model.shape,
        knobs=[Knobs()] * model.shape.layers,
        weights=quantise_model(model, calibration),
        inputs=[np.rint(h / h_scale).astype(np.int32) for h in inputs],
        h_scale=h_scale,
        float_embeddings=np.stack(embeddings),
    )


def calibrate_on_texts(text_model: TextModel) -> Calibration:
    """Static scales of a text model, from the shipped calibration texts."""
    texts = tqdm(calibration_texts(), unit="text", desc="calibrate",
                 disable=not sys.stderr.isatty())
    return Calibration(text_model.model, (text_model.embed(text_model.tokenize(text, 256))
                                          for text in texts))


def _export_random(arguments: argparse.Namespace) -> Workload:
    shape = Shape("similar" if arguments.similar else "random", arguments.layers,
                  arguments.width, arguments.heads, arguments.ffn,
                  "pre" if arguments.pre_ln else "post", arguments.causal, arguments.final_norm)
    generator = np.random.default_rng(arguments.seed)
    model = random_model(shape, arguments.activation, arguments.similar, generator)
    inputs = random_inputs(shape, arguments.tokens, arguments.similar, generator)
    return build_workload(model, Calibration(model, inputs), inputs)


def _export_model(arguments: argparse.Namespace) -> Workload:
    model = load_model(arguments.model)
    if arguments.inputs:
        inputs = read_inputs(arguments.inputs, model)
        sample = inputs
        if arguments.calibration:
            sample = read_inputs(arguments.calibration, model)
        return build_workload(model.model, Calibration(model.model, sample), inputs)
    if not isinstance(model, TextModel):
        raise InputError(f"--text: {arguments.model} reads images, expected --inputs")
    texts = read_column(arguments.text, arguments.column, arguments.limit)
    inputs = [model.embed(model.tokenize(text, arguments.max_tokens)) for text in texts]
    return build_workload(model.model, calibrate_on_texts(model), inputs)


def read_inputs(path: Path, model: Model) -> list[np.ndarray]:
    """The sequences in a file, in order of their names (`h.2` before `h.10`)."""
    tensors, _ = read_tensors(path)
    if not tensors:
        raise InputError(f"{path}: no tensors, expected at least one")
    names = sorted(tensors, key=lambda name: (len(name), name))
    return [_read_input(path, name, tensors[name], model) for name in names]


def _read_input(path: Path, name: str, value: np.ndarray, model: Model) -> np.ndarray:
    """The first layer's input `[L, D]` of one tensor."""
    width = model.model.shape.width
    expected = f"floats [1..{MAX_TOKENS}, {width}]"
    is_image = isinstance(model, ImageModel) and value.shape == model.size
    if isinstance(model, ImageModel):
        expected += f" or {list(model.size)}"
    is_sequence = value.ndim == 2 and 1 <= len(value) <= MAX_TOKENS and value.shape[1] == width
    if not np.issubdtype(value.dtype, np.floating) or not (is_image or is_sequence):
        raise InputError.value(path, name, f"{value.dtype.name} {list(value.shape)}", expected)
    if not np.isfinite(value).all():
        raise InputError.value(path, name, "not finite", expected)
    if not is_image:
        return value.astype(np.float32)
    if wanted := model.check(value):
        raise InputError.value(path, name, f"{value.min()}..{value.max()}", wanted)
    return model.embed(value)


def positive(text: str) -> int:
    """A positive integer on the command line."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def _lengths(text: str) -> list[int]:
    lengths = [positive(part) for part in text.split(",")]
    if max(lengths) > 1024:
        raise argparse.ArgumentTypeError(f"{max(lengths)} tokens, expected 1..1024")
    return lengths


def _parse_arguments() -> argparse.Namespace:
    parser = CommandParser(prog="esact-export", description="Write a workload folder for ESACT.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", metavar="minilm|DIR")
    source.add_argument("--random", action="store_true", help="random weights of a given shape")
    shape = parser.add_argument_group("shape of a random model")
    for name in ("layers", "width", "heads", "ffn"):
        shape.add_argument(f"--{name}", type=positive, metavar="N")
    shape.add_argument("--tokens", type=_lengths, metavar="L[,L]...")
    shape.add_argument("--causal", action="store_true")
    shape.add_argument("--pre-ln", action="store_true")
    shape.add_argument("--final-norm", action="store_true")
    shape.add_argument("--activation", choices=sorted(ACTIVATIONS), default="erf")
    shape.add_argument("--similar", action="store_true",
                       help="tokens of a window nearly alike: over half of the work is skipped")
    shape.add_argument("--seed", type=int, default=0)
    inputs = parser.add_argument_group("inputs of a model")
    inputs.add_argument("--text", type=Path, metavar="FILE", help="CSV")
    inputs.add_argument("--column", metavar="C", default="text",
                        help="header name, or a number from 0 for a file without header")
    inputs.add_argument("--limit", type=positive, metavar="N")
    inputs.add_argument("--max-tokens", type=positive, metavar="N")
    inputs.add_argument("--inputs", type=Path, metavar="FILE",
                        help="safetensors with float [L, D] embeddings or [3, H, W] images")
    inputs.add_argument("--calibration", type=Path, metavar="FILE",
                        help="as --inputs: what the scales are taken from (default: --inputs)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    _check_arguments(parser, arguments)
    return arguments


def _check_arguments(parser: CommandParser, arguments: argparse.Namespace) -> None:
    if not arguments.random:
        if (arguments.text is None) == (arguments.inputs is None):
            parser.error("--model needs either --text or --inputs")
        if arguments.calibration and not arguments.inputs:
            parser.error("--calibration needs --inputs")
        return
    for name in ("layers", "width", "heads", "ffn", "tokens"):
        if getattr(arguments, name) is None:
            parser.error(f"--random needs --{name}")
    limits = {"width": 1024, "heads": 64, "ffn": 4096, "layers": 1024}
    for name, limit in limits.items():
        if getattr(arguments, name) > limit:
            parser.error(f"--{name} is {getattr(arguments, name)}, expected 1..{limit}")
    if arguments.width % arguments.heads or arguments.width // arguments.heads > 128:
        parser.error(f"--width is {arguments.width}, expected {arguments.heads} heads times 1..128")


def _run() -> None:
    arguments = _parse_arguments()
    workload = _export_random(arguments) if arguments.random else _export_model(arguments)
    write_workload(arguments.out, workload)


def main() -> None:
    """Entry point of esact-export."""
    run_command(_run)
