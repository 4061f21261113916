"""Lists in pages: a cursor says where the last one ended, Link headers say where the next one is."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from catalog.api.problems import Problem
from catalog.rows.cursors import read_cursor, write_cursor

MOST = 100
PAGE = 20


@dataclass(frozen=True)
class Page:
    """Some items of a list, and the cursor behind the last one where there are more."""

    items: list = field(default_factory=list)
    next: str | None = None


def page_of(queryset: QuerySet, request, *, moment: str, about: str) -> Page:
    """One page of a list ordered by a moment, newest first, and then by id."""
    limit, after = limit_of(request), request.GET.get("after", "")
    if after:
        at, identity = read_cursor(after, about, 2)
        at = parse_datetime(at)
        queryset = queryset.filter(Q(**{f"{moment}__lt": at}) | Q(**{moment: at, "id__lt": identity}))
    items = list(queryset.order_by(f"-{moment}", "-id")[: limit + 1])
    if len(items) <= limit:
        return Page(items)
    last = items[limit - 1]
    at: datetime = getattr(last, moment)
    return Page(items[:limit], write_cursor(about, [at.isoformat(), str(last.pk)]))


def limit_of(request, most: int = MOST, default: int = PAGE) -> int:
    """How many items the caller wants."""
    text = request.GET.get("limit", "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        detail = _("“limit” must be a whole number from 1 to %(most)s.") % {"most": most}
        raise Problem("bad-parameter", detail, errors=[{"parameter": "limit", "detail": detail}])
    return int(text)


def link_pages(response, request, after: str | None):
    """The answer with Link headers (RFC 8288) to the first page, and to the next one where there is one."""
    links = [f'<{_address(request, None)}>; rel="first"']
    if after:
        links.append(f'<{_address(request, after)}>; rel="next"')
    response["Link"] = ", ".join(links)
    return response


def _address(request, after: str | None) -> str:
    params = request.GET.copy()
    params.pop("after", None)
    if after:
        params["after"] = after
    query = params.urlencode()
    return request.build_absolute_uri(request.path) + (f"?{query}" if query else "")
