"""A notice: what happened to a request, a grant or a bridge, for one person whom it concerns."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from catalog.models import Basis
from sharing.models.bridge import Bridge
from sharing.models.request import Request


class Notice(models.Model):
    """One event for one person; its words are made when it is read, in the reader's language."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    at = models.DateTimeField(default=timezone.now)
    event = models.UUIDField()
    kind = models.CharField(max_length=60, help_text="of the event")
    facts = models.JSONField(default=dict, help_text="what its words need: a step, a mark, a day")
    request = models.ForeignKey(Request, models.CASCADE, null=True, related_name="notices")
    grant = models.ForeignKey(Basis, models.CASCADE, null=True, related_name="notices")
    bridge = models.ForeignKey(Bridge, models.CASCADE, null=True, related_name="notices")
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notice_of"),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notice_unread"),
            models.Index(fields=["at"], name="notice_age"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="notice_once"),
            models.CheckConstraint(
                condition=models.Q(request__isnull=False, grant=None, bridge=None)
                | models.Q(request=None, grant__isnull=False, bridge=None)
                | models.Q(request=None, grant=None, bridge__isnull=False),
                name="notice_about_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
