"""Downloads: the built files of releases, and documents, to whoever a basis lets in at this moment."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.actor import Actor
from catalog.gone import check_document_not_gone, check_release_not_gone
from catalog.models import Basis, Distribution, Document, Version
from catalog.permissions import bases_open_to
from catalog.streams import send_described, send_document, send_file
from catalog.terms import Terms
from catalog.versions import covers
from opendata.manifests import NAME, manifest_path
from opendata.models import Usage
from opendata.usage import count

MOST = 20


@require_safe
def file(request: HttpRequest, pk: uuid.UUID, name: str = "") -> HttpResponse:
    """A built file. One that was open and was withdrawn says so; for anybody else there is none."""
    named = {"name": name} if name else {}
    files = Distribution.objects.select_related("basis__dataset__department", "version").filter(pk=pk, **named)
    found = files.filter(basis__in=bases_open_to(request.actor)).first()
    if found is None:
        return withdrawn(request, Basis.objects.releases().filter(distributions__in=files))
    response = send_file(request, found, by=request.actor)
    count_download(request, response, found.basis, rows=found.rows, size=found.bytes)
    return response


@require_safe
def document(request: HttpRequest, pk: uuid.UUID, name: str = "") -> HttpResponse:
    """A document under a release that includes documents, or under another basis of this reader."""
    found = Document.objects.select_related("version__dataset__department").filter(pk=pk).first()
    if found is None:
        check_document_not_gone(pk, request.actor)
    if found is None or (name and name != found.name):
        raise Http404
    basis = basis_for(found.version, by=request.actor)
    if basis is None:
        releases = Basis.objects.releases().filter(version=found.version, terms__documents=True)
        return withdrawn(request, releases)
    response = send_document(request, found, basis, by=request.actor)
    count_download(request, response, basis, rows=0, size=found.bytes)
    return response


@require_safe
def manifest(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What the release consists of, for programs; of one that was withdrawn it says so."""
    bases = Basis.objects.releases().filter(pk=pk).exclude(release__manifest_sha256="")
    found = bases.filter(pk__in=bases_open_to(request.actor)).select_related("release", "version", "dataset").first()
    if found is None:
        return withdrawn(request, bases)
    file = Distribution(
        basis=found,
        version=found.version,
        format="manifest",
        path=manifest_path(found),
        name=NAME,
        rows=0,
        bytes=found.release.manifest_bytes,
        sha256=found.release.manifest_sha256,
    )
    return send_described(request, file, "application/json", by=request.actor)


def basis_for(version: Version, *, by: Actor) -> Basis | None:
    """What lets this reader have the documents of a version: a release before any right, for it leaves no trace."""
    ways = bases_open_to(by).filter(dataset=version.dataset_id).select_related("dataset__current", "version")
    for basis in sorted(ways[:MOST], key=lambda way: way.kind != Basis.Kind.RELEASE):
        if Terms.from_json(basis.terms).documents and covers(basis, version):
            return basis
    return None


def withdrawn(request: HttpRequest, releases) -> HttpResponse:
    """410 with when and why, for what was open once; 404 for everything else."""
    last = releases.filter(state=Basis.State.WITHDRAWN).select_related("dataset__department").first()
    if last is None:
        raise Http404
    check_release_not_gone(last.pk)
    return render(request, "opendata/withdrawn.html", {"section": "data", "release": last}, status=410)


def count_download(request: HttpRequest, response: HttpResponse, basis: Basis, *, rows: int, size: int) -> None:
    """A whole download of open data counts once; its later parts, and looks at its size, do not."""
    if basis.kind == Basis.Kind.RELEASE and request.method == "GET" and response.status_code == 200:
        count(basis.dataset_id, Usage.What.DOWNLOAD, rows=rows, bytes=size)
