"""The parts of a dataset: columns, versions and files, as far as the caller's bases reach."""

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema

from catalog.api import schema
from catalog.api.access import Opening, find_dataset, one_opening
from catalog.api.base import ApiView
from catalog.api.detail import files_of, tables_of, versions_open_to
from catalog.api.moments import asked_openings
from catalog.api.pages import link_pages, page_of
from catalog.api.serializers import FileSerializer, TableSerializer, VersionLineSerializer
from catalog.gone import SAID, VersionGone, check_not_gone, check_there
from catalog.version_lines import lines, ways_to


class Columns(ApiView):
    @extend_schema(**schema.LIST_COLUMNS)
    def get(self, request, pk):
        dataset = find_dataset(pk, self.by)
        opening = one_opening(dataset, self.by, named=request.GET.get("basis", ""))
        check_there(opening.version)
        tables = TableSerializer(tables_of(dataset, [opening], request), many=True).data
        columns = [{"table": table["name"], **column} for table in tables for column in table["columns"]]
        return self.whole({"results": columns, "version": opening.version.number, "basis": str(opening.basis.pk)})


class Versions(ApiView):
    """The versions that the caller may open, and the address at which a steward loads the next one."""

    @extend_schema(**schema.LIST_VERSIONS)
    def get(self, request, pk):
        dataset = find_dataset(pk, self.by)
        versions = versions_open_to(dataset, self.by).select_related("purge")
        page = page_of(versions, request, order=("-number",), about=f"versions {pk}")
        older = versions.filter(number__lt=page.items[-1].number)[:1] if page.next else []
        listed = lines(ways_to([*page.items, *older], dataset, self.by), shown=len(page.items))
        results = VersionLineSerializer(listed, many=True, context={"request": request}).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)


class Files(ApiView):
    @extend_schema(**schema.LIST_FILES)
    def get(self, request, pk, number=None):
        dataset = find_dataset(pk, self.by)
        found = asked_openings(request.GET, dataset, self.by, number=number)
        if not found:
            check_not_gone(dataset, self.by, number)
        if number is not None and not found:
            raise Http404
        if found and all(opening.version.state in SAID for opening in found):
            raise VersionGone(found[0].version)
        results = FileSerializer(files_of(dataset, found), many=True, context={"request": request}).data
        return self.whole({"results": results, "manifest": _manifest(found, request) if results else None})


def _manifest(found: list[Opening], request) -> str | None:
    """The address of the release's manifest, where one of these openings is open to all."""
    for opening in found:
        if opening.is_public:
            return request.build_absolute_uri(reverse("manifest", args=[opening.basis.pk]))
    return None
