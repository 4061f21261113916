"""What happened, in the form it keeps for ever, and the erasable part beside it."""

import uuid

from django.db import models


class Event(models.Model):
    """One event. The body is the record; the other columns only find it. Inserted and read, never changed."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4)
    time = models.DateTimeField()
    kind = models.CharField(max_length=60)
    body = models.TextField(help_text="canonical JSON (RFC 8785), at most 65,535 bytes")
    actor = models.UUIDField(null=True)
    department = models.UUIDField(null=True)
    dataset = models.UUIDField(null=True)
    basis = models.UUIDField(null=True)
    subject = models.CharField(max_length=80, blank=True, help_text="type:id of what was acted on")

    class Meta:
        indexes = [
            models.Index(fields=["time", "id"]),
            models.Index(fields=["kind", "time"]),
            models.Index(fields=["actor", "time"]),
            models.Index(fields=["dataset", "time"]),
            models.Index(fields=["basis", "time"]),
            models.Index(fields=["subject", "time"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class EventDetail(models.Model):
    """The personal values behind an event's commitments, with their salts: may lawfully be erased."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="detail")
    values = models.JSONField(help_text="{name: {salt: hex, value: text}}")

    def __str__(self) -> str:
        return f"details of {self.event_id}"
