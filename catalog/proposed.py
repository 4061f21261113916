"""Terms that are proposed and not agreed to: what they would let out is looked at under a duty that opens it whole."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from catalog.models import Basis
from catalog.rows.groups import filtered_by
from catalog.terms import TableTerms


def check_opens_whole(basis: Basis, terms: TableTerms, names: Iterable[str]) -> None:
    """The basis is a duty that lets out each of these columns as it is, of every row: nothing narrower can be wider."""
    if (
        basis.kind != Basis.Kind.DUTY
        or terms.where
        or any(name not in terms.columns or terms.columns[name] is not None for name in names)
    ):
        raise PermissionDenied(_("Only under a duty that opens all of these columns can other terms be tried."))


def check_is_of_a_service(basis: Basis) -> None:
    """Nobody's eyes compare two owners' values: only a part of the platform does, under a duty of its own."""
    if basis.recipient != Basis.Recipient.SERVICE:
        raise PermissionDenied(_("Only the platform compares the values of two owners, under duties of its own."))


def proposed_terms(basis: Basis, terms: TableTerms, types: dict[str, str], proposed: TableTerms) -> TableTerms:
    """The proposed terms, where the basis opens all that they are made of; columns that are not there are left out."""
    check_opens_whole(basis, terms, [*proposed.columns, *filtered_by(proposed.where, types)])
    return proposed
