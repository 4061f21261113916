"""A renewal that takes two approvers: one proposes it, and the grant stands as it is until another agrees."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Basis
from sharing.models.bridge import Bridge


class Renewal(models.Model):
    """Until which day, and under which bridge, a grant that two agreed to is to be renewed."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        AGREED = "agreed", _("Agreed")
        DECLINED = "declined", _("Declined")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(Basis, models.PROTECT, related_name="proposed_renewals")
    valid_until = models.DateTimeField()
    bridge = models.ForeignKey(Bridge, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_at = models.DateTimeField(default=timezone.now)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["grant"], condition=models.Q(state="proposed"), name="renewal_proposed_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="agreed") | ~models.Q(decided_by=models.F("proposed_by")),
                name="renewal_two_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(state="proposed", decided_at=None, decided_by=None)
                | (~models.Q(state="proposed") & models.Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="renewal_decided_by",
            ),
        ]

    def __str__(self) -> str:
        return f"renewal {self.id}"
