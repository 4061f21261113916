"""`/api/v1/holdings`: what a department holds of others' data, as its page says it."""

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from catalog.api.base import ApiView
from catalog.api.pages import link_pages, page_of
from catalog.api.problems import bad_parameter
from catalog.api.schema import AFTER, IF_NONE_MATCH, NEXT, listed, page_size, query
from catalog.api.serializers import DepartmentName
from catalog.models import Scope
from sharing.api.grant_shapes import DatasetName, state_field, state_of
from sharing.holdings import LISTS, holdings, lines_of


class HoldingSerializer(serializers.Serializer):
    """A grant as its recipient looks after it; all its terms stand at the grant's own address."""

    grant = serializers.UUIDField(source="grant.pk")
    dataset = DatasetName(source="grant.dataset")
    owner = DepartmentName(source="grant.dataset.department")
    recipient = DepartmentName(source="grant.department")
    purpose = serializers.CharField(source="grant.purpose")
    state = serializers.SerializerMethodField()
    valid_until = serializers.DateTimeField(source="grant.valid_until", allow_null=True)
    last_used_at = serializers.DateTimeField(source="grant.used_at", allow_null=True, help_text="Null: never read.")
    last_used_by = serializers.CharField(source="reader", help_text="Whose reading that was; empty where never read.")
    ends_soon = serializers.BooleanField(help_text="In force, and over within 30 days.")
    unused = serializers.BooleanField(help_text="In force, and not read for 60 days.")
    disposal_due = serializers.BooleanField(
        source="to_dispose", help_text="Over: the data is to be disposed of, and that attested."
    )
    request = serializers.UUIDField(allow_null=True, help_text="The request by which disposal is attested, where due.")

    @state_field
    def get_state(self, line) -> str:
        return state_of(line["grant"])


class Holdings(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=["Grants"],
        summary="List what your department holds",
        description="The grants that were lent to it, newest first: when each was read last and by whom, which end "
        "soon, which nobody reads, and of which the data is to be disposed of.",
        parameters=[
            query("list", "Those in force unless another list is named.", enum=list(LISTS), default="in-force"),
            page_size(20, 100),
            AFTER,
            IF_NONE_MATCH,
        ],
        responses={200: listed("HoldingPage", HoldingSerializer, next=NEXT)},
    )
    def get(self, request):
        chosen = request.GET.get("list", "in-force")
        if chosen not in LISTS:
            raise bad_parameter("list", _("“list” is one of: %(names)s.") % {"names": ", ".join(LISTS)})
        held = LISTS[chosen](holdings(self.by), timezone.now())
        page = page_of(held, request, order=("-made_at", "-id"), about=f"holdings {chosen} {self.by.user_id}")
        results = HoldingSerializer(lines_of(page.items), many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)
