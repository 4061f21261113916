"""What people look for and do not find: words counted by day, never by whom."""

from django.db import models


class Demand(models.Model):
    """How often the same words were searched on a day, how often nothing was found, how often it was asked for."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    words = models.CharField(max_length=60, help_text="folded, so that one wish is counted once")
    found = models.IntegerField(default=0)
    missed = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "words"], name="demand_once")]
        indexes = [models.Index(fields=["words"], name="demand_words", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return f"{self.words} on {self.day}"
