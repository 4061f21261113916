"""Why a row may leave: a duty, a grant or a release, of one model and one shape."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Dataset
from catalog.models.department import Department
from catalog.models.membership import Role
from catalog.models.version import Version


class Way(models.TextChoices):
    """By which way rows leave under a grant."""

    API = "api", _("API and pages")
    FILE = "file", _("Encrypted files")
    BOTH = "both", _("API, pages and encrypted files")


class Span(models.TextChoices):
    """Over which time a limit counts, by the city's clock."""

    HOUR = "hour", _("an hour")
    DAY = "day", _("a day")
    TOTAL = "total", _("in all")


class Least(models.TextChoices):
    """What alone leaves under a grant that lets out no rows."""

    COUNT = "count", _("Counts only")
    YES_NO = "yes-no", _("Yes or no only")


class BasisQuerySet(models.QuerySet):
    """Finds the bases that hold."""

    def live(self, now=None) -> "BasisQuerySet":
        """Those that let something out at this moment."""
        now = now or timezone.now()
        return self.filter(
            models.Q(valid_until=None) | models.Q(valid_until__gt=now), state=Basis.State.ACTIVE, valid_from__lte=now
        )

    def releases(self) -> "BasisQuerySet":
        """Those that let something out to everybody."""
        return self.filter(kind=Basis.Kind.RELEASE)


class Basis(models.Model):
    """Dataset, terms, recipient, validity, purpose, legal basis, state. Grant and Release extend it one to one.

    `terms` is `catalog.terms.Terms` as JSON: tables, their columns each with a mask or none, a row filter for each,
    and whether documents are included. They never change once made: other terms are another basis.
    """

    class Kind(models.TextChoices):
        DUTY = "duty", _("Duty")
        GRANT = "grant", _("Grant")
        RELEASE = "release", _("Release")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        REVOKED = "revoked", _("Revoked")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        SUPERSEDED = "superseded", _("Superseded by a renewal")
        RETURNED = "returned", _("Given back")
        ENDED = "ended", _("Ended, disposal attested")

    class Recipient(models.TextChoices):
        EVERYBODY = "everybody", _("Everybody")
        DEPARTMENT = "department", _("A department or an enterprise")
        ACCOUNT = "account", _("An account")
        SERVICE = "service", _("A service of the platform")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="bases")
    version = models.ForeignKey(
        Version, models.PROTECT, null=True, blank=True, related_name="bases", help_text="pinned; empty follows latest"
    )
    terms = models.JSONField()
    recipient = models.CharField(max_length=12, choices=Recipient)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="bases", help_text="the recipient"
    )
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    service = models.CharField(max_length=40, blank=True, help_text="which part of the platform, for a duty of its own")
    roles = ArrayField(
        models.CharField(max_length=16, choices=Role), default=list, help_text="which of the recipient's people"
    )
    purpose = models.TextField(_("purpose"), max_length=2000)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    way = models.CharField(max_length=4, choices=Way, default=Way.BOTH)
    readings_most = models.PositiveBigIntegerField(null=True, blank=True)
    readings_span = models.CharField(max_length=5, choices=Span, blank=True)
    rows_most = models.PositiveBigIntegerField(null=True, blank=True)
    rows_span = models.CharField(max_length=5, choices=Span, blank=True)
    domain = models.CharField(max_length=120, blank=True, help_text="of its pseudonyms; empty: the recipient's")
    least = models.CharField(max_length=8, choices=Least, blank=True, help_text="all that it answers; empty: rows")
    group_least = models.PositiveIntegerField(null=True, blank=True, help_text="how many a count is about at least")
    questions_most = models.PositiveIntegerField(null=True, blank=True, help_text="different questions in a month")
    people = models.CharField(max_length=80, blank=True, help_text="the column whose values are counted; empty: rows")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    state_reason = models.TextField(blank=True)
    state_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = BasisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "bases"
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(fields=["dataset", "kind", "state"]),
            models.Index(fields=["department", "state"]),
            models.Index(fields=["account", "state"]),
            models.Index(fields=["-made_at", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recipient="everybody", department=None, account=None, service="")
                | models.Q(recipient="department", department__isnull=False, account=None, service="")
                | models.Q(recipient="account", department=None, account__isnull=False, service="")
                | (models.Q(recipient="service", department=None, account=None) & ~models.Q(service="")),
                name="basis_one_recipient",
            ),
            models.CheckConstraint(
                condition=~models.Q(recipient="service")
                | models.Q(kind="duty", version__isnull=False, valid_until__isnull=False),
                name="basis_service_duty",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="release") | models.Q(recipient="everybody", version__isnull=False),
                name="basis_release_to_everybody",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="release") | ~models.Q(recipient="everybody"), name="basis_everybody_release"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="grant") | models.Q(valid_until__isnull=False), name="basis_grant_ends"
            ),
            models.UniqueConstraint(
                fields=["dataset", "version"],
                condition=models.Q(kind="release", state="active"),
                name="basis_one_release_a_version",
            ),
            models.CheckConstraint(
                condition=models.Q(readings_most=None, readings_span="")
                | models.Q(readings_most__isnull=False, readings_span__in=["hour", "day"]),
                name="basis_readings_in_a_span",
            ),
            models.CheckConstraint(
                condition=models.Q(rows_most=None, rows_span="")
                | models.Q(rows_most__isnull=False, rows_span__in=["day", "total"]),
                name="basis_rows_in_a_span",
            ),
            models.CheckConstraint(
                condition=models.Q(least="", group_least=None, questions_most=None, people="")
                | models.Q(
                    kind="grant",
                    way="api",
                    least__in=["count", "yes-no"],
                    group_least__isnull=False,
                    group_least__gte=2,
                    questions_most__isnull=False,
                    questions_most__gte=1,
                ),
                name="basis_least_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def pseudonym_domain(self) -> str:
        """The name that the key of its pseudonyms is derived from: equal names join, others do not.

        Grants made before there were domains keep the pseudonyms of their recipient.
        """
        recipient = self.department_id or self.account_id or f"everybody {self.dataset_id}"
        return self.domain or f"{self.recipient} {recipient}"

    @property
    def is_limited(self) -> bool:
        """True where only so many readings or rows leave under it."""
        return self.readings_most is not None or self.rows_most is not None


class Extent(models.Model):
    """What a basis lets out of one table of one version: counted and profiled through the gate, never over all rows."""

    id = models.BigAutoField(primary_key=True)
    basis = models.ForeignKey(Basis, models.CASCADE, related_name="extents")
    version = models.ForeignKey(Version, models.CASCADE, related_name="extents")
    table = models.CharField(max_length=80)
    rows = models.BigIntegerField()
    profile = models.JSONField(null=True, help_text="[{name, type, nulls, distinct, min, max, frequent}]")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "version", "table"], name="extent_once")]

    def __str__(self) -> str:
        return f"{self.table}: {self.rows} rows"
