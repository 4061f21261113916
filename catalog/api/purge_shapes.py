"""The shapes of destructions by law in the API, and how their operations are described."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from catalog.api import schema
from catalog.api.serializers import ReasonInput
from catalog.models import Purge
from catalog.purges import named, progress_of, shared

PURGES = "Destruction by law"


class SharedSerializer(serializers.Serializer):
    """A version that is not named and holds files of those that are: these files stay."""

    version = serializers.IntegerField(source="number")
    files = serializers.IntegerField()


class FilesLeft(serializers.Serializer):
    """How many stored files went, are still to go, and stay because other versions hold them."""

    gone = serializers.IntegerField()
    left = serializers.IntegerField()
    kept = serializers.IntegerField()


class PurgeSerializer(serializers.Serializer):
    """A destruction by law, from the asking to the last file."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Purge.State.choices)
    versions = serializers.ListField(child=serializers.IntegerField(), source="numbers")
    law = serializers.CharField()
    article = serializers.CharField()
    reason = serializers.CharField()
    asked_at = serializers.DateTimeField()
    asked_by = serializers.CharField(source="asked_by.name")
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(source="decided_by.name", default=None, allow_null=True)
    answer = serializers.CharField(help_text="Why it was refused or withdrawn.")
    done_at = serializers.DateTimeField(allow_null=True)


class PurgeDetailSerializer(PurgeSerializer):
    """One of them whole."""

    shared = serializers.SerializerMethodField(help_text="While it waits: who else holds files of these versions.")
    files = serializers.SerializerMethodField()

    def get_shared(self, purge) -> SharedSerializer(many=True):
        waits = purge.state == Purge.State.ASKED
        found = shared(named(purge.dataset, purge.numbers)) if waits else []
        return SharedSerializer(found, many=True).data

    def get_files(self, purge) -> FilesLeft:
        return FilesLeft(progress_of(purge)).data


class PurgeInput(serializers.Serializer):
    """What is to be destroyed, and by what order."""

    versions = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=10_000)
    law = serializers.CharField(max_length=300)
    article = serializers.CharField(max_length=120)
    reason = serializers.CharField(max_length=2000, help_text="The log keeps it: no names, no personal data.")


class DecisionInput(serializers.Serializer):
    """What becomes current where the current version is among them."""

    keep_current = serializers.BooleanField(
        required=False, default=False, help_text="The newest version that stays becomes the current one."
    )


FOR = "For stewards and approvers of the owner and for the authority."
LIST_PURGES = {
    "tags": [PURGES],
    "summary": "List destructions by law",
    "description": f"Newest first. {FOR} Auditors see them too.",
    "parameters": [schema.page_size(20, 100), schema.AFTER],
    "responses": {200: schema.listed("PurgePage", PurgeSerializer, next=schema.NEXT)},
}
ASK_PURGE = {
    "tags": [PURGES],
    "summary": "Ask for a destruction by law",
    "description": f"Nothing is destroyed until a second person decides. {FOR} By a key with the scope `write`.",
    "parameters": [schema.IDEMPOTENCY_KEY],
    "request": PurgeInput,
    "responses": {201: OpenApiResponse(PurgeDetailSerializer, description="It waits for its second person.")},
}
GET_PURGE = {
    "tags": [PURGES],
    "summary": "Read one destruction by law",
    "description": f"With how many files went and are left. {FOR}",
    "responses": {200: PurgeDetailSerializer},
}
WITHDRAW_PURGE = {
    "tags": [PURGES],
    "summary": "Withdraw what was asked",
    "description": FOR,
    "request": ReasonInput,
    "responses": {200: PurgeDetailSerializer},
}
REFUSE_PURGE = {
    "tags": [PURGES],
    "summary": "Refuse a destruction",
    "description": "For an approver of the owner or the authority who did not ask for it, signed in; no key does it.",
    "request": ReasonInput,
    "responses": {200: PurgeDetailSerializer},
}
DECIDE_PURGE = {
    "tags": [PURGES],
    "summary": "Decide a destruction as the second person",
    "description": "Nothing of the versions leaves from this moment; their files go one by one, and nothing brings "
    "them back. For an approver of the owner or the authority who did not ask for it, signed in; no key does it.",
    "request": DecisionInput,
    "responses": {200: PurgeDetailSerializer},
}
