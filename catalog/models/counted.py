"""Which questions were asked under a basis that lets out counts only: by digest, so that nobody reads them."""

from django.db import models
from django.utils import timezone

from catalog.models.basis import Basis


class CountedQuestion(models.Model):
    """One question of one basis, at its first asking. Written by `catalog.asked_counts`."""

    id = models.BigAutoField(primary_key=True)
    basis = models.ForeignKey(Basis, models.PROTECT, related_name="counted_questions")
    digest = models.CharField(max_length=64)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "digest"], name="counted_question_once")]
        indexes = [models.Index(fields=["basis", "asked_at"], name="counted_question_of_month")]

    def __str__(self) -> str:
        return self.digest
