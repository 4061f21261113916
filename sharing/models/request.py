"""A request: one department, or an enterprise, asks for columns of one table of another's dataset, for a purpose."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Basis, Dataset, Department, Version


class Level(models.TextChoices):
    """The least answer that serves the purpose, from the least to the most."""

    YES_NO = "yes-no", _("Yes or no: whether a row fits")
    COUNT = "count", _("Counts only")
    BANDED = "banded", _("Rows in bands and years, no identifiers")
    PSEUDONYMOUS = "pseudonymous", _("Rows with pseudonyms in place of identifiers")
    IDENTIFIED = "identified", _("Rows that name whom they are about")


class Frequency(models.TextChoices):
    """How often the requester may read."""

    ONCE = "once", _("Once")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")
    ON_DEMAND = "on-demand", _("When a case needs it")


class Delivery(models.TextChoices):
    """By which way the rows are to come."""

    API = "api", _("API")
    FILE = "file", _("Encrypted files")
    BOTH = "both", _("API and encrypted files")


class Request(models.Model):
    """What is asked, by whom, why and for how long; its state moves by `sharing.states.REQUEST` alone.

    Fields are empty until their page of the form is answered. A request over several datasets is several requests of
    one `bundle`: each owner decides about its own.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        INTERNAL_REVIEW = "internal-review", _("With the head of the own department")
        COMPLIANCE_CHECK = "compliance-check", _("With the authority, for the check of form")
        INCOMPLETE = "incomplete", _("Questions are open")
        REPLY_DUE = "reply-due", _("Reply due")
        EXTENDED = "extended", _("Reply due, time extended")
        SECOND_APPROVAL = "second-approval", _("Waits for a second approver")
        DELIVERY_DUE = "delivery-due", _("Agreed, delivery due")
        ACTIVE = "active", _("Active")
        DISPOSAL_DUE = "disposal-due", _("Over, disposal to be attested")
        ENDED = "ended", _("Ended, disposal attested")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True, null=True, help_text="given when it is submitted")
    bundle = models.UUIDField(default=uuid.uuid4, help_text="requests that were drafted from one basket")
    department = models.ForeignKey(Department, models.PROTECT, related_name="requests", help_text="who asks")
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="requests")
    table = models.CharField(max_length=80)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(default=timezone.now)
    copied_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="copies")
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    state_at = models.DateTimeField(default=timezone.now)

    # Task 1: purpose
    function = models.CharField(_("function of the department"), max_length=300, blank=True)
    aim = models.TextField(_("aim in plain words"), max_length=2000, blank=True)
    benefits = models.TextField(_("who benefits"), max_length=1000, blank=True)

    # Task 2: columns (RequestedColumn) and scope
    level = models.CharField(_("least answer that serves"), max_length=16, choices=Level, blank=True)
    where = models.TextField(_("only rows where"), max_length=4000, blank=True, help_text="in the row language")
    area = models.CharField(_("area"), max_length=300, blank=True)
    period_from = models.DateField(_("data from"), null=True, blank=True)
    period_until = models.DateField(_("data until"), null=True, blank=True)
    frequency = models.CharField(_("how often"), max_length=12, choices=Frequency, blank=True)
    data_life_days = models.PositiveIntegerField(_("days the data is kept once received"), null=True, blank=True)
    rows_expected = models.PositiveIntegerField(_("rows expected"), null=True, blank=True)

    # Task 3: legal
    instrument = models.CharField(_("law or regulation"), max_length=300, blank=True)
    article = models.CharField(_("article"), max_length=100, blank=True)
    instrument_version = models.CharField(_("its version"), max_length=100, blank=True)
    impact_assessment = models.CharField(_("impact assessment"), max_length=300, blank=True)
    exemption = models.CharField(_("exemption relied on"), max_length=300, blank=True)

    # Task 4: delivery and security
    delivery = models.CharField(_("way of delivery"), max_length=8, choices=Delivery, blank=True)
    kept_where = models.CharField(_("where it will be kept"), max_length=300, blank=True)
    security_name = models.CharField(_("security contact"), max_length=120, blank=True)
    security_email = models.EmailField(_("their e-mail address"), blank=True)
    disposal = models.CharField(_("how it will be disposed of and proved"), max_length=500, blank=True)

    # Task 5: timing and people
    needed_by = models.DateField(_("needed by"), null=True, blank=True)
    needed_why = models.CharField(_("why by then"), max_length=300, blank=True)
    valid_until = models.DateField(_("until when access is needed"), null=True, blank=True)
    accountable = models.CharField(_("accountable officer"), max_length=120, blank=True)
    deputy = models.CharField(_("deputy"), max_length=120, blank=True)
    accepted_terms = models.BooleanField(_("terms accepted"), default=False, help_text="of an enterprise")
    declared_at = models.DateTimeField(null=True)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="the head who submitted it"
    )

    # As it was when submitted, to see what changed by the day of the decision
    version = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+")
    asked_sha256 = models.CharField(max_length=64, blank=True, help_text="of all that was declared")
    standing = models.JSONField(default=dict, help_text="types and marks of the asked columns, class and state")

    # Where it stands; each is computed from the moves, and can be computed again by anybody
    submitted_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True, help_text="the last working day of the clock that runs; empty while none does")
    with_authority = models.BooleanField(default=False, help_text="the authority decides: withheld, or escalated")
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    grant = models.OneToOneField(Basis, models.PROTECT, null=True, related_name="request")

    class Meta:
        ordering = ["-drafted_at", "-id"]
        indexes = [
            models.Index(fields=["department", "-drafted_at", "-id"], name="request_of_department"),
            models.Index(fields=["dataset", "state", "due_on", "id"], name="request_of_dataset"),
            models.Index(fields=["state", "due_on", "id"], name="request_clock"),
            models.Index(fields=["bundle"], name="request_bundle"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(declared_at=None, declared_by=None)
                | models.Q(declared_at__isnull=False, declared_by__isnull=False),
                name="request_declared_by",
            ),
            models.CheckConstraint(
                condition=models.Q(submitted_at=None, reference=None)
                | models.Q(submitted_at__isnull=False, reference__isnull=False),
                name="request_submitted_reference",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "internal-review", "withdrawn"])
                | models.Q(submitted_at__isnull=False),
                name="request_submitted_first",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewed_at=None, reviewed_by=None)
                | models.Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="request_reviewed_by",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewed_by=None) | ~models.Q(reviewed_by=models.F("drafted_by")),
                name="request_two_persons",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["delivery-due", "active", "disposal-due", "ended"])
                | models.Q(grant__isnull=False),
                name="request_agreed_grant",
            ),
        ]

    def __str__(self) -> str:
        return self.reference or f"draft {self.id}"


class RequestedColumn(models.Model):
    """One column asked for, and what it is needed for."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(Request, models.CASCADE, related_name="columns")
    name = models.CharField(max_length=80)
    need = models.CharField(_("what it is needed for"), max_length=300, blank=True)
    mask = models.CharField(_("as"), max_length=40, blank=True, help_text="empty: as it is")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["request", "name"], name="requested_column_once")]

    def __str__(self) -> str:
        return self.name


class RequestMove(models.Model):
    """One step of a request: from which state to which, by what verb, by whom, when and why. Never changed."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(Request, models.PROTECT, related_name="moves")
    at = models.DateTimeField()
    verb = models.CharField(max_length=24)
    before = models.CharField(max_length=16, choices=Request.State)
    after = models.CharField(max_length=16, choices=Request.State)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+", help_text="for whom")
    reason = models.TextField(max_length=2000, blank=True)
    facts = models.JSONField(default=dict)
    event = models.UUIDField(help_text="the event of the log that records it")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["request", "id"])]

    def __str__(self) -> str:
        return f"{self.verb} {self.request_id}"


class Question(models.Model):
    """An open point of a request that was returned: all of them at once, and once only."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(Request, models.PROTECT, related_name="questions")
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    answer = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_at=None, answered_by=None)
                | models.Q(answered_at__isnull=False, answered_by__isnull=False),
                name="question_answered_by",
            )
        ]

    def __str__(self) -> str:
        return self.text


class Decision(models.Model):
    """What was decided about a request: the terms agreed to, or why not. One that stands, at most."""

    class Outcome(models.TextChoices):
        AGREED = "agreed", _("Agreed as asked")
        LESS = "less", _("Agreed in part")
        REFUSED = "refused", _("Refused")

    class Code(models.TextChoices):
        """Why a request is refused."""

        NO_BASIS = "no-basis", _("The law relied on does not allow this")
        NOT_NEEDED = "not-needed", _("The purpose does not need this data")
        LESS_SERVES = "less-serves", _("Data that is open or lent already serves")
        FORBIDDEN = "forbidden", _("A law forbids sharing this data")
        UNSAFE = "unsafe", _("The data would not be safe with the requester")
        NOT_HELD = "not-held", _("We do not hold this data")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=8, choices=Outcome)
    decided_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="empty: the platform"
    )
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="who drafted what is decided about"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="the head who submitted it"
    )
    terms = models.JSONField(null=True, help_text="catalog.terms.Terms, of what was agreed to")
    refused_columns = ArrayField(models.CharField(max_length=80), default=list, help_text="asked for, and not granted")
    limits = models.JSONField(default=dict, help_text="sharing.limits.Limits, of what was agreed to")
    valid_until = models.DateTimeField(null=True)
    needs_second = models.BooleanField(default=False, help_text="personal data in bulk")
    second_at = models.DateTimeField(null=True)
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    overturned_at = models.DateTimeField(null=True, help_text="from when on it does not stand")
    overturned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        help_text="the second approver, who did not agree; empty: it went to the authority before",
    )  # fmt: skip
    code = models.CharField(_("reason"), max_length=16, choices=Code, blank=True)
    article = models.CharField(_("rule relied on"), max_length=300, blank=True)
    appeal = models.TextField(_("way to appeal"), max_length=1000, blank=True)
    note = models.TextField(_("word to the requester"), max_length=2000, blank=True)
    dry_run = models.ForeignKey(
        "sharing.DryRun", models.PROTECT, null=True, related_name="+", help_text="what was known of these terms then"
    )
    asked_sha256 = models.CharField(max_length=64, help_text="what the decision was about")
    standing_sha256 = models.CharField(max_length=64, blank=True, help_text="what stood in the dataset then")

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(overturned_at=None), name="decision_one_stands"
            ),
            models.CheckConstraint(
                condition=models.Q(second_by=None) | ~models.Q(second_by=models.F("decided_by")),
                name="decision_two_persons",
            ),
            models.CheckConstraint(
                condition=~models.Q(decided_by=models.F("drafted_by"))
                & ~models.Q(second_by=models.F("drafted_by"))
                & ~models.Q(decided_by=models.F("reviewed_by"))
                & ~models.Q(second_by=models.F("reviewed_by")),
                name="decision_not_the_requester",
            ),
            models.CheckConstraint(
                condition=models.Q(second_at=None, second_by=None)
                | models.Q(second_at__isnull=False, second_by__isnull=False),
                name="decision_second_by",
            ),
            models.CheckConstraint(
                condition=models.Q(overturned_by=None) | models.Q(overturned_at__isnull=False),
                name="decision_overturned_by",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="refused") | (~models.Q(code="") & ~models.Q(article="")),
                name="decision_refused_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.request_id}"
