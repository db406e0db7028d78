"""Command esact-export: a model and its inputs as a workload folder."""

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from esact.bert import Bert, load_minilm
from esact.errors import CommandParser, InputError, run_command
from esact.quantise import Calibration, quantise_model
from esact.spls import Knobs
from esact.synthetic import random_inputs, random_model
from esact.texts import calibration_texts, read_column
from esact.transformer import ACTIVATIONS, FloatModel, forward
from esact.workload import Shape, Workload, read_tensors, write_workload


def load_model(name: str) -> Bert:
    """The model called `minilm`, or the one in a Hugging Face folder."""
    if name == "minilm":
        return load_minilm()
    folder = Path(name)
    if not folder.is_dir():
        raise InputError.value("--model", "argument", name, "minilm or a folder")
    return Bert(folder)


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


def calibrate_on_texts(bert: Bert) -> Calibration:
    """Static scales of a text model, from the shipped calibration texts."""
    texts = tqdm(calibration_texts(), unit="text", desc="calibrate",
                 disable=not sys.stderr.isatty())
    return Calibration(bert.model, (bert.embed(bert.tokenize(text, 256)) for text in texts))


def _export_random(arguments: argparse.Namespace) -> Workload:
    shape = Shape("similar" if arguments.similar else "random", arguments.layers,
                  arguments.width, arguments.heads, arguments.ffn,
                  "pre" if arguments.pre_ln else "post", arguments.causal, arguments.final_norm)
    generator = np.random.default_rng(arguments.seed)
    model = random_model(shape, arguments.activation, generator)
    inputs = random_inputs(shape, arguments.tokens, arguments.similar, generator)
    return build_workload(model, Calibration(model, inputs), inputs)


def _export_model(arguments: argparse.Namespace) -> Workload:
    bert = load_model(arguments.model)
    if arguments.inputs:
        inputs = _read_inputs(arguments.inputs, bert.model.shape.width)
    else:
        texts = read_column(arguments.text, arguments.column, arguments.limit)
        inputs = [bert.embed(bert.tokenize(text, arguments.max_tokens)) for text in texts]
    return build_workload(bert.model, calibrate_on_texts(bert), inputs)


def _read_inputs(path: Path, width: int) -> list[np.ndarray]:
    """The sequences in a file, in order of their names (`h.2` before `h.10`)."""
    tensors, _ = read_tensors(path)
    for name, value in tensors.items():
        if not np.issubdtype(value.dtype, np.floating) or value.ndim != 2 \
                or value.shape[1] != width or not 1 <= len(value) <= 1024:
            raise InputError.value(path, name, f"{value.dtype.name} {list(value.shape)}",
                                   f"floats [1..1024, {width}]")
    names = sorted(tensors, key=lambda name: (len(name), name))
    return [tensors[name].astype(np.float32) for name in names]


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
    parser = CommandParser(prog="esact-export",
                                     description="Write a workload folder for ESACT.")
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
                       help="tokens of a window nearly alike: at least half the work is skipped")
    shape.add_argument("--seed", type=int, default=0)
    inputs = parser.add_argument_group("inputs of a model")
    inputs.add_argument("--text", type=Path, metavar="FILE", help="CSV")
    inputs.add_argument("--column", metavar="C", default="text",
                        help="header name, or a number from 0 for a file without header")
    inputs.add_argument("--limit", type=positive, metavar="N")
    inputs.add_argument("--max-tokens", type=positive, metavar="N")
    inputs.add_argument("--inputs", type=Path, metavar="FILE",
                        help="safetensors with float [L, D] embeddings")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    _check_arguments(parser, arguments)
    return arguments


def _check_arguments(parser: CommandParser, arguments: argparse.Namespace) -> None:
    if not arguments.random:
        if (arguments.text is None) == (arguments.inputs is None):
            parser.error("--model needs either --text or --inputs")
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
