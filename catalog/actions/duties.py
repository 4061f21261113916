"""Duties: the bases under which the owner's own people work with their data."""

from django.db import transaction
from django.utils.translation import gettext_noop

from audit.actor import Actor
from audit.log import record
from catalog.models import Basis, Dataset, Role
from catalog.terms import Terms

# The log keeps it as it stands; pages say it in the reader's language.
PURPOSE = gettext_noop("Keeping the department's own data")


@transaction.atomic
def make_owner_duty(dataset: Dataset, *, by: Actor) -> Basis:
    """The owner's stewards and approvers may look at all of it, for actions that have checked: `create_dataset`."""
    duty = Basis.objects.create(
        kind=Basis.Kind.DUTY,
        dataset=dataset,
        terms=Terms(everything=True).to_json(),
        recipient=Basis.Recipient.DEPARTMENT,
        department=dataset.department,
        roles=[Role.STEWARD, Role.APPROVER],
        purpose=PURPOSE,
        legal_basis=dataset.legal_basis or "The department's own duties",
        made_by=by.user,
    )

    record(
        "duty.made",
        by=by,
        on=duty,
        department=dataset.department,
        dataset=dataset,
        basis=duty,
        facts={"terms_sha256": Terms.from_json(duty.terms).sha256},
    )
    return duty
