"""What must hold before a row leaves, and while rows leave: asked of the database each time, never kept.

The rules are `bases_open_to` and `versions_under`; each is asked as a `Question`, for its SQL is always the same.
"""

from datetime import datetime
from types import SimpleNamespace
from uuid import UUID

from django.db.models import F, QuerySet

from audit.actor import Actor
from catalog.models import Basis, Dataset, Table, Version
from catalog.permissions import bases_open_to
from catalog.questions import Question
from catalog.versions import versions_under

MOST = 50  # bases of one reader over one dataset; more than that are named one by one


def held(basis: Basis, by: Actor) -> Basis | None:
    """The basis as it is at this moment, with its dataset and departments, if it lets this reader in."""
    found = HELD[_kind(by)].ask(basis=basis.pk, **_reader(by))
    return found[0] if found else None


def still_held(basis: Basis, by: Actor) -> bool:
    """True while the basis lets this reader in; asked again and again while rows leave."""
    return bool(STILL_HELD[_kind(by)].ask(basis=basis.pk, **_reader(by)))


def bases_over(dataset: UUID, by: Actor) -> list[Basis]:
    """The bases that let this reader into a dataset, pinned to the newest version first, each with what it shows."""
    return OVER[_kind(by)].ask(dataset=dataset, **_reader(by))


def covered_table(basis: Basis, version: Version, name: str) -> Table | None:
    """The table of this name in this version, if the basis opens the version."""
    values = {"dataset": basis.dataset_id, "version": version.pk, "name": name}
    if basis.version_id is not None:
        found = PINNED.ask(pinned=basis.version_id, **values)
    elif basis.kind == Basis.Kind.DUTY:
        found = OF_DUTY.ask(**values)
    else:
        found = SINCE.ask(since=basis.valid_from, **values)
    return found[0] if found else None


def _kind(by: Actor) -> str:
    """Which of the three forms of the rule is asked: services, like the public, get what everybody gets."""
    return by.kind if by.user is not None else "public"


def _reader(by: Actor) -> dict[str, UUID]:
    values = {"user": by.user_id}
    if by.key is not None:
        values["key"] = by.key.pk
    return values if by.user is not None else {}


def _open_to(user: UUID | None = None, key: UUID | None = None) -> QuerySet[Basis]:
    """The bases that let in whoever has these identifiers."""
    return bases_open_to(Actor(user=user and SimpleNamespace(pk=user), key=key and SimpleNamespace(pk=key))).order_by()


def _whole(basis: UUID, **reader: UUID) -> QuerySet[Basis]:
    return _open_to(**reader).filter(pk=basis).select_related("dataset__department", "department")


def _only_whether(basis: UUID, **reader: UUID) -> QuerySet[Basis]:
    return _open_to(**reader).filter(pk=basis).only("pk")


def _over(dataset: UUID, **reader: UUID) -> QuerySet[Basis]:
    found = _open_to(**reader).filter(dataset=dataset).order_by(F("version__number").desc(nulls_last=True), "-made_at")
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


READERS = {"public": {}, "person": {"user": "uuid"}, "key": {"user": "uuid", "key": "uuid"}}
HELD = {kind: Question(_whole, basis="uuid", **ids) for kind, ids in READERS.items()}
STILL_HELD = {kind: Question(_only_whether, basis="uuid", **ids) for kind, ids in READERS.items()}
OVER = {kind: Question(_over, dataset="uuid", **ids) for kind, ids in READERS.items()}
OF_TABLE = {"dataset": "uuid", "version": "uuid", "name": "text"}
PINNED = Question(_tables, **OF_TABLE, pinned="uuid")
OF_DUTY = Question(_tables, **OF_TABLE)
SINCE = Question(_tables, **OF_TABLE, since="timestamptz")
