"""What changed between two versions: a page of changes under the caller's basis, and how many there are."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema

from audit.actor import Actor
from catalog.api import schema
from catalog.api.access import Opening, one_table
from catalog.api.base import ApiView
from catalog.api.conditional import etag_of, not_modified, stamp
from catalog.api.moments import asked_opening
from catalog.api.pages import limit_of, wants_total
from catalog.api.problems import Problem, bad_parameter
from catalog.api.views.rows import PageOfRows, page_of
from catalog.changes import Pair, TablePair, count_changes
from catalog.gate import open_changes
from catalog.gone import check_not_gone, check_there
from catalog.row_keys import named_keys
from catalog.rows.comparing import KINDS, PAGE, Comparison
from catalog.rows.formats import jsonable
from catalog.versions import numbered, one_before

PARAMETERS = frozenset({"from", "to", "as_of", "basis", "change", "limit", "after", "total"})
MOST = 10_000


class Diff(ApiView):
    """One table in two versions; without names the newest that the basis shows and the one before it."""

    @extend_schema(**schema.COMPARE_VERSIONS)
    def get(self, request, pk, table=None):
        for name in request.GET:
            if name not in PARAMETERS:
                raise bad_parameter(name, _("There is no parameter “%(name)s” here.") % {"name": name[:80]})
        opening = asked_opening(request.GET, pk, self.by, number=_number(request, "to"))
        pair = _pair(opening, _number(request, "from"), self.by)
        name = one_table(opening, table)
        if name not in pair.tables:
            raise Http404
        asked = _asked(request, pair, name)
        named = named_keys(opening.basis.dataset).get(name, [])

        key = pair.tables[name].key(named)  # as the caller has it: what happens to a hidden key must not show
        sides = [[str(one.pk) for one in (pair.since, pair.since_basis, pair.version, pair.basis)]]
        etag = etag_of("diff", sides, key, asked.sha256, asked.limit, asked.after, wants_total(request))
        unchanged = not_modified(request, etag, public=opening.is_public)
        if unchanged is not None:
            return unchanged
        if request.method == "HEAD":  # nothing is read, so nothing is opened
            return stamp(HttpResponse(content_type="application/json"), etag, public=opening.is_public)
        return stamp(self._page(pair.tables[name], asked, named), etag, public=opening.is_public)

    def _page(self, table: TablePair, asked: Comparison, named: list[str]) -> PageOfRows:
        pair = table.pair
        over = {"older": (pair.since, pair.since_basis), "newer": (pair.version, pair.basis)}
        rows = open_changes(asked, **over, by=self.by)
        return page_of(rows, self.request, lambda *found: self._said(table, asked, named, *found))

    def _said(self, table: TablePair, asked: Comparison, named: list[str], found: list, after: str | None) -> dict:
        pair, columns = table.pair, table.columns
        return {
            "results": [_result(change) for change in found],
            "next": after,
            "total": self._total(table, named),
            "from": pair.since.number,
            "to": pair.version.number,
            "table": asked.table,
            "key": table.key(named),
            "columns": {
                "added": columns.added,
                "gone": columns.gone,
                "retyped": [dict(zip(("name", "before", "after"), one, strict=True)) for one in columns.retyped],
            },
            "basis": str(pair.basis.pk),
        }

    def _total(self, table: TablePair, named: list[str]) -> dict | None:
        """The numbers of changes, where they are asked for."""
        if not wants_total(self.request):
            return None
        counted = count_changes(table, named, by=self.by)
        return {kind: getattr(counted, kind) for kind in KINDS}


def _pair(opening: Opening, number: int | None, by: Actor) -> Pair:
    """The asked version with the earlier one, under the bases by which the caller opens both."""
    basis = opening.basis
    check_there(opening.version)
    found = one_before(basis, opening.version) if number is None else numbered(basis, number)
    if found is not None:
        check_there(found[0])
        return Pair(*found, opening.version, basis)
    if number is not None:
        check_not_gone(basis.dataset, by, number)
        raise Http404
    raise Problem("no-version", _("There is no earlier version that you may read, so nothing to compare with."))


def _asked(request, pair: Pair, table: str) -> Comparison:
    return Comparison(
        table=table,
        since=pair.since.number,
        change=request.GET.get("change", ""),
        limit=limit_of(request, MOST, PAGE),
        after=request.GET.get("after", ""),
    )


def _result(change: dict) -> dict:
    shown = {name: change[name] and jsonable(change[name]) for name in ("key", "before", "after")}
    return {"change": change["change"], **shown, "columns": change["columns"]}


def _number(request, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise bad_parameter(name, _("“%(name)s” is the number of a version.") % {"name": name})
    return int(text)
