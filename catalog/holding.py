"""What must hold before a row leaves, and while rows leave: asked of the database each time, never kept.

The rules are `bases_open_to` and `versions_under`; each is asked as a `Question`, for its SQL is always the same.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from uuid import UUID

from django.db.models import F, Func, QuerySet, Subquery

from audit.actor import Actor
from audit.planned import Condition
from catalog.models import Basis, Dataset, Table, Version
from catalog.permissions import bases_open_to
from catalog.questions import Question
from catalog.terms import TableTerms, Terms
from catalog.versions import versions_under

MOST = 50  # bases of one reader over one dataset; more than that are named one by one
MOST_KEPT, WIDEST_KEPT = 128, 400  # tables whose rows of the database stay in memory, and the columns of the widest


@dataclass(frozen=True)
class Opened:
    """A table that a basis opens, with the state in which the database's rows about it were when they were read."""

    basis: Basis
    table: Table
    state: tuple

    @cached_property
    def types(self) -> dict[str, str]:
        """Column name to type, in order."""
        return self.table.types

    @cached_property
    def terms(self) -> TableTerms | None:
        """What leaves of the table; None where nothing does."""
        return Terms.from_json(self.basis.terms).of_table(self.table.name, self.types)


_kept: OrderedDict[tuple, Opened] = OrderedDict()
_lock = threading.Lock()


def opened_table(basis: Basis, version: Version, name: str, by: Actor) -> Opened | None:
    """The basis as it is at this moment and the table of this name, if it lets this reader in and opens the version.

    The database decides each time. It also says in which state its rows are: while that is as it was, what was read
    of them is not read again.
    """
    place = (basis.pk, version.pk, name)
    kept = _kept.get(place)
    if kept is not None and kept.state == _state(kept.basis, version, name, by):
        return kept
    state = _state(basis, version, name, by)  # before what it is of: whatever changes in between shows the next time
    fresh = held(basis, by)
    table = fresh and covered_table(fresh, version, name)
    if table is None:
        return None
    found = Opened(fresh, table, state)
    if state and _way(fresh) == _way(basis) and len(found.types) <= WIDEST_KEPT:
        _keep(place, found)
    return found


def remembered_table(basis: Basis, version: Version, name: str, by: Actor) -> tuple[Opened, Condition] | None:
    """What was read before, and what makes it true at this moment: for a statement that asks that as it writes."""
    kept = _kept.get((basis.pk, version.pk, name))
    if kept is None:
        return None
    question, values = _state_of(kept.basis, version, name, by)
    return kept, question.finds(kept.state, **values)


def _keep(place: tuple, found: Opened) -> None:
    with _lock:
        _kept[place] = found
        _kept.move_to_end(place)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)


def held(basis: Basis, by: Actor) -> Basis | None:
    """The basis as it is at this moment, with its dataset and departments, if it lets this reader in."""
    found = HELD[_kind(by)].ask(basis=basis.pk, **_reader(by))
    return found[0] if found else None


def still_held(basis: Basis, by: Actor) -> bool:
    """True while the basis lets this reader in; asked again and again while rows leave."""
    return bool(STILL_HELD[_kind(by)].ask(basis=basis.pk, **_reader(by)))


def bases_over(dataset: UUID, by: Actor) -> list[Basis]:
    """The bases that let this reader into a dataset, of releases the newest ones, each with what it shows."""
    return OVER[_kind(by)].ask(dataset=dataset, **_reader(by))


def covered_table(basis: Basis, version: Version, name: str) -> Table | None:
    """The table of this name in this version, if the basis opens the version."""
    way, values = _way(basis)
    found = TABLES[way].ask(dataset=basis.dataset_id, version=version.pk, name=name, **values)
    return found[0] if found else None


def _state(basis: Basis, version: Version, name: str, by: Actor) -> tuple | None:
    """The numbers of the states of basis, dataset, departments and table; None where it does not hold."""
    question, values = _state_of(basis, version, name, by)
    found = question.ask(**values)
    return found[0] if found else None


def _state_of(basis: Basis, version: Version, name: str, by: Actor) -> tuple[Question, dict]:
    way, values = _way(basis)
    about = {"basis": basis.pk, "dataset": basis.dataset_id, "version": version.pk, "name": name}
    return STATES[_kind(by), way], {**about, **values, **_reader(by)}


def _way(basis: Basis) -> tuple[str, dict]:
    """Which versions a basis opens: the one it is pinned to, all, or those since it began."""
    if basis.version_id is not None:
        return "pinned", {"pinned": basis.version_id}
    return ("all", {}) if basis.kind == Basis.Kind.DUTY else ("since", {"since": basis.valid_from})


def _kind(by: Actor) -> str:
    """Which form of the rule is asked: services get what everybody gets, and what a duty of theirs opens."""
    return by.kind


def _reader(by: Actor) -> dict[str, UUID | str]:
    if by.user is None:
        return {"service": by.service} if by.service else {}
    return {"user": by.user_id, **({"key": by.key.pk} if by.key is not None else {})}


def _open_to(user: UUID | None = None, key: UUID | None = None, service: str = "") -> QuerySet[Basis]:
    """The bases that let in whoever has these identifiers."""
    person, through = (one and SimpleNamespace(pk=one) for one in (user, key))
    return bases_open_to(Actor(user=person, key=through, service=service)).order_by()


def _whole(basis: UUID, **reader: UUID | str) -> QuerySet[Basis]:
    return _open_to(**reader).filter(pk=basis).select_related("dataset__department", "department")


def _only_whether(basis: UUID, **reader: UUID | str) -> QuerySet[Basis]:
    return _open_to(**reader).filter(pk=basis).only("pk")


def _over(dataset: UUID, **reader: UUID | str) -> QuerySet[Basis]:
    """Rights that follow the newest version first: however many releases there are, they are among the fifty."""
    found = _open_to(**reader).filter(dataset=dataset).order_by(F("version__number").desc(nulls_first=True), "-made_at")
    found = found.select_related("version", "department", "dataset__department", "dataset__current")
    long = ("version__reading", "version__report", "dataset__current__reading", "dataset__current__report")
    return found.defer(*long)[:MOST]


def _tables(
    dataset: UUID, version: UUID, name: str, pinned: UUID | None = None, since: datetime | None = None
) -> QuerySet[Table]:
    """The table, where a basis of this kind opens its version."""
    kind = Basis.Kind.DUTY if since is None else Basis.Kind.GRANT
    basis = Basis(kind=kind, dataset=Dataset(pk=dataset), version_id=pinned, valid_from=since)
    return Table.objects.filter(version__in=versions_under(basis), version=version, name=name).order_by()


def _states(basis: UUID, dataset: UUID, version: UUID, name: str, pinned=None, since=None, **reader) -> QuerySet:
    tables = _tables(dataset, version, name, pinned, since).values_list(RowState("path"))
    rows = ["purpose", "dataset__title_en", "dataset__department__code", "department__code"]
    return _open_to(**reader).filter(pk=basis, dataset=dataset).values_list(*map(RowState, rows), Subquery(tables))


class RowState(Func):
    """The number of the transaction that last wrote the row which holds a column: PostgreSQL's `xmin`."""

    def as_sql(self, compiler, connection):
        """The system column of the table that the column belongs to."""
        (column,) = self.source_expressions
        return f"{compiler.quote_name_unless_alias(column.alias)}.xmin::text", []


READERS = {
    "public": {},
    "service": {"service": "text"},
    "person": {"user": "uuid"},
    "key": {"user": "uuid", "key": "uuid"},
}
WAYS = {"pinned": {"pinned": "uuid"}, "all": {}, "since": {"since": "timestamptz"}}
OF_TABLE = {"dataset": "uuid", "version": "uuid", "name": "text"}
HELD = {kind: Question(_whole, basis="uuid", **ids) for kind, ids in READERS.items()}
STILL_HELD = {kind: Question(_only_whether, basis="uuid", **ids) for kind, ids in READERS.items()}
OVER = {kind: Question(_over, dataset="uuid", **ids) for kind, ids in READERS.items()}
TABLES = {way: Question(_tables, **OF_TABLE, **values) for way, values in WAYS.items()}
STATES = {
    (kind, way): Question(_states, basis="uuid", **OF_TABLE, **values, **ids)
    for kind, ids in READERS.items()
    for way, values in WAYS.items()
}
