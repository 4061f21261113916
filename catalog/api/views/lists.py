"""Code lists: departments and themes, with how much of each the caller may know of."""

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema

from catalog import codes
from catalog.api import schema
from catalog.api.base import ApiView
from catalog.api.pages import link_pages, page_of
from catalog.api.serializers import DepartmentSerializer, ThemeSerializer
from catalog.models import Department
from catalog.permissions import visible_datasets


class Departments(ApiView):
    @extend_schema(**schema.LIST_DEPARTMENTS)
    def get(self, request):
        # Enterprises are no part of the city: which of them receive data is between them and the city.
        known = Department.objects.exclude(kind=Department.Kind.ENTERPRISE).select_related("parent")
        seen = Q(datasets__in=visible_datasets(self.by).values("pk"))
        page = page_of(
            known.annotate(seen=Count("datasets", filter=seen)), request, order=("code",), about="departments"
        )
        results = DepartmentSerializer(page.items, many=True).data
        return link_pages(
            self.whole({"results": results, "total": known.count(), "next": page.next}), request, page.next
        )


class Themes(ApiView):
    @extend_schema(**schema.LIST_THEMES)
    def get(self, request):
        counts = dict(visible_datasets(self.by).order_by().values_list("theme").annotate(n=Count("pk")))
        themes = [{"code": t.value, "name": t.label, "datasets": counts.get(t.value, 0)} for t in codes.Theme]
        return self.whole({"results": ThemeSerializer(themes, many=True).data})
