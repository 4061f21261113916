"""What happened, in the form it keeps for ever, and the erasable part beside it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One event. The body is the record; the other columns only find it. Inserted and read, never changed.

    The table is partitioned by month of `time` and has one more column, `xact`, the transaction that wrote the row:
    both are the database's business (migration 0004).
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(db_index=True, default=uuid.uuid4)
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
            models.Index(fields=["department", "time"]),
            models.Index(fields=["dataset", "time"]),
            models.Index(fields=["basis", "time"]),
            models.Index(fields=["subject", "time"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class EventDetail(models.Model):
    """The personal values behind an event's commitments, with their salts: may lawfully be erased."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, db_constraint=False, related_name="detail")
    values = models.JSONField(help_text="{name: {salt: hex, value: text}}")

    def __str__(self) -> str:
        return f"details of {self.event_id}"


class Entry(models.Model):
    """The place of an event in the log: given once, in order, never changed."""

    index = models.BigIntegerField(primary_key=True, help_text="from 0")
    event = models.OneToOneField(Event, on_delete=models.PROTECT, db_constraint=False, related_name="entry")
    leaf_hash = models.BinaryField(help_text="SHA-256 over 0x00 and the event's body (RFC 6962)")

    class Meta:
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"entry {self.index}"


class LogState(models.Model):
    """The newest state that the log signed. The database itself refuses a smaller one, or another root for its size."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField(help_text="the checkpoint as signed by the log, before any witness cosigned it")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_log_state")]

    def __str__(self) -> str:
        return f"log of {self.size} entries"


class Alarm(models.Model):
    """Something about the log that a person must look at, from when it was seen until it is over."""

    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=200, blank=True)
    sentence = models.TextField()
    evidence = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"], condition=models.Q(ended_at=None), name="one_open_alarm_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class Retention(models.Model):
    """How long personal details are kept; the newest row counts, and without one they are kept for ever."""

    months = models.PositiveSmallIntegerField(null=True, help_text="empty: for ever")
    reason = models.TextField()
    set_at = models.DateTimeField()
    set_by = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.months} months" if self.months else "for ever"


class Hold(models.Model):
    """While it stands, no personal details about this are erased: neither by their age nor on request."""

    class Kind(models.TextChoices):
        DATASET = "dataset", _("Dataset")
        DEPARTMENT = "department", _("Department")
        ACCOUNT = "account", _("Account")
        BASIS = "basis", _("Grant, duty or release")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    about = models.UUIDField()
    reason = models.TextField()
    placed_at = models.DateTimeField()
    placed_by = models.UUIDField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "about"], condition=models.Q(lifted_at=None), name="one_open_hold"),
            models.CheckConstraint(
                condition=models.Q(lifted_at=None, lifted_by=None)
                | models.Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="hold_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"hold on {self.kind} {self.about}"
