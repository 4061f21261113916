"""What every long work has: how far it is, and which worker holds it by a lease and a fence."""

from django.db import models
from django.utils import timezone


class Work(models.Model):
    """Work in the background. A worker holds it by a lease and writes only with the fence it took it with.

    Each kind has a `State` with WAITING and RUNNING, and names in `NEEDS` what a worker reads with it.
    """

    NEEDS: tuple[str, ...] = ()

    stage = models.CharField(max_length=20, blank=True)
    rows_done = models.BigIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    seconds_left = models.PositiveIntegerField(null=True, help_text="about; null where unknown")
    error = models.JSONField(null=True, help_text="{code, params, sentence, row, column}")
    fence = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
