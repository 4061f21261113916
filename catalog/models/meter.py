"""What left under a basis in an hour, in a day or in all: the counter that a limit is asked of."""

from django.db import models

from catalog.models.basis import Basis, Span


class Meter(models.Model):
    """One counter of one basis: reserved when an exit opens, settled when it ends. Written by `catalog.metering`."""

    id = models.BigAutoField(primary_key=True)
    basis = models.ForeignKey(Basis, models.PROTECT, related_name="meters")
    span = models.CharField(max_length=5, choices=Span)
    begins_at = models.DateTimeField()
    readings = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0, help_text="gone, or reserved by exits that run")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "span", "begins_at"], name="meter_once")]

    def __str__(self) -> str:
        return f"{self.span} from {self.begins_at}: {self.readings} readings, {self.rows} rows"
