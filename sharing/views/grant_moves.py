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
from catalog.forms import PlainForm, ReasonForm
from catalog.models import Basis, Dataset
from catalog.permissions import can, check_may_decide
from catalog.states import GRANT
from sharing.actions.grants import resume_grant, revoke_grant, suspend_grant
from sharing.actions.renewals import decline_renewal, renew_grant, second_renewal
from sharing.actions.returns import attest_grant, return_grant
from sharing.bridging import carrying
from sharing.forms.grants import AttestForm, RenewForm, ResumeForm
from sharing.models import Renewal
from sharing.permissions import (
    check_may_answer_for,
    check_may_draft,
    check_may_lend,
    check_may_second_renewal,
    visible_grants,
)
from sharing.policies.grants import is_over
from sharing.policies.renewing import proposed_renewals, takes_two
from sharing.usage import use_since_made
from sharing.views.steps import Step


def _owner(by: Actor, grant: Basis) -> None:
    check_may_decide(by, grant.dataset)


def _lender(by: Actor, grant: Basis) -> None:
    check_may_lend(by, grant.dataset, grant.department)


def _second(by: Actor, grant: Basis) -> None:
    _lender(by, grant)
    check_may_second_renewal(by, _proposed(grant))


def _decliner(by: Actor, grant: Basis) -> None:
    _owner(by, grant)
    _proposed(grant)


def _agree(grant: Basis, *, by: Actor) -> Basis:
    return second_renewal(_proposed(grant), by=by)


def _decline(grant: Basis, *, by: Actor, reason: str) -> Basis:
    return decline_renewal(_proposed(grant), by=by, reason=reason)


def _proposed(grant: Basis) -> Renewal:
    return get_object_or_404(proposed_renewals(grant))


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
    "agree-renewal": Step(
        "supersede", _second, _agree, PlainForm, gettext_lazy("Agree to renew this grant"),
        gettext_lazy("Agree, and renew it"),
        gettext_lazy("A new grant of the same terms takes its place. Keys for machines are made anew under it."),
    ),
    "decline-renewal": Step(
        "supersede", _decliner, _decline, ReasonForm, gettext_lazy("Decline to renew this grant"),
        gettext_lazy("Decline the renewal"),
        gettext_lazy("The grant stays as it is until its last day. Another renewal can be proposed."), True,
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
        messages.success(request, _said(verb, found, form.result))
        return redirect("grant", pk=form.result.pk)
    shown = {"section": "desk", "grant": found, "form": form, "step": step, "verb": verb}
    if verb in {"renew", "agree-renewal"}:
        shown |= {
            "use": use_since_made(found),
            "proposed": proposed_renewals(found).first(),
            "takes_two": takes_two(found),
        }
    return render(request, "sharing/move.html", shown)


def _said(verb: str, found: Basis, result: Basis) -> str:
    if verb == "renew" and result.pk == found.pk:
        return _("Proposed. The grant is renewed when another approver agrees, who is told of it.")
    return _("Done. It holds from this moment.")


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
    hidden = {"renew"} if proposed_renewals(found).exists() else {"agree-renewal", "decline-renewal"}
    shown = {verb: step for verb, step in STEPS.items() if verb not in hidden}
    may = {check: can(check, by, found) for check in {step.check for step in shown.values()}}
    for verb, step in shown.items():
        if may[step.check] and GRANT.allows(state, step.move) and GRANT.allows(found.state, step.move):
            side = "recipient" if step.check is check_may_answer_for else "owner"
            sides[side].append({"verb": verb, "label": step.label, "danger": step.danger})
    return sides
