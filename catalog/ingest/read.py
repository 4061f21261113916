"""A file to tables: unwraps it, finds out what each part is, and has each table built."""

import csv
import os

from catalog.ingest import calc, containers, delimited, encodings, engine, formats, records, sheets, tables
from catalog.ingest.errors import ReadingError
from catalog.ingest.names import plain_name, unique_name
from catalog.ingest.notes import note
from catalog.ingest.raw import MisreadError

NOTHING_INSIDE = ("empty-file", "no-rows", "no-sheet")
PER_COLUMN = ("types", "nulls", "misfits")
# What most files have is stated only where a person or a file says otherwise: a version's identity hangs on it.
USUAL = {"header_rows": 1, "footer_rows": 0, "nested": "columns"}
PER_TABLE = ("encoding", "delimiter", "quote", "header_row", "sheet", "null_values", *USUAL, *PER_COLUMN)


def read_file(source, name, *, work, settings, limits, progress):
    """The result for one uploaded file as `run.read_in_child` hands it over; the tables' files lie in `work`."""
    os.chdir(work)
    csv.field_size_limit(limits.line_bytes)
    progress("unpacking", bytes_done=0, bytes_total=source.stat().st_size)
    if not source.stat().st_size:
        raise ReadingError("empty-file")
    container, members = containers.unpack(source, name, work=work, limits=limits)
    if not members:
        raise ReadingError("no-data-inside")
    reading = Reading(work, settings, limits, progress)
    for member in members:
        reading.add(member, alone=len(members) == 1)
    return reading.result(container)


def _checked(settings):
    """The settings, if they are of the shape that everything below relies on."""
    tables = settings.get("tables") or {}
    for own in tables.values() if isinstance(tables, dict) else [tables]:
        if not isinstance(own, dict) or not all(isinstance(own.get(key) or {}, dict) for key in PER_COLUMN):
            raise ReadingError("bad-setting", setting="tables", value=repr(own)[:80], hint="Give names and values.")
        if not isinstance(own.get("null_values") or [], list | tuple):
            raise ReadingError("bad-setting", setting="null_values", value=repr(own)[:80], hint="Give a list of words.")
    return settings | {"tables": tables}


class Reading:
    """The tables of one file as they are found, built one after the other."""

    def __init__(self, work, settings, limits, progress):
        self.work, self.settings, self.limits, self.progress = work, _checked(settings), limits, progress
        self.con = engine.connect(limits)
        self.tables, self.notes, self.formats = [], [], []
        self.taken, self.refused = set(), None

    def add(self, member, *, alone):
        """Builds the tables of one member; among several, one that holds no table is told and left out."""
        kind = None
        try:
            kind = member.kind or self._format(member)
            self.formats.append(kind)
            self._adder(kind)(member, alone)
        except ReadingError as error:
            if alone or (kind and error.code not in NOTHING_INSIDE):
                raise
            self.refused = self.refused or error
            self.notes.append(note("left-out", member=member.name, reason=error.sentence))
        finally:
            member.clear()

    def _adder(self, kind):
        """How the tables of a file of this kind are built."""
        return {
            "csv": self._add_text,
            "json": self._add_records,
            "xlsx": self._add_xlsx,
            "xls": lambda member, alone: self._add_workbook(member, alone, calc),
            "ods": lambda member, alone: self._add_workbook(member, alone, calc),
            "parquet": self._add_columns,
            "gpkg": lambda member, alone: self._add_map(member, alone, "gpkg"),
            "kml": lambda member, alone: self._add_map(member, alone, "kml"),
            "shapefile": lambda member, alone: self._add_map(member, alone, "shapefile"),
        }[kind]

    def _format(self, member):
        head = member.head()
        if not head:
            raise ReadingError("empty-file")
        return formats.format_of(head)

    def _add_text(self, member, alone):
        name = self._table_name(member.stem, alone)
        settings = self._settings_of(name)
        text = encodings.decode(
            member, encoding=settings.get("encoding"), work=self.work, limits=self.limits, progress=self.progress
        )
        for source in delimited.sources(
            text, settings=settings, work=self.work, limits=self.limits, progress=self.progress
        ):
            try:
                self._build(source, name, member.stem)
                return
            except MisreadError:
                continue

    def _add_records(self, member, alone):
        name = self._table_name(member.stem, alone)
        source = records.read(
            member, settings=self._settings_of(name), work=self.work, limits=self.limits, progress=self.progress
        )
        self.formats[-1] = "geojson" if source.places else "json"
        self._build(source, name, member.stem)

    def _add_columns(self, member, alone):
        # As with maps: loading what reads these takes longer than reading most texts, which need none of it.
        from catalog.ingest import parquet

        source = parquet.read(member, work=self.work, limits=self.limits, progress=self.progress)
        self._build(source, self._table_name(member.stem, alone), member.stem)

    def _add_xlsx(self, member, alone):
        from catalog.ingest import xlsx

        self._add_workbook(member, alone, xlsx)

    def _add_workbook(self, member, alone, reader):
        book = reader.book(member, work=self.work)
        found = self._kept(
            sheets.sources(book, settings=self.settings, work=self.work, limits=self.limits, progress=self.progress)
        )
        for title, source in found:
            name = self._table_name(title, alone and len(found) == 1)
            self._build(source, name, title)

    def _add_map(self, member, alone, kind):
        # Loading the library takes longer than reading most tables, so only maps pay for it.
        from catalog.ingest import maps

        found = self._kept(
            maps.sources(
                member, kind, settings=self.settings, work=self.work, limits=self.limits, progress=self.progress
            )
        )
        for title, source in found:
            own = member.stem if kind == "shapefile" or len(found) == 1 else title
            self._build(source, self._table_name(own, alone and len(found) == 1), own)

    def _kept(self, sources):
        """The named sources of a file of several; what is told of the file is put with the notes."""
        found = []
        for title, source in sources:
            if title is None:
                self.notes.extend(source)
            else:
                found.append((title, source))
        return found

    def _table_name(self, title, alone):
        name = plain_name(str(self.settings.get("table_name") or "main")) if alone else plain_name(title)
        return unique_name(name or "table", self.taken)

    def _settings_of(self, table):
        """What the settings say of one table; what they say of the file holds for all its tables."""
        own = self.settings.get("tables", {}).get(table, {})
        shared = {key: self.settings[key] for key in PER_TABLE if self.settings.get(key) is not None}
        return shared | {key: value for key, value in own.items() if value is not None}

    def _build(self, source, name, title):
        told, notes = tables.build(
            self.con,
            source,
            name=name,
            title=title,
            settings=self._settings_of(name),
            work=self.work,
            progress=self.progress,
        )
        self.tables.append(told)
        self.notes.extend(item | {"table": name} for item in notes)

    def result(self, container):
        """What was found and made of the file, with settings that would give the same again."""
        if not self.tables:
            raise self.refused or ReadingError("no-data-inside")
        names = [table["name"] for table in self.tables]
        for unknown in set(self.settings.get("tables", {})) - set(names):
            raise ReadingError("unknown-table", table=unknown, tables=", ".join(names))
        kinds = sorted(set(self.formats))
        return {
            "tables": self.tables,
            "notes": self.notes,
            "settings": self._resolved(),
            "detected": {"container": container, "format": kinds[0] if len(kinds) == 1 else "mixed"},
        }

    def _resolved(self):
        """The settings with everything that was detected filled in, for each table."""
        resolved = {}
        for table in self.tables:
            own = self._settings_of(table["name"])
            found = {
                key: value
                for key, value in table["detected"].items()
                if key in PER_TABLE and (key in own or USUAL.get(key, ()) != value)
            }
            found |= {"types": own.get("types", {}), "null_values": own.get("null_values", [])}
            resolved[table["name"]] = found | {key: own[key] for key in ("nulls", "misfits") if own.get(key)}
        return {
            "table_name": self.settings.get("table_name") or "main",
            "sheet": self.settings.get("sheet"),
            "tables": resolved,
        }
