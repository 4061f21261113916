"""A body that owns or receives data: the city, a department of it, or an enterprise."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.bilingual import Named, in_language


class Department(Named, models.Model):
    """A node of the city's tree, whose root is the city itself. An enterprise stands outside it and only receives."""

    class Kind(models.TextChoices):
        CITY = "city", _("City")
        DEPARTMENT = "department", _("Department")
        ENTERPRISE = "enterprise", _("Enterprise")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.DEPARTMENT)
    code = models.CharField(_("code"), max_length=40, unique=True)
    name_en = models.CharField(_("name in English"), max_length=160, blank=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=160, blank=True)
    duties_en = models.TextField(_("duties in English"), blank=True)
    duties_zh = models.TextField(_("duties in Chinese"), blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["code"]
        # What a membership in this department lets a person do; rows are derived, never edited (catalog/actions).
        permissions = [
            ("steward", "Keeps the department's data"),
            ("approver", "Decides for the department who may have its data"),
            ("requester", "Asks for data and reads what the department was granted"),
            ("authority", "Runs the platform"),
            ("reviewer", "Clears releases"),
            ("auditor", "Reads the log"),
            ("administrator", "Manages departments, people and roles"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=models.Q(kind="city"), name="department_one_city"),
            models.CheckConstraint(
                condition=models.Q(kind="department", parent__isnull=False)
                | models.Q(kind__in=["city", "enterprise"], parent__isnull=True),
                name="department_tree",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None, verified_by=None)
                | models.Q(verified_at__isnull=False, verified_by__isnull=False),
                name="department_verified_by",
            ),
            models.CheckConstraint(condition=~models.Q(name_en="") | ~models.Q(name_zh=""), name="department_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def duties(self) -> str:
        """What the department is for, in the reader's language."""
        return in_language(self.duties_en, self.duties_zh)

    @property
    def is_city(self) -> bool:
        """True for the root of the tree."""
        return self.kind == self.Kind.CITY

    @property
    def may_receive(self) -> bool:
        """True where a basis may name it: a department of the city, or an enterprise whose code was verified."""
        return self.kind == self.Kind.DEPARTMENT or self.verified_at is not None
