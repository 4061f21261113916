"""Rows: a page as JSON, or all that match as a file, under one basis and through the gate."""

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from catalog.api import schema
from catalog.api.access import Opening, one_table
from catalog.api.base import ApiView
from catalog.api.conditional import etag_of, not_modified, stamp
from catalog.api.detail import counted_rows
from catalog.api.moments import asked_opening
from catalog.api.pages import link_pages, wants_total
from catalog.api.problems import Problem
from catalog.extents import row_count
from catalog.gate import Rows as Leaving
from catalog.gate import open_rows
from catalog.metering import LimitReached
from catalog.models import Format
from catalog.rows.errors import CountsOnly, QueryError
from catalog.rows.formats import Streamed, check_fits, jsonable
from catalog.rows.query import RowQuery
from catalog.streams import stream, watch_reader

MOST_FACETS = 5


class Rows(ApiView):
    """One table of one version; without names the only table and the newest version that the basis shows."""

    @extend_schema(**schema.LIST_ROWS)
    def get(self, request, pk, number=None, table=None):
        opening = asked_opening(request.GET, pk, self.by, number=number)
        query = RowQuery.from_params(request.GET, table=one_table(opening, table))
        kind, counted = asked_format(request.GET), wants_total(request)

        etag = etag_of(opening.version.pk, opening.basis.pk, opening.basis.terms, query.normal(), query.limit,
                       query.after, kind, counted, request.GET.get("facets", ""))  # fmt: skip
        if kind == Format.XLSX:
            etag = f"W/{etag}"  # a workbook holds the time at which it was made
        unchanged = not_modified(request, etag.removeprefix("W/"), public=opening.is_public)
        if unchanged is not None:
            return unchanged
        if request.method == "HEAD":  # nothing is read, so nothing is opened
            return stamp(HttpResponse(content_type="application/json"), etag, public=opening.is_public)
        if kind is not None:
            return stamp(self._file(opening, query, kind), etag, public=opening.is_public)
        return stamp(self._page(opening, query, counted), etag, public=opening.is_public)

    def _page(self, opening: Opening, query: RowQuery, counted: bool) -> Response:
        if opening.basis.least and self.request.GET.get("facets"):
            raise CountsOnly
        rows = open_rows(query, over=[(opening.version, opening.basis)], by=self.by, ahead=True)
        return page_of(rows, self.request, lambda *found: self._said(opening, query, counted, *found))

    def _said(self, opening: Opening, query: RowQuery, counted: bool, found: list[dict], after: str | None) -> dict:
        zone = ZoneInfo(query.timezone) if query.timezone else None
        data = {
            "results": [jsonable(row, zone) for row in found],
            "next": after,
            "total": self._total(opening, query, len(found), after, counted),
            "version": opening.version.number,
            "table": query.table,
            "basis": str(opening.basis.pk),
        }
        if columns := self.request.GET.get("facets", ""):
            data["facets"] = self._facets(opening, query, columns)
        return data

    def _total(self, opening: Opening, query: RowQuery, shown: int, after: str | None, counted: bool) -> int | None:
        """How many rows match: the stored count of the basis, this page where it is all, or counted where asked for."""
        if not query.after and after is None:
            return shown
        if opening.basis.least or query.group_by or query.distinct or "(" in query.select:
            return None
        if not query.is_narrowed:
            return self._stored_total(opening, query)
        if not counted:
            return None
        count = replace(query, select="count(*) as n", order_by="", limit=1, after="")
        (row,) = self._read(opening, count)
        return row["n"]

    def _stored_total(self, opening: Opening, query: RowQuery) -> int | None:
        """The count is a reading too, the first time: where the grant has none left the page stands without it."""
        try:
            return row_count(opening.version, opening.basis, query.table, by=self.by)
        except LimitReached:
            return None

    def _read(self, opening: Opening, query: RowQuery) -> list[dict]:
        """A few rows beside the page, under the same watch on the reader."""
        rows = open_rows(query, over=[(opening.version, opening.basis)], by=self.by)
        watch_reader(self.request, rows.exit)
        return rows.dicts()

    def _facets(self, opening: Opening, query: RowQuery, columns: str) -> dict[str, list[dict]]:
        """The frequent values of columns among the rows that match; each column is a reading of its own."""
        names = [name.strip() for name in columns.split(",") if name.strip()]
        if len(names) > MOST_FACETS:
            raise QueryError("bad-parameter", _("“facets” names at most %(most)s columns."), "facets", most=MOST_FACETS)
        return {name: self._facet(opening, query, name) for name in names}

    def _facet(self, opening: Opening, query: RowQuery, name: str) -> list[dict]:
        zone = ZoneInfo(query.timezone) if query.timezone else None
        return [jsonable(row, zone) for row in self._read(opening, query.facet(name))]

    def _file(self, opening: Opening, query: RowQuery, kind: Format | Streamed) -> HttpResponse:
        query = for_file(query, self.request.GET)
        rows = open_rows(query, over=[(opening.version, opening.basis)], by=self.by)
        try:
            check_fits(kind, _at_most(opening, query), rows.columns)
        except BaseException:
            rows.close("refused")
            raise
        return stream(self.request, rows, kind, file_name(opening, query), zone=query.timezone)


class PageOfRows(Response):
    """Rows with what is said about them. That they left is written down once they did: nobody waits for that."""

    def __init__(self, data: dict, rows: Leaving):
        super().__init__(data)
        self._rows = rows
        self.add_post_render_callback(lambda page: rows.exit.carried(page.content))

    def close(self):
        self._rows.close("complete")
        super().close()


def page_of(rows: Leaving, request, said: Callable[[list[dict], str | None], dict]) -> PageOfRows:
    """The answer with what is said of these rows and the cursor behind them; where that fails, nothing leaves."""
    watch_reader(request, rows.exit)
    found = rows.page(settings.PAGE_MAX_BYTES)
    try:
        data = said(found, rows.next)
    except BaseException:
        rows.close("broken")
        raise
    return link_pages(PageOfRows(data, rows), request, rows.next)


def _at_most(opening: Opening, query: RowQuery) -> int:
    """A number of rows that is known to leave; 0 where only reading tells."""
    if not query.is_plain:
        return 0
    kept = counted_rows(opening, query.table) or 0
    return kept if query.limit is None else min(kept, query.limit)


def for_file(query: RowQuery, params: QueryDict) -> RowQuery:
    """A file holds all that matches, unless a number of rows is asked for."""
    return query if "limit" in params else query.whole()


def asked_format(params: QueryDict) -> Format | Streamed | None:
    """The format that is asked for; None for pages of JSON."""
    text = params.get("format", "json")
    if text == "json":
        return None
    if text in list(Streamed):
        return Streamed(text)
    if text not in Format.values:
        known = ", ".join(["json", *Format.values, *Streamed])
        detail = _("“format” is one of: %(known)s.") % {"known": known}
        raise Problem("bad-format", detail, errors=[{"parameter": "format", "detail": detail}])
    return Format(text)


def file_name(opening: Opening, query: RowQuery) -> str:
    """What a file of these rows is called, without its format: title, table where there are several, version."""
    dataset = opening.basis.dataset
    parts = [slugify(dataset.title_en)[:60] or str(dataset.pk)[:8]]
    if query.table != "main":
        parts.append(slugify(query.table)[:40])
    return "-".join([*filter(None, parts), f"v{opening.version.number}"])
