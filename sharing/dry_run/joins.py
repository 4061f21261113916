"""The linkage ledger in words, for a reader who may know of some of the datasets in it and not of others."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from catalog.permissions import visible_datasets
from sharing.dry_run.ledger import CHANGED, TOO_COSTLY
from sharing.dry_run.pairs import COARSER, PSEUDONYM
from sharing.dry_run.shapes import Joined

BARS = {
    PSEUDONYM: gettext_lazy("They cannot be joined: at least one is a pseudonym that the other is not."),
    COARSER: gettext_lazy("They cannot be joined value by value: one is shown more coarsely than the other."),
}
UNSAID = {
    TOO_COSTLY: gettext_lazy("Comparing the values took too long. Try again in a while."),
    CHANGED: gettext_lazy("Their values cannot be compared now: what is read there has changed."),
}
NOTHING = "–"


def ledger_in_words(entries: list[dict], titles: dict[str, str], *, by: Actor) -> list[Joined]:
    """What could be joined; of a dataset that this reader may not know of, only that there is one."""
    names = known_datasets(entries, by=by)
    return [
        Joined(
            dataset=names.get(one["dataset"], _("A dataset that you may not know of")),
            mine=titles.get(one["mine"], one["mine"]),
            theirs=one["theirs"] if one["dataset"] in names else NOTHING,
            words=_joins(one),
            percent=one["share"],
            is_open=not one["bar"],
        )
        for one in entries
    ]


def _joins(one: dict) -> str:
    """How far two columns hold rows together."""
    if one["bar"]:
        return str(BARS[one["bar"]])
    if one["unsaid"]:
        return str(UNSAID[one["unsaid"]])
    if one["share"] is None:
        return _("They can be joined; there are too few values to say how many are the same.")
    return _("They can be joined: about %(share)s %% of the values here are there too.") % {"share": one["share"]}


def known_datasets(entries: list[dict], *, by: Actor) -> dict[str, str]:
    """The titles of those datasets that this reader may know of, by their identifiers."""
    seen = visible_datasets(by).filter(pk__in={one["dataset"] for one in entries})
    return {str(dataset.pk): dataset.title for dataset in seen}


def ledger_for(entries: list[dict], names: dict[str, str]) -> list[dict]:
    """The ledger as programs read it; what is not of one of these known datasets is null."""
    return [_entry_for(one, names) for one in entries]


def _entry_for(one: dict, names: dict[str, str]) -> dict:
    known = one["dataset"] in names
    return {
        "dataset": {"id": one["dataset"], "title": names[one["dataset"]]} if known else None,
        "mine": one["mine"],
        **{name: one[name] if known else None for name in ("theirs", "role", "why")},
        **{name: one[name] for name in ("bar", "share", "unsaid")},
    }
