"""A dry run: what terms would let out, measured before anybody agrees to them."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from catalog.models import Basis, Version
from sharing.models.request import Request


class DryRun(models.Model):
    """The figures of one request under one proposal, over one version; made once, never changed.

    They hold numbers and names of columns, and no row: the sample is read anew through the gate by whoever looks.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(Request, models.PROTECT, related_name="dry_runs")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    terms = models.JSONField(help_text="catalog.terms.Terms, of what was proposed")
    terms_sha256 = models.CharField(max_length=64)
    asked_sha256 = models.CharField(max_length=64, help_text="of terms, version, marks, and what the requester holds")
    figures = models.JSONField(help_text="as sharing.dry_run.figures makes them")
    is_whole = models.BooleanField(help_text="false where some figures took too long: they are tried anew")
    duration_ms = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["request", "terms_sha256", "-made_at"], name="dry_run_of_terms")]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "asked_sha256"], condition=models.Q(is_whole=True), name="dry_run_once"
            )
        ]

    def __str__(self) -> str:
        return f"dry run {self.id}"


class ToldShare(models.Model):
    """How many values of two columns were the same when that was first asked for a request: it is told ever after.

    Computed anew for every version, it would tell an owner who makes versions up whether a value is in the other data.
    """

    request = models.ForeignKey(Request, models.PROTECT, related_name="told_shares")
    grant = models.ForeignKey(Basis, models.PROTECT, related_name="+", help_text="under which the other data is read")
    table = models.CharField(max_length=80)
    mine = models.CharField(max_length=80)
    theirs = models.CharField(max_length=80)
    mask = models.CharField(max_length=40, blank=True, help_text="under which both are compared; empty for none")
    share = models.PositiveSmallIntegerField(null=True, help_text="in per cent; none where there were too few values")
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "grant", "table", "mine", "theirs", "mask"], name="share_told_once"
            )
        ]

    def __str__(self) -> str:
        return f"share of {self.mine} in {self.theirs}"
