"""The pages that move a grant: by an approver of its owner, and by the people who received the data."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from catalog.forms import ReasonForm
from catalog.models import Basis, Dataset
from catalog.permissions import can, check_may_decide
from catalog.states import GRANT
from sharing.actions.grants import resume_grant, revoke_grant, suspend_grant
from sharing.actions.renewals import renew_grant
from sharing.actions.returns import attest_grant, return_grant
from sharing.bridging import carrying
from sharing.forms.grants import AttestForm, RenewForm, ResumeForm
from sharing.permissions import check_may_answer_for, check_may_draft, check_may_lend, visible_grants
from sharing.policies.grants import is_over
from sharing.usage import use_since_made
from sharing.views.steps import Step


def _owner(by: Actor, grant: Basis) -> None:
    check_may_decide(by, grant.dataset)


def _lender(by: Actor, grant: Basis) -> None:
    check_may_lend(by, grant.dataset, grant.department)


STEPS = {
    "suspend": Step(
        "suspend", _owner, suspend_grant, ReasonForm, gettext_lazy("Suspend this grant"), gettext_lazy("Suspend"),
        gettext_lazy("Nothing leaves under it until you resume it. A download that runs ends within a second."), True,
    ),
    "resume": Step(
        "resume", _lender, resume_grant, ResumeForm, gettext_lazy("Resume this grant"), gettext_lazy("Resume"),
        gettext_lazy("The recipient’s people can read the rows again."),
    ),
    "renew": Step(
        "supersede", _lender, renew_grant, RenewForm, gettext_lazy("Renew this grant"), gettext_lazy("Renew"),
        gettext_lazy("A new grant of the same terms takes its place. Keys for machines are made anew under it."),
    ),
    "revoke": Step(
        "revoke", _owner, revoke_grant, ReasonForm, gettext_lazy("Revoke this grant"), gettext_lazy("Revoke for good"),
        gettext_lazy("Nothing leaves under it any more, for good. A download that runs ends within a second."), True,
    ),
    "return": Step(
        "return", check_may_answer_for, return_grant, ReasonForm, gettext_lazy("Give this grant back"),
        gettext_lazy("Give back for good"),
        gettext_lazy("Nothing leaves under it any more, for good. Then say what became of what you received."), True,
    ),
    "attest": Step(
        "attest", check_may_answer_for, attest_grant, AttestForm, gettext_lazy("Attest the disposal"),
        gettext_lazy("Attest"),
        gettext_lazy("You say for your department that what was received under this grant is disposed of."),
    ),
}  # fmt: skip


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: uuid.UUID, verb: str) -> HttpResponse:
    """One move, with what has to be said of it."""
    found = get_object_or_404(visible_grants(request.actor), pk=pk)
    step = STEPS[verb]
    step.check(request.actor, found)
    data = request.POST if request.method == "POST" else None
    form = RenewForm(data, bridges=carrying(found)) if verb == "renew" else step.form(data)
    if request.method == "POST" and form.act(lambda: step.act(found, by=request.actor, **form.cleaned_data)):
        messages.success(request, _("Done. It holds from this moment."))
        return redirect("grant", pk=form.result.pk)
    shown = {"section": "desk", "grant": found, "form": form, "step": step, "verb": verb}
    if verb == "renew":
        shown["use"] = use_since_made(found)
    return render(request, "sharing/move.html", shown)


def asking_anew(found: Basis, *, by: Actor) -> str:
    """Where a requester of the recipient asks for more time, with the answers of before; empty for anybody else."""
    asked = found.grant.asked
    if found.dataset.state != Dataset.State.ACTIVE or not can(check_may_draft, by, found.department):
        return ""
    if asked is not None:
        return reverse("request-copy", args=[asked.pk])
    return reverse("catalogue-dataset", args=[found.dataset_id])


def moves_of(found: Basis, *, by: Actor) -> dict[str, list[dict]]:
    """The moves that this person may make of the grant now, the owner's and the recipient's."""
    state = found.state
    if is_over(found) and state in {Basis.State.ACTIVE, Basis.State.SUSPENDED}:
        state = Basis.State.EXPIRED
    sides = {"owner": [], "recipient": []}
    may = {check: can(check, by, found) for check in (_owner, _lender, check_may_answer_for)}
    for verb, step in STEPS.items():
        if may[step.check] and GRANT.allows(state, step.move) and GRANT.allows(found.state, step.move):
            side = "recipient" if step.check is check_may_answer_for else "owner"
            sides[side].append({"verb": verb, "label": step.label, "danger": step.danger})
    return sides
