"""A second reader of delimited files, with Python's csv module alone; the golden table was written by it.

It imports nothing of ours and was told encoding, delimiter and header row of each file by a person who looked.
`python -m tests.catalog.independent FOLDER` writes `tests/data/golden.json` from the files in FOLDER.
"""

import csv
import gzip
import io
import json
import re
import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden.json"
SEEN = {
    "messy/characters.csv": {"encoding": "big5"},
    "messy/china_streets_gbk.csv.gz": {"encoding": "gb18030"},
    "messy/simple.psv": {"delimiter": "|"},
    "messy/sparse_with_column_errors.csv": {"encoding": "cp1252"},
    "messy/utf-16le_encoded.csv": {"encoding": "utf-16"},
    "messy/weird_head_padding.csv": {"delimiter": ";", "header_row": 12},
    "tables/bath_banes_contact_to_the_council.csv": {"encoding": "utf-8-sig"},
}
WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})", re.A)
EXACT = re.compile(r"-?(0|[1-9]\d{0,14})|-?(0|[1-9]\d{0,21})?\.\d{1,37}", re.A)
DAY = {"dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y"}
CLOCKS = ("%I:%M:%S %p", "%I:%M %p", "%H:%M:%S", "%H:%M")


def opened(path):
    """The bytes of a file as a stream, unpacked."""
    if path.suffix == ".gz":
        return gzip.open(path)
    return pa.input_stream(str(path), compression="zstd" if path.suffix == ".zst" else None)


def lines_of(path, *, encoding="utf-8", delimiter=",", header_row=1):
    """The header, then each row that is no blank line, as the csv module cuts them; a row of empty cells is a row."""
    with io.TextIOWrapper(opened(path), encoding, newline="") as text:
        lines = csv.reader(text, delimiter=delimiter)
        header = next(line for number, line in enumerate(lines, start=1) if number == header_row)
        yield header
        yield from (line for line in lines if len(line) >= len(header) or any(cell.strip() for cell in line))


def read(path, **seen):
    """The header and, for each column, how often each text occurs in it; and the number of rows."""
    lines = lines_of(path, **seen)
    header = next(lines)
    counts, rows = [{} for _ in header], 0
    for line in lines:
        rows += 1
        for at, count in enumerate(counts):
            cell = line[at] if at < len(line) else ""
            count[cell] = count.get(cell, 0) + 1
    return header, counts, rows


def described(path, **seen):
    """What the golden table says of a file."""
    header, counts, rows = read(path, **seen)
    return {
        "encoding": seen.get("encoding", "utf-8"),
        "delimiter": seen.get("delimiter", ","),
        "header_row": seen.get("header_row", 1),
        "rows": rows,
        "columns": [[title, *column(count, rows)] for title, count in zip(header, counts, strict=True)],
    }


def column(count, rows):
    """The type of a column by all its texts, the number of cells without any value, and the sum of its numbers."""
    texts = [text.strip(" ") for text in count if text.strip()]
    kind = kind_of(texts)
    empty = sum(times for text, times in count.items() if (text == "" if kind == "text" else not text.strip()))
    total = None
    if kind in ("integer", "decimal"):
        total = str(sum(Decimal(text.strip()) * times for text, times in count.items() if text.strip()))
    return kind, empty, total


def kind_of(texts):
    """The narrowest type that every text fits, by Python's own parsers."""
    if not texts:
        return "text"
    lower = {text.lower() for text in texts}
    if lower <= {"true", "false"} or lower == {"yes", "no"}:
        return "boolean"
    if all(map(WHOLE.fullmatch, texts)):
        return "text" if all(re.fullmatch(r"1[3-9]\d{9}", text, re.A) for text in texts) else "integer"
    if all(map(EXACT.fullmatch, texts)):
        return "decimal"
    return _moment(texts) or "text"


def _moment(texts):
    """date, time, timestamp or timestamptz; None where nothing fits, or day first and month first both do."""
    if _all(texts, date.fromisoformat, r"\d{4}-\d\d-\d\d") or _some_layout(texts, ["%Y/%m/%d"]):
        return "date"
    if _all(texts, time.fromisoformat, r"\d\d:\d\d(:\d\d)?"):
        return "time"
    if _all(texts, datetime.fromisoformat, r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d{1,6})?"):
        return "timestamp"
    for name, endings in (
        ("date", [""]),
        ("timestamp", [f" {clock}" for clock in CLOCKS]),
        ("timestamptz", [f" {clock} %z" for clock in CLOCKS]),
    ):
        if name != "date" and _some_layout(texts, ["%Y/%m/%d" + ending for ending in endings]):
            return name
        fitting = [
            order
            for order, layout in DAY.items()
            if any(_some_layout(texts, [layout.format(mark) + ending for ending in endings]) for mark in "/-.")
        ]
        if fitting:
            return name if len(fitting) == 1 else None
    return None


def _all(texts, parse, pattern):
    return all(re.fullmatch(pattern, text, re.A) for text in texts) and all(_parses(parse, text) for text in texts)


def _some_layout(texts, layouts):
    """Whether each text has one of the layouts."""
    return all(any(_parses(lambda cell, at=at: datetime.strptime(cell, at), text) for at in layouts) for text in texts)


def _parses(parse, text):
    try:
        return bool(parse(text) or True)
    except ValueError:
        return False


def main(folder):
    """Writes the golden table of all delimited files in the folder."""
    csv.field_size_limit(1 << 24)
    golden = {}
    for kind in ("messy", "tables", "geo"):
        for path in sorted((folder / kind).iterdir()):
            if re.search(r"\.(csv|psv)(\.gz|\.zst)?$", path.name):
                name = f"{kind}/{path.name}"
                golden[name] = described(path, **SEEN.get(name, {}))
    lines = (f"{json.dumps(name)}: {json.dumps(about, ensure_ascii=False)}" for name, about in golden.items())
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
