"""The pages of packages: those of a grant, one of them, a link to it, and the file."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.export_words import error_words, stage_words
from catalog.lists import listed, next_address
from catalog.models import Basis
from sharing.actions.package_links import make_link
from sharing.actions.packages import ask_package, make_again
from sharing.forms.packages import PackageForm
from sharing.models import Package, PackagePlan
from sharing.packages.calls import fetch_call, open_call
from sharing.packages.fetching import send_package
from sharing.packages.permissions import packages_of
from sharing.permissions import grants_lent_to
from sharing.policies.grants import check_lets_out, why_closed
from sharing.policies.packages import why_not_packed


def lent(request: HttpRequest, pk: uuid.UUID) -> Basis:
    """A grant that was lent to the reader's department; others are not there."""
    return get_object_or_404(grants_lent_to(request.actor), pk=pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def packages(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The packages of a grant, its plans, and the form that asks for one."""
    grant = lent(request, pk)
    form = PackageForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: ask_package(grant, form.cleaned_data["format"], by=request.actor)):
        return redirect("package", pk=form.result.pk)
    mine = packages_of(request.actor).filter(grant=grant)
    page = listed(mine, request, order=("-asked_at", "-id"), about=f"packages of {grant.pk}")
    standing = grant.package_plans.exclude(state=PackagePlan.State.ENDED).select_related("responsible")
    shown = {
        "section": "desk",
        "grant": grant,
        "form": form,
        "refusal": why_closed(grant) or why_not_packed(grant),
        "packages": page.items,
        "plans": standing,
        "older": next_address(request, page),
        "newer": reverse("packages", args=[grant.pk]) if "after" in request.GET else "",
    }
    return render(request, "sharing/packages/packages.html", shown)


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def package(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """How far it is; once it is ready, what is in it and the way to fetch it."""
    page = "_package.html" if request.htmx else "package.html"
    return render(request, f"sharing/packages/{page}", _shown(request, _mine(request, pk)))


@login_required
@never_cache
@require_POST
def again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One that could not be made, or whose time is over, is made of what the grant shows now."""
    found = _mine(request, pk)
    try:
        make_again(found, by=request.actor)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("package", pk=found.pk)


@login_required
@require_POST
@cache_control(private=True, no_store=True)
def link(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A link is made and shown, this once."""
    found = _mine(request, pk)
    try:
        made, token = make_link(found, by=request.actor)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("package", pk=found.pk)
    shown = {
        "link": made,
        "file_url": reverse("package-file", args=[token]),
        "api_call": fetch_call(request.build_absolute_uri(reverse("api-delivery-file", args=[token])), found),
        "open_call": open_call(found),
    }
    return render(request, "sharing/packages/link.html", _shown(request, found) | shown)


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def manifest(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The signed manifest, as a file."""
    found = _mine(request, pk)
    check_lets_out(found.grant)
    if not found.is_ready:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="package-{found.pk}.manifest.txt"'}
    return HttpResponse(found.manifest, content_type="text/plain; charset=utf-8", headers=headers)


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def file(request: HttpRequest, token: str) -> HttpResponse:
    """The file, or the sentence that says why this link leads to none any more."""
    try:
        return send_package(request, token, by=request.actor)
    except ValidationError as over:
        shown = {"section": "desk", "refusal": " ".join(over.messages)}
        return render(request, "sharing/packages/over.html", shown, status=410)


def _mine(request: HttpRequest, pk: uuid.UUID) -> Package:
    return get_object_or_404(packages_of(request.actor), pk=pk)


def _shown(request: HttpRequest, found: Package) -> dict:
    export = found.export
    wrong = error_words(export.error) if export is not None and export.error else ""
    return {
        "section": "desk",
        "package": found,
        "grant": found.grant,
        "closed": why_closed(found.grant),
        "stage": stage_words(export) if export is not None else "",
        "percent": int(export.progress * 100) if export is not None and export.progress else None,
        "error": wrong or _("This package is gone. Ask for it again."),
    }
