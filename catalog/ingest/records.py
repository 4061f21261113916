"""GeoJSON features and JSON records as rows of text, one at a time."""

import json
from decimal import Decimal

import ijson

from catalog.ingest import jsonshapes
from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note
from catalog.ingest.raw import RawWriter, Source

TOLD_EVERY = 20_000
DEEPEST = 5
NESTED = ("columns", "json")
WGS84 = ("CRS84", "4326")


def read(member, *, settings, work, limits, progress):
    """The features or records of a JSON file as a source; other JSON is refused with a sentence."""
    nested = _nested(settings.get("nested"))
    try:
        shape = jsonshapes.find(member, limits)
        places = _places(shape.crs)
        rows = (
            (nested(row), geometry and _text(geometry, places))
            for row, geometry in (_features if shape.has_places else _records)(_items(member, shape, limits))
        )
        place = "geometry" if shape.has_places else None
        source = _collect(rows, place, work=work, limits=limits, progress=progress)
    except (ijson.JSONError, ValueError, RecursionError) as error:
        raise ReadingError("bad-json", reason=_first_line(error)) from error
    source.detected["nested"] = settings.get("nested") or "columns"
    if places:
        source.notes += places.notes()
    elif shape.crs and not _is_wgs84(shape.crs):
        source.notes.append(note("other-crs", crs=shape.crs[:200]))
    if shape.within:
        source.notes.append(note("list-within", path=shape.within[:200]))
    return source


def _is_wgs84(crs):
    return any(known in crs for known in WGS84)


def _places(crs):
    """What brings geometries of another stated system into longitude and latitude; None where nothing has to."""
    if not crs or _is_wgs84(crs):
        return None
    # Loading the library takes longer than reading most tables, so only such maps pay for it.
    from catalog.ingest.places import Places, named

    system = named(crs)
    return system and Places(system)


def _text(geometry, places):
    return places.from_geojson(geometry) if places else _json(geometry)


def _items(member, shape, limits):
    """The items of the list, or of the lines."""
    if shape.path is None:
        return jsonshapes.lines(member, limits)
    return ijson.items(jsonshapes.opened(member), shape.path)


def _nested(wanted):
    """What makes a row of a record: nested names joined by dots, or left as JSON where the settings say so."""
    if wanted not in (None, *NESTED):
        raise ReadingError("bad-setting", setting="nested", value=repr(wanted)[:80], hint="Choose columns or json.")
    return _as_it_is if wanted == "json" else _flattened


def _as_it_is(record):
    return {(name,): value for name, value in record.items()}


def _flattened(record, above=()):
    """The values of a record under the names that lead to them; lists, and what lies too deep, stay JSON."""
    flat = {}
    for name, value in record.items():
        path = (*above, name)
        if isinstance(value, dict) and value and len(path) < DEEPEST:
            flat.update(_flattened(value, path))
        else:
            flat[path] = value
    return flat


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def _features(items):
    for place, feature in enumerate(items, start=1):
        if not isinstance(feature, dict):
            raise ReadingError("json-record", row=place)
        properties = feature.get("properties") or {}
        row = dict(properties) if isinstance(properties, dict) else {"properties": properties}
        if feature.get("id") is not None and row.get("id") != feature["id"]:
            row["feature_id" if "id" in row else "id"] = feature["id"]
        geometry = feature.get("geometry")
        yield row, geometry


def _records(items):
    for place, record in enumerate(items, start=1):
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
    return _source(writer, [".".join(path) for path in columns], place_title)


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
        detected={"encoding": "utf-8", "nested": "columns", "first_row": 1},
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
