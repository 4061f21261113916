"""What the API says of a request, and what it is asked for."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.api.serializers import DepartmentName
from catalog.codes import SharingClass
from catalog.models import Least, Span, Way
from catalog.permissions import can
from sharing.api.grant_shapes import DatasetName, RecipientField, Until
from sharing.asked import changes_since, standing_sha256
from sharing.limits import Limits
from sharing.models import Decision, Delivery, Frequency, Level, Request
from sharing.permissions import check_may_read_proposed
from sharing.policies.agreeing import standing_decision
from sharing.policies.columns import class_of
from sharing.policies.requests import missing_answers


class ColumnShape(serializers.Serializer):
    """One column asked for."""

    name = serializers.CharField(max_length=80)
    need = serializers.CharField(
        max_length=300, allow_blank=True, required=False, default="", help_text="What it is needed for."
    )
    mask = serializers.CharField(
        max_length=40, allow_blank=True, allow_null=True, required=False, default="", help_text="Empty: as it is."
    )


class Answers(serializers.Serializer):
    """What a request declares. In a draft each may be left out; what is needed to send it stands in “missing”."""

    function = serializers.CharField(max_length=300, allow_blank=True, help_text="Of the department, from its duties.")
    aim = serializers.CharField(max_length=2000, allow_blank=True, help_text="What the data is for, in plain words.")
    benefits = serializers.CharField(max_length=1000, allow_blank=True, help_text="Who benefits.")
    level = serializers.ChoiceField(choices=Level.choices, allow_blank=True, help_text="The least answer that serves.")
    where = serializers.CharField(max_length=4000, allow_blank=True, help_text="Only rows where; in the row language.")
    area = serializers.CharField(max_length=300, allow_blank=True)
    period_from = serializers.DateField(allow_null=True, help_text="Data from this day.")
    period_until = serializers.DateField(allow_null=True)
    frequency = serializers.ChoiceField(choices=Frequency.choices, allow_blank=True, help_text="How often it is read.")
    data_life_days = serializers.IntegerField(
        min_value=1, max_value=36_600, allow_null=True, help_text="Days the data is kept once received."
    )
    rows_expected = serializers.IntegerField(min_value=0, max_value=2**31 - 1, allow_null=True)
    instrument = serializers.CharField(max_length=300, allow_blank=True, help_text="The law or regulation.")
    article = serializers.CharField(max_length=100, allow_blank=True)
    instrument_version = serializers.CharField(max_length=100, allow_blank=True)
    impact_assessment = serializers.CharField(
        max_length=300, allow_blank=True, help_text="Needed where personal or sensitive data is asked for."
    )
    exemption = serializers.CharField(
        max_length=300, allow_blank=True, help_text="Needed where a law withholds the dataset."
    )
    delivery = serializers.ChoiceField(choices=Delivery.choices, allow_blank=True)
    kept_where = serializers.CharField(max_length=300, allow_blank=True)
    security_name = serializers.CharField(max_length=120, allow_blank=True)
    security_email = serializers.EmailField(allow_blank=True)
    disposal = serializers.CharField(max_length=500, allow_blank=True)
    needed_by = serializers.DateField(allow_null=True)
    needed_why = serializers.CharField(max_length=300, allow_blank=True)
    valid_until = serializers.DateField(allow_null=True, help_text="The last day of access.")
    accountable = serializers.CharField(max_length=120, allow_blank=True)
    deputy = serializers.CharField(max_length=120, allow_blank=True)
    accepted_terms = serializers.BooleanField(help_text="By an enterprise.")


class AnswersInput(Answers):
    """Some answers, and the columns where they are to be others."""

    columns = ColumnShape(many=True, required=False, max_length=2_000)

    def get_fields(self):
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class NewRequest(AnswersInput):
    """One table of one dataset, the columns, and as many answers as are at hand."""

    dataset = serializers.UUIDField()
    department = RecipientField(help_text="Who asks: the code or id of your department.")
    table = serializers.CharField(max_length=80, required=False, default="", help_text="Needed where it has several.")

    def get_fields(self):
        fields = super().get_fields()
        for name in ("dataset", "department"):
            fields[name].required = True
        return fields


class RequestShape(serializers.Serializer):
    """A request where it stands in a list."""

    id = serializers.UUIDField()
    reference = serializers.CharField(allow_null=True, help_text="Given when it is submitted.")
    bundle = serializers.UUIDField(help_text="Requests drafted together have the same.")
    department = DepartmentName(help_text="Who asks.")
    dataset = DatasetName()
    owner = DepartmentName(source="dataset.department")
    table = serializers.CharField()
    state = serializers.ChoiceField(choices=Request.State.choices)
    state_at = serializers.DateTimeField()
    drafted_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    due_on = serializers.DateField(allow_null=True, help_text="The last working day of the clock that runs.")
    with_authority = serializers.BooleanField(help_text="The authority decides.")
    grant = serializers.UUIDField(source="grant_id", allow_null=True)


class MoveShape(serializers.Serializer):
    """One step: when, what, from which state to which, and the event that records it."""

    at = serializers.DateTimeField()
    verb = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    department = DepartmentName(allow_null=True, help_text="On whose behalf; null: the platform.")
    reason = serializers.CharField()
    event = serializers.UUIDField()


class QuestionShape(serializers.Serializer):
    """An open point, and its answer."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)


class ExtensionShape(serializers.Serializer):
    """The wish for more time, and the authority's answer."""

    asked_at = serializers.DateTimeField()
    reason = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    is_given = serializers.BooleanField()
    answer = serializers.CharField(help_text="Why it was not given.")


class DecisionShape(serializers.Serializer):
    """What was decided: the terms agreed to, or why not."""

    outcome = serializers.ChoiceField(choices=Decision.Outcome.choices)
    decided_at = serializers.DateTimeField()
    terms = serializers.JSONField(
        allow_null=True, help_text="Tables, columns with their masks, and the condition on rows."
    )
    valid_until = serializers.DateTimeField(allow_null=True)
    limits = serializers.JSONField(help_text="How often and how much may leave, and by which way; empty: no limit.")
    needs_second = serializers.BooleanField(help_text="Personal data in bulk: two persons agree.")
    second_at = serializers.DateTimeField(allow_null=True)
    refused_columns = serializers.ListField(child=serializers.CharField())
    code = serializers.ChoiceField(choices=Decision.Code.choices, allow_blank=True)
    article = serializers.CharField()
    appeal = serializers.CharField()
    note = serializers.CharField()


class MissingShape(serializers.Serializer):
    """What a draft lacks."""

    task = serializers.IntegerField()
    field = serializers.CharField()
    sentence = serializers.CharField()


class RequestDetail(RequestShape):
    """A request whole."""

    columns = ColumnShape(many=True)
    answers = Answers(source="*")
    treated_as = serializers.SerializerMethodField(help_text="The sharing class by which it is treated.")
    missing = serializers.SerializerMethodField(help_text="What it lacks while it is a draft.")
    changed = serializers.SerializerMethodField(help_text="What changed in the dataset since it was submitted.")
    standing_sha256 = serializers.SerializerMethodField(
        help_text="Send it as “seen_sha256” to approve what stands now, where something changed."
    )
    questions = QuestionShape(many=True)
    moves = MoveShape(many=True)
    extension = ExtensionShape(allow_null=True, default=None)
    decision = serializers.SerializerMethodField(
        help_text="The one that stands; null while nobody has decided, and for who asks until a second agreed."
    )

    @extend_schema_field(serializers.ChoiceField(choices=SharingClass.choices))
    def get_treated_as(self, request) -> str:
        received = [move.facts["treated_as"] for move in request.moves.all() if move.verb == "receive"]
        return received[0] if received else class_of(request)

    @extend_schema_field(MissingShape(many=True))
    def get_missing(self, request) -> list:
        lacking = missing_answers(request) if request.state == Request.State.DRAFT else []
        return MissingShape(lacking, many=True).data

    def get_changed(self, request) -> list[str]:
        return changes_since(request)

    def get_standing_sha256(self, request) -> str:
        return standing_sha256(request)

    @extend_schema_field(DecisionShape(allow_null=True))
    def get_decision(self, request):
        found, by = standing_decision(request), self.context["by"]
        if found and found.needs_second and not found.second_at and not can(check_may_read_proposed, by, request):
            return None
        return DecisionShape(found).data if found else None


class NoInput(serializers.Serializer):
    """Nothing need be said."""


class Reason(serializers.Serializer):
    """Why; the other side reads it."""

    reason = serializers.CharField(max_length=2000)


class ReasonIfAny(serializers.Serializer):
    """Why, where the request was sent already."""

    reason = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class Questions(serializers.Serializer):
    """All open questions at once."""

    questions = serializers.ListField(child=serializers.CharField(max_length=2000), min_length=1, max_length=40)


class QuestionAnswers(serializers.Serializer):
    """The number of each question with its answer."""

    answers = serializers.DictField(child=serializers.CharField(max_length=2000))

    def validate_answers(self, value):
        """Numbers of questions are whole."""
        if not all(number.isascii() and number.isdigit() for number in value):
            raise serializers.ValidationError(_("Name each question by its number."))
        return {int(number): answer for number, answer in value.items()}


class LimitsInput(serializers.Serializer):
    """How often and how much may leave, and by which way where both were asked for."""

    way = serializers.ChoiceField(Way.choices, required=False, default="")
    readings_most = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    readings_span = serializers.ChoiceField([Span.HOUR.value, Span.DAY.value], required=False, default="")
    rows_most = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    rows_span = serializers.ChoiceField([Span.DAY.value, Span.TOTAL.value], required=False, default="")
    least = serializers.ChoiceField(
        Least.choices, required=False, default="", help_text="No more than counts, or yes or no; empty: as asked."
    )

    def to_internal_value(self, data) -> Limits:
        return Limits(**super().to_internal_value(data))


class Approval(serializers.Serializer):
    """As asked where nothing is said; or less."""

    columns = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True, max_length=40),
        required=False, allow_null=True, default=None,
        help_text="Each column with its mask or null; no column and nothing of one that was not asked for.",
    )  # fmt: skip
    where = serializers.CharField(
        max_length=4000, required=False, allow_null=True, allow_blank=True, default=None,
        help_text="A further condition that rows must meet.",
    )  # fmt: skip
    valid_until = Until(required=False, allow_null=True, default=None)
    limits = LimitsInput(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    seen_sha256 = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class Refusal(serializers.Serializer):
    """Why not, under which rule, and how to appeal."""

    code = serializers.ChoiceField(choices=Decision.Code.choices)
    article = serializers.CharField(max_length=300)
    appeal = serializers.CharField(max_length=1000)
    columns = serializers.ListField(child=serializers.CharField(max_length=80), required=False, default=list)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class Transfer(Reason):
    """To whom, and why."""

    to = serializers.EmailField(help_text="The account of the other approver.")


class FurtherColumn(serializers.Serializer):
    """One column more."""

    name = serializers.CharField(max_length=80)
    need = serializers.CharField(max_length=300)


class Disposal(serializers.Serializer):
    """What became of the data."""

    how = serializers.CharField(max_length=2000)
