"""The shapes of sources in the API, and how their operations are described. What opens a source goes in, never out."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from catalog.api.schema import IDEMPOTENCY_KEY
from catalog.api.serializers import JobSerializer
from catalog.models import Job, Source

SOURCES = "Sources"


class SourceInput(serializers.Serializer):
    """Where the dataset comes from; each kind needs its own part of it."""

    kind = serializers.ChoiceField(choices=Source.Kind.choices)
    host = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    port = serializers.IntegerField(min_value=1, max_value=65_535, required=False, allow_null=True, default=None)
    database = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    username = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    password = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, default="", write_only=True, trim_whitespace=False,
        help_text="Kept sealed. Left out: the one there is stays, while it opens the same place.",
    )  # fmt: skip
    sign_in = serializers.ChoiceField(
        choices=Source.SignIn.choices, required=False, default=Source.SignIn.PASSWORD,
        help_text="Of an SFTP server. With `made-key` the platform makes a pair: see `public_key`.",
    )  # fmt: skip
    private_key = serializers.CharField(
        max_length=20_000, required=False, allow_blank=True, default="", write_only=True,
        help_text="With `own-key`: Ed25519, ECDSA or RSA in the form of OpenSSH. Left out: the one there is stays.",
    )  # fmt: skip
    passphrase = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, default="", write_only=True, trim_whitespace=False,
        help_text="Opens the private key once and is not kept.",
    )  # fmt: skip
    tls = serializers.BooleanField(required=False, default=True)
    what = serializers.CharField(
        max_length=1000, help_text="A table or view, an address, or the path of a file with * in its name."
    )
    watermark = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    taking = serializers.ChoiceField(
        choices=Source.Taking.choices, required=False, default=Source.Taking.WHOLE,
        help_text="With a watermark: whether rows above it are added, or take the places of those with the same key.",
    )  # fmt: skip
    schedule = serializers.ChoiceField(choices=Source.Schedule.choices, required=False, default=Source.Schedule.DAILY)
    at = serializers.TimeField(required=False, default="03:00")
    confirm = serializers.BooleanField(required=False, default=True)


class RunSerializer(serializers.Serializer):
    """One run: its job has more."""

    job = serializers.UUIDField(source="pk")
    state = serializers.ChoiceField(choices=Job.State.choices)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    unchanged = serializers.SerializerMethodField()

    def get_unchanged(self, job) -> bool:
        return bool(job.brought.get("unchanged"))


class SourceSerializer(SourceInput):
    """A source as it stands, without what opens it."""

    state = serializers.ChoiceField(choices=Source.State.choices)
    has_password = serializers.SerializerMethodField()
    public_key = serializers.CharField(help_text="For the server's keeper, where the source signs in with a key.")
    host_key = serializers.CharField(help_text="The key of an SFTP server that was trusted.")
    failures = serializers.IntegerField(help_text="In a row.")
    paused_because = serializers.CharField()
    next_run_at = serializers.DateTimeField(allow_null=True)
    running = RunSerializer(allow_null=True)
    last_run = RunSerializer(allow_null=True)

    def get_has_password(self, source) -> bool:
        return bool(source.secret) and source.sign_in == Source.SignIn.PASSWORD


class SampleSerializer(serializers.Serializer):
    """The first rows, or the first lines of a file; of an SFTP server that is not known yet, its key."""

    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))
    about = serializers.CharField()
    key = serializers.CharField()
    fingerprint = serializers.CharField()


class HostKeyInput(serializers.Serializer):
    """The key that a test showed."""

    key = serializers.CharField(max_length=5000)


class PauseInput(serializers.Serializer):
    """Why, if that is to be known."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


FOR = "For stewards of the department, by a key with the scope `write`."
GET_SOURCE = {
    "tags": [SOURCES],
    "summary": "See where a dataset comes from by itself",
    "description": f"404 where it has no source. {FOR}",
    "responses": {200: SourceSerializer},
}
PUT_SOURCE = {
    "tags": [SOURCES],
    "summary": "Say where a dataset comes from by itself",
    "description": f"Makes the source or changes it; whoever leads it to another place says again what opens it. {FOR}",
    "request": SourceInput,
    "responses": {200: SourceSerializer},
}
DELETE_SOURCE = {
    "tags": [SOURCES],
    "summary": "Remove the source",
    "description": f"It is fetched no more and what opens it is forgotten; versions stay. {FOR}",
    "responses": {204: None},
}
TEST_SOURCE = {
    "tags": [SOURCES],
    "summary": "See the first rows of the source",
    "description": f"At most ten, as they are now; nothing of them is kept, that you looked is logged. {FOR}",
    "request": None,
    "responses": {200: SampleSerializer},
}
TRUST_KEY = {
    "tags": [SOURCES],
    "summary": "Trust the key of an SFTP server",
    "description": f"Nothing that opens the source is sent to any other. {FOR}",
    "request": HostKeyInput,
    "responses": {200: SourceSerializer},
}
RENEW_KEY = {
    "tags": [SOURCES],
    "summary": "Make a new key for the source",
    "description": f"With `made-key`; the server lets it in once its keeper has the new `public_key`. {FOR}",
    "request": None,
    "responses": {200: SourceSerializer},
}
RUN_SOURCE = {
    "tags": [SOURCES],
    "summary": "Fetch the source now",
    "description": f"Answers at once with a job; ask its address in `Location`. {FOR}",
    "parameters": [IDEMPOTENCY_KEY],
    "request": None,
    "responses": {202: OpenApiResponse(JobSerializer, description="Accepted; see Location.")},
}
PAUSE_SOURCE = {
    "tags": [SOURCES],
    "summary": "Pause the source",
    "description": f"It is not fetched until somebody resumes it. {FOR}",
    "request": PauseInput,
    "responses": {200: SourceSerializer},
}
RESUME_SOURCE = {
    "tags": [SOURCES],
    "summary": "Resume the source",
    "description": f"From then on it is fetched in your name. {FOR}",
    "request": None,
    "responses": {200: SourceSerializer},
}
