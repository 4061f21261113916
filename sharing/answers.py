"""What a request says, in words: task by task, question by question, for whoever checks it, decides or reads on."""

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalog.models import Column
from catalog.wording import ColumnWords, column_words, mask_words
from sharing.asking import Page, heading_of, pages_of, tasks_of
from sharing.models import Request


@dataclass(frozen=True)
class Answer:
    """One field of the request, and the page on which it is changed."""

    label: str
    value: str
    page: str


@dataclass(frozen=True)
class AskedColumn:
    """One column asked for: what it is, what it is needed for, how coarse it may come."""

    words: ColumnWords
    need: str
    mask: str


@dataclass(frozen=True)
class Section:
    """One task with its answers; `columns` is filled where the task asks for columns."""

    title: str
    answers: list[Answer]
    columns: list[AskedColumn]


def answers_of(request: Request) -> list[Section]:
    """The whole request, in the order in which it was asked."""
    return [
        Section(
            heading_of(request, task),
            [answer for page in pages for answer in _answers(request, page)],
            asked_columns(request) if any(page.slug == "columns" for page in pages) else [],
        )
        for task, pages in tasks_of(pages_of(request)).items()
    ]


def _answers(request: Request, page: Page) -> list[Answer]:
    if page.slug == "columns":
        return []
    return [Answer(_label(name), value_of(request, name), page.slug) for name in page.fields]


def _label(name: str) -> str:
    return capfirst(str(Request._meta.get_field(name).verbose_name))


def value_of(request: Request, name: str) -> str:
    """The answer as people read it; empty where there is none."""
    field, value = Request._meta.get_field(name), getattr(request, name)
    if value is None or value == "":
        return ""
    if field.choices:
        return str(getattr(request, f"get_{name}_display")())
    if isinstance(value, bool):
        return _("Yes") if value else ""
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else str(value)


def asked_columns(request: Request) -> list[AskedColumn]:
    """The columns asked for, as the dictionary speaks of them."""
    asked = list(request.columns.all())
    found = Column.objects.filter(dataset=request.dataset_id, table=request.table, name__in=[one.name for one in asked])
    known = {column.name: column for column in found}
    table = request.dataset.current.tables.filter(name=request.table).first() if request.dataset.current else None
    kinds = table.types if table else {}
    return [
        AskedColumn(
            column_words(request.table, one.name, kinds.get(one.name, ""), known.get(one.name), one.mask),
            one.need,
            mask_words(one.mask),
        )
        for one in asked
    ]
