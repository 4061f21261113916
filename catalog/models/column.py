"""The dictionary: what each column of a dataset means. It belongs to the dataset and outlives its versions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog import codes
from catalog.models.bilingual import Titled, in_language
from catalog.models.dataset import Dataset


class Column(Titled, models.Model):
    """One column of one table, by name, in every version that has it."""

    id = models.BigAutoField(primary_key=True)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="columns")
    table = models.CharField(max_length=80)
    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    title_zh = models.CharField(_("title in Chinese"), max_length=200, blank=True)
    meaning_en = models.TextField(_("meaning in English"), max_length=2000, blank=True)
    meaning_zh = models.TextField(_("meaning in Chinese"), max_length=2000, blank=True)
    unit = models.CharField(_("unit"), max_length=60, blank=True)
    code_list = models.CharField(_("code list"), max_length=300, blank=True, help_text=_("A name or an address."))
    sensitivity = models.CharField(
        _("sensitivity"), max_length=10, choices=codes.Sensitivity, default=codes.Sensitivity.INTERNAL
    )
    identity_role = models.CharField(
        _("identity role"), max_length=16, choices=codes.IdentityRole, default=codes.IdentityRole.NONE
    )
    row_key = models.BooleanField(
        _("part of the row key"),
        default=False,
        help_text=_("The columns that together name one row: two versions are compared by them."),
    )

    class Meta:
        ordering = ["table", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["dataset", "table", "name"], name="column_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def meaning(self) -> str:
        """What the column means, in the reader's language."""
        return in_language(self.meaning_en, self.meaning_zh)
