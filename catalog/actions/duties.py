"""Duties: the bases under which the owner's own people work with their data."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Actor
from audit.log import record
from catalog.models import Basis, Dataset, Role, Version
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


@transaction.atomic
def make_service_duty(
    version: Version, terms: Terms, *, purpose: str, legal_basis: str, valid_until: datetime, by: Actor
) -> Basis:
    """A part of the platform may look at this of one version, for actions that have checked, until they close it.

    No person is let in by it, whoever made the action run.
    """
    if not by.service:
        raise PermissionDenied(_("A part of the platform does this by itself."))

    duty = Basis.objects.create(
        kind=Basis.Kind.DUTY,
        dataset=version.dataset,
        version=version,
        terms=terms.to_json(),
        recipient=Basis.Recipient.SERVICE,
        service=by.service,
        purpose=purpose,
        legal_basis=legal_basis,
        valid_until=valid_until,
    )

    record(
        "duty.made",
        by=by,
        on=duty,
        department=version.dataset.department,
        dataset=version.dataset,
        basis=duty,
        facts={"terms_sha256": terms.sha256, "until": valid_until},
    )
    return duty
