"""What the API says of packages and their plans, and what it is asked for."""

from django.urls import reverse
from rest_framework import serializers

from catalog.export_words import error_words
from catalog.models import Export
from sharing.models import Every, PackageFormat, PackagePlan


class DeliverySerializer(serializers.Serializer):
    """A package: the rows of a grant, sealed to the recipient."""

    id = serializers.UUIDField()
    grant = serializers.UUIDField(source="grant_id")
    plan = serializers.UUIDField(source="plan_id", allow_null=True)
    period = serializers.CharField(help_text="Of its plan: 2026-11-23, 2026-W48 or 2026-11; empty for a single one.")
    format = serializers.ChoiceField(choices=PackageFormat.choices)
    fingerprint = serializers.CharField(source="key.fingerprint", help_text="Of the public key that it is sealed to.")
    state = serializers.ChoiceField(choices=Export.State.choices)
    asked_at = serializers.DateTimeField()
    rows = serializers.SerializerMethodField(help_text="null until it is ready.")
    bytes = serializers.SerializerMethodField(help_text="Of the sealed file; null until it is ready.")
    sha256 = serializers.SerializerMethodField(help_text="Of the sealed file; null until it is ready.")
    expires_at = serializers.SerializerMethodField(help_text="From then on the file is gone.")
    error = serializers.SerializerMethodField(help_text="Why there is no file; null where nothing is wrong.")
    manifest_url = serializers.SerializerMethodField(help_text="The signed manifest; null until it is ready.")

    def get_rows(self, package) -> int | None:
        return package.export.rows if package.is_ready else None

    def get_bytes(self, package) -> int | None:
        return package.export.bytes if package.is_ready else None

    def get_sha256(self, package) -> str | None:
        return package.export.sha256 if package.is_ready else None

    def get_expires_at(self, package) -> str | None:
        return package.export.expires_at.isoformat() if package.is_ready else None

    def get_error(self, package) -> str | None:
        return error_words(package.export.error) if package.export and package.export.error else None

    def get_manifest_url(self, package) -> str | None:
        return reverse("api-delivery-manifest", args=[package.pk]) if package.is_ready else None


class DeliveryInput(serializers.Serializer):
    """Of which grant, in which format."""

    grant = serializers.UUIDField()
    format = serializers.ChoiceField(choices=PackageFormat.choices)


class DeliveryLinkSerializer(serializers.Serializer):
    """Where to fetch a package, once, signed in or with a key of the recipient."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class DeliveryPlanSerializer(serializers.Serializer):
    """Packages of a grant, one for each period."""

    id = serializers.UUIDField()
    grant = serializers.UUIDField(source="grant_id")
    format = serializers.ChoiceField(choices=PackageFormat.choices)
    every = serializers.ChoiceField(choices=Every.choices)
    hour = serializers.IntegerField()
    only_new = serializers.BooleanField()
    state = serializers.ChoiceField(choices=PackagePlan.State.choices)
    reason = serializers.CharField(source="get_state_why_display", help_text="Why it stands still or is over.")
    next_at = serializers.DateTimeField()


class DeliveryPlanInput(DeliveryInput):
    """And how often."""

    every = serializers.ChoiceField(choices=Every.choices)
    hour = serializers.IntegerField(required=False, default=5, min_value=0, max_value=23)
    only_new = serializers.BooleanField(required=False, default=True)
