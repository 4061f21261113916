"""A link to a package: found by whoever the grant lets in, for nobody else there, and forgotten when it is old."""

import hashlib
import re
from datetime import timedelta

from django.http import Http404
from django.utils import timezone

from audit.actor import Actor
from sharing.models import Package, PackageLink
from sharing.packages.permissions import check_may_fetch
from sharing.permissions import grants_lent_to
from sharing.policies.grants import check_lets_out
from sharing.policies.packages import check_link_holds, check_ready

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
AT_ONCE = 200
KEPT = timedelta(days=7)


def find_link(token: str, *, by: Actor) -> PackageLink:
    """The link of this token. For whoever the grant does not let in there is none: a link alone opens nothing."""
    found = None
    if TOKEN.fullmatch(token):
        links = PackageLink.objects.select_related("package__grant__dataset__department", "package__grant__department")
        links = links.select_related("export__version", "export__basis", "package__export").filter(
            package__grant__in=grants_lent_to(by).order_by()
        )
        found = links.filter(digest=digest(token)).first()
    if found is None:
        raise Http404
    return found


def check_fetch(link: PackageLink, *, by: Actor) -> Package:
    """The package, if it may be fetched by this link now. The gate asks the grant again, and while bytes leave."""
    check_may_fetch(by, link.package.grant)
    check_lets_out(link.package.grant)
    check_link_holds(link)
    check_ready(link.package)
    return link.package


def forget_links() -> int:
    """Links that are over are forgotten; the log says that there were such."""
    old = PackageLink.objects.filter(expires_at__lt=timezone.now() - KEPT).values_list("pk", flat=True)
    return PackageLink.objects.filter(pk__in=list(old[:AT_ONCE])).delete()[0]


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
