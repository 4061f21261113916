"""What people write at a request, in words that can be read and are not too many."""

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from catalog.actions.bases import check_reason

MOST_LETTERS = 2_000


def too_long(thing: Model, fields: tuple[str, ...]) -> dict[str, list[str]]:
    """The long texts among these fields that are longer than they may be."""
    most = {name: thing._meta.get_field(name).max_length for name in fields}
    return {
        name: [_("This has at most %(most)s characters.") % {"most": limit}]
        for name, limit in most.items()
        if limit and isinstance(value := getattr(thing, name), str) and len(value) > limit
    }


def check_said(reason: str, *, ask: str = "") -> None:
    """Whoever turns a request another way says why, in words that can be read."""
    if ask and not reason.strip():
        raise ValidationError(ask)
    check_reason(reason)
    if len(reason) > MOST_LETTERS:
        raise ValidationError(_("A reason has at most 2,000 characters."))
