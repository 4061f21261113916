"""Lists on pages: a number of things in order, and the address of the next ones. Never an offset."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import HttpRequest

PAGE = 25
SALT = "portal.paging"


@dataclass(frozen=True)
class Page:
    """Some things of a list, the address of the first page (empty on it) and of the next one (empty on the last)."""

    items: list
    newer: str
    older: str


def page_of(queryset: QuerySet, request: HttpRequest, *, order: tuple[str, ...], size: int = PAGE) -> Page:
    """One page in this order, whose last field is unique. A cursor that makes no sense gives the first page."""
    after = _read(request.GET.get("after", ""), order)
    if after:
        queryset = queryset.filter(_beyond(order, after))
    items = list(queryset.order_by(*order)[: size + 1])
    more = len(items) > size
    return Page(
        items=items[:size],
        newer=_address(request, None) if after else "",
        older=_address(request, _write(items[size - 1], order)) if more else "",
    )


def _beyond(order: tuple[str, ...], values: list) -> Q:
    ways, same = Q(), {}
    for name, value in zip(order, values, strict=True):
        field = name.removeprefix("-")
        ways |= Q(**same, **{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        same[field] = value
    return ways & _bound(order[0], values[0])


def _bound(name: str, value) -> Q:
    """The same said of the first field alone, so that an index over it begins at the place."""
    return Q(**{f"{name.removeprefix('-')}__{'lte' if name.startswith('-') else 'gte'}": value})


def _write(item, order: tuple[str, ...]) -> str:
    values = [getattr(item, name.removeprefix("-")) for name in order]
    plain = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return signing.dumps([list(order), plain], salt=SALT, compress=True)


def _read(text: str, order: tuple[str, ...]) -> list:
    if not text:
        return []
    try:
        made_for, values = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return []
    return values if made_for == list(order) else []


def _address(request: HttpRequest, after: str | None) -> str:
    query = [(name, value) for name, value in request.GET.items() if name != "after" and value]
    if after:
        query.append(("after", after))
    return f"?{urlencode(query)}" if query else request.path
