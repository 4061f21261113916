"""The basket: columns that an officer collects in the catalogue before asking for them."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from catalog.models import Dataset


class BasketItem(models.Model):
    """One column of one table, in one person's basket."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="basket")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="+")
    table = models.CharField(max_length=80)
    column = models.CharField(max_length=80)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "dataset", "table", "column"], name="basket_once")]

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"
