"""The shapes of prepared files in the API, and how their operations are described."""

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from catalog.api import schema
from catalog.export_words import error_words
from catalog.models import Export, Format
from catalog.rows.formats import Streamed

EXPORTS = "Prepared files"


class ExportError(serializers.Serializer):
    """Why an export gives no file."""

    code = serializers.CharField()
    sentence = serializers.CharField()


class ExportSerializer(serializers.Serializer):
    """A file that is prepared of what a query asks for: how far it is, and where to fetch it."""

    id = serializers.UUIDField()
    dataset = serializers.UUIDField(source="basis.dataset_id")
    version = serializers.IntegerField(source="version.number")
    table = serializers.CharField()
    basis = serializers.UUIDField(source="basis_id")
    format = serializers.CharField()
    name = serializers.CharField(help_text="The name that a download is given.")
    state = serializers.ChoiceField(choices=Export.State.choices)
    progress = serializers.FloatField(allow_null=True, help_text="From 0 to 1; null where nothing can be said.")
    seconds_left = serializers.IntegerField(allow_null=True, help_text="About; null where nothing can be said.")
    rows = serializers.IntegerField(source="rows_done", help_text="So far, while it is being made.")
    bytes = serializers.IntegerField(source="bytes_done")
    sha256 = serializers.SerializerMethodField(help_text="null until it is ready.")
    error = serializers.SerializerMethodField(help_text="Why there is no file; null where nothing is wrong.")
    asked_at = serializers.DateTimeField(source="created_at")
    ready_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="From then on the file is gone.")
    url = serializers.SerializerMethodField(help_text="Where to fetch it; null while there is no file.")

    def get_sha256(self, export) -> str | None:
        return export.sha256 or None

    def get_error(self, export) -> ExportError(allow_null=True):
        return {"code": export.error["code"], "sentence": error_words(export.error)} if export.error else None

    def get_url(self, export) -> str | None:
        if export.state != Export.State.READY:
            return None
        return self.context["request"].build_absolute_uri(reverse("api-export-file", args=[export.pk]))


ASK_EXPORT = {
    "tags": [EXPORTS],
    "summary": "Ask for a file that is made in the background",
    "description": "For what takes longer than an answer may. Takes what `/rows` takes, in the address or as members "
    "of the body, and a `format`. A query that cannot be answered is refused at once. The answer is the export: ask "
    "its address in `Location` until `state` is `ready`, then fetch `url`. The file is yours alone, for a day unless "
    "the operator says otherwise, and goes when your basis ends. For signed-in readers; of open data, `/files` has "
    "whole tables for everybody.",
    "parameters": [schema.BASIS, schema.AS_OF, schema.IDEMPOTENCY_KEY],
    "request": {
        "application/json": {
            "type": "object",
            "properties": {
                "format": {"type": "string", "enum": [*Format.values, *Streamed]},
                **{name: {"type": "string"} for name in ("select", "where", "group_by", "having", "order_by", "q")},
            },
            "additionalProperties": {"type": ["string", "number", "boolean", "array"]},
            "example": {"format": "csv", "where": "district = 'North'", "order_by": "-height_m"},
        }
    },
    "responses": {202: OpenApiResponse(ExportSerializer, description="Accepted; see Location.")},
}
LIST_EXPORTS = {
    "tags": [EXPORTS],
    "summary": "List your prepared files",
    "description": "Newest first; those that are gone stay listed for a month.",
    "parameters": [schema.page_size(20, 100), schema.AFTER],
    "responses": {200: schema.listed("ExportPage", ExportSerializer, next=schema.NEXT)},
}
GET_EXPORT = {
    "tags": [EXPORTS],
    "summary": "See how a prepared file goes",
    "responses": {200: ExportSerializer},
}
END_EXPORT = {
    "tags": [EXPORTS],
    "summary": "End a prepared file",
    "description": "It is not made, or goes if it is there.",
    "request": None,
    "responses": {204: None},
}
GET_EXPORT_FILE = {
    "tags": [EXPORTS],
    "summary": "Fetch a prepared file",
    "description": "With its length, a strong ETag and ranges, so that a broken download goes on where it stopped. "
    "Your basis must be in force; each download under a right is recorded.",
    "parameters": [schema.header("Range", "The part to send: `bytes=0-1023`."), schema.IF_NONE_MATCH],
    "responses": {
        **{
            (200, kind.media_type.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY)
            for kind in [*Format, *Streamed]
            if kind is not Format.CSV_BOM
        }
    },
}
