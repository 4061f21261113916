"""How a JSON file holds its rows: a list, a list within, features of a map, or a record on each line."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal

import ijson

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB

CHUNK = 1 << 20
LONGEST_TEXT = 8 * MB
DEEPEST_LIST = 3
BOM = b"\xef\xbb\xbf"
MARK = b"\x1e"
TAIL_BYTES = 64 << 10
CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*\{[^{}]*"name"\s*:\s*"([^"\\]{1,200})"')


@dataclass
class Shape:
    """Where the rows are: a path for the parser, or none for lines; whether they have places, and in which system."""

    path: str | None
    has_places: bool = False
    crs: str | None = None
    within: str | None = None


def find(member, limits):
    """The shape of a JSON file; what holds no rows is refused with a sentence."""
    first = _first_record(member, limits)
    if first is not None:
        return Shape(None, has_places=first.get("type") == "Feature" and "geometry" in first)
    return _of_document(member)


def _first_record(member, limits):
    """The record on the first line, where another line follows; None for a file that is one document."""
    found, first = lines(member, limits, strict=False), None
    try:
        first = next(found, None)
        alone = not isinstance(first, dict) or next(found, None) is None
    except (ValueError, RecursionError, ReadingError):
        alone = first is None
    return None if alone else first


def lines(member, limits, *, strict=True):
    """The values on the lines of a file; blank lines and the marks of RFC 8142 are passed over."""
    number, kept = 0, b""
    with member.open() as stream:
        while True:
            chunk = stream.read(CHUNK)
            *whole, kept = (kept + chunk).split(b"\n") if chunk else (kept, b"")
            for line in whole:
                number += 1
                if text := line.removeprefix(BOM).strip(b" \t\r" + MARK):
                    yield _value(text)
            if len(kept) > (limits.line_bytes if strict else MB):
                raise ReadingError("line-too-long", line=number + 1, limit=limits.line_bytes // MB)
            if not chunk:
                return


def _value(text):
    return json.loads(text, parse_float=Decimal, parse_constant=lambda name: None)


def _of_document(member):
    """The shape of one JSON document, found by walking it as far as its first row."""
    kind, crs, last = None, None, None
    for prefix, event, value in ijson.parse(opened(member)):
        if last is not None and event != "start_map":
            last = None
        if prefix == "" and event == "start_array":
            return Shape("item")
        if prefix == "type" and event == "string":
            kind = value
            if value == "Topology":
                raise ReadingError("topojson")
        elif prefix == "crs.properties.name" and event == "string":
            crs = value
        elif prefix == "features" and event == "start_array" and kind in (None, "FeatureCollection"):
            return Shape("features.item", has_places=True, crs=crs)
        elif last is not None and kind is None:
            return _within(last)
        elif event == "start_array":
            last = prefix
    raise ReadingError("json-shape")


def _within(path):
    """The shape of a document whose first list of records lies under other names."""
    if path.startswith("objects.") and path.endswith(".geometries"):
        raise ReadingError("topojson")
    if path.count(".") >= DEEPEST_LIST or ".item" in path:
        raise ReadingError("json-shape")
    return Shape(f"{path}.item", within=path)


def crs_behind(member):
    """The coordinate system that a collection states behind its features, where many programs write it; or None."""
    tail = b""
    with member.open() as stream:
        while chunk := stream.read(MB):
            tail = (tail + chunk)[-TAIL_BYTES:]
    found = CRS.search(tail[tail.rfind(b"]") + 1 :])
    return found and found[1].decode("utf-8", "replace")


def opened(member):
    """The member's bytes without byte order mark, watched."""
    stream = member.open()
    head = stream.read(len(BOM))
    return _Watched(b"" if head == BOM else head, stream)


class _Watched:
    """A stream that stops at a text without end: the parser would look at it again with every chunk."""

    def __init__(self, head, stream):
        self.head, self.stream = head, stream
        self.in_text, self.rest, self.length = False, b"", 0

    def read(self, size=-1):
        if size == 0:
            return b""
        head, self.head = self.head, b""
        chunk = head or self.stream.read(size)
        self._watch(self.rest + chunk)
        return chunk

    def _watch(self, chunk):
        self.rest = b"\\" if (len(chunk) - len(chunk.rstrip(b"\\"))) % 2 else b""
        quotes = chunk.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"')
        self.in_text ^= bool(quotes % 2)
        self.length = self.length + len(chunk) if self.in_text and not quotes else 0
        if self.length > LONGEST_TEXT:
            raise ReadingError("bad-json", reason=f"a text is longer than {LONGEST_TEXT // MB} MB")
