"""A bridge: two grants whose pseudonyms may be joined, because the owners of both agreed that they may."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Basis

DOMAIN = "bridge "


class Bridge(models.Model):
    """Asked for by an owner or by who received both, agreed to by two persons, one for each owner, and it ends.

    `agreed_by` is the first of the two: who asked, where that person decides for an owner; `decided_by` is the second.

    A grant keeps its pseudonyms for ever. So a bridge changes none: what is renewed under it gets pseudonyms of the
    bridge's own, which join with each other, and with nothing that was received before.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waits for agreement")
        ACTIVE = "active", _("Active")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        ENDED = "ended", _("Ended")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    one = models.ForeignKey(Basis, models.PROTECT, related_name="+")
    other = models.ForeignKey(Basis, models.PROTECT, related_name="+")
    purpose = models.TextField(_("purpose"), max_length=2000)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    state_at = models.DateTimeField(default=timezone.now)
    state_reason = models.TextField(max_length=2000, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(one=models.F("other")), name="bridge_two_grants"),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")),
                name="bridge_two_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None)
                | models.Q(agreed_by=None)
                | ~models.Q(decided_by=models.F("agreed_by")),
                name="bridge_two_agree",
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_at=None, agreed_by=None)
                | models.Q(agreed_at__isnull=False, agreed_by__isnull=False),
                name="bridge_agreed_by",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["active", "ended"]) | models.Q(agreed_at__isnull=False),
                name="bridge_agreed",
            ),
            models.UniqueConstraint(
                Least("one", "other"),
                Greatest("one", "other"),
                condition=models.Q(state__in=["asked", "active"]),
                name="bridge_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, decided_by=None)
                | models.Q(decided_at__isnull=False, decided_by__isnull=False),
                name="bridge_decided_by",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "withdrawn"]) | models.Q(decided_at__isnull=False),
                name="bridge_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"bridge {self.id}"

    @classmethod
    def of_domain(cls, domain: str) -> "Bridge | None":
        """The bridge that gave a grant its pseudonyms; None where none did."""
        return cls.objects.filter(pk=domain.removeprefix(DOMAIN)).first() if domain.startswith(DOMAIN) else None

    @property
    def domain(self) -> str:
        """The name under which the pseudonyms of all grants made under it are."""
        return f"{DOMAIN}{self.pk}"

    @property
    def grants(self) -> tuple[Basis, Basis]:
        """Both sides."""
        return self.one, self.other

    @property
    def is_live(self) -> bool:
        """True while grants may be made under it."""
        return self.state == Bridge.State.ACTIVE and self.ends_at > timezone.now()
