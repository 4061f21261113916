"""Lists in pages: a cursor says where the last one ended, Link headers say where the next one is."""

from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from catalog.api.problems import bad_parameter
from catalog.rows.cursors import read_cursor, write_cursor

MOST = 100
PAGE = 20


@dataclass(frozen=True)
class Page:
    """Some items of a list, and the cursor behind the last one where there are more."""

    items: list = field(default_factory=list)
    next: str | None = None


def page_of(queryset: QuerySet, request, *, order: tuple[str, ...], about: str) -> Page:
    """One page of a list in this order, whose last field is unique; `about` names the list, for its cursors."""
    limit, after = limit_of(request), request.GET.get("after", "")
    names = [name.lstrip("-") for name in order]
    if after:
        to_python = [_field(queryset, name).to_python for name in names]
        keys = [convert(text) for convert, text in zip(to_python, read_cursor(after, about, len(order)), strict=True)]
        queryset = queryset.filter(_beyond(order, keys))
    items = list(queryset.order_by(*order)[: limit + 1])
    if len(items) <= limit:
        return Page(items)
    keys = [getattr(items[limit - 1], name) for name in names]
    texts = [key.isoformat() if hasattr(key, "isoformat") else str(key) for key in keys]
    return Page(items[:limit], write_cursor(about, texts))


def limit_of(request, most: int = MOST, default: int = PAGE) -> int:
    """How many items the caller wants."""
    text = request.GET.get("limit", "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):
        detail = _("“limit” must be a whole number from 1 to %(most)s.") % {"most": most}
        raise bad_parameter("limit", detail)
    return int(text)


def wants_total(request) -> bool:
    """True where the caller asks for an exact number of all."""
    return request.GET.get("total", "").lower() in {"1", "true", "yes", "exact"}


def link_pages(response, request, after: str | None):
    """The answer with Link headers (RFC 8288) to the first page, and to the next one where there is one."""
    links = [f'<{_address(request, None)}>; rel="first"']
    if after:
        links.append(f'<{_address(request, after)}>; rel="next"')
    response["Link"] = ", ".join(links)
    return response


def _field(queryset: QuerySet, name: str):
    """The field behind a name of the order: of the model, or of an annotation."""
    annotation = queryset.query.annotations.get(name)
    return annotation.output_field if annotation is not None else queryset.model._meta.get_field(name)


def _beyond(order: tuple[str, ...], keys: list) -> Q:
    ways, same = Q(), {}
    for name, key in zip(order, keys, strict=True):
        field_name = name.lstrip("-")
        way = "lt" if name.startswith("-") else "gt"
        ways |= Q(**same, **{f"{field_name}__{way}": key})
        same[field_name] = key
    return ways


def _address(request, after: str | None) -> str:
    params = request.GET.copy()
    params.pop("after", None)
    if after:
        params["after"] = after
    query = params.urlencode()
    return request.build_absolute_uri(request.path) + (f"?{query}" if query else "")
