"""The figures of a dry run, computed through the gate: today, as proposed, what is added, and what would help."""

from dataclasses import dataclass

from audit.actor import Actor
from catalog.gate import open_groups
from catalog.models import Basis, Column, Table, Version
from catalog.rows.errors import EngineBusy, QueryError, Stopped, TooCostly
from catalog.rows.groups import Grouping, Way
from catalog.terms import TableTerms
from sharing.dry_run.quasi import naming_columns
from sharing.dry_run.suggestions import DROP, Suggestion, suggestions
from sharing.dry_run.today import either

TOO_COSTLY, TOO_LONG = "too-costly", "filters-too-long"
NO_SUGGESTIONS = "no-suggestions"
AT_THIS_MOMENT = (TooCostly, EngineBusy, Stopped)


@dataclass(frozen=True)
class Look:
    """A table of a version, opened whole under a duty for this reader."""

    version: Version
    table: Table
    basis: Basis
    by: Actor

    def sizes(self, ways: list[Way]) -> list[dict]:
        """The numbers of each way."""
        asked = Grouping(self.table.name, tuple(ways))
        return open_groups(asked, over=[(self.version, self.basis)], by=self.by)


@dataclass(frozen=True)
class Proposal:
    """What is proposed beside what is read today, and which columns tell rows apart."""

    today: TableTerms | None
    proposed: TableTerms
    telling: list[str]
    columns: list[Column]

    @property
    def naming(self) -> list[str]:
        """The columns whose distinct values are the persons or enterprises."""
        return [column.name for column in naming_columns(self.columns)]

    def way(self, terms: TableTerms) -> Way:
        """Rows as these terms let them out, grouped by what tells them apart."""
        return Way(self.told_by(terms.columns), terms.where, tuple(self.naming))

    def told_by(self, columns: dict[str, str | None]) -> tuple[tuple[str, str | None], ...]:
        """The columns that tell rows apart, as far as these let them out."""
        return tuple((name, columns[name]) for name in self.telling if name in columns and columns[name] != "null")


def figures_of(look: Look, proposal: Proposal) -> dict:
    """The figures, as a dry run keeps them. What could not be computed in time is not there, and `unsaid` says so."""
    told = {
        "telling": proposal.telling,
        "naming": [{"name": c.name, "role": c.identity_role} for c in naming_columns(proposal.columns)],
        "marked": _marked(proposal),
        "columns": _columns(proposal),
        "unsaid": [],
    }
    try:
        told |= _side_by_side(look, proposal)
    except AT_THIS_MOMENT:
        return told | {"unsaid": [TOO_COSTLY], "suggestions": []}
    except QueryError:  # many filters of what is read today, which together are longer than a filter may be
        return told | {"unsaid": [TOO_LONG], "suggestions": []}
    try:
        told["suggestions"] = _suggested(look, proposal)
    except AT_THIS_MOMENT:
        told |= {"unsaid": [NO_SUGGESTIONS], "suggestions": []}
    return told


def _side_by_side(look: Look, proposal: Proposal) -> dict:
    """Today, as proposed, and what the two together add to today."""
    today, proposed = proposal.today, proposal.proposed
    ways = [proposal.way(proposed)]
    if today is not None:
        together = Way(where=either([today.where, proposed.where]), counted=tuple(proposal.naming))
        ways += [proposal.way(today), together]
    found = [said(numbers, way) for numbers, way in zip(look.sizes(ways), ways, strict=True)]
    before = found[1] if today is not None else None
    after = found[2] if today is not None else found[0]
    return {"proposed": found[0], "today": before, "added": _added(before, after)}


def _added(before: dict | None, after: dict) -> dict:
    if before is None:
        return {"rows": after["rows"], "counted": after["counted"]}
    counted = {name: after["counted"][name] - before["counted"][name] for name in after["counted"]}
    return {"rows": after["rows"] - before["rows"], "counted": counted}


def said(numbers: dict, way: Way) -> dict:
    """The numbers of a way by the names of its columns."""
    return {
        "rows": numbers["rows"],
        "groups": numbers["groups"],
        "smallest": numbers["smallest"],
        "unique": numbers["unique_rows"],
        "told_by": [[name, mask] for name, mask in way.grouped],
        "counted": dict(zip(way.counted, numbers["counted"], strict=True)),
    }


def _suggested(look: Look, proposal: Proposal) -> list[dict]:
    """Each suggestion with what it would do to the rows that are alone, and to the smallest group."""
    proposed = proposal.proposed
    tried = suggestions(proposed.columns, proposal.telling, look.table)
    if not tried:
        return []
    ways = [Way(proposal.told_by(one.applied(proposed.columns)), proposed.where) for one in tried]
    return [_effect(one, numbers) for one, numbers in zip(tried, look.sizes(ways), strict=True)]


def _effect(one: Suggestion, numbers: dict) -> dict:
    is_told = numbers["groups"] is not None
    return {
        "changes": [list(change) for change in one.changes],
        "drops": any(mask == DROP for _name, mask in one.changes),
        "unique": numbers["unique_rows"] if is_told else 0,
        "smallest": numbers["smallest"] if is_told else numbers["rows"],
        "rows": numbers["rows"],
    }


def _columns(proposal: Proposal) -> list[dict]:
    """Every column that is read today or would be, with its mask then and now; False where it is not read."""
    today = proposal.today.columns if proposal.today else {}
    names = dict.fromkeys([*proposal.proposed.columns, *today])
    return [
        {"name": name, "today": today.get(name, False), "proposed": proposal.proposed.columns.get(name, False)}
        for name in names
    ]


def _marked(proposal: Proposal) -> list[dict]:
    """The columns proposed that the dictionary calls personal or sensitive."""
    lent = proposal.proposed.columns
    found = [column for column in proposal.columns if column.is_protected and column.name in lent]
    return [{"name": c.name, "sensitivity": c.sensitivity, "mask": lent[c.name]} for c in found]
