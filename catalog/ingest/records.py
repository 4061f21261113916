"""GeoJSON features and JSON records as rows of text, one at a time."""

import json
from decimal import Decimal

import ijson

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB
from catalog.ingest.notes import note
from catalog.ingest.raw import RawWriter, Source

TOLD_EVERY = 20_000
LONGEST_TEXT = 8 * MB
BOM = b"\xef\xbb\xbf"
WGS84 = ("CRS84", "4326")


def read(member, *, work, limits, progress):
    """The features or records of a JSON file as a source; other JSON is refused with a sentence."""
    try:
        kind, crs = _kind(member)
        if kind == "records":
            return _collect(_records(member), None, work=work, limits=limits, progress=progress)
        source = _collect(_features(member), "geometry", work=work, limits=limits, progress=progress)
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise ReadingError("bad-json", reason=_first_line(error)) from error
    if crs and not any(known in crs for known in WGS84):
        source.notes.append(note("other-crs", crs=crs[:200]))
    return source


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def _open(member):
    """The member's bytes without byte order mark."""
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


def _kind(member):
    """ "features" or "records", and the coordinate system if the file states one before its features."""
    kind, crs, has_features = None, None, False
    for prefix, event, value in ijson.parse(_open(member)):
        if prefix == "" and event == "start_array":
            return "records", None
        if prefix == "type" and event == "string":
            kind = value
            if value == "Topology":
                raise ReadingError("topojson")
        elif prefix == "crs.properties.name" and event == "string":
            crs = value
        elif prefix == "features" and event == "start_array":
            has_features = True
            break
    if not has_features or kind not in (None, "FeatureCollection"):
        raise ReadingError("json-shape")
    return "features", crs


def _features(member):
    for place, feature in enumerate(ijson.items(_open(member), "features.item"), start=1):
        if not isinstance(feature, dict):
            raise ReadingError("json-record", row=place)
        properties = feature.get("properties") or {}
        row = dict(properties) if isinstance(properties, dict) else {"properties": properties}
        if feature.get("id") is not None and row.get("id") != feature["id"]:
            row["feature_id" if "id" in row else "id"] = feature["id"]
        geometry = feature.get("geometry")
        yield row, None if geometry is None else _json(geometry)


def _records(member):
    for place, record in enumerate(ijson.items(_open(member), "item"), start=1):
        if not isinstance(record, dict):
            raise ReadingError("json-record", row=place)
        yield record, None


def _collect(rows, place_title, *, work, limits, progress):
    """Writes the rows; a name met for the first time adds a column. A geometry is kept apart as the first column."""
    writer, columns = RawWriter(work, "records", limits=limits), {}
    ahead = 1 if place_title else 0
    for place, (row, geometry) in enumerate(rows, start=1):
        cells = [geometry or ""][:ahead] + [""] * len(columns)
        for name, value in row.items():
            if name not in columns:
                columns[name] = len(columns) + ahead
                cells.append("")
            cells[columns[name]] = as_text(value)
        writer.add(place, cells)
        if place % TOLD_EVERY == 0:
            progress("reading", rows_done=place)
    writer.close()
    if not writer.rows:
        raise ReadingError("no-rows")
    return _source(writer, list(columns), place_title)


def _source(writer, titles, place_title):
    """The rows as a source, the geometry moved behind the other columns."""
    relation, places = writer.relation(), set()
    if place_title:
        last = len(titles) + 1
        moved = [f"c{number + 1} AS c{number}" for number in range(1, last)] + [f"c1 AS c{last}"]
        relation = f"(SELECT __row, __at, {', '.join(moved)} FROM {relation})"
        titles, places = [*titles, place_title], {last}
    return Source(
        relation,
        titles,
        1,
        numbered=True,
        about_rows=writer.rows,
        exact_rows=writer.rows,
        places=places,
        detected={"encoding": "utf-8", "first_row": 1},
    )


def as_text(value):
    """A JSON value as a cell: numbers and words as written, nested values as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return _json(value)


def _json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
