"""Keys for machines under a grant: they open only it, end no later than it, and pass on to a new one in a week."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.keys import LONGEST, check_until, issue
from catalog.models import Basis, Key, Scope
from catalog.permissions import bases_open_to, check_at_keyboard, check_signed_in

LONGEST_OVERLAP = timedelta(days=7)


@transaction.atomic
def make_grant_key(grant: Basis, *, name: str, until: datetime, by: Actor):
    """A new key of one's own that reads under this grant and under nothing else: (Key, token)."""
    check_may_have_keys(by, grant)

    check_until(until)
    if until > grant.valid_until:
        raise ValidationError({"until": _("A key under a grant ends no later than the grant.")})
    return issue(by.user, name=name, scopes=[Scope.READ], until=until, datasets=[grant.dataset], grant=grant, by=by)


@transaction.atomic
def rotate_key(key: Key, *, overlap: timedelta = LONGEST_OVERLAP, by: Actor):
    """A new key in the place of one's own: (Key, token). The old one opens the grant a week longer at most."""
    check_signed_in(by)
    check_at_keyboard(by)
    key = Key.objects.select_for_update(of=("self",)).select_related("grant__dataset").get(pk=key.pk)
    if by.user_id != key.user_id:
        raise PermissionDenied(_("Everybody makes keys only for themselves."))
    if key.grant is None:
        raise ValidationError(_("This key is under no grant. Make a new one, and revoke this one."))
    check_may_have_keys(by, key.grant)

    now = timezone.now()
    if key.revoked_at is not None or key.expires_at <= now:
        raise ValidationError(_("This key opens nothing any more. Make a new one."))
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValidationError({"overlap": _("The old key lives on for seven days at most.")})
    until = min(key.grant.valid_until, now + (key.expires_at - key.created_at), now + LONGEST)
    made = issue(
        by.user, name=key.name, scopes=key.scopes, until=until, datasets=[key.grant.dataset], grant=key.grant, by=by
    )
    key.expires_at = min(key.expires_at, now + overlap)
    key.save(update_fields=["expires_at"])

    record("key.rotated", by=by, on=key, basis=key.grant, facts={"by_key": made[0].pk, "until": key.expires_at})
    return made


def check_may_have_keys(by: Actor, grant: Basis) -> None:
    """Whoever reads under the grant now lets a machine do so, at the keyboard."""
    check_signed_in(by)
    check_at_keyboard(by)
    if not bases_open_to(by).filter(pk=grant.pk, kind=Basis.Kind.GRANT).exists():
        raise PermissionDenied(_("Only people who read under this grant now make keys for it."))
