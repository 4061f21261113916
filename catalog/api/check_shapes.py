"""The shapes of a version that waits for its steward and of what a dataset keeps, and how these acts are described."""

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from catalog import codes
from catalog.api.schema import DATASETS, IDEMPOTENCY_KEY, LOADING
from catalog.api.serializers import NOT_SETTABLE, ReasonInput
from catalog.models import Mode, Version
from catalog.schema_changes import SchemaAnswer, changes_of, losers_of


class AddedSerializer(serializers.Serializer):
    """A column that came, and which of those that went it may be."""

    table = serializers.CharField()
    column = serializers.CharField()
    likely = serializers.CharField(allow_null=True, help_text="The former column that it is likely to be, if any.")
    evidence = serializers.CharField(help_text="What speaks for that.")


class GoneSerializer(serializers.Serializer):
    """A column that went, and who loses it."""

    table = serializers.CharField()
    column = serializers.CharField()
    lost_by = serializers.ListField(child=serializers.CharField(), help_text="To whom it is lent or open now.")


class RetypedColumnSerializer(serializers.Serializer):
    """A column that is of another type."""

    table = serializers.CharField()
    column = serializers.CharField()
    before = serializers.ChoiceField(choices=codes.ColumnType.choices)
    after = serializers.ChoiceField(choices=codes.ColumnType.choices)


class SchemaChangesSerializer(serializers.Serializer):
    """How the columns differ from those of the current version."""

    since = serializers.IntegerField(source="before", allow_null=True, help_text="The number of the current version.")
    ask = serializers.BooleanField(help_text="Whether confirming takes an answer: columns went or changed their type.")
    digest = serializers.CharField(help_text="Stands for just these changes; send it in the answer.")
    added = serializers.SerializerMethodField()
    gone = serializers.SerializerMethodField()
    retyped = serializers.SerializerMethodField()

    @extend_schema_field(AddedSerializer(many=True))
    def get_added(self, changes) -> list[dict]:
        found = [(table, column, changes.likely.get((table, column))) for table, column in changes.added]
        return [
            {"table": table, "column": column, "likely": like and like.old, "evidence": like.words() if like else ""}
            for table, column, like in found
        ]

    @extend_schema_field(GoneSerializer(many=True))
    def get_gone(self, changes) -> list[dict]:
        losers = losers_of(self.context["version"], changes)
        return [{"table": key[0], "column": key[1], "lost_by": losers.get(key, [])} for key in changes.gone]

    @extend_schema_field(RetypedColumnSerializer(many=True))
    def get_retyped(self, changes) -> list[dict]:
        return [
            {"table": table, "column": column, "before": before, "after": after}
            for (table, column), (before, after) in changes.retyped.items()
        ]


class CheckedTableSerializer(serializers.Serializer):
    """A table as it was read."""

    name = serializers.CharField()
    rows = serializers.IntegerField()
    bad_cells = serializers.IntegerField(help_text="Cells that did not fit the type of their column.")


class CheckSerializer(serializers.Serializer):
    """What there is to look at before a version is made current."""

    version = serializers.IntegerField(source="number")
    state = serializers.ChoiceField(choices=Version.State.choices)
    mode = serializers.ChoiceField(choices=Mode.choices)
    tables = CheckedTableSerializer(many=True, source="tables.all")
    changes = serializers.SerializerMethodField(help_text="null where it does not wait any more.")

    def get_changes(self, version) -> SchemaChangesSerializer(allow_null=True):
        if version.state != Version.State.PROPOSED:
            return None
        return SchemaChangesSerializer(changes_of(version), context={"version": version}).data


class AnswerInput(serializers.Serializer):
    """That the changes were seen and are meant."""

    digest = serializers.CharField(max_length=64, help_text="As the check of this version gave it.")
    renames = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField(max_length=200)),
        required=False,
        help_text="`{table: {new name: former name}}`: what the dictionary said of the former column goes along.",
    )


class ConfirmInput(serializers.Serializer):
    """The steward's word."""

    answer = AnswerInput(required=False, allow_null=True, help_text="Where the check says `ask`.")

    def validate(self, attrs):
        if unknown := self.initial_data.keys() - self.fields.keys():
            raise serializers.ValidationError(dict.fromkeys(sorted(unknown), NOT_SETTABLE))
        return attrs

    def said(self) -> SchemaAnswer | None:
        """What was said, in the form that the action takes."""
        answer = self.validated_data.get("answer")
        if answer is None:
            return None
        renames = answer.get("renames", {})
        return SchemaAnswer(
            answer["digest"],
            {(table, new): old for table, columns in renames.items() for new, old in columns.items()},
        )


class RetentionSerializer(serializers.Serializer):
    """How long versions are kept: what either rule keeps stays; without both, all stay for ever."""

    versions = serializers.IntegerField(
        source="keep_versions", allow_null=True, help_text="So many of the newest; null for no such rule."
    )
    days = serializers.IntegerField(
        source="keep_days", allow_null=True, help_text="Those confirmed in so many last days; null for no such rule."
    )


FOR = "For stewards of the department, by a key with the scope `write`."
CHECK_VERSION = {
    "tags": [LOADING],
    "summary": "Look at a version before it is made current",
    "description": f"Its tables, and how its columns differ from those of the current version. {FOR}",
    "responses": {200: CheckSerializer},
}
CONFIRM_VERSION = {
    "tags": [LOADING],
    "summary": "Make a version current",
    "description": "It is kept, and the next file is read as this one was. Where columns went or changed their type, "
    f"the answer says that just these changes were seen: 400 with a sentence that names them where it does not. {FOR}",
    "parameters": [IDEMPOTENCY_KEY],
    "request": ConfirmInput,
    "responses": {200: CheckSerializer},
    "examples": [
        OpenApiExample(
            "A column was renamed",
            request_only=True,
            value={"answer": {"digest": "9f2c…", "renames": {"main": {"species": "kind"}}}},
        )
    ],
}
DISCARD_VERSION = {
    "tags": [LOADING],
    "summary": "Discard a version that waits",
    "description": f"Its files go; that it was there stays written. {FOR}",
    "request": ReasonInput,
    "responses": {204: None},
}
GET_RETENTION = {
    "tags": [DATASETS],
    "summary": "See how long versions are kept",
    "description": FOR,
    "responses": {200: RetentionSerializer},
}
PUT_RETENTION = {
    "tags": [DATASETS],
    "summary": "Say how long versions are kept",
    "description": "Both rules are sent, null where one does not hold. The current version stays in any case, and what "
    f"a grant, a release or a hold relies on. {FOR}",
    "request": RetentionSerializer,
    "responses": {200: RetentionSerializer},
}
