"""How many rows changed between two versions of a table, counted once and kept."""

from django.db import models
from django.utils import timezone

from catalog.models.basis import Basis
from catalog.models.version import Version


class RowChanges(models.Model):
    """Rows added, removed and changed by key since an earlier version, as two bases let them out.

    Without bases it is of all rows, and is said only under a basis that lets out all of them.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(Version, models.CASCADE, related_name="row_changes")
    since = models.ForeignKey(Version, models.CASCADE, related_name="+")
    table = models.CharField(max_length=80)
    basis = models.ForeignKey(Basis, models.CASCADE, null=True, related_name="row_changes")
    since_basis = models.ForeignKey(Basis, models.CASCADE, null=True, related_name="+")
    key = models.JSONField(default=list, help_text="the columns that rows were held together by")
    added = models.BigIntegerField()
    removed = models.BigIntegerField()
    changed = models.BigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "row changes"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "since", "table", "basis", "since_basis"],
                name="row_changes_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(basis=None, since_basis=None)
                | models.Q(basis__isnull=False, since_basis__isnull=False),
                name="row_changes_bases",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table}: +{self.added} -{self.removed} ~{self.changed}"
