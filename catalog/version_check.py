"""What the steward sees of a version before it is made current: how it was read, and what to look at."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actor import Actor
from catalog.codes import ColumnType
from catalog.gate import open_rows
from catalog.marks import evidence_words
from catalog.models import Basis, Table, Version
from catalog.permissions import bases_open_to
from catalog.preview import as_text
from catalog.reading_ways import offered_words
from catalog.reading_words import note_words, why_words
from catalog.rows.errors import EngineBusy, Stopped, TooCostly
from catalog.rows.query import RowQuery

COLUMNS = 60
ROWS = 20
DELIMITERS = {"\t": "⇥", " ": "␠"}


@dataclass(frozen=True)
class ColumnCheck:
    """One column: as it was read, as it was before, and what speaks against it."""

    about: dict
    type: str
    before: str
    almost: str
    bad: str
    looks: str

    @property
    def offers(self) -> list[str]:
        """What the column could be, if a steward says so."""
        return [offered_words(offer) for offer in self.about.get("offers") or []]

    @property
    def examples(self) -> list:
        """The first cells that keep a text column from a narrower type: (row, text)."""
        return (self.about.get("almost") or {}).get("examples", [])


@dataclass(frozen=True)
class TableCheck:
    """One table of a version, a part of its columns at a time."""

    table: Table
    title: str
    is_open: bool
    detected: dict
    columns: list[ColumnCheck]
    start: int
    bad_cells: list[tuple]
    heads: list[str]
    rows: list[list[str]]
    above: list[tuple]
    footer: list[tuple]

    @property
    def older(self) -> int | None:
        """Where the columns before these start."""
        return max(0, self.start - COLUMNS) if self.start else None

    @property
    def newer(self) -> int | None:
        """Where the columns after these start."""
        return self.start + COLUMNS if self.start + COLUMNS < len(self.table.schema) else None

    @property
    def span(self) -> tuple[int, int, int]:
        """First and last column shown, and how many there are."""
        return self.start + 1, self.start + len(self.columns), len(self.table.schema)

    @property
    def lists_bad_cells(self) -> bool:
        """Whether there are bad cells to see, of this file or of rows that were there before."""
        return self.is_open and self.table.bad_cells > 0

    @property
    def delimiter(self) -> str:
        """The delimiter as something that can be seen."""
        return DELIMITERS.get(self.detected.get("delimiter"), self.detected.get("delimiter"))


def check_of(version: Version, table: Table, start: int, *, by: Actor) -> TableCheck:
    """What there is to see of one table, with its first rows, which leave through the gate under the owner's duty.

    Cells of the file are shown only to whom that duty lets in; who else may look sees how it was read.
    """
    duty = duty_of(version, by)
    about = version.report.get("tables", {}).get(table.name, {})
    schema = table.schema[start : start + COLUMNS]
    before = _types_before(version, table)
    heads = [column["name"] for column in schema]
    return TableCheck(
        table=table,
        title=about.get("title", table.name),
        is_open=duty is not None,
        detected=about.get("detected", {}),
        columns=[_column(column if duty else _without_cells(column), table, before) for column in schema],
        start=start,
        bad_cells=[
            (row, column, text, why_words(why)) for row, column, text, why in about.get("bad_cells", []) if duty
        ],
        heads=heads,
        rows=_first_rows(version, table, heads, duty, by=by) if duty else [],
        above=about.get("above", []) if duty else [],
        footer=about.get("footer", []) if duty else [],
    )


def notes_of(version: Version) -> list[str]:
    """What was noticed on reading, in the reader's language, each thing once."""
    return list(dict.fromkeys(note_words(note) for note in version.report.get("notes", [])))


def _column(about: dict, table: Table, before: dict | None) -> ColumnCheck:
    name, kind = about["name"], about["type"]
    changed = ""
    if before is not None and before.get(name) != kind:
        changed = ColumnType(before[name]).label if name in before else _("new")
    return ColumnCheck(
        about=about,
        type=ColumnType(kind).label,
        before=changed,
        almost=_almost(about, table),
        bad=_bad(about),
        looks=evidence_words(about),
    )


def _almost(about: dict, table: Table) -> str:
    """How many cells of a text column keep it from being something narrower."""
    almost = about.get("almost")
    if not almost:
        return ""
    return _("Nearly “%(type)s”: %(misfits)s of %(rows)s cells do not fit") % {
        "misfits": f"{almost['misfits']:,}",
        "rows": f"{table.rows - about.get('nulls', 0):,}",
        "type": ColumnType(almost["type"]).label,
    }


def _bad(about: dict) -> str:
    count = about.get("bad_cells") or 0
    return ngettext("%(count)s bad cell", "%(count)s bad cells", count) % {"count": f"{count:,}"} if count else ""


def _types_before(version: Version, table: Table) -> dict | None:
    """The column types of the table of this name in the current version, where that is another one."""
    current = version.dataset.current
    if current is None or current.pk == version.pk:
        return None
    earlier = current.tables.filter(name=table.name).first()
    return earlier.types if earlier else None


def duty_of(version: Version, by: Actor) -> Basis | None:
    """The owner's duty that lets this person see the cells of the file; none where there is no such."""
    duties = bases_open_to(by).filter(kind=Basis.Kind.DUTY, dataset=version.dataset_id)
    return duties.select_related("dataset").order_by("made_at").first()


def _without_cells(about: dict) -> dict:
    almost = {**about["almost"], "examples": []} if about.get("almost") else None
    return {**about, "almost": almost, "min": None, "max": None, "frequent": []}


def _first_rows(version: Version, table: Table, heads: list[str], duty: Basis, *, by: Actor) -> list[list[str]]:
    query = RowQuery(table=table.name, select=", ".join(f'"{name}"' for name in heads), limit=ROWS)
    try:
        rows = open_rows(query, over=[(version, duty)], by=by)
        return [[as_text(value) for value in row.values()] for row in rows.dicts()]
    except (EngineBusy, TooCostly, Stopped):
        return []
