"""The history of a dataset: each change of its description, dictionary or links is kept with before and after."""

import hashlib
from datetime import date
from typing import Any

import rfc8785
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Dataset, DatasetChange


def keep_change(dataset: Dataset, what: str, before: dict, after: dict, *, by: Actor) -> str:
    """Keeps one change inside the transaction of its action; gives the SHA-256 of its canonical JSON for the event."""
    before, after = plain(before), plain(after)
    DatasetChange.objects.create(dataset=dataset, by=by.user, what=what[:200], before=before, after=after)
    dataset.updated_at = timezone.now()
    dataset.save(update_fields=["updated_at"])
    return hashlib.sha256(rfc8785.dumps({"before": before, "after": after})).hexdigest()


def set_fields(thing: Model, fields: dict[str, Any], allowed: tuple[str, ...]) -> tuple[dict, dict]:
    """Sets the fields on the instance, unsaved; gives what differs, before and after."""
    unknown = fields.keys() - set(allowed)
    if unknown:
        raise ValidationError(
            _("These cannot be set: %(unknown)s. These can: %(allowed)s."),
            params={"unknown": ", ".join(sorted(unknown)), "allowed": ", ".join(allowed)},
        )
    before, after = {}, {}
    for name, value in fields.items():
        held = getattr(thing, name)
        if held != value:
            before[name], after[name] = held, value
            setattr(thing, name, value)
    return before, after


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """The values as JSON keeps them: a day is its ISO text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
