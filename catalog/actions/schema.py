"""What follows from columns that changed with a version: the words of renamed ones go along, and it is written down."""

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.bases import suspend_live
from catalog.actions.columns import FIELDS, change_columns
from catalog.models import Basis, Column, Version
from catalog.schema_changes import SchemaAnswer, SchemaChanges, grants_that_lose, losers_of

MOST_NAMED = 50


def settle_columns(version: Version, changes: SchemaChanges, answer: SchemaAnswer | None, *, by: Actor) -> None:
    """The bare step of a confirmation that has checked the answer and locked the dataset."""
    if not (changes.added or changes.ask):
        return
    renames = answer.renames if answer else {}
    _carry_words(version, renames, by=by)
    lost_by = sum(map(len, losers_of(version, changes).values()))  # before those that lose something are suspended
    _suspend_losers(version, changes, by=by)

    record(
        "version.columns_changed",
        by=by,
        on=version,
        department=version.dataset.department,
        dataset=version.dataset,
        facts={
            "version": version.number,
            "before": changes.before,
            "added": _named(changes.added),
            "gone": _named(changes.gone),
            "renamed": [f"{table}.{old} > {new}" for (table, new), old in list(renames.items())[:MOST_NAMED]],
            "retyped": [
                f"{table}.{name}: {old} > {new}"
                for (table, name), (old, new) in list(changes.retyped.items())[:MOST_NAMED]
            ],
            "lost_by": lost_by,
        },
    )


def _suspend_losers(version: Version, changes: SchemaChanges, *, by: Actor) -> None:
    """Whoever follows the newest version and was lent what is gone, or is of another type now, gets nothing unseen."""
    for grant, what in grants_that_lose(version, changes):
        why = _("Version %(number)s has other columns: %(what)s.") % {"number": version.number, "what": what}
        suspend_live(Basis.objects.filter(pk=grant.pk), by=by, reason=why)


def _carry_words(version: Version, renames: dict, *, by: Actor) -> None:
    """The dictionary says of a renamed column what it said of the former one, where it does not say anything yet."""
    held = {(column.table, column.name): column for column in version.dataset.columns.all()} if renames else {}
    said = {}
    for (table, new), old in renames.items():
        former, column = held.get((table, old)), held[table, new]
        said[column.pk] = {
            name: getattr(former, name)
            for name in FIELDS
            if former and _is_silent(column, name) and not _is_silent(former, name)
        }
    if any(said.values()):
        change_columns(version.dataset, {pk: fields for pk, fields in said.items() if fields}, by=by)


def _is_silent(column: Column, name: str) -> bool:
    """Whether a field of the dictionary is as it was made."""
    return getattr(column, name) == Column._meta.get_field(name).get_default()


def _named(columns: tuple) -> list[str]:
    return [f"{table}.{name}" for table, name in columns[:MOST_NAMED]]
