"""The dictionary: what each column of a dataset means. It belongs to the dataset and outlives its versions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog import codes
from catalog.masks import parse_mask
from catalog.models.bilingual import Titled, in_language
from catalog.models.dataset import Dataset

MARKED = frozenset({codes.Sensitivity.PERSONAL, codes.Sensitivity.SENSITIVE})
NAMELESS = frozenset({"hash", "null"})
# The address of a school names nobody: its steward marks it public. A person's code names one, whatever the mark.
TELLS_OF_PERSONS = (
    models.Q(sensitivity__in=MARKED)
    | models.Q(identity_role=codes.IdentityRole.PERSON_CODE)
    | models.Q(identity_role=codes.IdentityRole.ADDRESS) & ~models.Q(sensitivity=codes.Sensitivity.PUBLIC)
)


class ColumnQuerySet(models.QuerySet):
    """Questions that are asked of many columns."""

    def protected(self) -> "ColumnQuerySet":
        """Those for which `is_protected` holds."""
        return self.filter(TELLS_OF_PERSONS)


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

    objects = ColumnQuerySet.as_manager()

    class Meta:
        ordering = ["table", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["dataset", "table", "name"], name="column_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def meaning(self) -> str:
        """What the column means, in the reader's language."""
        return in_language(self.meaning_en, self.meaning_zh)

    @property
    def names_persons(self) -> bool:
        """True where a value says who a row is about: a person's code, or an address that is not public."""
        if self.identity_role == codes.IdentityRole.ADDRESS:
            return self.sensitivity != codes.Sensitivity.PUBLIC
        return self.identity_role == codes.IdentityRole.PERSON_CODE

    @property
    def is_protected(self) -> bool:
        """True for what tells of persons: marked personal or sensitive, or naming them."""
        return self.sensitivity in MARKED or self.names_persons

    def shows_persons(self, mask: str | None) -> bool:
        """True for what still names them under this mask: only a pseudonym and nothing at all do not."""
        return self.names_persons and mask not in NAMELESS

    def is_bare(self, mask: str | None, column_type: str) -> bool:
        """True where what tells of persons leaves as it is, or may: no mask, one that cuts little, or still a name."""
        if not self.is_protected:
            return False
        parsed = parse_mask(mask, column=self.name, column_type=column_type)
        return parsed is None or parsed.may_keep_all(column_type) or self.shows_persons(mask)
