"""What a reader tells the owner of a dataset."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Dataset


class Message(models.Model):
    """A question or a report of an error; it waits on the owner's desk until answered."""

    class Topic(models.TextChoices):
        QUESTION = "question", _("A question")
        ERROR = "error", _("An error in the data")
        SOURCE = "source", _("A source that needs a look")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="messages")
    topic = models.CharField(_("what is it about?"), max_length=10, choices=Topic)
    text = models.TextField(_("your message"), max_length=4000)
    email = models.EmailField(_("your e-mail address"), blank=True)
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(_("answer"), max_length=4000, blank=True)

    class Meta:
        ordering = ["-sent_at", "-id"]
        indexes = [models.Index(fields=["dataset", "-sent_at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_at=None, answered_by=None)
                | models.Q(answered_at__isnull=False, answered_by__isnull=False),
                name="message_answered_by",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]
