"""How long the versions of a dataset are kept: the steward's page."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from catalog.actions.retention import MOST_DAYS, MOST_VERSIONS, past_keeping, set_retention
from catalog.forms import ActionForm
from catalog.permissions import check_may_keep
from portal.accounts.pages import signed_in
from portal.pages.desk.kept import kept_or_404


class KeepingForm(ActionForm):
    """Two numbers, each of which may be empty."""

    versions = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_VERSIONS,
        label=gettext_lazy("How many versions to keep"),
        help_text=gettext_lazy("The newest so many stay, the current one among them. Empty: their number is no limit."),
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        label=gettext_lazy("For how many days to keep a version"),
        help_text=gettext_lazy("Counted from the day on which it was made current. Empty: age is no limit."),
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The setting, what it would let go now, and what it never touches."""
    dataset = kept_or_404(request, pk)
    check_may_keep(request.actor, dataset)
    held = {"versions": dataset.keep_versions, "days": dataset.keep_days}
    form = KeepingForm(request.POST or None, initial=held)
    if request.method == "POST" and form.act(lambda: set_retention(dataset, **form.cleaned_data, by=request.actor)):
        messages.success(request, _("The versions are kept so from now on."))
        return redirect("dataset-desk", pk=pk)
    past = past_keeping(dataset).count()
    return render(request, "desk/keeping.html", {"section": "desk", "dataset": dataset, "form": form, "past": past})
