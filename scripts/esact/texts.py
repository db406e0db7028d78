"""Text files (CSV) and the shipped texts on which models are calibrated."""

import csv
from pathlib import Path

from esact.errors import InputError

DATA = Path(__file__).resolve().parents[2] / "data"
CALIBRATION = (("banking77-train.csv", "text", 200), ("xquad-paragraphs.csv", "text", 16))


def read_column(path: Path, column: str, limit: int | None = None) -> list[str]:
    """The values of a CSV column.

    `column` is a header name, or a number from 0 for a file without a header.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error})") from None
    if not rows:
        raise InputError(f"{path}: no rows, expected at least one")
    if column.isdigit():
        index, first, expected = int(column), 0, f"a number below {len(rows[0])}"
    else:
        index = rows[0].index(column) if column in rows[0] else len(rows[0])
        first, expected = 1, "one of " + ", ".join(rows[0])
    if index >= len(rows[0]):
        raise InputError.value(path, "column", column, expected)
    chosen = rows[first:] if limit is None else rows[first:first + limit]
    for line, row in enumerate(chosen, first + 1):
        if index >= len(row):
            raise InputError.value(path, f"row {line}", ",".join(row), f"a column {column}")
    if not chosen:
        raise InputError(f"{path}: no texts in column {column}, expected at least one")
    return [row[index] for row in chosen]


def calibration_texts() -> list[str]:
    """A fixed sample of the shipped texts, spread over each file."""
    sample = []
    for name, column, count in CALIBRATION:
        texts = read_column(DATA / name, column)
        sample += texts[::len(texts) // count][:count]
    return sample
