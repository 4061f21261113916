"""Accounts, and what the portal remembers of the reactions it ran."""

import uuid
from collections.abc import Iterator

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager):
    """Makes accounts whose e-mail address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """An account; without a password it cannot sign in until a link has set one."""
        user = self.model(email=self.normalize(email), **fields)
        user.set_password(password)
        user.save()
        return user

    @staticmethod
    def normalize(email: str) -> str:
        """The form in which an address is stored and compared."""
        return email.strip().lower()

    def get_by_natural_key(self, email: str) -> "User":
        """The account of this address, whatever its capitals."""
        return self.get(email=self.normalize(email))


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can sign in. What one may do follows from memberships, never from this row."""

    class Kind(models.TextChoices):
        OFFICER = "officer", _("Officer of a department")
        ENTERPRISE = "enterprise", _("Enterprise account")
        CITIZEN = "citizen", _("Citizen account")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CITIZEN)
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    authenticator = models.UUIDField(null=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            # A superuser would pass by every check: there is none.
            models.CheckConstraint(condition=models.Q(is_superuser=False), name="user_is_no_superuser"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        """What a session hangs on: the password, and the authenticator that stands."""
        return self._with_authenticator(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under secret keys that are on their way out."""
        yield from map(self._with_authenticator, super().get_session_auth_fallback_hash())

    def _with_authenticator(self, digest: str) -> str:
        return f"{digest}:{self.authenticator.hex}" if self.authenticator else digest


class Authenticator(models.Model):
    """The app that makes an account's codes; the account names it, and its sessions hang on that name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    secret = models.TextField(help_text="sealed for its account by portal/accounts/vault.py")
    set_at = models.DateTimeField(default=timezone.now)
    last_step = models.BigIntegerField(help_text="of the last code taken: no code is taken twice")
    failures = models.PositiveIntegerField(default=0, help_text="in a row")
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"authenticator {self.id}"


class RecoveryCode(models.Model):
    """A code that signs in once without the app; only its digest is kept."""

    id = models.BigAutoField(primary_key=True)
    authenticator = models.ForeignKey(Authenticator, models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["authenticator", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class Reaction(models.Model):
    """One reaction to one event: ran, or still to be tried again."""

    event = models.UUIDField()
    name = models.CharField(max_length=80)
    first_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="reaction_once")]
        indexes = [models.Index(fields=["first_at"], condition=models.Q(done_at=None), name="reaction_open")]

    def __str__(self) -> str:
        return f"{self.name} of {self.event}"
