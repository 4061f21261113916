"""Prepared files: the question, how far its file is, and the file, for the one reader who asked."""

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from catalog.actions.exports import ask_export, end_export
from catalog.api import export_shapes as shapes
from catalog.api.access import one_table
from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.moments import asked_opening
from catalog.api.pages import link_pages, page_of
from catalog.api.problems import Problem, bad_parameter
from catalog.api.views.rows import asked_format, file_name, for_file
from catalog.export_words import error_words
from catalog.gone import check_there, was_open
from catalog.holding import held
from catalog.models import Export, Scope, Version
from catalog.permissions import exports_of
from catalog.rows.query import RowQuery
from catalog.streams import send_export

WAIT = "2"  # seconds after which it is worth looking again


class ExportView(ApiView):
    """A view of the caller's own exports."""

    signed_in = True

    def mine(self, pk) -> Export:
        """One of the caller's own; another's is not there."""
        return get_object_or_404(exports_of(self.by).select_related("version", "basis__dataset"), pk=pk)

    def described(self, found, **more) -> dict:
        """What is said of an export, or of each of several."""
        return shapes.ExportSerializer(found, context={"request": self.request}, **more).data


class DatasetExports(ExportView):
    """Takes what the rows of the same address take."""

    scopes = {"POST": Scope.READ}

    @extend_schema(**shapes.ASK_EXPORT)
    @once
    def post(self, request, pk, number=None, table=None):
        params = _asked(request)
        opening = asked_opening(params, pk, self.by, number=number)
        query = for_file(RowQuery.from_params(params, table=one_table(opening, table)), params)
        kind = asked_format(params)
        if kind is None:
            raise Problem("bad-format", _("Say with “format” what the file is to be: csv, parquet or another."))

        over = (opening.version, opening.basis)
        export = ask_export(query, kind, over=over, name=file_name(opening, query), by=self.by)

        address = request.build_absolute_uri(reverse("api-export", args=[export.pk]))
        return Response(self.described(export), status=202, headers={"Location": address, "Retry-After": WAIT})


class Exports(ExportView):
    scopes = {"GET": Scope.READ}

    @extend_schema(**shapes.LIST_EXPORTS)
    def get(self, request):
        mine = exports_of(self.by).select_related("version", "basis")
        page = page_of(mine, request, order=("-created_at", "-id"), about=f"exports {self.by.user_id}")
        data = {"results": self.described(page.items, many=True), "next": page.next}
        return link_pages(self.whole(data), request, page.next)


class OneExport(ExportView):
    @extend_schema(**shapes.GET_EXPORT)
    def get(self, request, pk):
        return self.whole(self.described(self.mine(pk)))

    @extend_schema(**shapes.END_EXPORT)
    def delete(self, request, pk):
        end_export(self.mine(pk), by=self.by)
        return HttpResponse(status=204)


class ExportFile(ExportView):
    def check_version(self, export: Export) -> None:
        """What became of the version is said under a basis that holds, or to everybody where it was open."""
        if held(export.basis, self.by) or was_open(export.version):
            check_there(export.version)
        elif export.version.state in Version.GONE:
            raise Problem("export-gone")

    @extend_schema(**shapes.GET_EXPORT_FILE)
    def get(self, request, pk):
        export = self.mine(pk)
        self.check_version(export)
        if export.is_open:
            raise Problem("export-not-ready", headers={"Retry-After": WAIT})
        if export.state != Export.State.READY:
            raise Problem("export-gone", error_words(export.error))
        try:
            return send_export(request, export, by=self.by)
        except Http404:  # it ended in this moment
            raise Problem("export-gone") from None


def _asked(request) -> QueryDict:
    """The parameters of the address and the members of the body, as one."""
    params = request.GET.copy()
    for name, value in request.data.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict | list):
                raise bad_parameter(name, _("“%(name)s” is a text, a number, true or false, or a list of these.")
                                    % {"name": name[:80]})  # fmt: skip
            if one is not None:
                params.appendlist(name, str(one).lower() if isinstance(one, bool) else str(one))
    return params
