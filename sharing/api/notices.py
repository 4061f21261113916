"""`/api/v1/notices`: what happened to requests, grants and bridges that concern the caller."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from catalog.api.base import ApiView
from catalog.api.pages import link_pages, page_of
from catalog.api.schema import AFTER, IF_NONE_MATCH, NEXT, listed, page_size
from catalog.models import Scope
from sharing.models import Notice
from sharing.notice_words import sentence
from sharing.notices import visible_notices


class NoticeSerializer(serializers.Serializer):
    """One event, as it is told to whom it concerns."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="Of the event, such as request.returned.")
    text = serializers.SerializerMethodField(help_text="In the language of the request.")
    request = serializers.UUIDField(source="request_id", allow_null=True)
    grant = serializers.UUIDField(source="grant_id", allow_null=True)
    bridge = serializers.UUIDField(source="bridge_id", allow_null=True)
    event = serializers.UUIDField(help_text="The event of the log that it tells of.")
    read_at = serializers.DateTimeField(allow_null=True, help_text="When it was marked as read, on the page.")

    @extend_schema_field(str)
    def get_text(self, notice: Notice) -> str:
        return sentence(notice)


class Notices(ApiView):
    signed_in = True
    scopes = {"GET": Scope.READ}

    @extend_schema(
        tags=["Requests"],
        summary="List notices",
        description="What happened to requests, grants and bridges that concern you, newest first; a key that names "
        "datasets reads those about them.",
        parameters=[page_size(20, 100), AFTER, IF_NONE_MATCH],
        responses={200: listed("NoticePage", NoticeSerializer, next=NEXT)},
    )
    def get(self, request):
        order = ("-at", "-id")
        page = page_of(visible_notices(self.by), request, order=order, about=f"notices {self.by.user_id}")
        results = NoticeSerializer(page.items, many=True).data
        return link_pages(self.whole({"results": results, "next": page.next}), request, page.next)
