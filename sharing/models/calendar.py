"""A day of the city's calendar that the authority has set, over what the country's calendar says."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """A day that the city works, or does not, whatever the country does."""

    day = models.DateField(_("day"), primary_key=True)
    is_working = models.BooleanField(_("worked"))
    why = models.CharField(_("why"), max_length=200)
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return self.day.isoformat()
