"""The manifest of a package: what is in it, under which grant, and the digests of its bytes, clear and sealed.

It is a signed note (C2SP signed-note) beside the file: a line that says what it is, one line of canonical JSON
(RFC 8785), an empty line, and the signature. The first line is no log's name, so it can never pass for a checkpoint.
"""

import rfc8785

from audit.signing import Signer
from audit.verify import Note, Signature
from catalog import sealing
from catalog.models import Department, Format
from catalog.terms import Terms
from sharing.models import Package

KIND = "causeway-package/v1"


def manifest_of(package: Package, signer: Signer) -> str:
    """The signed manifest of a package whose file is there."""
    text = f"{KIND}\n{rfc8785.dumps(stated(package)).decode()}\n"
    return str(Note(text, (Signature.parse(signer.sign(text).rstrip("\n")),)))


def stated(package: Package) -> dict:
    """What the manifest says."""
    grant, export = package.grant, package.export
    terms = Terms.from_json(grant.terms)
    lent = getattr(grant, "grant", None)
    masks = terms.tables[export.table].columns
    return {
        "package": str(package.pk),
        "plan": str(package.plan_id) if package.plan_id else None,
        "period": package.period or None,
        "grant": str(grant.pk),
        "terms_sha256": terms.sha256,
        "policy_sha256": (lent and lent.policy_sha256) or None,
        "retention_days": lent and lent.retention_days,
        "purpose": grant.purpose,
        "legal_basis": grant.legal_basis,
        "owner": _named(grant.dataset.department),
        "recipient": _named(grant.department),
        "dataset": {"id": str(grant.dataset_id), "title": grant.dataset.title_en or grant.dataset.title_zh},
        "version": {"number": export.version.number, "identity": export.version.identity},
        "table": export.table,
        "columns": [{**column, "mask": masks.get(column["name"])} for column in export.columns],
        "rows": export.rows,
        "clear": {
            "name": export.name.removesuffix(f".{sealing.SUFFIX}"),
            "media_type": Format(export.format).media_type,
            "bytes": export.clear_bytes,
            "sha256": export.clear_sha256,
        },
        "sealed": {
            "name": export.name,
            "bytes": export.bytes,
            "sha256": export.sha256,
            "to": export.sealed_to,
            "fingerprint": package.key.fingerprint,
        },
        "made_at": export.ready_at.isoformat(timespec="seconds"),
    }


def _named(department: Department) -> dict:
    return {"code": department.code, "name": department.name_en or department.name_zh}
