"""Recorded transactions of `esact-vp run --record`, and command esact-transactions: what they took.

The file's format is in docs/transaction_recorder.md.
"""

import csv
import gzip
import os
import struct
import sys
import zlib
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from esact.errors import CommandParser, InputError, run_command

MAGIC = b"ESACTTLM"
VERSION = 1
WITH_DATA = 1
EVENT = np.dtype([
    ("time_ps", "<u8"), ("address", "<u8"), ("length", "<u8"), ("transaction", "<u4"),
    ("streaming_width", "<u4"), ("byte_enable_length", "<u4"), ("data_length", "<u4"),
    ("socket", "<u2"), ("phase", "u1"), ("command", "u1"), ("response", "<i4")])
TRANSACTION = np.dtype([
    ("socket", "<u2"), ("transaction", "<u4"), ("kind", "u1"), ("command", "u1"),
    ("response", "<i4"), ("address", "<u8"), ("length", "<u8"), ("bytes", "<u8"),
    ("start_ps", "<i8"), ("end_request_ps", "<i8"), ("begin_response_ps", "<i8"),
    ("end_ps", "<i8"), ("latency_ps", "<i8")])
NEVER = -1
COMMANDS = ("read", "write", "ignore")
RESPONSES = {1: "ok", 0: "incomplete", -1: "generic_error", -2: "address_error",
             -3: "command_error", -4: "burst_error", -5: "byte_enable_error"}
_LONGEST_NAME = 4096


class Phase(IntEnum):
    """What happened on a link."""

    BLOCKING_BEGIN = 0
    BLOCKING_END = 1
    BEGIN_REQUEST = 2
    END_REQUEST = 3
    BEGIN_RESPONSE = 4
    END_RESPONSE = 5
    DEBUG = 6
    DIRECT_MEMORY_GRANTED = 7
    DIRECT_MEMORY_DENIED = 8
    DIRECT_MEMORY_INVALIDATED = 9


class Kind(IntEnum):
    """How a transaction came."""

    BLOCKING = 0
    PHASES = 1
    DEBUG = 2
    DIRECT_MEMORY = 3


_KIND_OF = np.array([Kind.BLOCKING] * 2 + [Kind.PHASES] * 4 + [Kind.DEBUG]
                    + [Kind.DIRECT_MEMORY] * 3, np.uint8)
_LAST = [Phase.BLOCKING_END, *range(Phase.END_RESPONSE, len(Phase))]


@dataclass
class Recording:
    """A file's events in the order of their calls, with what they carried."""

    sockets: list[str]
    with_data: bool
    events: np.ndarray  # [N] EVENT
    _payload: np.ndarray  # [*] uint8: byte enables, then data, of one event after another
    _offsets: np.ndarray  # [N] where an event's begin

    def byte_enables(self, event: int) -> np.ndarray:
        """uint8 [byte_enable_length] of an event, by its index."""
        return self._payload[self._offsets[event]:][:self.events["byte_enable_length"][event]]

    def data(self, event: int) -> np.ndarray:
        """uint8 [data_length] of an event, by its index: what a write sends, a read brought."""
        start = self._offsets[event] + self.events["byte_enable_length"][event]
        return self._payload[start:][:self.events["data_length"][event]]

    def number(self, socket: str) -> int:
        """A socket's number in `events`."""
        return self.sockets.index(socket)


class _Reader:
    """Takes pieces off a file's content."""

    def __init__(self, path: Path):
        self.path = path
        self.content = _read(path)
        self.position = 0

    def error(self, found: str, expected: str) -> InputError:
        return InputError(f"{self.path}: {found} at byte {self.position}, expected {expected}")

    def take(self, size: int, what: str) -> memoryview:
        left = len(self.content) - self.position
        if size > left:
            raise self.error(f"{left} bytes", f"{size} of {what}")
        self.position += size
        return memoryview(self.content)[self.position - size:self.position]

    def integers(self, layout: str, what: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout), what))


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: {error}, expected a whole gzip file") from None


def read_recording(path: Path) -> Recording:
    """Read and check a whole file; InputError names it and what was expected."""
    reader = _Reader(path)
    sockets, with_data = _read_header(reader)
    blocks, payloads, total = [np.empty(0, EVENT)], [], 0
    while True:
        events, size = reader.integers("QQ", "a block's head")
        if events == 0:
            break
        blocks.append(np.frombuffer(reader.take(events * EVENT.itemsize, "events"), EVENT))
        payloads.append(np.frombuffer(reader.take(size, "data"), np.uint8))
        total += events
        _check_block(reader, blocks[-1], size, len(sockets))
    if size != total:
        raise reader.error(f"{total} events", f"{size}, as the file's end counts")
    if reader.position != len(reader.content):
        raise reader.error(f"{len(reader.content) - reader.position} bytes", "the file's end")
    events = np.concatenate(blocks)
    ends = np.cumsum(_carried(events))
    payload = np.concatenate(payloads) if payloads else np.empty(0, np.uint8)
    return Recording(sockets, with_data, events, payload, ends - _carried(events))


def _read_header(reader: _Reader) -> tuple[list[str], bool]:
    magic = bytes(reader.take(len(MAGIC), "a recording"))
    if magic != MAGIC:
        raise reader.error(repr(magic), f"{MAGIC!r}, the beginning of a recording")
    version, flags, size, count = reader.integers("IIII", "the header")
    if (version, size) != (VERSION, EVENT.itemsize):
        raise reader.error(f"version {version} with {size} bytes an event",
                           f"version {VERSION} with {EVENT.itemsize}")
    if count > np.iinfo(np.uint16).max:
        raise reader.error(f"{count} sockets", "at most 65535")
    sockets = []
    for _ in range(count):
        length, = reader.integers("I", "a socket's name")
        if length > _LONGEST_NAME:
            raise reader.error(f"a name of {length} bytes", f"at most {_LONGEST_NAME}")
        try:
            sockets.append(str(reader.take(length, "a socket's name"), "utf-8"))
        except UnicodeDecodeError:
            raise reader.error("a socket's name", "UTF-8") from None
    return sockets, bool(flags & WITH_DATA)


def _carried(events: np.ndarray) -> np.ndarray:
    """Bytes of byte enables and data of each event."""
    return events["byte_enable_length"].astype(np.int64) + events["data_length"]


def _check_block(reader: _Reader, events: np.ndarray, size: int, sockets: int) -> None:
    limits = {"socket": sockets, "phase": len(Phase), "command": len(COMMANDS)}
    for field, limit in limits.items():
        worst = int(events[field].max())
        if worst >= limit:
            raise reader.error(f"{field} {worst} before", f"less than {limit}")
    carried = int(_carried(events).sum())
    if carried != size:
        raise reader.error(f"{size} bytes of data before", f"{carried}, as their events say")


def pair(recording: Recording) -> np.ndarray:
    """One TRANSACTION for each transaction, by socket and number.

    Times that never came are NEVER: those of phases that a transaction went without, and the end
    and latency of one that had none when the recording ended. `bytes` are those that moved: none
    unless the response is OK, nor by an ignored command.
    """
    events = recording.events
    order = np.lexsort((events["transaction"], events["socket"]))  # stable
    events = events[order]
    changes = (np.diff(events["socket"].astype(np.int64)) != 0) | (
        np.diff(events["transaction"].astype(np.int64)) != 0)
    first = np.flatnonzero(np.concatenate(([True], changes)))[:len(events)]
    last = np.concatenate((first[1:], [len(events)]))[:len(first)] - 1
    group = np.repeat(np.arange(len(first)), last - first + 1)

    rows = np.zeros(len(first), TRANSACTION)
    for field in ("socket", "transaction", "command", "address", "length"):
        rows[field] = events[field][first]
    rows["kind"] = _KIND_OF[events["phase"][first]]
    rows["response"] = events["response"][last]
    times = events["time_ps"].astype(np.int64)
    rows["start_ps"] = times[first]
    ended = np.isin(events["phase"][last], _LAST)
    rows["end_ps"] = np.where(ended, times[last], NEVER)
    for field, phase in (("end_request_ps", Phase.END_REQUEST),
                         ("begin_response_ps", Phase.BEGIN_RESPONSE)):
        rows[field] = NEVER
        found = events["phase"] == phase
        rows[field][group[found]] = times[found]
    rows["latency_ps"] = np.where(ended, rows["end_ps"] - rows["start_ps"], NEVER)
    moved = (rows["response"] == 1) & ended & (rows["command"] < COMMANDS.index("ignore")) & (
        rows["kind"] != Kind.DIRECT_MEMORY)
    rows["bytes"] = np.where(moved, rows["length"], 0)
    debug = rows["kind"] == Kind.DEBUG
    rows["bytes"][debug] = events["streaming_width"][first][debug]
    return rows


def summarise(recording: Recording, rows: np.ndarray) -> list[dict]:
    """For each socket, of its blocking and phased transactions that have ended: counts, bytes
    read, written and only timed, latencies in ns, and GB/s from its first start to its last end."""
    table = []
    for number, name in enumerate(recording.sockets):
        own = rows[(rows["socket"] == number) & (rows["kind"] <= Kind.PHASES)
                   & (rows["end_ps"] != NEVER)]
        sums = {command: int(own["length" if command == "ignore" else "bytes"]
                             [own["command"] == index].sum())
                for index, command in enumerate(COMMANDS)}
        row = {"socket": name, "transactions": len(own), "read_bytes": sums["read"],
               "written_bytes": sums["write"], "ignored_bytes": sums["ignore"]}
        if len(own):
            latency = own["latency_ps"] / 1000
            p50, p99 = np.percentile(latency, (50, 99))
            span = (own["end_ps"].max() - own["start_ps"].min()) / 1000
            moved = sum(sums.values())
            row |= {"mean_ns": float(latency.mean()), "p50_ns": float(p50), "p99_ns": float(p99),
                    "max_ns": float(latency.max()), "gbps": moved / span if span else 0.0}
        table.append(row)
    return table


def _print_table(table: list[dict]) -> None:
    columns = ("transactions", "read_bytes", "written_bytes", "ignored_bytes", "mean_ns", "p50_ns",
               "p99_ns", "max_ns", "gbps")
    width = max([len("socket"), *(len(row["socket"]) for row in table)])
    print("socket".ljust(width), *(column.rjust(13) for column in columns))
    for row in table:
        values = (row.get(column) for column in columns)
        print(row["socket"].ljust(width), *(
            ("-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value))
            .rjust(13) for value in values))


def _print_csv(recording: Recording, rows: np.ndarray) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(TRANSACTION.names)
    for row in rows[np.argsort(rows["start_ps"], kind="stable")]:
        values = dict(zip(TRANSACTION.names, row.tolist(), strict=True))
        values |= {"socket": recording.sockets[row["socket"]],
                   "kind": Kind(row["kind"]).name.lower(), "command": COMMANDS[row["command"]],
                   "response": RESPONSES.get(int(row["response"]), int(row["response"])),
                   "address": hex(row["address"])}
        writer.writerow("" if value == NEVER else value for value in values.values())


def main() -> None:
    """Entry point of esact-transactions."""
    def command():
        parser = CommandParser(prog="esact-transactions", description="What the transactions of a "
                               "recording (esact-vp run --record) took, socket by socket.")
        parser.add_argument("file", type=Path, help="written by esact-vp run --record")
        parser.add_argument("--csv", action="store_true", help="list every transaction instead")
        arguments = parser.parse_args()
        recording = read_recording(arguments.file)
        rows = pair(recording)
        try:
            if arguments.csv:
                _print_csv(recording, rows)
            else:
                _print_table(summarise(recording, rows))
            sys.stdout.flush()
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    run_command(command)
