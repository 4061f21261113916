"""Links to packages: made by whoever may fetch, and spent when all has left."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from sharing.actions.packages import locked, say
from sharing.models import Package, PackageLink
from sharing.packages.links import digest
from sharing.packages.permissions import check_may_fetch
from sharing.policies.grants import check_lets_out
from sharing.policies.packages import check_link_holds, check_ready


@transaction.atomic
def make_link(package: Package, *, by: Actor) -> tuple[PackageLink, str]:
    """A way to fetch the package for a short time, and its token, which nobody can see again."""
    check_may_fetch(by, package.grant)

    package = locked(package)
    check_lets_out(package.grant)
    check_ready(package)
    token = secrets.token_urlsafe(32)
    until = min(
        timezone.now() + timedelta(minutes=settings.PACKAGE_LINK_MINUTES),
        package.export.expires_at,
        package.grant.valid_until,
    )
    link = PackageLink.objects.create(
        package=package, export=package.export, digest=digest(token), made_by=by.user, made_key=by.key,
        expires_at=until,
    )  # fmt: skip

    say("package.link_made", package, by=by, facts={"link": link.pk, "until": until})
    return link, token


@transaction.atomic
def begin_fetch(link: PackageLink, length: int, *, by: Actor) -> None:
    """So many bytes are about to leave by the link; of two fetchings at once the second is refused."""
    check_may_fetch(by, link.package.grant)

    link = _locked(link)
    check_link_holds(link)
    link.sent += length
    link.save(update_fields=["sent"])


@transaction.atomic
def end_fetch(link: PackageLink, *, begun: int, gone: int, by: Actor) -> None:
    """So many of the bytes that had begun to leave are gone; with as many as the file has, the link is spent."""
    link = _locked(link)
    link.sent -= begun - gone
    if link.sent < link.export.bytes or link.spent_at is not None:
        link.save(update_fields=["sent"])
        return
    link.spent_at = timezone.now()
    link.save(update_fields=["sent", "spent_at"])

    package = Package.objects.select_related("grant__dataset__department", "grant__department").get(pk=link.package_id)
    say("package.fetched", package, by=by, facts={"link": link.pk, "bytes": link.sent})


def _locked(link: PackageLink) -> PackageLink:
    return PackageLink.objects.select_for_update(of=("self",)).select_related("export").get(pk=link.pk)
