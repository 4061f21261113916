"""GeoJSON features and JSON records as rows of text, one at a time."""

import json
from dataclasses import replace
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
    try:
        shape = jsonshapes.find(member, limits)
        source, degrees = _read(member, shape, settings, work=work, limits=limits, progress=progress)
        if degrees.count and not shape.crs and (crs := jsonshapes.crs_behind(member)):
            shape = replace(shape, crs=crs)
            source, degrees = _read(member, shape, settings, work=work, limits=limits, progress=progress)
    except (ijson.JSONError, ValueError, RecursionError) as error:
        raise ReadingError("bad-json", reason=_first_line(error)) from error
    if degrees.count and not shape.crs:
        source.notes.append(note("not-degrees", count=degrees.count, row=degrees.first))
    if shape.within:
        source.notes.append(note("list-within", path=shape.within[:200]))
    return source


def _read(member, shape, settings, *, work, limits, progress):
    """The items as a source, and what was seen of their places."""
    nested, places = _nested(settings.get("nested")), _places(shape.crs)
    degrees = _Degrees()
    items = (_features if shape.has_places else _records)(_items(member, shape, limits))
    rows = (
        (nested(row), geometry and _text(geometry if places else degrees.watch(place, geometry), places))
        for place, (row, geometry) in enumerate(items, start=1)
    )
    source = _collect(rows, "geometry" if shape.has_places else None, work=work, limits=limits, progress=progress)
    source.detected["nested"] = settings.get("nested") or "columns"
    if places:
        source.notes += places.notes()
    elif shape.crs and not _is_wgs84(shape.crs):
        source.notes.append(note("other-crs", crs=shape.crs[:200]))
    return source, degrees


class _Degrees:
    """Counts geometries whose first point lies at no longitude and latitude: in metres, or the wrong way round."""

    def __init__(self):
        self.count, self.first = 0, None

    def watch(self, place, geometry):
        """The geometry as it is."""
        point = geometry.get("coordinates") if isinstance(geometry, dict) else None
        while isinstance(point, list) and point and isinstance(point[0], list):
            point = point[0]
        if isinstance(point, list) and len(point) > 1 and not _is_on_earth(point):
            self.count, self.first = self.count + 1, self.first or place
        return geometry


def _is_on_earth(point):
    """Whether a point is longitude and latitude."""
    numbers = [value for value in point[:2] if isinstance(value, int | Decimal)]
    return len(numbers) < 2 or (abs(numbers[0]) <= 180 and abs(numbers[1]) <= 90)


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
