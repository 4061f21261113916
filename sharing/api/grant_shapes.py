"""What the API says of a grant, and what it is asked for."""

import re
from dataclasses import fields

from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.sentences import sentence
from catalog.api.serializers import DepartmentName
from catalog.models import Basis, Department, Least, Span, Way
from catalog.terms import Terms
from sharing.calendar import end_of
from sharing.limits import MOST_GROUP, Limits
from sharing.models import Frequency, Renewal
from sharing.policies.grants import is_over
from sharing.promised import Promised

STATES = ["active", "suspended", "revoked", "expired", "superseded", "returned", "ended"]
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


state_field = extend_schema_field({"type": "string", "enum": STATES})


def state_of(grant: Basis) -> str:
    """The state in words that do not wait for the clock: what is past its last day has expired."""
    ended = is_over(grant) and grant.state in {Basis.State.ACTIVE, Basis.State.SUSPENDED}
    return Basis.State.EXPIRED.value if ended else grant.state


class DatasetName(serializers.Serializer):
    """A dataset where it is only named."""

    id = serializers.UUIDField()
    title = serializers.CharField()


class ProposedRenewal(serializers.Serializer):
    """A renewal that waits for another approver."""

    valid_until = serializers.DateTimeField()
    bridge = serializers.UUIDField(source="bridge_id", allow_null=True)
    proposed_at = serializers.DateTimeField()


class GrantSerializer(serializers.Serializer):
    """A grant: its terms never change, its state does."""

    id = serializers.UUIDField()
    dataset = DatasetName()
    owner = DepartmentName(source="dataset.department")
    recipient = DepartmentName(source="department")
    table = serializers.SerializerMethodField()
    columns = serializers.SerializerMethodField(help_text="Each column with its mask, or null where it is as it is.")
    where = serializers.SerializerMethodField(help_text="The condition on rows; empty for all rows.")
    purpose = serializers.CharField()
    legal_basis = serializers.CharField()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    version = serializers.IntegerField(
        source="version.number", default=None, allow_null=True, help_text="Pinned; null follows the newest."
    )
    state = serializers.SerializerMethodField()
    state_reason = serializers.CharField()
    state_at = serializers.DateTimeField()
    note = serializers.CharField(source="grant.note")
    way = serializers.ChoiceField(Way.choices, help_text="By which way rows leave.")
    readings_most = serializers.IntegerField(allow_null=True, help_text="Readings in a span; null for any number.")
    readings_span = serializers.CharField(help_text="hour or day, by the city's clock; empty without a limit.")
    rows_most = serializers.IntegerField(allow_null=True, help_text="Rows in a span; null for any number.")
    rows_span = serializers.CharField(help_text="day, or total; empty without a limit.")
    least = serializers.CharField(help_text="count or yes-no where no more than that leaves; empty for rows.")
    group_least = serializers.IntegerField(allow_null=True, help_text="How many a count is about at least.")
    questions_most = serializers.IntegerField(allow_null=True, help_text="Different questions in a month.")
    people = serializers.CharField(help_text="The column by which people are counted; empty where rows are.")
    frequency = serializers.CharField(source="grant.frequency", help_text="How often the recipient said it reads.")
    retention_days = serializers.IntegerField(
        source="grant.retention_days", allow_null=True, help_text="How long the recipient keeps what it received."
    )
    request = serializers.CharField(
        source="grant.asked.reference", default=None, allow_null=True, help_text="The request that it answers."
    )
    renews = serializers.UUIDField(source="grant.renews_id", allow_null=True, help_text="The grant that it renewed.")
    renewal = serializers.SerializerMethodField(
        help_text="The renewal that waits for another approver, where two agreed to the grant; null where none does."
    )
    policy_sha256 = serializers.CharField(
        source="grant.policy_sha256", help_text="Of all that was agreed to, as the log states it."
    )
    rows_url = serializers.SerializerMethodField(help_text="Where the recipient reads the rows.")

    def get_table(self, grant) -> str:
        return next(iter(grant.terms["tables"]))

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string", "nullable": True}})
    def get_columns(self, grant) -> dict:
        return Terms.from_json(grant.terms).tables[self.get_table(grant)].columns

    def get_where(self, grant) -> str:
        return Terms.from_json(grant.terms).tables[self.get_table(grant)].where

    @extend_schema_field(ProposedRenewal(allow_null=True))
    def get_renewal(self, grant) -> dict | None:
        waiting = (one for one in grant.proposed_renewals.all() if one.state == Renewal.State.PROPOSED)
        found = next(waiting, None)
        return ProposedRenewal(found).data if found else None

    @state_field
    def get_state(self, grant) -> str:
        return state_of(grant)

    @extend_schema_field(OpenApiTypes.URI)
    def get_rows_url(self, grant) -> str:
        address = reverse("api-table-rows", kwargs={"pk": grant.dataset_id, "table": self.get_table(grant)})
        return f"{address}?basis={grant.pk}"


class EventSerializer(serializers.Serializer):
    """An event of the log, as a sentence; its exact text is in the receipt."""

    id = serializers.UUIDField(source="uuid")
    time = serializers.DateTimeField()
    kind = serializers.CharField()
    sentence = serializers.SerializerMethodField(help_text="In the language of the request; persons are not named.")
    index = serializers.SerializerMethodField(help_text="Its place in the log; null for the first second or so.")
    receipt_url = serializers.SerializerMethodField(
        help_text="The receipt, as text; 202 with Retry-After while no published checkpoint holds the event."
    )

    def get_sentence(self, event) -> str:
        return sentence(event, names=False)

    def get_index(self, event) -> int | None:
        entry = getattr(event, "entry", None)
        return entry.index if entry else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_receipt_url(self, event) -> str:
        return reverse("receipt", args=[event.uuid])


@extend_schema_field({"type": "string", "description": "A moment with its zone, or a day, which counts to its end."})
class Until(serializers.DateTimeField):
    """A moment, or a day: the whole of that day counts."""

    def to_internal_value(self, value):
        if isinstance(value, str) and DAY.fullmatch(value.strip()):
            try:
                day = parse_date(value.strip())
            except ValueError:
                day = None
            if day is None:
                self.fail("invalid", format="YYYY-MM-DD")
            return end_of(day)
        return super().to_internal_value(value)


@extend_schema_field(
    {"type": "string", "description": "The code of a department or of a verified enterprise, or its id."}
)
class RecipientField(serializers.CharField):
    """A department or an enterprise by its code or its identifier."""

    def to_internal_value(self, value):
        text = super().to_internal_value(value)
        named = {"pk": text} if IDENTIFIER.fullmatch(text) else {"code": text}
        found = Department.objects.filter(**named).first()
        if found is None:
            raise serializers.ValidationError(_("There is no department or enterprise with this code or id."))
        return found


class GrantInput(serializers.Serializer):
    """What is to be lent, to whom, for what, until when."""

    dataset = serializers.UUIDField()
    recipient = RecipientField()
    columns = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True, max_length=40),
        help_text="Each column with its mask (null, hash, year, band:10, round:0, first:1), or null for none.",
    )
    table = serializers.CharField(required=False, default="", help_text="Needed where the dataset has several.")
    where = serializers.CharField(required=False, default="", allow_blank=True, max_length=4_000)
    purpose = serializers.CharField(max_length=2_000)
    legal_basis = serializers.CharField(max_length=300)
    valid_until = Until()
    version = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=2**31 - 1,
        help_text="Pins the grant to this version.",
    )  # fmt: skip
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2_000)
    way = serializers.ChoiceField(Way.choices, required=False, default=Way.BOTH.value)
    readings_most = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    readings_span = serializers.ChoiceField([Span.HOUR.value, Span.DAY.value], required=False, default="")
    rows_most = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    rows_span = serializers.ChoiceField([Span.DAY.value, Span.TOTAL.value], required=False, default="")
    least = serializers.ChoiceField(
        Least.choices, required=False, default="", help_text="No more than counts, or yes or no, leaves."
    )
    group_least = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=2, max_value=MOST_GROUP,
        help_text="With `least`: the smallest group that is told; the city's where it is smaller, or left out.",
    )  # fmt: skip
    frequency = serializers.ChoiceField(Frequency.choices, required=False, default="")
    retention_days = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)

    def wanted(self) -> dict:
        """What `make_grant` is asked for, but the dataset."""
        given = dict(self.validated_data)
        limits = Limits(**{field.name: given.pop(field.name) for field in fields(Limits) if field.name in given})
        promised = Promised(frequency=given.pop("frequency"), retention_days=given.pop("retention_days"))
        return given | {"limits": limits, "promised": promised}


class Why(serializers.Serializer):
    """Why a grant is suspended, resumed, revoked or given back."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=2_000)


class GrantRenewal(serializers.Serializer):
    """Until when a renewed grant lasts, and under which bridge."""

    valid_until = Until()
    bridge = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="In force: its pseudonyms are those of the bridge."
    )


class GrantDisposal(serializers.Serializer):
    """What became of what was received."""

    how = serializers.CharField(max_length=2_000)
