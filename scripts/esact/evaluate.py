"""Command esact-evaluate: what the integer and the sparse arithmetic cost in quality."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression

from esact.embedding import Embeddings, Encoder, Setting, reductions, unit
from esact.errors import CommandParser, InputError, run_command
from esact.export import calibrate_on_texts, positive
from esact.models import load_text_model
from esact.reference import add_counts
from esact.settings import read_settings, spls_changes
from esact.spls import Knobs
from esact.texts import DATA, read_column
from esact.workload import override_knobs, read_scale, read_tensors, read_workload

REGRESSION_C = 10.0
REGRESSION_ITERATIONS = 1000


@dataclass
class Task:
    """Texts to embed, and the score of their embeddings (a list of arrays, one per text list)."""

    metric: str
    texts: list[list[str]]
    score: Callable[[list[np.ndarray]], float]


def _thin(values: list, limit: int | None) -> list:
    """At most `limit` values, spread evenly (files may be sorted by category)."""
    if limit is None or len(values) <= limit:
        return values
    return [values[i * len(values) // limit] for i in range(limit)]


def _xquad(files: list[Path], limit: int | None) -> Task:
    """Recall@1: the paragraph most similar to a question is the one it was asked about."""
    paragraphs, questions = files
    answers = np.array([_number(questions, value, int)
                        for value in _thin(read_column(questions, "paragraph"), limit)])
    numbers = np.array([_number(paragraphs, value, int)
                        for value in read_column(paragraphs, "paragraph")])

    def recall(embeddings):
        nearest = (embeddings[1] @ embeddings[0].T).argmax(1)
        return float((numbers[nearest] == answers).mean())

    texts = [read_column(paragraphs, "text"), _thin(read_column(questions, "text"), limit)]
    return Task("recall@1", texts, recall)


def _banking77(files: list[Path], limit: int | None) -> Task:
    """Accuracy of a logistic regression trained on embeddings of the same arithmetic."""
    train, test = ([_thin(read_column(file, column), limit) for column in ("text", "category")]
                   for file in files)

    def accuracy(embeddings):
        classifier = LogisticRegression(C=REGRESSION_C, max_iter=REGRESSION_ITERATIONS,
                                        random_state=0)
        return float(classifier.fit(embeddings[0], train[1]).score(embeddings[1], test[1]))

    return Task("accuracy", [train[0], test[0]], accuracy)


def _stsb(files: list[Path], limit: int | None) -> Task:
    """Spearman correlation of cosine similarity with human scores; columns: two texts, score."""
    first, second, gold = (_thin(read_column(files[0], str(c)), limit) for c in range(3))
    gold = [_number(files[0], value, float) for value in gold]

    def spearman(embeddings):
        similarity = (embeddings[0] * embeddings[1]).sum(1)
        return float(spearmanr(similarity, gold).statistic)

    return Task("Spearman", [first, second], spearman)


TASKS = {
    "xquad": (_xquad, 2, ("xquad-paragraphs.csv", "xquad-questions.csv")),
    "banking77": (_banking77, 2, ("banking77-train.csv", "banking77-test.csv")),
    "stsb": (_stsb, 1, ()),
}


def _number(path: Path, text: str, kind: type):
    try:
        return kind(text)
    except ValueError:
        raise InputError.value(path, "column", text, f"{kind.__name__} values") from None


def _load_task(name: str, files: list[Path], limit: int | None) -> Task:
    load, count, shipped = TASKS[name]
    files = files or [DATA / file for file in shipped]
    if len(files) != count:
        raise InputError.value(name, "number of files", len(files), str(count))
    return load(files, limit)


def _settings(arguments: argparse.Namespace) -> list[Setting]:
    """Float, dense, and one sparse setting for every `--sparse` (the defaults if none)."""
    common = spls_changes(read_settings(arguments.config, arguments.set))
    settings = [Setting("float"), Setting("dense", Knobs(enabled=False))]
    for text in arguments.sparse or [""]:
        assignments = [f"spls.{part.removeprefix('spls.')}" for part in text.split(",") if part]
        changes = common | spls_changes(read_settings(None, assignments))
        name = " ".join(f"{key}={value}" for key, value in changes.items()) or "defaults"
        knobs = override_knobs([Knobs()], changes, "--sparse")[0]
        settings.append(Setting(f"sparse {name}", knobs))
    return settings


def _evaluate(arguments: argparse.Namespace) -> list[dict]:
    task = _load_task(arguments.task, arguments.files, arguments.limit)
    settings = _settings(arguments)
    model = load_text_model(arguments.model)
    encoder = Encoder(model, calibrate_on_texts(model), arguments.max_tokens, arguments.cache)
    rows, reference = [], None
    print(f"{'setting':<40} {task.metric:>9} {'cosine':>8} {'lowest':>8} {'saved':>7} "
          f"{'net':>7}")
    for setting in settings:
        parts = [encoder.embed(texts, setting) for texts in task.texts]
        vectors = np.concatenate([part.vectors for part in parts])
        reference = vectors if reference is None else reference
        rows.append(_row(setting, task.score([part.vectors for part in parts]),
                         (vectors * reference).sum(1), parts))
        print(_format(rows[-1]), flush=True)
    return rows


def _row(setting: Setting, score: float, cosine: np.ndarray, parts: list[Embeddings]) -> dict:
    row = {"setting": setting.name, "score": score, "cosine_mean": float(cosine.mean()),
           "cosine_min": float(cosine.min())}
    if setting.knobs is not None:
        counts = {}
        for part in parts:
            counts = add_counts(counts, part.counts)
        row["reduction"], row["reduction_with_predictor"] = reductions(
            counts, setting.knobs.quantizer)
    return row


def _format(row: dict) -> str:
    text = f"{row['setting']:<40} {row['score']:9.4f} {row['cosine_mean']:8.4f} " \
           f"{row['cosine_min']:8.4f}"
    if "reduction" in row:
        text += f" {row['reduction']:7.1%} {row['reduction_with_predictor']:7.1%}"
    return text


def pooled_cosines(workload_folder: Path, outputs: Path) -> np.ndarray:
    """Cosine of every sequence's mean-pooled output with the float model's embedding."""
    workload = read_workload(workload_folder)
    if workload.float_embeddings is None:
        raise InputError(f"{workload_folder}: no float_embeddings to compare with")
    tensors, metadata = read_tensors(outputs)
    read_scale(outputs, metadata)
    pooled = []
    for index, h in enumerate(workload.inputs):
        name = f"h.{index}"
        if name not in tensors or tensors[name].shape != h.shape:
            found = list(tensors[name].shape) if name in tensors else "missing"
            raise InputError.value(outputs, name, found, f"int32 {list(h.shape)}")
        pooled.append(tensors[name].mean(0))
    return (unit(np.stack(pooled)) * unit(workload.float_embeddings)).sum(1)


def _compare(files: list[Path]) -> list[dict]:
    if len(files) < 2:
        raise InputError.value("cosine", "number of arguments", len(files),
                               "WORKLOAD OUTPUTS...")
    rows = []
    for outputs in files[1:]:
        cosine = pooled_cosines(files[0], outputs)
        rows.append({"outputs": str(outputs), "cosine_mean": float(cosine.mean()),
                     "cosine_min": float(cosine.min())})
        print(f"{outputs}: cosine with the float model, mean {cosine.mean():.4f}, "
              f"lowest {cosine.min():.4f}")
    return rows


def _parse_arguments() -> argparse.Namespace:
    parser = CommandParser(
        prog="esact-evaluate",
        description="Score float, dense and sparse embeddings on a task; 'saved' is the share of "
                    "dense MACs not computed, 'net' the same with the predictor charged by energy.")
    parser.add_argument("task", choices=[*TASKS, "cosine"], metavar="TASK",
                        help="xquad, banking77, stsb, or cosine")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE",
                        help="xquad: paragraphs, questions; banking77: train, test (both default "
                             "to the shipped files); stsb: pairs; cosine: a workload folder, then "
                             "outputs.safetensors of runs of it")
    parser.add_argument("--model", default="minilm", metavar="minilm|DIR")
    parser.add_argument("--config", type=Path, metavar="F", help="settings of every sparse run")
    parser.add_argument("--set", action="append", default=[], metavar="key=value",
                        help="one setting of every sparse run, e.g. spls.k_q8=64")
    parser.add_argument("--sparse", action="append", metavar="knob=value[,knob=value]...",
                        help="one sparse run with these knobs; may be repeated")
    parser.add_argument("--max-tokens", type=positive, default=256, metavar="N")
    parser.add_argument("--limit", type=positive, metavar="N", help="texts taken from each file")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep embeddings, resume")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return parser.parse_args()


def _run() -> None:
    arguments = _parse_arguments()
    compare = arguments.task == "cosine"
    rows = _compare(arguments.files) if compare else _evaluate(arguments)
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Entry point of esact-evaluate."""
    run_command(_run)
