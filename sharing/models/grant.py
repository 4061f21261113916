"""A grant: one department lends to another, or to an enterprise."""

from django.conf import settings
from django.db import models

from catalog.models import Basis, Version
from sharing.models.request import Decision, Frequency, Level, Request


class Grant(models.Model):
    """What a grant has beyond its basis. Its terms, its limits and its state are the basis'.

    Everything up to `policy_sha256` is frozen when the grant is made: the database refuses to change it. What comes
    after is what became of the data in the end, each written once.
    """

    basis = models.OneToOneField(Basis, models.PROTECT, primary_key=True, related_name="grant")
    note = models.TextField(max_length=2000, blank=True, help_text="the owner's word to the recipient")
    level = models.CharField(max_length=16, choices=Level, blank=True)
    frequency = models.CharField(max_length=12, choices=Frequency, blank=True)
    retention_days = models.PositiveIntegerField(null=True, help_text="how long the recipient keeps what it received")
    period_from = models.DateField(null=True, help_text="of what the data is about")
    period_until = models.DateField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="empty: the platform"
    )
    seconded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    catalogue = models.ForeignKey(
        Version, models.PROTECT, null=True, related_name="+", help_text="what stood in the catalogue when it was made"
    )
    asked = models.ForeignKey(Request, models.PROTECT, null=True, related_name="+", help_text="what it answers")
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, related_name="+")
    renews = models.ForeignKey(Basis, models.PROTECT, null=True, related_name="renewals")
    policy_sha256 = models.CharField(max_length=64, blank=True, help_text="of all that was agreed to")
    returned_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    attested_at = models.DateTimeField(null=True)
    attested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    disposal = models.CharField(max_length=2000, blank=True, help_text="how what was received was disposed of")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["renews"], name="grant_renewed_once"),
            models.CheckConstraint(
                condition=models.Q(seconded_by=None) | ~models.Q(seconded_by=models.F("approved_by")),
                name="grant_two_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(returned_at=None, returned_by=None)
                | models.Q(returned_at__isnull=False, returned_by__isnull=False),
                name="grant_returned_by",
            ),
            models.CheckConstraint(
                condition=models.Q(attested_at=None, attested_by=None, disposal="")
                | (models.Q(attested_at__isnull=False, attested_by__isnull=False) & ~models.Q(disposal="")),
                name="grant_attested_by",
            ),
        ]

    def __str__(self) -> str:
        return f"grant {self.basis_id}"
