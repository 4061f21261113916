"""What the steward is told about a file that was read: a code, its parameters and a sentence for each thing noticed."""

NOTES = {
    "lines-above-header": "{count} lines above the header (row {row}) were left out.",
    "footer": "{count} lines below the table were left out (from row {row}): {text}",
    "footer-looks-like-data": "Row {row} was left out below the table, though it is as full as a row. Check it.",
    "maybe-total": "The last row may be a total ({text}). If it is, state how many lines below the table are no rows.",
    "unused-settings": "What was stated of {columns} for earlier files was not used: this file has no such columns.",
    "forgotten-settings": "This file is of another kind: what was stated of earlier ones was not used.",
    "no-header": "The file was read without a header; the columns are numbered.",
    "header-looks-like-data": "The header looks like data ({cells}). If there is no header, set the header row to 0.",
    "blank-header": "Column {position} has no header; it is called {name}.",
    "duplicate-header": "The header {title} occurs more than once; column {position} is called {name}.",
    "reserved-header": "The header {title} is a word of our API; the column is called {name}.",
    "short-rows": "{count} rows have fewer cells than the header (first: row {row}); the missing cells are empty.",
    "long-rows": "{count} rows have more cells than the header (first: row {row}); the surplus is kept in {name}.",
    "long-blank-rows": "{count} rows have surplus empty cells (first: row {row}); these were left out.",
    "blank-lines": "{count} blank lines were left out.",
    "ambiguous-dates": "The dates of {name} fit day first and month first, so they stay text. Choose the order.",
    "maybe-thousands": "All points in {name} have three digits behind them. If they part thousands, choose text.",
    "nan-cells": "{count} cells of {name} are “not a number” (NaN); they are empty.",
    "header-of-rows": "Rows {first} to {last} are the header: what stands above one another is joined to one name.",
    "merged-cells": "The sheet {sheet} has {count} merged areas below its header; only first cells hold a value.",
    "unfinished-formulas": "{count} formulas of the sheet {sheet} have no stored result. Open the file and save it.",
    "hidden-sheet": "The sheet {sheet} is hidden and was not read.",
    "empty-sheet": "The sheet {sheet} is empty and was not read.",
    "list-within": "The records were read from the list {path}; what else the file holds was left out.",
    "empty-layer": "The layer {layer} is empty and was not read.",
    "view-left-out": "The layer {layer} is computed, not stored, and was not read.",
    "no-crs": "The map states no coordinate system; its coordinates are kept as they are. Check that they are WGS 84.",
    "reprojected": "The coordinates were converted from {crs} to longitude and latitude (WGS 84).",
    "lost-places": "{count} geometries of {name} could not be read, or lie nowhere on earth; they are empty.",
    "added-before": "This very file is in version {number} already. Confirm it only if its rows are to stand twice.",
    "left-out": "{member} was not read: {reason}",
    "guessed-encoding": "The text is not UTF-8; it was read as {encoding}. Check the letters in the preview.",
    "not-degrees": "{count} geometries lie at no longitude and latitude (first: row {row}), and the file states no "
    "coordinate system. Export it in WGS 84 (EPSG:4326).",
    "other-crs": "The file states the coordinate system {crs}; GeoJSON readers expect longitude and latitude (WGS 84).",
}


def note(code, **params):
    """One thing the steward should know, ready for a page to translate."""
    return {"code": code, "params": params, "sentence": NOTES[code].format(**params)}
