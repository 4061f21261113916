"""An entry of the catalogue: what it is, whose, how it may be shared and opened, and how that changed."""

import re
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog import codes
from catalog.models.bilingual import Titled, in_language
from catalog.models.department import Department


class Dataset(Titled, models.Model):
    """What the city knows of one thing, owned by one department, for ever under one identifier."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Retired")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    department = models.ForeignKey(Department, models.PROTECT, related_name="datasets")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    title_zh = models.CharField(_("title in Chinese"), max_length=200, blank=True)
    description_en = models.TextField(_("description in English"), max_length=20_000, blank=True)
    description_zh = models.TextField(_("description in Chinese"), max_length=20_000, blank=True)
    keywords_en = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    keywords_zh = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    theme = models.CharField(_("theme"), max_length=16, choices=codes.Theme)
    contact_name = models.CharField(_("contact point"), max_length=120, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    frequency = models.CharField(_("promised update"), max_length=12, choices=codes.Frequency)
    coverage_from = models.DateField(_("covers from"), null=True, blank=True)
    coverage_until = models.DateField(_("covers until"), null=True, blank=True)
    place_en = models.CharField(_("place in English"), max_length=120, blank=True)
    place_zh = models.CharField(_("place in Chinese"), max_length=120, blank=True)
    language = models.CharField(_("language of the data"), max_length=8, choices=codes.Language, default="en")
    licence = models.CharField(_("licence"), max_length=20, choices=codes.Licence)
    legal_basis = models.CharField(_("legal basis"), max_length=300, blank=True)
    sharing_class = models.CharField(_("sharing class"), max_length=16, choices=codes.SharingClass)
    sharing_law = models.CharField(_("law that forbids sharing"), max_length=300, blank=True)
    opening_class = models.CharField(_("opening class"), max_length=16, choices=codes.OpeningClass)
    current = models.ForeignKey("catalog.Version", models.PROTECT, null=True, blank=True, related_name="+")
    reading = models.JSONField(default=dict, help_text="how the last file was read, for the next one")
    keep_versions = models.PositiveIntegerField(
        _("versions kept"), null=True, help_text="empty: their number is no limit"
    )
    keep_days = models.PositiveIntegerField(_("days kept"), null=True, help_text="empty: age is no limit")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(fields=["-updated_at", "-id"]),
            models.Index(fields=["department", "state"]),
            models.Index(
                fields=["id"],
                condition=~(models.Q(state="active") & ~models.Q(sharing_class="withheld")),
                name="dataset_not_for_all",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(title_en="") | ~models.Q(title_zh=""), name="dataset_has_title"),
            models.CheckConstraint(
                condition=~models.Q(sharing_class="withheld") | ~models.Q(sharing_law=""),
                name="dataset_withheld_by_law",
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at=None, retired_by=None)
                | models.Q(retired_at__isnull=False, retired_by__isnull=False),
                name="dataset_retired_by",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def description(self) -> str:
        """The description in the reader's language."""
        return in_language(self.description_en, self.description_zh)

    @property
    def place(self) -> str:
        """The place covered, in the reader's language."""
        return in_language(self.place_en, self.place_zh)

    @property
    def sharing_word(self) -> str:
        """The sharing class's name alone, without what it means: the words before the colon, in either script."""
        return re.split(r"[:：]", self.get_sharing_class_display(), maxsplit=1)[0]

    @property
    def keywords(self) -> list[str]:
        """The keywords in the reader's language."""
        return in_language(self.keywords_en, self.keywords_zh)


class DatasetChange(models.Model):
    """One change of a dataset's description, its dictionary or its links: who, when, before and after."""

    id = models.BigAutoField(primary_key=True)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    what = models.CharField(max_length=200, help_text="dataset, or column TABLE.NAME, or link TITLE")
    before = models.JSONField(help_text="only the fields that changed")
    after = models.JSONField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["dataset", "-id"])]

    def __str__(self) -> str:
        return f"{self.what} of {self.dataset_id}"


class Link(Titled, models.Model):
    """An address elsewhere that belongs to a dataset."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="links")
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    title_zh = models.CharField(_("title in Chinese"), max_length=200, blank=True)
    url = models.URLField(_("address"), max_length=500)

    class Meta:
        ordering = ["title_en", "title_zh", "id"]

    def __str__(self) -> str:
        return self.title
