"""What changed in a dataset's description, dictionary and links: who, when, before and after."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from catalog.models import Column, Dataset, DatasetChange, Link
from portal.accounts.pages import signed_in
from portal.pages.desk.kept import kept_or_404
from portal.paging import page_of

MODELS = {"dataset": Dataset, "column": Column, "link": Link}
ORDER = {kind: [*(field.name for field in model._meta.fields), "reason"] for kind, model in MODELS.items()}
OTHERS = {
    "state": gettext_lazy("State"),
    "reason": gettext_lazy("Reason"),
    "keywords_en": gettext_lazy("Keywords in English"),
    "keywords_zh": gettext_lazy("Keywords in Chinese"),
}


@signed_in
@require_safe
def history(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """All changes, newest first; for those who keep the dataset, since old texts and columns may not be open."""
    dataset = kept_or_404(request, pk)
    page = page_of(dataset.changes.select_related("by"), request, order=("-id",))
    items = [_item(change) for change in page.items]
    return render(request, "desk/history.html", {"section": "desk", "dataset": dataset, "page": page, "items": items})


def _item(change: DatasetChange) -> dict:
    kind, _space, name = change.what.partition(" ")
    held = {**change.before, **change.after}
    fields = [name for name in ORDER[kind] if name in held]
    return {
        "at": change.at,
        "who": change.by.name,
        "what": _title(kind, name, change),
        "changes": [
            {
                "label": _label(kind, field),
                "before": _words(kind, field, change.before.get(field)),
                "after": _words(kind, field, change.after.get(field)),
            }
            for field in fields
            if change.before.get(field) or change.after.get(field)
        ],
    }


def _title(kind: str, name: str, change: DatasetChange) -> str:
    if kind == "column":
        return _("Column %(name)s") % {"name": name}
    if kind == "link":
        return (_("Link added: %(name)s") if change.after else _("Link removed: %(name)s")) % {"name": name}
    return _("State") if "state" in change.after else _("Description")


def _label(kind: str, field: str) -> str:
    if field in OTHERS:
        return str(OTHERS[field])
    text = str(MODELS[kind]._meta.get_field(field).verbose_name)
    return text[:1].upper() + text[1:]


def _words(kind: str, field: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if field == "reason":
        return value or ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = dict(MODELS[kind]._meta.get_field(field).choices or [])
    return str(choices.get(value, value if value is not None else ""))
