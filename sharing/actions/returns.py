"""How a grant ends by its recipient's word: given back, and what was received attested to be disposed of."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.bases import check_reason, move_basis
from catalog.models import Basis
from sharing.models import Grant
from sharing.permissions import check_may_answer_for

LONGEST = 2_000


@transaction.atomic
def return_grant(grant: Basis, *, by: Actor, reason: str) -> Basis:
    """The recipient needs it no more: nothing leaves under it, for good, and disposal is due."""
    check_may_answer_for(by, grant)

    check_reason(reason)
    grant = move_basis(grant, "return", reason=reason)
    Grant.objects.filter(basis=grant).update(returned_at=grant.state_at, returned_by=by.user)

    record(
        "grant.returned",
        by=by,
        on=grant,
        department=grant.dataset.department,
        dataset=grant.dataset,
        basis=grant,
        facts={"reason": grant.state_reason},
    )
    return grant


@transaction.atomic
def attest_grant(grant: Basis, *, by: Actor, how: str) -> Basis:
    """A person of the recipient answers for it: what was received is disposed of, and how."""
    check_may_answer_for(by, grant)

    how = how.strip()
    if not how or len(how) > LONGEST:
        raise ValidationError(
            _("Say how the data was disposed of, in at most %(most)s characters."), params={"most": LONGEST}
        )
    grant = move_basis(grant, "attest", reason=grant.state_reason)
    Grant.objects.filter(basis=grant).update(attested_at=timezone.now(), attested_by=by.user, disposal=how)

    record(
        "grant.ended",
        by=by,
        on=grant,
        department=grant.dataset.department,
        dataset=grant.dataset,
        basis=grant,
        facts={"how": how},
    )
    return grant
