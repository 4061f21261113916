"""The second step of signing in: an authenticator app set up, proven, renewed, taken away."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.log import record
from catalog.actions.keys import revoke_key
from catalog.permissions import check_at_keyboard, check_may_administer, check_signed_in
from portal.accounts import codes, vault
from portal.accounts.second_step import deciding_keys, must_prove
from portal.models import Authenticator, RecoveryCode, User

RECOVERY_CODES = 10
FAILURES = 5  # in a row; then nothing is taken for a while, and twice as long after each five more
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(days=1)
CHANGED = gettext_lazy("Your second step was changed or reset a moment ago. Sign in again.")


def set_authenticator(secret: str, code: str, *, by: Actor, present: str = "") -> list[str]:
    """The app that made this code is the account's from now on; gives its recovery codes, which nobody sees again.

    Where there is one already, `present` is a code of it, or a recovery code: an open session and the password do not
    suffice. Every other session of the account is over: none of them was proven with this app. Nor was any key by which
    one decides, where there was no app before: those are revoked.
    """
    check_signed_in(by)
    check_at_keyboard(by)

    step = codes.step_of(secret, codes.digits(code)) if secret else None
    if step is None:
        raise ValidationError(
            {"code": _("This is not the code that the app shows now. Check the clock of your phone, and try again.")}
        )
    prove_again(present, by=by)
    return _set_authenticator(secret, step, by=by)


@transaction.atomic
def _set_authenticator(secret: str, step: int, *, by: Actor) -> list[str]:
    user = User.objects.select_for_update().get(pk=by.user_id)
    if user.authenticator != by.user.authenticator:
        raise ValidationError(CHANGED)
    if user.authenticator is None:
        _end_deciding_keys(user, by=by)
    replaced = _forget(user)
    made = Authenticator.objects.create(secret=vault.seal(user, secret), last_step=step)
    user.authenticator = made.pk
    user.save(update_fields=["authenticator"])
    shown = _make_codes(made)

    record("account.totp_set", by=by, on=user, facts={"replaced": replaced})
    return shown


def _end_deciding_keys(user: User, *, by: Actor) -> None:
    """A key by which one decides and that a password alone made is not worth more than the password."""
    for key in deciding_keys(user):
        revoke_key(key, by=by, reason="It was made without a second step.")


def renew_recovery_codes(*, by: Actor, present: str = "") -> list[str]:
    """Ten new recovery codes; the old ones open nothing any more. `present` is a code of the app, or an old one."""
    check_signed_in(by)
    check_at_keyboard(by)

    prove_again(present, by=by)
    return _renew_recovery_codes(by=by)


@transaction.atomic
def _renew_recovery_codes(*, by: Actor) -> list[str]:
    held = Authenticator.objects.select_for_update().filter(pk=by.user.authenticator).first()
    if held is None:
        raise ValidationError(_("Set up an authenticator app first."))

    held.codes.all().delete()
    shown = _make_codes(held)

    record("account.recovery_renewed", by=by, on=by.user)
    return shown


@transaction.atomic
def reset_authenticator(user: User, *, by: Actor, reason: str) -> None:
    """An administrator takes a lost app away; the person is signed out everywhere and gets a link to begin anew.

    The password goes too: else whoever has learnt it would set up an app of theirs before the person does.
    """
    check_may_administer(by)
    if by.user_id == user.pk:
        raise PermissionDenied(_("Nobody resets their own second step. Ask another administrator."))

    user = User.objects.select_for_update().get(pk=user.pk)
    if user.authenticator is None:
        raise ValidationError(_("This person has no authenticator app set up."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the second step is reset, and how you know who asked for it.")})

    _forget(user)
    user.authenticator = None
    user.set_unusable_password()
    user.save(update_fields=["authenticator", "password"])

    record("account.totp_removed", by=by, on=user, facts={"reason": reason.strip()}, private={"person": user.name})


def remove_authenticator(*, by: Actor, present: str = "") -> None:
    """One does without a second step again, unless a role demands it; `present` is a code, as above."""
    check_signed_in(by)
    check_at_keyboard(by)

    if by.user.authenticator is None:
        raise ValidationError(_("You have no authenticator app set up."))
    if must_prove(by.user):
        raise ValidationError(_("Your role demands a second step. You can set up another app in place of this one."))
    prove_again(present, by=by)
    _remove_authenticator(by=by)


@transaction.atomic
def _remove_authenticator(*, by: Actor) -> None:
    user = User.objects.select_for_update().get(pk=by.user_id)
    if user.authenticator is None:
        raise ValidationError(_("You have no authenticator app set up."))
    if must_prove(user):
        raise ValidationError(_("Your role demands a second step. You can set up another app in place of this one."))

    _forget(user)
    user.authenticator = None
    user.save(update_fields=["authenticator"])

    record("account.totp_removed", by=by, on=user, facts={"reason": "by oneself"})


def prove_again(present: str, *, by: Actor) -> None:
    """Who changes the second step shows that it is still theirs; a failure counts as one at sign-in does.

    Not inside a transaction, for that would take the count of the failure back with the change that was refused.
    """
    if by.user.authenticator is None:
        return
    try:
        prove(by.user, present, by=by)
    except ValidationError as refusal:
        raise ValidationError({"present": refusal.messages}) from refusal


def prove(user: User, typed: str, *, by: Actor) -> str:
    """Takes a code of the app, each once, or a recovery code: says "code" or "recovery". Refuses, and counts, others.

    One row is locked meanwhile, so that one code sent twice at the same moment is taken once.
    """
    with transaction.atomic():
        held = Authenticator.objects.select_for_update().filter(pk=user.authenticator).first()
        if held is None:  # reset, replaced or taken away since the page was opened
            raise ValidationError(CHANGED)
        taken, refusal = _judged(held, user, codes.digits(typed))
        if taken:
            held.failures, held.locked_until = 0, None
        elif not _is_locked(held):
            _count_failure(held)
        held.save()
        if taken == "recovery":
            left = held.codes.filter(used_at=None).count()
            proven = Actor(user=user, request_id=by.request_id)
            record("account.recovery_used", by=proven, on=user, facts={"left": left})
        elif not taken:
            record("account.second_step_failed", by=by, on=user, facts={"locked": _is_locked(held)})
    if not taken:
        raise ValidationError({"code": _wait(held.locked_until) if _is_locked(held) else refusal})
    return taken


def _judged(held: Authenticator, user: User, typed: str) -> tuple[str, str]:
    """How the code was taken, or why it was not; a locked account does not look at it."""
    if _is_locked(held):
        return "", ""
    if len(typed) == codes.LETTERS:
        used = held.codes.filter(digest=codes.digest_of(typed), used_at=None).update(used_at=timezone.now())
        return ("recovery", "") if used else ("", _("This recovery code is not yours, or was used already."))
    secret = vault.unseal(user, held.secret)
    step = codes.step_of(secret, typed) if secret else None
    if step is None:
        return "", _("This is not the code that your app shows now. Check the clock of your phone, and try again.")
    if step <= held.last_step:
        return "", _("This code was used already. Wait until your app shows the next one.")
    held.last_step = step
    held.secret = vault.seal(user, secret)  # under the newest key: older ones can go one day
    return "code", ""


def _is_locked(held: Authenticator) -> bool:
    return held.locked_until is not None and held.locked_until > timezone.now()


def _count_failure(held: Authenticator) -> None:
    held.failures += 1
    rounds, rest = divmod(held.failures, FAILURES)
    if rest == 0:
        held.locked_until = timezone.now() + min(FIRST_WAIT * 2 ** min(rounds - 1, 10), LONGEST_WAIT)


def _wait(until: datetime) -> str:
    words = _("There were too many wrong codes. Try again at %(time)s, or ask an administrator to reset your app.")
    return words % {"time": time_format(timezone.localtime(until), "TIME_FORMAT")}


def _forget(user: User) -> bool:
    """True where there was one."""
    gone, _each = Authenticator.objects.filter(pk=user.authenticator).delete() if user.authenticator else (0, {})
    return gone > 0


def _make_codes(held: Authenticator) -> list[str]:
    shown = [codes.new_recovery_code() for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(authenticator=held, digest=codes.digest_of(one)) for one in shown)
    return shown
