"""The digest of all that was agreed to: whoever has a grant can compute it again and find it in the log."""

import hashlib
from dataclasses import asdict
from datetime import UTC, date

from audit.canonical import canonical
from catalog.models import Basis
from sharing.limits import Limits
from sharing.promised import Promised


def policy_of(grant: Basis) -> dict:
    """All that was agreed to, as JSON."""
    own = grant.grant
    return {
        "dataset": str(grant.dataset_id),
        "recipient": str(grant.department_id),
        "roles": sorted(grant.roles),
        "terms": grant.terms,
        "version": _text(grant.version_id),
        "catalogue": _text(own.catalogue_id),
        "domain": grant.domain,
        "purpose": grant.purpose,
        "legal_basis": grant.legal_basis,
        "from": grant.valid_from.astimezone(UTC).isoformat(),
        "until": grant.valid_until.astimezone(UTC).isoformat(),
        "limits": Limits.of(grant).to_json(),
        "promised": {name: _plain(value) for name, value in asdict(Promised.of(grant)).items()},
        "approvers": [_text(own.approved_by_id), _text(own.seconded_by_id)],
        "request": _text(own.asked_id),
        "decision": _text(own.decision_id),
        "renews": _text(own.renews_id),
    }


def policy_sha256(grant: Basis) -> str:
    """SHA-256 of the canonical JSON of all that was agreed to."""
    return hashlib.sha256(canonical(policy_of(grant))).hexdigest()


def _text(identifier) -> str | None:
    return str(identifier) if identifier else None


def _plain(value):
    return value.isoformat() if isinstance(value, date) else value
