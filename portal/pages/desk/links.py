"""The links of a dataset."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.actions.links import MOST_LINKS, add_link, remove_link
from catalog.permissions import check_may_keep
from portal.accounts.pages import signed_in
from portal.pages.desk.forms import LinkForm
from portal.pages.desk.kept import kept_or_404


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The addresses elsewhere, and a form for one more."""
    dataset = kept_or_404(request, pk)
    check_may_keep(request.actor, dataset)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.act(lambda: add_link(dataset, form.cleaned_data, by=request.actor)):
        messages.success(request, _("The link is added."))
        return redirect("links", pk=pk)
    context = {"section": "desk", "dataset": dataset, "links": dataset.links.all()[:MOST_LINKS], "form": form}
    return render(request, "desk/links.html", context)


@signed_in
@require_POST
def remove(request: HttpRequest, pk: uuid.UUID, link: uuid.UUID) -> HttpResponse:
    """Takes one link away; the history keeps it."""
    dataset = kept_or_404(request, pk)
    remove_link(get_object_or_404(dataset.links, pk=link), by=request.actor)
    messages.success(request, _("The link is removed."))
    return redirect("links", pk=pk)
