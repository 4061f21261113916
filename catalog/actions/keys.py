"""API keys: a person's rights, narrowed, with an end. A key is shown once; only its digest is kept."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.lists import spelled_out, stated
from audit.log import record
from catalog.models import Dataset, Key, Scope
from catalog.permissions import can, check_at_keyboard, check_may_administer, check_signed_in, visible_datasets
from catalog.policies import faults
from catalog.questions import Question

LONGEST = timedelta(days=366)
MOST_LIVE = 20
LASTS = gettext_lazy("A key ends at a time to come, at most a year from now.")
LIVE = Question(
    lambda digest: Key.objects.live().select_related("user").filter(digest=digest).order_by(), digest="text"
)
TOKEN = re.compile(r"cw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")


@transaction.atomic
def make_key(user, *, name: str, scopes: list[str], until: datetime, datasets: list[Dataset], by: Actor):
    """A new key of one's own and its token, which nobody can see again: (Key, token)."""
    check_signed_in(by)
    check_at_keyboard(by)
    if by.user_id != user.pk:
        raise PermissionDenied(_("Everybody makes keys only for themselves."))

    _check_sensible(scopes, until, datasets, by)
    return issue(user, name=name, scopes=scopes, until=until, datasets=datasets, by=by)


def issue(
    user, *, name: str, scopes: list[str], until: datetime, datasets: list[Dataset], by: Actor, grant=None
):  # fmt: skip
    """The bare making of a key, for actions that have checked what it opens: (Key, token)."""
    if Key.objects.live().filter(user=user).count() >= MOST_LIVE:
        raise ValidationError(
            _("You have %(most)s keys. Revoke one that you no longer use."), params={"most": MOST_LIVE}
        )

    start = f"cw_{secrets.token_hex(4)}"
    token = f"{start}_{secrets.token_urlsafe(32)}"
    key = Key(
        user=user, name=name.strip(), start=start, digest=digest_of(token), scopes=sorted(set(scopes)),
        expires_at=until, grant=grant,
    )  # fmt: skip
    wrong = faults(key, ("name",))
    if wrong:
        raise ValidationError(wrong)
    key.save(force_insert=True)
    key.datasets.set(datasets)

    named = sorted(str(dataset.pk) for dataset in datasets)
    record(
        "key.made",
        by=by,
        on=key,
        basis=grant,
        facts={"scopes": key.scopes, "until": until, "datasets": stated(named)},
        private=spelled_out("datasets", named),
    )
    return key, token


@transaction.atomic
def revoke_key(key: Key, *, by: Actor, reason: str = "") -> None:
    """The key opens nothing from now on. One revokes one's own; an administrator anybody's."""
    check_signed_in(by)
    if by.user_id != key.user_id and not can(check_may_administer, by):
        raise PermissionDenied(_("Only its owner or an administrator can revoke a key."))

    key = Key.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is not None:
        raise ValidationError(_("This key was revoked already."))

    key.revoked_at, key.revoked_by = timezone.now(), by.user
    key.save(update_fields=["revoked_at", "revoked_by"])

    record("key.revoked", by=by, on=key, facts={"reason": reason.strip()})


def find_key(token: str) -> Key | None:
    """The live key of this token, or None; notes that it was used, at most once a minute."""
    if not TOKEN.fullmatch(token):
        return None
    now = timezone.now()
    found = LIVE.ask(digest=digest_of(token))
    key = found[0] if found else None
    if key is not None and (key.last_used_at is None or key.last_used_at < now - timedelta(minutes=1)):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
        Key.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def digest_of(token: str) -> str:
    """SHA-256 of the token, as kept. The token holds 256 random bits, so a plain digest cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_sensible(until: datetime) -> bool:
    """A key ends, and within a year."""
    return timezone.now() < until <= timezone.now() + LONGEST


def check_until(until: datetime) -> None:
    """The sentence that says so."""
    if not is_sensible(until):
        raise ValidationError({"until": LASTS})


def _check_sensible(scopes: list[str], until: datetime, datasets: list[Dataset], by: Actor) -> None:
    wrong = {}
    if not scopes:
        wrong["scopes"] = _("Choose at least one thing that the key is for.")
    elif set(scopes) - set(Scope.values):
        wrong["scopes"] = _("A key can have these scopes: %(scopes)s.") % {"scopes": ", ".join(Scope.values)}
    if not is_sensible(until):
        wrong["until"] = LASTS
    seen = visible_datasets(by).filter(pk__in=[dataset.pk for dataset in datasets])
    if seen.count() != len(datasets):
        wrong["datasets"] = _("A key can name only datasets that you can see.")
    if wrong:
        raise ValidationError(wrong)
