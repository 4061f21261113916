"""Maps (GeoPackage, Shapefile, KML) as sources, a layer a table, in longitude and latitude."""

import shutil
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from catalog.ingest import columnar, evidence
from catalog.ingest.errors import ReadingError
from catalog.ingest.gdal import DAMAGE, pyogrio_of_ours
from catalog.ingest.notes import note
from catalog.ingest.places import Places, described

CHUNK = 1 << 20
BATCH_ROWS = 4096
LANGUAGE_BYTE = 29
SAMPLE_BYTES = 1 << 20
# What KML says of the look of things, not of the things.
LOOKS = {"altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "snippet", "gx_media_links"}
SELDOM = ("id", "timestamp", "begin", "end")
BROKEN = (*DAMAGE, pa.ArrowException, ValueError, RuntimeError)


def sources(member, kind, *, settings, work, limits, progress):
    """Yields (layer name, its rows as a source) for each layer with rows, and (None, notes) at the end."""
    gdal = pyogrio_of_ours()
    folder = Path(tempfile.mkdtemp(prefix="map-", dir=work))
    limits = replace(limits, ratio=limits.columnar_ratio)
    notes, found = [], 0
    try:
        path, options, told = _laid_out(member, kind, folder, settings)
        notes += told
        for number, (name, shape) in enumerate(gdal.list_layers(path)):
            if number >= limits.members:
                raise ReadingError("archive-too-many", members=number + 1, limit=limits.members)
            if kind == "gpkg" and not _is_table(path, name):
                notes.append(note("view-left-out", layer=name))
                continue
            source = _layer(
                gdal, path, name, shape, options, number, member, work=work, limits=limits, progress=progress
            )
            if source is None:
                notes.append(note("empty-layer", layer=name))
                continue
            found += 1
            yield name, source
    except MemoryError:
        raise
    except BROKEN as error:
        raise ReadingError("damaged-map", reason=_first_line(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not found:
        raise ReadingError("no-rows")
    yield None, notes


def _laid_out(member, kind, folder, settings):
    """The map's files under plain names in a folder of their own, how to open them, and what is told of that."""
    if kind != "shapefile":
        path = folder / f"map.{kind}"
        member.spool(path)
        if kind == "kml":
            _refuse_entities(path)
        return path, {}, []
    for ending, part in member.parts.items():
        part.spool(folder / f"map{ending}")
    encoding, notes = settings.get("encoding"), []
    if encoding is None and ".cpg" not in member.parts:
        encoding = _encoding(folder / "map.dbf")
        notes = [note("guessed-encoding", encoding=encoding)] if encoding else []
    return folder / "map.shp", {"encoding": encoding} if encoding else {}, notes


def _encoding(path):
    """The likely encoding of a table that states none; None where it states one, or holds ASCII alone."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    if len(sample) <= LANGUAGE_BYTE or sample[LANGUAGE_BYTE] or sample[LANGUAGE_BYTE + 1 :].isascii():
        return None
    text = sample[LANGUAGE_BYTE + 1 :]
    try:
        text[:-4].decode()
    except UnicodeDecodeError:
        return next(iter(evidence.ranked(text.replace(b"\0", b" "))), "cp1252")
    return "utf-8"


def _refuse_entities(path):
    """Stops at declarations, which can make a small text endless; letters of two bytes are looked at as one."""
    with path.open("rb") as file:
        kept = b""
        while chunk := file.read(CHUNK):
            text = kept + chunk.replace(b"\0", b"")
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise ReadingError("hostile-map")
            kept = text[-16:]


def _is_table(path, name):
    """Whether a layer is a stored table: a view may compute without end."""
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as con:
        con.execute("PRAGMA trusted_schema=OFF")
        try:
            found = con.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchall()
        except sqlite3.Error as error:
            raise ReadingError("damaged-map", reason=_first_line(error)) from error
    return len(found) == 1 and found[0][0] == "table" and "VIRTUAL" not in str(found[0][1]).upper()[:30]


def _layer(gdal, path, name, shape, options, number, member, *, work, limits, progress):
    """The rows of one layer, its geometry the last column; None where it has no rows."""
    columns = _columns(gdal, path, name, options)
    with gdal.open_arrow(
        path, layer=name, use_pyarrow=True, batch_size=BATCH_ROWS, columns=columns, read_geometry=bool(shape), **options
    ) as (about, batches):
        first = next(batches, None)
        if first is None or not first.num_rows:
            return None
        places = Places(described(about["crs"])) if shape else None
        schema, shapes = batches.schema, {}
        if shape:
            schema = schema.set(len(schema) - 1, pa.field("geometry", pa.binary()))
            shapes = {len(schema): places.from_wkb}
        source = columnar.collect(
            schema,
            _all(first, batches),
            stem=f"layer{number}",
            shapes=shapes,
            packed_bytes=member.packed_bytes,
            work=work,
            limits=limits,
            progress=progress,
        )
    source.notes += places.notes() if places else []
    source.detected |= {"crs": places.system.name if places.system else None} if places else {}
    return source


def _columns(gdal, path, name, options):
    """The columns worth reading: all, but for what KML states of looks, and what no feature has."""
    about = gdal.read_info(path, layer=name, **options)
    fields = list(about["fields"])
    if about["driver"] != "LIBKML":
        return fields
    return [
        field for field in fields if field not in LOOKS and not (field in SELDOM and _is_empty(gdal, path, name, field))
    ]


def _is_empty(gdal, path, name, field):
    with gdal.open_arrow(path, layer=name, use_pyarrow=True, columns=[field], read_geometry=False) as (_, batches):
        return all(batch.column(0).null_count == batch.num_rows for batch in batches)


def _all(first, batches):
    yield first
    yield from batches


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]
