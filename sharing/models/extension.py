"""More time for a reply: asked for by the owner's approver, given by the authority."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from sharing.models.request import Request


class Extension(models.Model):
    """The wish for more time, with its answer. One for each request."""

    request = models.OneToOneField(Request, models.PROTECT, primary_key=True, related_name="extension")
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField(max_length=2000)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_given = models.BooleanField(default=False)
    answer = models.TextField(max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_at=None, answered_by=None, is_given=False)
                | models.Q(answered_at__isnull=False, answered_by__isnull=False),
                name="extension_answered_by",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_by=None) | ~models.Q(answered_by=models.F("asked_by")),
                name="extension_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"more time for {self.request_id}"
