"""esact-evaluate: tasks, cache and comparison of outputs."""

import json

import numpy as np
import pytest

from esact import evaluate, reference, texts
from esact.embedding import Encoder, reductions
from esact.workload import read_tensors, write_tensors

PAIRS = ("A man plays a guitar.,Someone plays guitar.,4.5\n"
         "A cat sleeps.,The stock market fell.,0.2\n"
         "A girl is running.,A girl runs fast.,4.0\n")


def test_cosine_of_outputs(random_folder, tmp_path, command):
    out = tmp_path / "out"
    command(reference.main, random_folder, "--set", "spls.enabled=false", "--out", out)
    outputs = out / "outputs.safetensors"
    assert evaluate.pooled_cosines(random_folder, outputs).min() > 0.999
    tensors, metadata = read_tensors(outputs)
    write_tensors(outputs, {name: -value for name, value in tensors.items()}, metadata)
    assert evaluate.pooled_cosines(random_folder, outputs).max() < -0.999
    write_tensors(outputs, {"h.0": tensors["h.0"]}, metadata)
    code, message = command(evaluate.main, "cosine", random_folder, outputs)
    assert code == 1 and "h.1 is 'missing'" in message


def test_tasks_score_perfect_embeddings(tmp_path):
    (tmp_path / "p.csv").write_text("paragraph,text\n4,a\n7,b\n")
    (tmp_path / "q.csv").write_text("paragraph,text\n7,c\n4,d\n7,e\n")
    task = evaluate._load_task("xquad", [tmp_path / "p.csv", tmp_path / "q.csv"], None)
    one, two = np.eye(2)
    assert task.score([np.stack([one, two]), np.stack([two, one, two])]) == 1.0
    assert task.score([np.stack([one, two]), np.stack([two, two, one])]) == pytest.approx(1 / 3)

    (tmp_path / "s.csv").write_text(PAIRS)
    task = evaluate._load_task("stsb", [tmp_path / "s.csv"], None)
    second = np.array([[1.0, 0], [0, 1.0], [0.8, 0.6]])
    assert task.score([np.tile(one, (3, 1)), second]) == pytest.approx(1.0)


def test_stsb_runs_and_resumes_from_the_cache(tmp_path, command, monkeypatch):
    monkeypatch.setattr(texts, "CALIBRATION", (("banking77-train.csv", "text", 20),))
    (tmp_path / "s.csv").write_text(PAIRS)
    arguments = ["stsb", tmp_path / "s.csv", "--cache", tmp_path / "cache", "--sparse",
                 "k_q8=256,s_q8=0", "--out", tmp_path / "r.json"]
    assert command(evaluate.main, *arguments)[0] == 0
    rows = json.loads((tmp_path / "r.json").read_text())
    assert [row["setting"] for row in rows] == ["float", "dense", "sparse k_q8=256 s_q8=0"]
    assert rows[0]["cosine_mean"] == pytest.approx(1)
    assert all(row["cosine_min"] > 0.9 for row in rows)
    assert rows[1]["reduction"] == 0

    def fail(self, setting):
        return lambda h: pytest.fail("embedded again")

    monkeypatch.setattr(Encoder, "_embedder", fail)
    assert command(evaluate.main, *arguments)[0] == 0
    assert json.loads((tmp_path / "r.json").read_text()) == rows


def test_reductions_charge_the_predictor_by_energy():
    counts = {"macs": {"query": 30, "ffn": 20}, "dense_macs": {"query": 60, "ffn": 40},
              "predictor_products": 20}
    assert reductions(counts, "hlog") == pytest.approx((0.5, 0.39))
    assert reductions(counts, "exact") == pytest.approx((0.5, 0.3))


@pytest.mark.parametrize("arguments, words", [
    (["poetry"], ["poetry", "xquad"]),
    (["stsb"], ["stsb", "1"]),
    (["xquad", "--sparse", "k_q8=0"], ["spls.k_q8", "1..256"]),
    (["cosine", "one"], ["WORKLOAD OUTPUTS"]),
])
def test_bad_arguments(command, arguments, words):
    code, message = command(evaluate.main, *arguments)
    assert code == 1
    assert message.startswith("error: ") and all(word in message for word in words)
