"""What the reader of files says, in the reader's language: sentences of errors and notes by their codes.

The reader itself knows no language: it gives a code, parameters and an English sentence. A test keeps both in step.
"""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.sources import errors as of_sources

MINUTE = 60
OF_THE_FILE = frozenset({"text", "reason"})  # what may repeat a cell, or what a parser says of the place it failed at
ERRORS = {
    "empty-file": _("The file is empty. Upload a file with a header row and at least one row below it."),
    "no-rows": _("The file has a header but no rows. Upload a file with at least one row below the header."),
    "nul-bytes": _("The file is not text: byte {byte} is NUL. Save it as CSV (UTF-8) or XLSX and upload that."),
    "undecodable": _(
        "The text is in no encoding we know (tried {tried}). Save it as CSV UTF-8, or state its encoding."
    ),
    "wrong-encoding": _("The file is not {encoding}: byte {byte} cannot be read. Choose another encoding, or none."),
    "unknown-encoding": _("{encoding} is not an encoding we read. Choose one of: {known}."),
    "bad-setting": _("The setting {setting} cannot be {value}. {hint}"),
    "line-too-long": _(
        "Line {line} is longer than {limit} MB. Check that the file has line breaks and upload it again."
    ),
    "too-many-columns": _(
        "The table has {columns} columns; the limit is {limit}. Turn columns into rows, or split it."
    ),
    "quote-never-closed": _(
        "A quotation mark opened in row {row} is never closed. Close it and upload the file again."
    ),
    "no-header": _("Row {row} was to be the header, but the file ends before it. Choose another header row."),
    "damaged-archive": _("The archive is damaged or cut short. Pack the file again, or upload it unpacked."),
    "encrypted-archive": _("The archive is protected by a password. Remove the password and upload it again."),
    "nested-archive": _(
        "{member} is an archive inside an archive. Unpack it and upload the files in one plain archive."
    ),
    "archive-bomb": _("The archive unpacks to more than {ratio} times its size. Upload the data file itself."),
    "archive-too-many": _(
        "The archive holds {members} files; the limit is {limit}. Upload only the files with the data."
    ),
    "too-large": _("The file unpacks to more than {limit} GB. Split it and upload the parts as separate tables."),
    "unsafe-name": _("The archive names a file outside itself ({member}). Pack the files again without paths."),
    "no-data-inside": _("The archive holds no file that we can read as a table. Pack CSV, XLSX or GeoJSON files."),
    "encrypted-workbook": _("The workbook is protected by a password. Remove the password and upload it again."),
    "binary-workbook": _("This is a binary Excel file (.xlsb). Save it as XLSX or CSV and upload that."),
    "damaged-workbook": _("The workbook is damaged and cannot be opened. Save it again as XLSX and upload that."),
    "hostile-workbook": _("The workbook defines XML entities, which no spreadsheet needs. Save it again as XLSX."),
    "no-sheet": _("The workbook has no visible sheet with rows. Show the sheet that holds the data and save it again."),
    "unknown-sheet": _("The workbook has no sheet named {sheet}. Its sheets are: {sheets}."),
    "damaged-parquet": _("The Parquet file is damaged or cut short ({reason}). Export it again."),
    "damaged-map": _("The map is damaged, or not what it seems ({reason}). Export it again."),
    "shapefile-part": _("This is one file of a Shapefile. Pack its .shp, .shx, .dbf and .prj into one zip."),
    "hostile-map": _("The map defines XML entities, which no map needs. Export it again."),
    "unknown-crs": _(
        "The map states a coordinate system that we do not know ({crs}). Export it in WGS 84 (EPSG:4326)."
    ),
    "html": _("This is a web page, not a table. Open it in a spreadsheet and save it as XLSX or CSV."),
    "pdf": _("This is a PDF, which holds no rows. Upload the table behind it as CSV or XLSX."),
    "gml": _("This is GML, which we do not read. Export the map as GeoPackage or GeoJSON and upload that."),
    "xml": _("This is an XML file. Export the table as CSV or XLSX, or the map as GeoJSON, and upload that."),
    "other-format": _("This is a file of the kind {kind}, which we do not read. Save it as CSV, XLSX or GeoJSON."),
    "bad-json": _("The JSON breaks off or is not well formed: {reason}. Export it again."),
    "topojson": _("This is TopoJSON. Export it as GeoJSON (a FeatureCollection) and upload that."),
    "json-shape": _("This JSON is neither a GeoJSON FeatureCollection nor a list of records. Export one of these."),
    "json-record": _("Item {row} of the list is not a record with names and values. Export a list of records."),
    "unknown-type": _("{type} is not a type. Choose one of: {known}."),
    "unknown-column": _("The settings name a column {column} that the table {table} does not have."),
    "unknown-table": _("The settings name a table {table} that the file does not have. Its tables are: {tables}."),
    "misfits": _(
        "{count} cells of {column} do not fit (first: row {row}, {text}). You asked to stop there. Correct the file, "
        "or choose again how to read it."
    ),
    "too-many-digits": _("The numbers of {column} have more than 38 digits. Choose float or text."),
    "date-order": _("The dates of {column} fit day first and month first. Choose {type}:dmy or {type}:mdy."),
    "too-much-memory": _("The file needs more memory than one upload may use. Split it, or upload it as CSV."),
    "too-much-time": _("Reading the file took longer than allowed. Split it into smaller files."),
    "disk-full": _("There is no room left to unpack the file. Tell the administrator and try again later."),
    "stopped": _("Reading was stopped before its end."),
    "reader-died": _("The reader stopped unexpectedly ({reason}). Try again; if it recurs, tell the administrator."),
    "unexpected": _(
        "Something of ours failed while the file was read. Try again; if it fails again, tell the administrator."
    ),
    "source-lost": _("The uploaded file is no longer kept. Upload it again."),
    "overtaken": _("Other versions became current again and again while this file was added. Upload it again."),
    "storage-away": _(
        "The place where files are kept did not answer, so nothing was kept of this file. Upload it again, or tell the "
        "administrator."
    ),
    "worker-died": _("Reading the file was broken off again and again. Try a smaller file, or tell the administrator."),
}
NOTES = {
    "lines-above-header": _("{count} lines above the header (row {row}) were left out."),
    "footer": _("{count} lines below the table were left out (from row {row}): {text}"),
    "footer-looks-like-data": _("Row {row} was left out below the table, though it is as full as a row. Check it."),
    "maybe-total": _(
        "The last row may be a total ({text}). If it is, state how many lines below the table are no rows."
    ),
    "unused-settings": _("What was stated of {columns} for earlier files was not used: this file has no such columns."),
    "forgotten-settings": _("This file is of another kind: what was stated of earlier ones was not used."),
    "no-header": _("The file was read without a header; the columns are numbered."),
    "header-looks-like-data": _(
        "The header looks like data ({cells}). If there is no header, set the header row to 0."
    ),
    "blank-header": _("Column {position} has no header; it is called {name}."),
    "duplicate-header": _("The header {title} occurs more than once; column {position} is called {name}."),
    "reserved-header": _("The header {title} is a word of our API; the column is called {name}."),
    "short-rows": _("{count} rows have fewer cells than the header (first: row {row}); the missing cells are empty."),
    "long-rows": _("{count} rows have more cells than the header (first: row {row}); the surplus is kept in {name}."),
    "long-blank-rows": _("{count} rows have surplus empty cells (first: row {row}); these were left out."),
    "blank-lines": _("{count} blank lines were left out."),
    "ambiguous-dates": _("The dates of {name} fit day first and month first, so they stay text. Choose the order."),
    "maybe-thousands": _("All points in {name} have three digits behind them. If they part thousands, choose text."),
    "nan-cells": _("{count} cells of {name} are “not a number” (NaN); they are empty."),
    "header-of-rows": _("Rows {first} to {last} are the header: what stands above one another is joined to one name."),
    "merged-cells": _("The sheet {sheet} has {count} merged areas below its header; only first cells hold a value."),
    "unfinished-formulas": _("{count} formulas of the sheet {sheet} have no stored result. Open the file and save it."),
    "hidden-sheet": _("The sheet {sheet} is hidden and was not read."),
    "empty-sheet": _("The sheet {sheet} is empty and was not read."),
    "list-within": _("The records were read from the list {path}; what else the file holds was left out."),
    "empty-layer": _("The layer {layer} is empty and was not read."),
    "view-left-out": _("The layer {layer} is computed, not stored, and was not read."),
    "no-crs": _(
        "The map states no coordinate system; its coordinates are kept as they are. Check that they are WGS 84."
    ),
    "reprojected": _("The coordinates were converted from {crs} to longitude and latitude (WGS 84)."),
    "lost-places": _("{count} geometries of {name} could not be read, or lie nowhere on earth; they are empty."),
    "added-before": _("This very file is in version {number} already. Confirm it only if its rows are to stand twice."),
    "left-out": _("{member} was not read: {reason}"),
    "guessed-encoding": _("The text is not UTF-8; it was read as {encoding}. Check the letters in the preview."),
    "not-degrees": _(
        "{count} geometries lie at no longitude and latitude (first: row {row}), and the file states no coordinate "
        "system. Export it in WGS 84 (EPSG:4326)."
    ),
    "other-crs": _(
        "The file states the coordinate system {crs}; GeoJSON readers expect longitude and latitude (WGS 84)."
    ),
}
WHY = {
    "not true or false": _("not true or false"),
    "not a whole number": _("not a whole number"),
    "not a decimal number": _("not a decimal number"),
    "not a number": _("not a number"),
    "not a date in this order": _("not a date in this order"),
    "not a time of day": _("not a time of day"),
    "not a date with a time": _("not a date with a time"),
    "not a GeoJSON geometry": _("not a GeoJSON geometry"),
}
STAGES = {
    "": _("Waiting for a worker"),
    "fetching": _("Fetching the file"),
    "unpacking": _("Unpacking the file"),
    "decoding": _("Checking the letters"),
    "reading": _("Reading the rows"),
    "typing": _("Finding the type of each column"),
    "writing": _("Writing the table"),
    "profiling": _("Counting and measuring each column"),
    "storing": _("Storing the table"),
    "finishing": _("Making the version"),
}


def error_words(error: dict) -> str:
    """Why a load failed, with what to do."""
    return _said(ERRORS | of_sources.WORDS, error)


def error_words_without_cells(error: dict) -> str:
    """The same where it is kept for longer than the data: nothing that stands in the file is repeated."""
    shown = {name: "…" if name in OF_THE_FILE else value for name, value in error["params"].items()}
    return error_words({**error, "params": shown})


def note_words(note: dict) -> str:
    """One thing that was noticed on reading."""
    return _said(NOTES | of_sources.NOTES, note)


def why_words(why: str) -> str:
    """Why a cell does not fit its column."""
    return str(WHY.get(why, why))


def stage_words(stage: str) -> str:
    """What a worker does now."""
    return str(STAGES.get(stage, STAGES["reading"]))


def stage_number(stage: str) -> int:
    """How far along the way a stage is, out of `len(STAGES)`."""
    return list(STAGES).index(stage) if stage in STAGES else 1


def left_words(seconds: int | None) -> str:
    """How long it will still take, no more exact than it is known; empty where nothing is."""
    if seconds is None:
        return ""
    if seconds < MINUTE:
        return gettext("Less than a minute left.")
    minutes = round(seconds / MINUTE)
    return ngettext("About %(count)s minute left.", "About %(count)s minutes left.", minutes) % {"count": minutes}


def _said(words: dict, told: dict) -> str:
    try:
        return str(words[told["code"]]).format(**told["params"])
    except (KeyError, IndexError):
        return told.get("sentence") or str(ERRORS["unexpected"])
