"""Links: addresses elsewhere that belong to a dataset."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.changes import keep_change, set_fields
from catalog.actions.datasets import locked
from catalog.models import Dataset, Link
from catalog.permissions import check_may_keep
from catalog.policies import check_not_retired, faults

FIELDS = ("title_en", "title_zh", "url")
MOST_LINKS = 50


@transaction.atomic
def add_link(dataset: Dataset, fields: dict[str, Any], *, by: Actor) -> Link:
    """The dataset's page leads there too."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    check_not_retired(dataset)
    link = Link(dataset=dataset)
    set_fields(link, fields, FIELDS)
    check_leads_somewhere(link)
    if dataset.links.count() >= MOST_LINKS:
        raise ValidationError(_("A dataset has at most %(most)s links."), params={"most": MOST_LINKS})

    link.save(force_insert=True)
    keep_change(dataset, f"link {link.title}", {}, {name: getattr(link, name) for name in FIELDS}, by=by)

    record("link.added", by=by, on=link, department=dataset.department, dataset=dataset, facts={"url": link.url})
    return link


@transaction.atomic
def remove_link(link: Link, *, by: Actor) -> None:
    """The dataset's page no longer leads there."""
    check_may_keep(by, link.dataset)

    dataset = locked(link.dataset)
    check_not_retired(dataset)

    keep_change(dataset, f"link {link.title}", {name: getattr(link, name) for name in FIELDS}, {}, by=by)
    record("link.removed", by=by, on=link, department=dataset.department, dataset=dataset, facts={"url": link.url})
    link.delete()


def check_leads_somewhere(link: Link) -> None:
    """It has a title, and an address of the web."""
    wrong = faults(link, FIELDS)
    if not (link.title_en or link.title_zh):
        wrong["title_en"] = [_("Give the link a title in English or in Chinese.")]
    if "url" not in wrong and urlsplit(link.url).scheme not in {"http", "https"}:
        wrong["url"] = [_("The address must begin with https:// or http://.")]
    if wrong:
        raise ValidationError(wrong)
