"""Packages: asked for by whoever may read under a grant, made by a worker, and signed."""

import hashlib

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from audit.actor import Actor, service
from audit.log import record
from catalog.actions.exports import ask_export
from catalog.gone import check_shown
from catalog.metering import check_way
from catalog.models import Basis, Export, Format, Way
from catalog.rows.query import RowQuery
from catalog.terms import Terms
from sharing.models import Package, PackagePlan
from sharing.packages.manifests import manifest_of
from sharing.packages.permissions import check_may_fetch
from sharing.packages.signing import package_signer
from sharing.policies.grants import check_filter_fits, check_lets_out
from sharing.policies.packages import check_can_be_signed, check_may_be_made_again, check_room, key_in_use

SIGNER = service("packages")
AT_ONCE = 200


@transaction.atomic
def ask_package(grant: Basis, kind: str, *, by: Actor) -> Package:
    """All rows of the grant, of the version it shows now, sealed to the recipient's key.

    Where the same is there already, or on its way, that is the answer.
    """
    check_may_fetch(by, grant)

    _lock(grant)
    check_lets_out(grant)
    check_can_be_signed()
    version, key = check_shown(grant), key_in_use(grant)
    same = Package.objects.filter(grant=grant, plan=None, format=kind, key=key, export__version=version)
    if found := same.filter(export__state__in=[*Export.OPEN, Export.State.READY]).first():
        return found
    check_room(grant)
    return begin_package(grant, kind, by=by)


@transaction.atomic
def begin_package(grant: Basis, kind: str, *, by: Actor, plan: PackagePlan | None = None, period: str = "") -> Package:
    """A package that a worker makes in this actor's name, who must be let in by the grant now and then."""
    check_may_fetch(by, grant)

    package = Package(grant=grant, plan=plan, period=period, format=kind, key=key_in_use(grant), asked_by=by.user)
    package.export = _export_for(package, by=by)
    package.save(force_insert=True)

    say("package.asked", package, by=by, facts=_asked(package))
    return package


@transaction.atomic
def make_again(package: Package, *, by: Actor) -> Package:
    """A package that could not be made, or whose time is over, is made of what the grant shows now."""
    check_may_fetch(by, package.grant)

    _lock(package.grant)
    package = locked(package)
    check_may_be_made_again(package)
    check_lets_out(package.grant)
    check_room(package.grant)
    check_can_be_signed()
    package.key, package.asked_by, package.asked_at = key_in_use(package.grant), by.user, timezone.now()
    package.manifest, package.signed_at = "", None
    package.export = _export_for(package, by=by)
    package.save()

    say("package.asked", package, by=by, facts=_asked(package))
    return package


@transaction.atomic
def sign_package(package: Package, *, by: Actor = SIGNER) -> bool:
    """The file that a worker made gets its signed manifest; from then on it can be fetched. False where it has one."""
    package = locked(package)
    if package.manifest or package.export is None or package.export.state != Export.State.READY:
        return False
    signer = package_signer()
    package.manifest, package.signed_at = manifest_of(package, signer), timezone.now()
    package.save(update_fields=["manifest", "signed_at"])

    export = package.export
    facts = {
        "rows": export.rows,
        "bytes": export.bytes,
        "sha256": export.sha256,
        "manifest_sha256": hashlib.sha256(package.manifest.encode()).hexdigest(),
        "key": str(signer.key),
    }
    say("package.signed", package, by=by, facts=facts)
    return True


def sign_packages(*, by: Actor = SIGNER) -> int:
    """Those that a crash left without a manifest; how many were signed."""
    waiting = Package.objects.filter(signed_at=None, export__state=Export.State.READY).order_by("asked_at")
    return sum(sign_package(package, by=by) for package in waiting[:AT_ONCE])


def _export_for(package: Package, *, by: Actor) -> Export:
    """The work of making the file, which the worker takes up as it takes up every export."""
    grant, kind = package.grant, Format(package.format)
    check_way(grant, Way.FILE)
    version = check_shown(grant)
    table = next(iter(Terms.from_json(grant.terms).tables))
    check_filter_fits(grant, version, table)
    parts = [slugify(grant.dataset.title_en)[:60] or str(grant.dataset_id)[:8], f"v{version.number}", package.period]
    query = RowQuery(table=table, limit=None)
    name = "-".join(filter(None, parts)).lower()
    return ask_export(query, kind, over=(version, grant), name=name, by=by, sealed_to=package.key.public_key)


def _asked(package: Package) -> dict:
    return {"format": package.format, "period": package.period or None, "fingerprint": package.key.fingerprint}


def _lock(grant: Basis) -> None:
    """Askings under one grant come one after the other."""
    Basis.objects.select_for_update(no_key=True, of=("self",)).get(pk=grant.pk)


def locked(package: Package) -> Package:
    """The package as it is now, and as long as this transaction lasts."""
    related = ("grant__dataset__department", "grant__department", "grant__dataset__current", "grant__version")
    found = Package.objects.select_for_update(of=("self",)).select_related(*related, "key", "export__version")
    return found.get(pk=package.pk)


def say(kind: str, package: Package, *, by: Actor, facts: dict) -> None:
    """The event, under the grant."""
    grant = package.grant
    record(kind, by=by, on=package, department=grant.department, dataset=grant.dataset, basis=grant, facts=facts)
