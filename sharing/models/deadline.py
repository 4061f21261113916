"""A clock of a request as it was last computed from the moves: what lists, reminders and the board look at."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Department
from sharing.models.request import Request


class Deadline(models.Model):
    """One clock, kept beside its request. The moves are the truth: anybody can compute it again."""

    class Stage(models.TextChoices):
        REVIEW = "review", _("Review by the own head")
        CHECK = "check", _("Check of form")
        REPLY = "reply", _("Reply")
        DISPUTE = "dispute", _("Decision by the authority")
        COMPLETION = "completion", _("Answers to questions")
        DELIVERY = "delivery", _("Delivery")
        ATTEST = "attest", _("Proof of disposal")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Standing")
        MET = "met", _("In time")
        MISSED = "missed", _("Missed")

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(Request, models.PROTECT, related_name="deadlines")
    stage = models.CharField(max_length=12, choices=Stage)
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", help_text="who must act")
    began_at = models.DateTimeField()
    due_on = models.DateField(null=True, help_text="the last working day; empty while it stands")
    allowed = models.PositiveSmallIntegerField(help_text="working days")
    used = models.PositiveSmallIntegerField(help_text="working days to its end, or to the day when it was looked at")
    state = models.CharField(max_length=8, choices=State)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=24, blank=True, help_text="the verb of the move")
    reminded = models.CharField(max_length=8, blank=True, help_text="the last mark that was said of it")
    missed_at = models.DateTimeField(null=True, help_text="when its lapse was recorded")
    looked_on = models.DateField(null=True, help_text="the day of the last look; empty: look at once")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["looked_on", "id"], condition=models.Q(ended_at=None), name="deadline_look"),
            models.Index(fields=["id"], condition=models.Q(state="missed", missed_at=None), name="deadline_unsaid"),
            models.Index(fields=["department", "stage", "ended_at"], name="deadline_board"),
        ]
        constraints = [models.UniqueConstraint(fields=["request", "stage", "began_at"], name="deadline_once")]

    def __str__(self) -> str:
        return f"{self.stage} of {self.request_id}"
