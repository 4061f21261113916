"""Accounts of others, by the administrator; and what everybody may change of their own."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.keys import revoke_key
from catalog.actions.memberships import begin, check_role_fits, finish_all
from catalog.models import Department
from catalog.permissions import check_at_keyboard, check_may_administer, check_signed_in
from portal.models import User


@transaction.atomic
def invite(email: str, name: str, department: Department, role: str, *, by: Actor, until=None) -> User:
    """An account with this role, and a link by e-mail to set its password; without that nobody can enter it."""
    check_may_administer(by)

    email = User.objects.normalize(email)
    validate_email(email)
    check_role_fits(role, department)
    if User.objects.filter(email=email).exists():
        raise ValidationError({"email": _("This person has an account: find it under People, and give the role.")})

    enterprise = department.kind == Department.Kind.ENTERPRISE
    kind = User.Kind.ENTERPRISE if enterprise else User.Kind.OFFICER
    user = User.objects.create_user(email, name=name.strip(), kind=kind, language=by.user.language)
    begin(user, department, role, by=by, until=until)

    record("account.invited", by=by, on=user, department=department, private={"email": email})
    return user


@transaction.atomic
def invite_again(user: User, *, by: Actor) -> None:
    """Another link, for an account whose password was never set."""
    check_may_administer(by)

    if user.has_usable_password() or not user.is_active:
        raise ValidationError(_("Only who has not set a password yet can be invited again."))

    record("account.invited", by=by, on=user, private={"email": user.email})


@transaction.atomic
def deactivate(user: User, *, by: Actor, reason: str) -> None:
    """Nobody enters the account; its roles end, its keys, links and open pages open nothing, now or later."""
    check_may_administer(by)

    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == by.user_id:
        raise ValidationError(_("You cannot close your own account. Ask another administrator."))
    if not user.is_active:
        raise ValidationError(_("This account is closed already."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the account is closed.")})

    finish_all(user.memberships.filter(ended_at=None), by=by, reason=reason.strip())
    for key in user.keys.filter(revoked_at=None):  # or they would open again with the account
        revoke_key(key, by=by, reason=reason)
    user.is_active = False
    user.set_unusable_password()  # sessions and links hang on the password: none comes back with the account
    user.save(update_fields=["is_active", "password"])

    record("account.deactivated", by=by, on=user, facts={"reason": reason.strip()}, private={"person": user.name})


@transaction.atomic
def reactivate(user: User, *, by: Actor, reason: str) -> None:
    """The person gets a link to choose a password. Old roles, keys and sessions stay ended: give the roles it needs."""
    check_may_administer(by)

    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise ValidationError(_("This account is open."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the account is opened again.")})

    user.is_active = True
    user.save(update_fields=["is_active"])

    record("account.reactivated", by=by, on=user, facts={"reason": reason.strip()}, private={"person": user.name})


@transaction.atomic
def change_account(name: str, language: str, *, by: Actor) -> User:
    """One's own name, and the language of one's pages and e-mails."""
    check_signed_in(by)
    check_at_keyboard(by)

    user = User.objects.select_for_update().get(pk=by.user_id)
    wanted = {"name": name.strip(), "language": language}
    if not wanted["name"]:
        raise ValidationError({"name": _("Give your name.")})
    if language not in dict(settings.LANGUAGES):
        raise ValidationError({"language": _("Choose one of the languages.")})
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    if not changed:
        return user

    for field in changed:
        setattr(user, field, wanted[field])
    user.save(update_fields=changed)

    record("account.changed", by=by, on=user, facts={"fields": sorted(changed)})
    return user
