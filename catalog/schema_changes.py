"""What a version that waits has other columns than the current one, and what the steward answers to that."""

import hashlib
import re
from dataclasses import dataclass, field

import rfc8785
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.codes import ColumnType
from catalog.likeness import Likeness, likely_renames
from catalog.models import Basis, Version
from catalog.terms import Terms

NAMED = 20


@dataclass(frozen=True)
class SchemaChanges:
    """The columns added, gone and of another type, as (table, name), and which added ones are likely gone ones."""

    before: int | None = None
    added: tuple = ()
    gone: tuple = ()
    retyped: dict = field(default_factory=dict)
    likely: dict[tuple, Likeness] = field(default_factory=dict)

    @property
    def ask(self) -> bool:
        """Whether somebody has to say that this is meant: columns that come take nothing from anybody."""
        return bool(self.gone or self.retyped)

    @property
    def digest(self) -> str:
        """Stands for just these changes, so that an answer holds for what was seen."""
        told = [
            self.before,
            sorted(self.added),
            sorted(self.gone),
            sorted([*key, *kinds] for key, kinds in self.retyped.items()),
        ]
        return hashlib.sha256(rfc8785.dumps(_lists(told))).hexdigest()

    def former(self, table: str) -> list[str]:
        """The names that a table no longer has."""
        return [name for gone_from, name in self.gone if gone_from == table]


@dataclass(frozen=True)
class SchemaAnswer:
    """What the steward said: the changes seen, and which added columns are former ones: {(table, new): old}."""

    seen: str
    renames: dict[tuple, str] = field(default_factory=dict)


def changes_of(version: Version) -> SchemaChanges:
    """How the columns differ from those of the dataset's current version; no difference where there is none."""
    current = version.dataset.current
    if current is None or current.pk == version.pk:
        return SchemaChanges()
    before = {table.name: table for table in current.tables.all()}
    after = {table.name: table for table in version.tables.all()}
    if not after:
        return SchemaChanges(before=current.number)
    old, new = _types(before), _types(after)
    likely = {
        (name, renamed): evidence
        for name in before.keys() & after.keys()
        for renamed, evidence in likely_renames(before[name].schema, after[name].schema).items()
    }
    return SchemaChanges(
        before=current.number,
        added=tuple(key for key in new if key not in old),
        gone=tuple(key for key in old if key not in new),
        retyped={key: (old[key], kind) for key, kind in new.items() if key in old and old[key] != kind},
        likely=likely,
    )


def check_answered(changes: SchemaChanges, answer: SchemaAnswer | None) -> None:
    """Refuses to keep a version whose columns went or changed type until somebody said that just this is meant."""
    if changes.ask and (answer is None or answer.seen != changes.digest):
        raise ValidationError(
            _(
                "Columns differ from version %(before)s: %(what)s. Look at them on the page of this version, and "
                "confirm there. A program answers with the digest that the check of the version gives."
            ),
            params={"before": changes.before, "what": told_briefly(changes)},
        )
    former = {} if answer is None else answer.renames
    for (table, new), old in former.items():
        if (table, new) not in changes.added or (table, old) not in changes.gone:
            raise ValidationError(_("%(new)s cannot be the former %(old)s."), params={"new": new, "old": old})
    if len({(table, old) for (table, _new), old in former.items()}) < len(former):
        raise ValidationError(_("Two columns cannot be the same former one. Choose one of them."))


def told_briefly(changes: SchemaChanges) -> str:
    """The columns gone and retyped, the first of many."""
    said = _told(changes)
    return ", ".join(said[:NAMED]) + (" …" if len(said) > NAMED else "")


def _told(changes: SchemaChanges) -> list[str]:
    gone = [_("%(name)s is gone") % {"name": name} for _table, name in changes.gone]
    retyped = [
        _("%(name)s was “%(before)s” and is “%(after)s”")
        % {"name": name, "before": ColumnType(old).label, "after": ColumnType(new).label}
        for (_table, name), (old, new) in changes.retyped.items()
    ]
    return [*gone, *retyped]


def losers_of(version: Version, changes: SchemaChanges) -> dict[tuple, list[str]]:
    """For each column that goes, in words, to whom it is lent or open now, or whose rows are chosen by it."""
    if not changes.gone:
        return {}
    bases = Basis.objects.live().filter(dataset=version.dataset_id, kind__in=(Basis.Kind.GRANT, Basis.Kind.RELEASE))
    losers = {}
    for basis in bases.select_related("department", "account", "version").order_by("kind", "made_at"):
        terms = Terms.from_json(basis.terms)
        for table, name in changes.gone:
            told = terms.tables.get(table)
            if told and _follows(basis) and (name in told.columns or _names(told.where, name)):
                losers.setdefault((table, name), []).append(_who(basis))
    return losers


def grants_that_lose(version: Version, changes: SchemaChanges) -> list[tuple[Basis, str]]:
    """The grants in force that follow the newest version and were lent, or filter by, a column gone or retyped."""
    if not changes.ask:
        return []
    following = Basis.objects.filter(
        dataset=version.dataset_id, kind=Basis.Kind.GRANT, state=Basis.State.ACTIVE, version=None
    )
    found = []
    for grant in following.order_by("pk").iterator():
        terms = Terms.from_json(grant.terms).tables
        gone = tuple(key for key in changes.gone if _is_lent(terms, key))
        retyped = {key: kinds for key, kinds in changes.retyped.items() if _is_lent(terms, key)}
        if gone or retyped:
            found.append((grant, told_briefly(SchemaChanges(gone=gone, retyped=retyped))))
    return found


def _is_lent(terms: dict, key: tuple) -> bool:
    table, name = key
    told = terms.get(table)
    return told is not None and (name in told.columns or _names(told.where, name))


def _follows(basis: Basis) -> bool:
    """Whether the change reaches a basis: a pinned grant keeps its version; the next release is proposed like this."""
    return basis.version_id is None or basis.kind == Basis.Kind.RELEASE


def _names(where: str, name: str) -> bool:
    return bool(where) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", where) is not None


def _who(basis: Basis) -> str:
    if basis.kind == Basis.Kind.RELEASE:
        return _("everybody, from the next release on (open in version %(number)s)") % {"number": basis.version.number}
    who = basis.department.name if basis.department else basis.account.name
    return _("%(who)s (lent until %(day)s)") % {"who": who, "day": date_format(basis.valid_until, "DATE_FORMAT")}


def _types(tables: dict) -> dict[tuple, str]:
    return {(name, column): kind for name, table in tables.items() for column, kind in table.types.items()}


def _lists(value):
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value
