"""Passwords: a link for whoever forgot, a new one for whoever has the link or knows the old one."""

from axes.utils import reset
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.keys import revoke_key
from portal.models import User


@transaction.atomic
def ask_reset(email: str, *, by: Actor) -> None:
    """If an account has this address, it gets a link. The answer is the same, and as quick, if none has."""
    record("account.reset_asked", by=by, on=User(), private={"email": User.objects.normalize(email)})


@transaction.atomic
def reset_password(user: User, password: str, *, by: Actor) -> None:
    """A new password by a link: whoever held the account before keeps nothing of it, no session, link or key."""
    set_password(user, password, by=by)

    for key in user.keys.filter(revoked_at=None):
        revoke_key(key, by=by, reason="The password was set anew by a link.")


@transaction.atomic
def set_password(user: User, password: str, *, by: Actor) -> None:
    """The account has this password; every other session and every older link of it is over."""
    if by.user_id != user.pk:
        raise PermissionDenied(_("Everybody sets only their own password."))

    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise ValidationError(_("This account was closed. Ask the administrator."))

    user.set_password(password)
    user.save(update_fields=["password"])

    record("account.password_changed", by=by, on=user)
    transaction.on_commit(lambda: reset(username=user.email))
