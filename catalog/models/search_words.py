"""The words that a search knows: those of the index, and those that mean the same."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.search import SearchEntry


class SearchTerm(models.Model):
    """A word of the index and how many datasets hold it; the empty word stands for all of them.

    Of the internal index only words of datasets that every officer may know of.
    """

    id = models.BigAutoField(primary_key=True)
    audience = models.CharField(max_length=8, choices=SearchEntry.Audience)
    word = models.CharField(max_length=61, blank=True, db_collation="C")
    datasets = models.PositiveIntegerField()
    near = ArrayField(models.CharField(max_length=80), default=list, help_text="what a misspelling shares with it")

    class Meta:
        indexes = [GinIndex(fields=["near"], name="search_near")]
        constraints = [models.UniqueConstraint(fields=["audience", "word"], name="search_term_once")]

    def __str__(self) -> str:
        return self.word


class SearchSynonym(models.Model):
    """Words that the authority holds to mean the same, or that it sets apart though the shipped list joins them."""

    words = ArrayField(models.CharField(max_length=60), verbose_name=_("words"))
    apart = models.BooleanField(_("these do not mean the same"), default=False)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return " | ".join(self.words)
