"""Suggestions while one types, for programs and for the search box of the pages."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema

from catalog.api import schema
from catalog.api.base import ApiView
from catalog.api.problems import bad_parameter
from catalog.api.suggest_shapes import SuggestionSerializer
from catalog.search.query import LONGEST
from catalog.search.suggesting import suggest


class Suggest(ApiView):
    @extend_schema(**schema.SUGGEST)
    def get(self, request):
        for name in request.GET:
            if name != "q":
                raise bad_parameter(name, _("There is no parameter “%(name)s” here.") % {"name": name[:80]})
        q = request.GET.get("q", "")
        if len(q.strip()) > LONGEST:
            raise bad_parameter("q", _("Search for fewer than %(most)s characters.") % {"most": LONGEST})
        return self.whole({"results": SuggestionSerializer(suggest(q, by=self.by), many=True).data})
