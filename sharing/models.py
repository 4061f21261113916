"""A grant: one department lends to another, or to an enterprise."""

from django.db import models

from catalog.models import Basis


class Grant(models.Model):
    """What a grant has beyond its basis. Its terms and its state are the basis'."""

    basis = models.OneToOneField(Basis, models.PROTECT, primary_key=True, related_name="grant")
    note = models.TextField(max_length=2000, blank=True, help_text="the owner's word to the recipient")

    def __str__(self) -> str:
        return f"grant {self.basis_id}"
