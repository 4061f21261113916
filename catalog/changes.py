"""What changed from one version to another, said only as the bases of a reader let out the two."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from audit.actor import Actor
from catalog.gate import count_all_changes, open_changes
from catalog.masks import type_under
from catalog.models import Basis, RowChanges, Table, Version
from catalog.row_keys import key_under
from catalog.rows.comparing import KINDS, Comparison
from catalog.terms import TableTerms, Terms


@dataclass(frozen=True)
class ColumnChanges:
    """Columns that came and went, and (name, type before, type after) of those that are of another type."""

    added: list[str]
    gone: list[str]
    retyped: list[tuple[str, str, str]]

    @property
    def are_any(self) -> bool:
        """True where the columns are not the same."""
        return bool(self.added or self.gone or self.retyped)


@dataclass(frozen=True)
class Pair:
    """Two versions of a dataset, the earlier first, each with the basis that opens it to the reader."""

    since: Version
    since_basis: Basis
    version: Version
    basis: Basis

    @cached_property
    def tables(self) -> dict[str, "TablePair"]:
        """The tables that leave of both versions, by name."""
        before = {table.name: table for table in self.since.tables.all()}
        found = {}
        for table in self.version.tables.all():
            earlier = before.get(table.name)
            terms = _terms(self.basis, table)
            former = _terms(self.since_basis, earlier) if earlier is not None else None
            if terms is not None and former is not None:
                found[table.name] = TablePair(self, earlier, former, table, terms)
        return found

    @cached_property
    def is_of_all(self) -> bool:
        """True where both bases let out every row and column."""
        return all(Terms.from_json(basis.terms).everything for basis in (self.since_basis, self.basis))

    @property
    def bases(self) -> tuple:
        """The bases that counts are kept for; none where they are of all rows."""
        return (None, None) if self.is_of_all else (self.basis.pk, self.since_basis.pk)


@dataclass(frozen=True)
class TablePair:
    """A table in two versions, with what leaves of it in each."""

    pair: Pair
    before: Table
    before_terms: TableTerms
    after: Table
    after_terms: TableTerms

    def key(self, named: list[str]) -> list[str]:
        """The row key that rows are held together by: whole on both sides, or none."""
        sides = ((self.before_terms, self.before.types), (self.after_terms, self.after.types))
        return list(named) if all(key_under(named, terms, types) for terms, types in sides) else []

    @cached_property
    def columns(self) -> ColumnChanges:
        """How the columns differ that leave."""
        before, after = _types(self.before, self.before_terms), _types(self.after, self.after_terms)
        return ColumnChanges(
            added=[name for name in after if name not in before],
            gone=[name for name in before if name not in after],
            retyped=[(name, before[name], kind) for name, kind in after.items() if before.get(name, kind) != kind],
        )


def kept_changes(pairs: Iterable[Pair]) -> dict[tuple, RowChanges]:
    """What was counted for these pairs, by version, earlier version, table and bases: one question."""
    asked = Q(pk__in=[])
    for pair in pairs:
        basis, since_basis = pair.bases
        asked |= Q(version=pair.version, since=pair.since, basis=basis, since_basis=since_basis)
    return {(one.version_id, one.since_id, one.table, one.basis_id, one.since_basis_id): one
            for one in RowChanges.objects.filter(asked)}  # fmt: skip


def changes_in(kept: dict[tuple, RowChanges], table: TablePair, named: list[str]) -> RowChanges | None:
    """Of what was counted, the numbers for this table; none where they were counted by another row key."""
    pair = table.pair
    found = kept.get((pair.version.pk, pair.since.pk, table.after.name, *pair.bases))
    return found if found is not None and found.key == table.key(named) else None


def count_changes(table: TablePair, named: list[str], *, by: Actor) -> RowChanges:
    """How many rows came, went and changed; counted through the gate at the first asking, then kept."""
    pair = table.pair
    kept = changes_in(kept_changes([pair]), table, named)
    if kept is not None:
        return kept
    asked = Comparison(table=table.after.name, since=pair.since.number, counted=True)
    opened = open_changes(asked, older=(pair.since, pair.since_basis), newer=(pair.version, pair.basis), by=by)
    (found,) = opened.dicts()
    return _keep(table, table.key(named), found)


def count_all(table: TablePair, named: list[str]) -> RowChanges:
    """The same of all rows, for the owner's duty; nobody reads, so nothing leaves."""
    if table.before.sha256 == table.after.sha256:
        return _keep(table, table.key(named), dict.fromkeys(KINDS, 0))
    return _keep(table, table.key(named), count_all_changes(table.before, table.after, table.key(named)))


def _keep(table: TablePair, key: list[str], found: dict) -> RowChanges:
    basis, since_basis = table.pair.bases
    made, _new = RowChanges.objects.update_or_create(
        version=table.pair.version,
        since=table.pair.since,
        table=table.after.name,
        basis_id=basis,
        since_basis_id=since_basis,
        defaults={"key": key, **{kind: found[kind] for kind in KINDS}},
    )
    return made


def _terms(basis: Basis, table: Table) -> TableTerms | None:
    return Terms.from_json(basis.terms).of_table(table.name, table.types)


def _types(table: Table, terms: TableTerms) -> dict[str, str]:
    """The types of the columns as they leave."""
    kinds = table.types
    return {name: type_under(text, column=name, column_type=kinds[name]) for name, text in terms.columns.items()}
