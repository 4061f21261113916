"""How a grant comes to be: written in one place, whoever decided it, with all its terms frozen and hashed."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from audit.log import record
from catalog.models import Basis, Dataset, Department, Version
from catalog.terms import Terms
from sharing.domains import domain_of
from sharing.frozen import policy_sha256
from sharing.limits import NO_LIMITS, Limits
from sharing.models import Decision, Grant, Request
from sharing.permissions import readers_in
from sharing.promised import NOTHING, Promised


@dataclass(frozen=True)
class Said:
    """To whom something is lent, for what, by which law, until when; how much and how; and a word to the recipient."""

    recipient: Department
    purpose: str
    legal_basis: str
    valid_until: datetime
    limits: Limits = NO_LIMITS
    promised: Promised = NOTHING
    note: str = ""


@dataclass(frozen=True)
class Origin:
    """What a grant comes from, where it was not made out of hand: a request with its decision, or an older grant.

    `proposed_by` is the first of two approvers of a renewal; who makes it is the second.
    """

    request: Request | None = None
    decision: Decision | None = None
    renews: Basis | None = None
    domain: str = ""
    proposed_by: object = None

    def domain_for(self, said: Said) -> str:
        """Under which name the pseudonyms are: the one that was agreed to, else that of recipient and purpose."""
        return self.domain or domain_of(said.recipient, said.purpose)

    def approvers(self, by: Actor) -> dict:
        """Who agreed: one person, or two; nobody where the platform did by itself."""
        if self.proposed_by is not None:
            return {"approved_by": self.proposed_by, "seconded_by": by.user}
        if self.decision is None:
            return {"approved_by": by.user}
        return {"approved_by": self.decision.decided_by, "seconded_by": self.decision.second_by}


OUT_OF_HAND = Origin()


@transaction.atomic
def write_grant(
    dataset: Dataset, terms: Terms, said: Said, *, by: Actor, version: Version | None = None,
    origin: Origin = OUT_OF_HAND,
) -> Basis:  # fmt: skip
    """The bare making of a grant, for actions that have checked who may, checked the terms, and hold the dataset."""
    basis = Basis.objects.create(
        kind=Basis.Kind.GRANT,
        dataset=dataset,
        version=version,
        terms=terms.to_json(),
        recipient=Basis.Recipient.DEPARTMENT,
        department=said.recipient,
        roles=readers_in(said.recipient),
        purpose=said.purpose.strip(),
        legal_basis=said.legal_basis.strip(),
        valid_until=said.valid_until,
        made_by=by.user,
        domain=origin.domain_for(said),
        **said.limits.to_json(),
    )
    grant = Grant(
        basis=basis,
        note=said.note.strip(),
        catalogue=version or dataset.current,
        asked=origin.request,
        decision=origin.decision,
        renews=origin.renews,
        **asdict(said.promised),
        **origin.approvers(by),
    )
    grant.policy_sha256 = policy_sha256(basis)
    grant.save(force_insert=True)

    record(
        "grant.made",
        by=by,
        on=basis,
        department=dataset.department,
        dataset=dataset,
        basis=basis,
        facts={
            "terms_sha256": terms.sha256,
            "policy_sha256": grant.policy_sha256,
            "purpose": basis.purpose,
            "legal_basis": basis.legal_basis,
            "until": said.valid_until,
            "recipient": _named(said.recipient),
            "version": version.number if version else None,
            "request": origin.request.reference if origin.request else None,
            "asked_sha256": origin.request.asked_sha256 if origin.request else None,
            "renews": origin.renews.pk if origin.renews else None,
        },
    )
    return basis


def _named(recipient: Department) -> dict:
    return {"id": recipient.pk, "code": recipient.code, "name": recipient.name_en or recipient.name_zh}
