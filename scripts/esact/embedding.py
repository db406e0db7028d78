"""Sentence embeddings of one text model: in float, dense and sparse arithmetic."""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from tqdm import tqdm

from esact.models import TextModel
from esact.quantise import Calibration, quantise_model
from esact.reference import add_counts, make_layers, run_sequence
from esact.spls import Knobs
from esact.transformer import forward
from esact.workload import Workload

CHUNK = 250
ENERGY_TABLE = Path(__file__).resolve().parents[2] / "config" / "energy.yaml"
PRODUCTS = {"hlog": "hlog_product", "pot": "power_of_two_product",
            "leading_one": "leading_one_product", "exact": "exact_product"}


@dataclass(frozen=True)
class Setting:
    """An arithmetic to evaluate: float where there are no knobs."""

    name: str
    knobs: Knobs | None = None


@dataclass
class Embeddings:
    """Unit vectors float64 `[texts, D]` and the counts of making them, summed over layers."""

    vectors: np.ndarray
    counts: dict


@cache
def product_energy(quantizer: str) -> float:
    """Energy of one predictor product relative to an int8 MAC."""
    events = yaml.safe_load(ENERGY_TABLE.read_text(encoding="utf-8"))["events"]
    return events[PRODUCTS[quantizer]]["times"]


def reductions(counts: dict, quantizer: str) -> tuple[float, float]:
    """Share of the dense MACs saved: without and with the predictor, weighed by energy."""
    macs, dense = (sum(counts[key].values()) for key in ("macs", "dense_macs"))
    predictor = counts["predictor_products"] * product_energy(quantizer)
    return 1 - macs / dense, 1 - (macs + predictor) / dense


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows brought to length 1."""
    vectors = np.asarray(vectors, np.float64)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-300)


class Encoder:
    """A quantised text model; embeddings are kept in `cache` and taken from there if present."""

    def __init__(self, text_model: TextModel, calibration: Calibration, max_tokens: int,
                 cache: Path | None = None):
        self._text_model, self._max_tokens, self._cache = text_model, max_tokens, cache
        self._h_scale = calibration.h_scale
        self._weights = quantise_model(text_model.model, calibration)
        digest = hashlib.sha256(repr((self._h_scale, max_tokens)).encode())
        for layer in self._weights:
            for name, value in sorted(layer.items()):
                digest.update(name.encode() + value.tobytes())
        self._fingerprint = digest.hexdigest()

    def embed(self, texts: list[str], setting: Setting) -> Embeddings:
        """Mean-pooled embeddings of texts, in chunks so that an interrupted run can resume."""
        embed_one = self._embedder(setting)
        vectors, counts = [], {}
        with tqdm(total=len(texts), unit="text", desc=setting.name,
                  disable=not sys.stderr.isatty()) as progress:
            for start in range(0, len(texts), CHUNK):
                chunk = texts[start:start + CHUNK]
                part = self._chunk(chunk, setting, embed_one)
                vectors.append(part.vectors)
                counts = add_counts(counts, part.counts)
                progress.update(len(chunk))
        return Embeddings(unit(np.concatenate(vectors)), counts)

    def _embedder(self, setting: Setting) -> Callable[[np.ndarray], tuple[np.ndarray, dict]]:
        if setting.knobs is None:
            return lambda h: (forward(self._text_model.model, h).mean(0), {})
        shape = self._text_model.model.shape
        knobs = [setting.knobs] * shape.layers
        layers = make_layers(Workload(shape, knobs, self._weights, [], self._h_scale), knobs)

        def embed_one(h):
            final, counts = run_sequence(layers, np.rint(h / self._h_scale).astype(np.int32))
            total = {}
            for count in counts:
                total = add_counts(total, count)
            return final.mean(0), total

        return embed_one

    def _chunk(self, texts: list[str], setting: Setting, embed_one) -> Embeddings:
        path = self._cache_path(texts, setting)
        if path and path.is_file():
            with np.load(path) as stored:
                return Embeddings(stored["vectors"], json.loads(str(stored["counts"])))
        vectors, counts = [], {}
        for text in texts:
            vector, count = embed_one(self._text_model.embed(
                self._text_model.tokenize(text, self._max_tokens)))
            vectors.append(vector)
            counts = add_counts(counts, count)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".part.npz")
            np.savez(partial, vectors=vectors, counts=json.dumps(counts))
            partial.replace(path)
        return Embeddings(np.array(vectors), counts)

    def _cache_path(self, texts: list[str], setting: Setting) -> Path | None:
        if self._cache is None:
            return None
        knobs = setting.knobs and asdict(setting.knobs)
        key = json.dumps([self._fingerprint, knobs, texts])
        return self._cache / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"
