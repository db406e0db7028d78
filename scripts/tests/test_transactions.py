"""Recorded transactions: what esact-vp records, and the reader of its files."""

import csv
import gzip
import io
import json
import os
import resource
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from esact.errors import InputError
from esact.prototype import PROGRAM
from esact.transactions import (EVENT, NEVER, Kind, Phase, main, pair, read_recording, summarise)
from esact.workload import read_tensors

WORKLOAD = Path(__file__).resolve().parents[2] / "testbenches/data/workloads/post-odd"
DRAM = 0x80000000
PAGE_TABLE = 1 << 40  # of the SRAM, whose accesses the report does not count
MODES = {"loose": [], "approximate": ["--set", "tlm.mode=approximate"]}

needs_program = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ, reason="build/bin/esact-vp has not been built")


def run(*arguments, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in (PROGRAM, *arguments)], capture_output=True,
                          text=True, **options)


def record(out: Path, sockets: str, *arguments) -> Path:
    """A run of the workload with `sockets` recorded; the file."""
    done = run("run", WORKLOAD, "--out", out, "--quiet", "--record", sockets, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return out / "transactions.bin"


@pytest.fixture(scope="module", params=MODES)
def recorded(request, tmp_path_factory):
    """(recording with data of every socket, the run's report) of a small workload."""
    out = tmp_path_factory.mktemp("recorded")
    recording = read_recording(record(out, "*", "--record-data", *MODES[request.param]))
    return recording, json.loads((out / "report.json").read_text())


@needs_program
def test_bytes_are_those_of_the_report(recorded):
    recording, report = recorded
    table = {row["socket"]: row for row in summarise(recording, pair(recording))}
    dram = report["memory"]["dram"]
    assert table["esact.dma"]["read_bytes"] == dram["read_bytes"]
    assert table["esact.dma"]["written_bytes"] == dram["write_bytes"]
    assert table["interconnect.dram"]["read_bytes"] == dram["read_bytes"]
    assert sum(table["esact.dma"][key] for key in ("read_bytes", "written_bytes")) == sum(
        layer["dma_bytes"] for layer in report["layers"])
    bus, csr = table["driver.bus"], table["interconnect.csr"]
    assert bus["written_bytes"] == csr["written_bytes"] + (
        table["interconnect.dram"]["written_bytes"] - dram["write_bytes"])
    assert bus["read_bytes"] == csr["read_bytes"]

    memories = [number for number, name in enumerate(recording.sockets)
                if ".memory" in name or name == "esact.mac_array.result"]
    rows = pair(recording)
    rows = rows[np.isin(rows["socket"], memories) & (rows["address"] < PAGE_TABLE)
                & (rows["kind"] <= Kind.PHASES)]
    sram = report["memory"]["sram"]
    assert rows["length"][rows["command"] != 1].sum() == sram["read_bytes"]
    assert rows["length"][rows["command"] == 1].sum() == sram["write_bytes"]


@needs_program
def test_every_transaction_ends_well(recorded):
    recording, report = recorded
    rows = pair(recording)
    assert len(rows) > 3000
    assert (rows["response"] == 1).all()
    assert (rows["latency_ps"] >= 0).all()
    approximate = report["config"]["tlm.mode"] == "approximate"
    inside = [number for number, name in enumerate(recording.sockets) if name.startswith("esact.")]
    kinds = set(rows["kind"][np.isin(rows["socket"], inside)]) - {Kind.DEBUG}
    assert kinds == {Kind.PHASES if approximate else Kind.BLOCKING}
    numbers = np.split(rows["transaction"], np.flatnonzero(np.diff(rows["socket"])) + 1)
    assert all((own == np.arange(len(own))).all() for own in numbers)
    phased = rows[rows["begin_response_ps"] != NEVER]
    assert (phased["begin_response_ps"] <= phased["end_ps"]).all()
    assert (phased["begin_response_ps"] >= phased["end_request_ps"]).all()
    assert (len(phased) > 0) == approximate


@needs_program
def test_data_of_the_dma_socket_is_that_of_memory(recorded, tmp_path):
    """Replayed on the memory image, every read brings what lies there, the weights among it."""
    recording, _ = recorded
    image = tmp_path / "image.bin"
    assert run("image", WORKLOAD, "--out", image).returncode == 0
    memory = np.fromfile(image, np.uint8)
    memory = np.concatenate((memory, np.zeros(1 << 20, np.uint8)))  # scratch
    original = memory.copy()
    covered = np.zeros(len(memory), bool)
    number, pending = recording.number("esact.dma"), {}
    for index in np.flatnonzero(recording.events["socket"] == number):
        event = recording.events[index]
        assert len(recording.byte_enables(index)) == 0
        place = slice(int(event["address"]) - DRAM, int(event["address"] + event["length"]) - DRAM)
        if event["phase"] in (Phase.BLOCKING_BEGIN, Phase.BEGIN_REQUEST):
            assert event["data_length"] == (event["length"] if event["command"] == 1 else 0)
            pending[event["transaction"]] = recording.data(index)
        elif event["phase"] in (Phase.BLOCKING_END, Phase.BEGIN_RESPONSE):
            if event["command"] == 1:
                memory[place] = pending.pop(event["transaction"])
            else:
                np.testing.assert_array_equal(recording.data(index), memory[place])
                covered[place] = True
    weights, _ = read_tensors(WORKLOAD / "weights.safetensors")
    for layer in range(2):
        for name in ("wo", "w2", "norm2.beta"):
            value = weights[f"layer.{layer}.{name}"]
            found = original.tobytes().find(value.tobytes())
            assert found >= 0 and covered[found:found + value.nbytes].all()
    outputs, _ = read_tensors(WORKLOAD / "expected-sparse.safetensors")
    assert memory.tobytes().find(outputs["h.2"].tobytes()) >= 0


@needs_program
@pytest.mark.parametrize("mode", MODES)
def test_two_runs_write_the_same_bytes(tmp_path, mode):
    first, second = (record(tmp_path / name, "*", *MODES[mode]).read_bytes() for name in "ab")
    assert first == second
    for name in "cd":
        record(tmp_path, "*", *MODES[mode], "--record-file", tmp_path / f"{name}.gz")
    assert (tmp_path / "c.gz").read_bytes() == (tmp_path / "d.gz").read_bytes()
    assert gzip.decompress((tmp_path / "c.gz").read_bytes()) == first
    recording = read_recording(tmp_path / "c.gz")
    assert not recording.with_data
    assert (recording.events["data_length"] == 0).all()


@needs_program
@pytest.mark.parametrize("mode", MODES)
def test_recording_changes_nothing(tmp_path, mode):
    record(tmp_path / "recorded", "*", *MODES[mode])
    assert run("run", WORKLOAD, "--out", tmp_path / "plain", *MODES[mode]).returncode == 0
    reports = [json.loads((tmp_path / name / "report.json").read_text())
               for name in ("recorded", "plain")]
    for report in reports:
        report.pop("host")
    assert reports[0] == reports[1]


@needs_program
def test_patterns_pick_sockets(tmp_path):
    everything = read_recording(record(tmp_path, "*")).sockets
    some = read_recording(record(tmp_path, "esact.dma,esact.mac_array.*")).sockets
    assert set(some) == {name for name in everything
                         if name == "esact.dma" or name.startswith("esact.mac_array.")}
    assert len(some) == 6
    stalled = read_recording(record(tmp_path, "*", "--set", "tlm.stall_permille=100")).sockets
    assert stalled == everything


@needs_program
@pytest.mark.parametrize("arguments, mentions", [
    (["--record", "esact.dmb"], ["--record", "'esact.dmb'", "esact.dma,", "interconnect.dram"]),
    (["--record", "esact.dma,"], ["--record", "'esact.dma,'", "commas"]),
    (["--record", ""], ["--record", "''", "commas"]),
    (["--record-data"], ["--record-data", "--record"]),
    (["--record", "*", "--record-file", "/proc/transactions.bin"], ["/proc/transactions.bin"]),
])
def test_bad_options_are_one_line_and_write_nothing(tmp_path, arguments, mentions):
    done = run("run", WORKLOAD, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 1
    assert all(word in done.stderr for word in mentions), done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@needs_program
@pytest.mark.parametrize("name", ["transactions.bin", "transactions.bin.gz"])
def test_a_full_disk_is_one_line_and_leaves_no_file(tmp_path, name):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = run("run", WORKLOAD, "--out", tmp_path, "--record", "*", "--record-data",
               "--record-file", tmp_path / name, preexec_fn=limit, restore_signals=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and name in done.stderr and "disk full" in done.stderr
    assert not list(tmp_path.iterdir())


def event(phase, time_ps, transaction=0, socket=0, command=0, address=64, length=8, response=0,
          streaming_width=8, data=0):
    return (time_ps, address, length, transaction, streaming_width, 0, data, socket, phase, command,
            response)


def header(*sockets, version=1, size=48, count=None) -> bytes:
    names = b"".join(struct.pack("<I", len(name)) + name for name in sockets)
    return b"ESACTTLM" + struct.pack("<IIII", version, 1, size,
                                     len(sockets) if count is None else count) + names


def block(events, data=b"") -> bytes:
    return struct.pack("<QQ", len(events), len(data)) + np.array(events, EVENT).tobytes() + data


def end(count) -> bytes:
    return struct.pack("<QQ", 0, count)


EVENTS = [
    event(Phase.BEGIN_REQUEST, 1000),
    event(Phase.BEGIN_REQUEST, 1500, socket=1, command=1, address=2**40, data=3),
    event(Phase.END_REQUEST, 2000),
    event(Phase.BLOCKING_BEGIN, 2500, transaction=1, length=100),
    event(Phase.BEGIN_RESPONSE, 5000, response=1, data=2),
    event(Phase.BLOCKING_END, 4000, transaction=1, length=100, response=-2),
    event(Phase.END_RESPONSE, 7000, response=1),
    event(Phase.DEBUG, 8000, transaction=2, command=1, response=1),
    event(Phase.DIRECT_MEMORY_GRANTED, 8000, transaction=3, address=0, length=2**64 - 1,
          response=1),
]
WHOLE = header(b"a", b"b.c") + block(EVENTS[:2], b"xyz") + block(EVENTS[2:], b"uv") + end(9)


@pytest.fixture
def written(tmp_path):
    """Writes bytes to a file and returns its path."""
    def write(content: bytes) -> Path:
        path = tmp_path / "recording.bin"
        path.write_bytes(content)
        return path

    return write


def test_events_become_transactions(written):
    for content in (WHOLE, gzip.compress(WHOLE)):
        recording = read_recording(written(content))
        assert recording.sockets == ["a", "b.c"] and recording.with_data
        assert bytes(recording.data(1)) == b"xyz" and bytes(recording.data(4)) == b"uv"
        assert bytes(recording.data(2)) == b""
        rows = pair(recording)
        assert rows[["socket", "transaction", "kind", "bytes", "response"]].tolist() == [
            (0, 0, Kind.PHASES, 8, 1), (0, 1, Kind.BLOCKING, 0, -2), (0, 2, Kind.DEBUG, 8, 1),
            (0, 3, Kind.DIRECT_MEMORY, 0, 1), (1, 0, Kind.PHASES, 0, 0)]
        times = ["start_ps", "end_request_ps", "begin_response_ps", "end_ps", "latency_ps"]
        assert rows[times].tolist() == [
            (1000, 2000, 5000, 7000, 6000), (2500, NEVER, NEVER, 4000, 1500),
            (8000, NEVER, NEVER, 8000, 0), (8000, NEVER, NEVER, 8000, 0),
            (1500, NEVER, NEVER, NEVER, NEVER)]
        assert rows["address"].tolist() == [64, 64, 64, 0, 2**40]
        first, second = summarise(recording, rows)
        assert (first["transactions"], first["read_bytes"], second["transactions"]) == (2, 8, 0)
        assert (first["mean_ns"], first["max_ns"], first["gbps"]) == (3.75, 6.0, 8 / 6)


def test_an_empty_recording(written):
    recording = read_recording(written(header(b"a") + end(0)))
    assert len(recording.events) == len(pair(recording)) == 0
    assert summarise(recording, pair(recording))[0]["transactions"] == 0


def test_a_cut_file_is_refused_wherever_it_is_cut(written):
    for content in (WHOLE, gzip.compress(WHOLE)):
        for length in range(len(content)):
            path = written(content[:length])
            with pytest.raises(InputError) as error:
                read_recording(path)
            assert str(path) in str(error.value) and "expected" in str(error.value)


@pytest.mark.parametrize("content, mentions", [
    (b"PK\x03\x04" + bytes(100), "ESACTTLM"),
    (header(b"a", version=2) + end(0), "version 2"),
    (header(b"a", size=40) + end(0), "40 bytes an event"),
    (header(count=2**31) + end(0), "2147483648 sockets"),
    (header(count=1) + struct.pack("<I", 2**32 - 1), "4294967295 bytes"),
    (header(b"\xff") + end(0), "UTF-8"),
    (header(b"a") + struct.pack("<QQ", 2**63, 0), "of events"),
    (header(b"a") + struct.pack("<QQ", 1, 2**63) + bytes(48), "of data"),
    (header(b"a") + block([event(0, 0, socket=1)]) + end(1), "socket 1"),
    (header(b"a") + block([event(10, 0)]) + end(1), "phase 10"),
    (header(b"a") + block([event(0, 0, command=3)]) + end(1), "command 3"),
    (header(b"a") + block([event(0, 0, data=2**32 - 1)], b"x") + end(1), "4294967295"),
    (header(b"a") + block([event(0, 0)], b"x") + end(1), "1 bytes of data"),
    (header(b"a") + block([event(0, 0)]) + end(2), "1 events"),
    (WHOLE + b"x", "file's end"),
])
def test_a_hostile_file_is_refused_with_what_was_expected(written, command, content, mentions):
    path = written(content)
    code, message = command(main, path)
    assert code == 1
    assert message.count("\n") == 1
    assert str(path) in message and mentions in message and "expected" in message


def test_the_command_prints_a_table_and_a_list(written, monkeypatch, capsys):
    path = written(WHOLE)
    monkeypatch.setattr("sys.argv", ["esact-transactions", str(path)])
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["socket", "a", "b.c"]
    assert lines[1].split()[1:] == ["2", "8", "0", "0", "3.75", "3.75", "5.96", "6.00", "1.33"]
    monkeypatch.setattr("sys.argv", ["esact-transactions", str(path), "--csv"])
    main()
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 5
    assert rows[0] == {
        "socket": "a", "transaction": "0", "kind": "phases", "command": "read", "response": "ok",
        "address": "0x40", "length": "8", "bytes": "8", "start_ps": "1000",
        "end_request_ps": "2000", "begin_response_ps": "5000", "end_ps": "7000",
        "latency_ps": "6000"}
    assert rows[1]["socket"] == "b.c" and rows[1]["end_ps"] == rows[1]["latency_ps"] == ""


def test_a_missing_file_is_one_line(tmp_path, command):
    assert command(main, tmp_path / "none.bin") == (1, f"error: {tmp_path / 'none.bin'}: no such "
                                                       "file\n")
