"""Why a reader can or cannot see the rows of a dataset, in words that lead on."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from catalog.codes import OpeningClass, SharingClass
from catalog.models import Basis, Least
from catalog.permissions import departments_of
from portal.pages.entry import Entry

STATES_SAID = {
    Basis.State.SUSPENDED: gettext_lazy("%(owner)s suspended the grant on %(day)s: “%(reason)s”. Ask when it resumes."),
    Basis.State.REVOKED: gettext_lazy("%(owner)s revoked the grant on %(day)s: “%(reason)s”. Ask for a new one."),
    Basis.State.RETURNED: gettext_lazy("Your department gave the grant back on %(day)s. Ask %(owner)s for a new one."),
    Basis.State.ENDED: gettext_lazy("The grant has ended. Ask %(owner)s for a new one."),
    Basis.State.EXPIRED: gettext_lazy("The grant ended on %(day)s. Ask %(owner)s to renew it."),
}


@dataclass(frozen=True)
class Way:
    """One basis that lets the reader in: what it is, and where to read under it."""

    sentence: str
    detail: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class Access:
    """The answer to “why can I (not) see this?”: a verdict, its reason, and the reader's ways in."""

    kind: str
    title: str
    sentence: str
    ways: list[Way]


LENT = {
    "": gettext_lazy("A grant to %(who)s until %(day)s"),
    Least.COUNT: gettext_lazy("Counts only, lent to %(who)s until %(day)s"),
    Least.YES_NO: gettext_lazy("Yes or no only, lent to %(who)s until %(day)s"),
}


def access(entry: Entry, *, by: Actor) -> Access:
    """The answer for this reader."""
    ways = [_way(basis, entry) for basis in [*entry.releases[:1], *entry.rights]]
    if entry.releases:
        opened = date_format(entry.releases[0].valid_from, "DATE_FORMAT")
        words = _("A reviewer cleared it on %(day)s. You may use it under the licence named here.") % {"day": opened}
        return Access("good", _("Open to everybody"), words, ways if entry.rights else [])
    if entry.rights:
        words = _("It is not open to everybody. Each reading is written down with its purpose before a row is shown.")
        return Access("note", _("You may read it under a right"), words, ways)
    return Access("warn", _("You cannot read its rows"), _refusal(entry, by), [])


def _refusal(entry: Entry, by: Actor) -> str:
    dataset, owner = entry.dataset, entry.dataset.department.name
    ended = _last_grant(entry, by)
    if ended is not None and ended.state in STATES_SAID:
        return STATES_SAID[ended.state] % {
            "owner": owner, "day": date_format(ended.state_at, "DATE_FORMAT"), "reason": ended.state_reason,
        }  # fmt: skip
    if by.user is None and dataset.opening_class != OpeningClass.CLOSED:
        return _("It is not open now. Ask %(owner)s whether and when it will be.") % {"owner": owner}
    if dataset.sharing_class == SharingClass.WITHHELD:
        return _("A law withholds it: %(law)s. Ask %(owner)s what may be told.") % {
            "law": dataset.sharing_law, "owner": owner,
        }  # fmt: skip
    if dataset.sharing_class == SharingClass.UNCONDITIONAL:
        return _("Any department may have it, but it was not lent to yours yet. Ask for the columns that you need.")
    return _("It is lent for a stated purpose only. Ask for the columns that you need: %(owner)s decides.") % {
        "owner": owner
    }  # fmt: skip


def _last_grant(entry: Entry, by: Actor) -> Basis | None:
    mine = Basis.objects.filter(kind=Basis.Kind.GRANT, dataset=entry.dataset, department__in=departments_of(by))
    return mine.order_by("-state_at").first()


def _way(basis: Basis, entry: Entry) -> Way:
    address = reverse("dataset", kwargs={"pk": entry.dataset.pk})
    chosen = entry.basis is not None and entry.basis.pk == basis.pk
    if basis.kind == Basis.Kind.RELEASE:
        return Way(_("The open release, as everybody has it"), "", address, chosen)
    address += f"?basis={basis.pk}"
    until = date_format(basis.valid_until, "DATE_FORMAT") if basis.valid_until else ""
    if basis.kind == Basis.Kind.GRANT:
        who = basis.department.name if basis.department else _("you")
        words = LENT[basis.least] % {"who": who, "day": until}
    else:
        words = _("Your duty") + (f" ({until})" if until else "")
    return Way(words, _(basis.purpose) if basis.kind == Basis.Kind.DUTY else basis.purpose, address, chosen)
