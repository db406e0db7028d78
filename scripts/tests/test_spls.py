"""SPLS prediction against the golden cases and a plain reading of docs/spls.md."""

from collections import Counter

import numpy as np
import pytest
from conftest import GOLDEN

from esact import spls
from esact.spls import Knobs
from esact.workload import read_tensors


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.safetensors")), ids=lambda p: p.stem)
def test_golden_case(path):
    tensors, metadata = read_tensors(path)
    knobs = Knobs(True, *(int(metadata[key]) for key in ("k_q8", "s_q8", "f_q8", "window")),
                  *(metadata[key] for key in ("quantizer", "ties", "offset", "metric")))
    heads, ffn = int(metadata["heads"]), int(metadata["ffn_width"])
    causal = metadata["causal"] == "true"
    length, width = tensors["x"].shape
    x_levels = spls.quantize(tensors["x"], knobs)
    q_hat, k_hat = (
        spls.predict_operand(x_levels, spls.quantize(tensors[f"w{m}"], knobs), tensors[f"b{m}"],
                             tensors[f"{m}_shift"], heads) for m in "qk")
    prediction = spls.predict(q_hat, k_hat, causal, knobs)
    dense = spls.dense_prediction(length, heads, causal)
    counts = spls.count_predictor(length, width, heads, causal, prediction, knobs.k_q8)
    actual = {
        "pam": prediction.pam,
        "mask": prediction.mask,
        "representative": prediction.representative,
        "needed_columns": prediction.needed_columns,
        "ffn_root": prediction.ffn_root,
        "macs": list(spls.count_macs(prediction, width // heads, ffn).values()),
        "dense_macs": list(spls.count_macs(dense, width // heads, ffn).values()),
        "predictor_products": [counts["predictor_products"]],
    }
    assert metadata["macs_order"].split() == list(spls.MAC_KINDS)
    for name, value in actual.items():
        np.testing.assert_array_equal(value, tensors[name], name)


def test_golden_cases_are_there():
    assert len(list(GOLDEN.glob("*.safetensors"))) >= 40


def hlog_by_bits(magnitude: int) -> int:
    """The bit-level rule of docs/spls.md, doubled so that the half step is an integer."""
    m = magnitude.bit_length() - 1
    b1 = magnitude >> (m - 1) & 1 if m >= 1 else 0
    b2 = magnitude >> (m - 2) & 1 if m >= 2 else 0
    half, exponent = b1 ^ b2, m + (b1 & b2)
    return (2 * 2**exponent + half * 2**exponent) // 2


def test_hlog_levels_of_every_int8():
    table = spls.quantizer_table("hlog")
    for value in range(-128, 128):
        expected = 0 if value == 0 else int(np.sign(value)) * hlog_by_bits(abs(value))
        assert table[value + 128] == expected


@pytest.mark.parametrize("quantizer, ties, expected", [
    ("hlog", "up", {5: 6, 7: 8, 10: 12, 20: 24, 112: 128, 127: 128, -128: -128, -5: -6}),
    ("hlog", "down", {5: 4, 7: 6, 10: 8, 20: 16, 112: 96, 113: 128, -128: -128, -5: -4}),
    ("pot", "up", {1: 1, 3: 4, 5: 4, 6: 8, 95: 64, 96: 128, -3: -4}),
    ("leading_one", "up", {1: 1, 3: 2, 7: 4, 127: 64, -128: -128}),
    ("exact", "up", {0: 0, 77: 77, -128: -128}),
])
def test_quantizer_values(quantizer, ties, expected):
    table = spls.quantizer_table(quantizer, ties)
    assert {value: table[value + 128] for value in expected} == expected


def predict_plainly(pam, causal, knobs):
    """Selection of one sequence, row by row, as docs/spls.md words it."""
    heads, length = pam.shape[:2]
    mask = np.zeros(pam.shape, bool)
    representative = np.zeros((heads, length), int)
    adds = 0
    for h in range(heads):
        spa = {}
        critical = []
        for i in range(length):
            valid = i + 1 if causal else length
            keep = max(1, min(valid, (knobs.k_q8 * valid + 255) >> 8))
            kept = sorted(range(valid), key=lambda j: (-pam[h, i, j], j))[:keep]
            mask[h, i, kept] = True
            offset = min(pam[h, i, j] for j in kept) - 1 if knobs.offset == "kth" else 0
            spa[i] = {j: int(pam[h, i, j]) - int(offset) for j in kept}
            if knobs.metric == "hamming":
                spa[i] = dict.fromkeys(kept, 1)
            critical = [] if i % knobs.window == 0 else critical
            candidates = []
            for c in critical:
                adds += valid
                columns = set(spa[i]) | set(spa[c])
                dist = sum(abs(spa[i].get(j, 0) - spa[c].get(j, 0)) for j in columns)
                if dist * 256 <= knobs.s_q8 * sum(map(abs, spa[c].values())):
                    candidates.append((dist, c))
            representative[h, i] = min(candidates)[1] if candidates else i
            if not candidates:
                critical.append(i)
    root = list(range(length))
    for i in range(length):
        votes = Counter(representative[:, i].tolist())
        most = max(votes.values())
        favourite = i if votes[i] == most else min(v for v in votes if votes[v] == most)
        if favourite != i and most >= max(1, (knobs.f_q8 * heads + 255) >> 8):
            root[i] = root[favourite]
    return mask, representative, root, adds


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("knobs", [
    Knobs(),
    Knobs(k_q8=256, s_q8=300, f_q8=0),
    Knobs(k_q8=1, s_q8=65535, f_q8=100, window=64),
    Knobs(k_q8=128, s_q8=160, window=3, offset="kth"),
    Knobs(k_q8=200, s_q8=120, window=5, metric="hamming"),
    Knobs(s_q8=0, f_q8=257, window=1),
], ids=str)
def test_selection_matches_a_plain_reading(generator, causal, knobs):
    length, heads = 21, 4
    base = generator.integers(-6, 7, (heads, length // 3, 8))
    q_hat = np.repeat(base, 3, axis=1).astype(np.int8)
    q_hat[:, ::4] += generator.integers(-1, 2, q_hat[:, ::4].shape, dtype=np.int8)
    k_hat = generator.integers(-6, 7, q_hat.shape).astype(np.int8)
    prediction = spls.predict(q_hat, k_hat, causal, knobs)
    mask, representative, root, adds = predict_plainly(prediction.pam, causal, knobs)
    assert (prediction.mask == mask).all()
    assert (prediction.representative == representative).all()
    assert prediction.ffn_root.tolist() == root
    assert prediction.similarity_adds == adds


def test_predictor_counts():
    dense = spls.dense_prediction(3, 2, causal=True)
    counts = spls.count_predictor(3, 4, 2, True, dense, k_q8=256)
    assert counts == {"predictor_products": 2 * 3 * 16 + 4 * 6, "predictor_adds": 240,
                      "topk_compares": 2 * (1 * 1 + 2 * 2 + 3 * 2), "similarity_adds": 0}
