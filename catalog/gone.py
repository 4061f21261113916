"""What stands at the address of a version that is gone: when it went, and by what law. Hidden stays hidden."""

from datetime import datetime
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Basis, Dataset, PurgedFile, Version
from catalog.permissions import bases_open_to
from catalog.terms import Terms
from catalog.versions import covers, latest_under, versions_under

MOST = 50
SAID = (Version.State.DROPPED, Version.State.PURGED)  # what was discarded was never shown to anybody


class VersionGone(Exception):
    """The version was there for this reader and is gone for good (410)."""

    def __init__(self, version: Version):
        super().__init__(gone_words(version))
        self.version = version


def check_there(version: Version) -> Version:
    """The version, if its rows are there; for a reader whom a basis lets in."""
    if version.state in SAID:
        raise VersionGone(version)
    return version


def gone_words(version: Version) -> str:
    """When it went and why, without the names of those who decided."""
    if version.state == Version.State.DROPPED:
        return _("Its rows went on %(day)s.") % {"day": _day(version.dropped_at)}
    words = _("Version %(number)s was destroyed on %(day)s, as a law orders: %(law)s, %(article)s.")
    purge = version.purge
    said = {"number": version.number, "day": _day(purge.decided_at), "law": purge.law, "article": purge.article}
    return words % said


def check_shown(basis: Basis) -> Version:
    """The version that this basis shows, if its rows are there; for a reader whom the basis lets in."""
    version = latest_under(basis) or _last(basis.dataset)
    if version is None:
        raise Http404
    return check_there(version)


def why_gone(basis: Basis) -> str:
    """Why the version that this basis shows has no rows any more; empty where it has."""
    version = latest_under(basis) or _last(basis.dataset)
    return gone_words(version) if version is not None and version.state in SAID else ""


def check_not_gone(dataset: Dataset, by: Actor, number: int | None = None) -> None:
    """Raises `VersionGone` where what this reader asks for was there once: by its number, or as the current one."""
    version = _numbered(dataset, number) if number is not None else _last(dataset)
    if version is not None and (was_open(version) or _opens(version, dataset, by)):
        raise VersionGone(version)


def check_release_not_gone(release: UUID | None) -> None:
    """Raises `VersionGone` where this release was over a version that a law had destroyed."""
    version = Version.objects.filter(bases=release, state=Version.State.PURGED).select_related("purge").first()
    if release is not None and version is not None:
        raise VersionGone(version)


def check_document_not_gone(pk: UUID, by: Actor) -> None:
    """Raises `VersionGone` for a document that was destroyed with the last version that held it."""
    file = PurgedFile.objects.filter(documents__contains=[pk]).select_related("purge__dataset").first()
    if file is None:
        return
    version = file.purge.dataset.versions.filter(number=file.version).select_related("purge").get()
    releases = Basis.objects.releases().filter(version=version, terms__documents=True)
    rights = bases_open_to(by).filter(dataset=version.dataset_id).select_related("dataset")[:MOST]
    shown = any(Terms.from_json(basis.terms).documents and covers(basis, version) for basis in rights)
    if shown or releases.exists():
        raise VersionGone(version)


def was_open(version: Version) -> bool:
    """True for a version that was open to everybody until it was destroyed."""
    return version.state == Version.State.PURGED and Basis.objects.releases().filter(version=version).exists()


def _numbered(dataset: Dataset, number: int) -> Version | None:
    return dataset.versions.filter(number=number, state__in=SAID).select_related("purge").first()


def _last(dataset: Dataset) -> Version | None:
    """The version that was current until it was destroyed and nothing took its place."""
    if dataset.current_id is not None:
        return None
    confirmed = dataset.versions.filter(confirmed_at__isnull=False).select_related("purge")
    newest = confirmed.order_by("-number").first()
    return newest if newest is not None and newest.state == Version.State.PURGED else None


def _opens(version: Version, dataset: Dataset, by: Actor) -> bool:
    """True where a basis that lets this reader in now opened the version."""
    rights = bases_open_to(by).filter(dataset=dataset).exclude(kind=Basis.Kind.RELEASE).select_related("dataset")
    return any(versions_under(basis).filter(pk=version.pk).exists() for basis in rights[:MOST])


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT")
