"""What was stated of one file, for the next one that is not quite like it: what fits is kept, the rest is told."""

from copy import deepcopy

from catalog.ingest.errors import ReadingError
from catalog.ingest.notes import note

IN_VAIN = frozenset({"unknown-column", "unknown-table", "unknown-sheet", "wrong-encoding", "no-header"})
OF_COLUMNS = ("types", "nulls", "misfits")


def still_fitting(asked: dict, error: ReadingError) -> tuple[dict, list]:
    """The settings without what the reader could not use, and what the steward is told of that.

    A column that went takes its own settings along; anything else shows a file of another kind, of which nothing
    that was said before holds but the table's name.
    """
    lost = error.params.get("columns", [])
    kept = _without_columns(asked, lost)
    if error.code == "unknown-column" and kept != asked:
        return kept, [note("unused-settings", columns=", ".join(lost))]
    kept = {"table_name": asked["table_name"]} if "table_name" in asked else {}
    return kept, [note("forgotten-settings")] if kept != asked else []


def _without_columns(asked: dict, lost: list[str]) -> dict:
    kept = deepcopy(asked)
    for own in (kept, *kept.get("tables", {}).values()):
        for name in OF_COLUMNS:
            if own.get(name):
                own[name] = {column: value for column, value in own[name].items() if column not in lost}
    return kept
