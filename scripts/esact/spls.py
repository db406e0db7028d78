"""SPLS prediction (docs/spls.md): quantizers, top-k, local similarity, FFN vote, counts."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from esact.fixed_point import bit_length, exact_matmul, round_shift, saturate

MAC_KINDS = ("query", "key", "value", "score", "context", "output", "ffn")
HLOG_LEVELS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


@dataclass(frozen=True)
class Knobs:
    """Selection knobs of one layer; Q8 integers, 256 = 1.0."""

    enabled: bool = True
    k_q8: int = 51
    s_q8: int = 128
    f_q8: int = 128
    window: int = 8
    quantizer: str = "hlog"
    ties: str = "up"
    offset: str = "none"
    metric: str = "l1"


@dataclass
class Prediction:
    """What the predictor decides for one sequence; tensors as in docs/numerics.md."""

    mask: np.ndarray
    representative: np.ndarray
    needed_columns: np.ndarray
    ffn_root: np.ndarray
    similarity_adds: int = 0
    q_hat: np.ndarray | None = None
    k_hat: np.ndarray | None = None
    pam: np.ndarray | None = None

    @property
    def critical(self) -> np.ndarray:
        """bool `[H, L]`: rows whose head output is computed."""
        return self.representative == np.arange(self.representative.shape[1])


def _hlog_level(magnitude: int, ties: str) -> int:
    """Nearest HLog level; a tie goes to the larger level, or the smaller for `down`."""
    preference = -1 if ties == "up" else 1
    return min(HLOG_LEVELS, key=lambda level: (abs(level - magnitude), preference * level))


def _power_level(magnitude: int) -> int:
    """Nearest power of two, ties to the larger."""
    return min((2**m for m in range(8)), key=lambda level: (abs(level - magnitude), -level))


@cache
def quantizer_table(quantizer: str, ties: str = "up") -> np.ndarray:
    """int16 level of every int8 value, entry `v + 128`."""
    level = {
        "hlog": lambda m: _hlog_level(m, ties),
        "pot": _power_level,
        "leading_one": lambda m: 1 << (m.bit_length() - 1),
        "exact": lambda m: m,
    }[quantizer]
    values = range(-128, 128)
    return np.array([0 if v == 0 else (1 if v > 0 else -1) * level(abs(v)) for v in values],
                    np.int16)


def quantize(value: np.ndarray, knobs: Knobs) -> np.ndarray:
    """Levels of an int8 array under the layer's quantizer, int16."""
    return quantizer_table(knobs.quantizer, knobs.ties)[value.astype(np.int16) + 128]


def split_heads(value: np.ndarray, heads: int) -> np.ndarray:
    """`[L, H*d]` as `[H, L, d]`."""
    return value.reshape(len(value), heads, -1).transpose(1, 0, 2)


def valid_columns(length: int, causal: bool) -> np.ndarray:
    """bool `[L, L]`: the columns a row may attend to."""
    return np.tri(length, dtype=bool) if causal else np.ones((length, length), bool)


def kept_count(valid_counts, k_q8: int) -> np.ndarray:
    """Entries that top-k keeps of each row's valid columns."""
    return np.clip((k_q8 * valid_counts + 255) >> 8, 1, valid_counts)


def top_k_mask(pam: np.ndarray, valid: np.ndarray, k_q8: int) -> np.ndarray:
    """bool `[H, L, L]`: the largest entries of each row, ties to the lower column."""
    length = pam.shape[-1]
    key = pam.astype(np.int64) * length + np.arange(length - 1, -1, -1)
    key = np.where(valid, key, np.iinfo(np.int64).min)
    first_kept = length - kept_count(valid.sum(-1), k_q8)
    threshold = np.sort(key, axis=-1)[:, np.arange(length), first_kept]
    return key >= threshold[..., None]


def sparsified(pam: np.ndarray, mask: np.ndarray, knobs: Knobs) -> np.ndarray:
    """int32 `[H, L, L]` that rows are compared on: the kept scores, or for hamming the kept set."""
    if knobs.metric == "hamming":
        return mask.astype(np.int32)
    if knobs.offset == "kth":
        smallest = np.where(mask, pam, np.iinfo(np.int32).max).min(-1, keepdims=True)
        pam = pam - (smallest - 1)
    return np.where(mask, pam, 0).astype(np.int32)


def find_representatives(spa: np.ndarray, valid_counts: np.ndarray, knobs: Knobs):
    """Critical row of every row, int32 `[H, L]`, and the similarity additions spent."""
    heads, length = spa.shape[:2]
    norm = np.abs(spa).sum(-1, dtype=np.int64)
    representative = np.tile(np.arange(length, dtype=np.int32), (heads, 1))
    critical = np.ones((heads, length), bool)
    adds = 0
    for place in range(1, min(knobs.window, length)):
        rows = np.arange(place, length, knobs.window)
        earlier = rows[:, None] - np.arange(place, 0, -1)
        dist = np.abs(spa[:, rows, None] - spa[:, earlier]).sum(-1, dtype=np.int64)
        compared = critical[:, earlier]
        adds += int((compared * valid_counts[rows][:, None]).sum())
        candidate = compared & (dist * 256 <= knobs.s_q8 * norm[:, earlier])
        best = np.where(candidate, dist, np.iinfo(np.int64).max).argmin(-1)
        similar = candidate.any(-1)
        nearest = earlier[np.arange(len(rows)), best]
        representative[:, rows] = np.where(similar, nearest, rows)
        critical[:, rows] = ~similar
    return representative, adds


def find_ffn_roots(representative: np.ndarray, f_q8: int) -> np.ndarray:
    """int32 `[L]`: the token whose FFN increment each token takes, by vote of the heads."""
    heads, length = representative.shape
    token = np.arange(length)
    votes = np.zeros((length, length), np.int32)
    np.add.at(votes, (np.broadcast_to(token, representative.shape), representative), 1)
    most = votes.max(-1)
    favourite = np.where(votes[token, token] == most, token, votes.argmax(-1))
    reuses = (favourite != token) & (most >= max(1, (f_q8 * heads + 255) >> 8))
    root = np.arange(length, dtype=np.int32)
    for i in np.flatnonzero(reuses):
        root[i] = root[favourite[i]]
    return root


def predict_operand(x_levels, weight_levels, bias, shift, heads: int) -> np.ndarray:
    """int8 `[H, L, d]`: Q^ or K^ from the levels of x and of the projection's weights."""
    accumulator = split_heads(exact_matmul(x_levels, weight_levels) + bias, heads)
    return saturate(round_shift(accumulator, np.asarray(shift)[:, None, None]))


def predict(q_hat, k_hat, causal: bool, knobs: Knobs) -> Prediction:
    """Selection from predicted Q and K, int8 `[H, L, d]`."""
    valid = valid_columns(q_hat.shape[1], causal)
    product = exact_matmul(quantize(q_hat, knobs), quantize(k_hat, knobs).transpose(0, 2, 1))
    pam = np.where(valid, product, 0).astype(np.int32)
    mask = top_k_mask(pam, valid, knobs.k_q8)
    representative, adds = find_representatives(
        sparsified(pam, mask, knobs), valid.sum(-1), knobs)
    critical = representative == np.arange(pam.shape[1])
    return Prediction(
        mask=mask,
        representative=representative,
        needed_columns=(mask & critical[..., None]).any(1),
        ffn_root=find_ffn_roots(representative, knobs.f_q8),
        similarity_adds=adds,
        q_hat=q_hat,
        k_hat=k_hat,
        pam=pam,
    )


def dense_prediction(length: int, heads: int, causal: bool) -> Prediction:
    """The selection of the dense accelerator: every row critical, every valid column kept."""
    return Prediction(
        mask=np.broadcast_to(valid_columns(length, causal), (heads, length, length)),
        representative=np.tile(np.arange(length, dtype=np.int32), (heads, 1)),
        needed_columns=np.ones((heads, length), bool),
        ffn_root=np.arange(length, dtype=np.int32),
    )


def count_macs(prediction: Prediction, head_width: int, ffn: int, reuse: bool = True) -> dict:
    """MACs of one layer and sequence by kind; `reuse`: the output projection is reused."""
    heads, length = prediction.representative.shape
    width = heads * head_width
    critical = int(prediction.critical.sum())
    needed = int(prediction.needed_columns.sum())
    pairs = int((prediction.mask & prediction.critical[..., None]).sum())
    computed = int((prediction.ffn_root == np.arange(length)).sum())
    return {
        "query": critical * width * head_width,
        "key": needed * width * head_width,
        "value": needed * width * head_width,
        "score": pairs * head_width,
        "context": pairs * head_width,
        "output": critical * head_width * width if reuse else length * width * width,
        "ffn": 2 * computed * width * ffn,
    }


def count_predictor(length: int, width: int, heads: int, causal: bool,
                    prediction: Prediction, k_q8: int) -> dict:
    """Predictor products, shift-adds, top-k compares and similarity additions of one sequence."""
    valid_counts = valid_columns(length, causal).sum(-1)
    products = 2 * length * width * width + width * int(valid_counts.sum())
    sorted_levels = bit_length(kept_count(valid_counts, k_q8))
    return {
        "predictor_products": products,
        "predictor_adds": 2 * products,
        "topk_compares": heads * int((valid_counts * sorted_levels).sum()),
        "similarity_adds": prediction.similarity_adds,
    }
