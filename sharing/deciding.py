"""What can be done about a request by those who check, decide and consent, as one table of acts.

Who may is asked by each act's check, when by the table of moves; the action asks both again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from catalog.actions.bases import check_terms
from catalog.permissions import can
from catalog.wording import TableWords, terms_in_words
from sharing.actions.agreeing import rows_of
from sharing.actions.decisions import (
    approve_request,
    disagree_request,
    escalate_request,
    receive_request,
    refuse_request,
    return_request,
    second_request,
    transfer_request,
)
from sharing.actions.extensions import consent_extension, deny_extension, extend_request
from sharing.forms.deciding import (
    ApproveForm,
    DecidingForm,
    LessForm,
    PlainForm,
    QuestionsForm,
    ReasonForm,
    RefuseForm,
    TransferForm,
)
from sharing.models import Request
from sharing.permissions import (
    check_may_answer_request,
    check_may_check,
    check_may_consent,
    check_may_return,
    check_may_second,
)
from sharing.policies.agreeing import Agreed, agree, standing_decision, types_of
from sharing.policies.answering import check_may_be_granted, check_seen, check_unedited
from sharing.policies.columns import needs_second
from sharing.states import REQUEST


@dataclass(frozen=True)
class Act:
    """One act: by which move, who may, what its page says, by which form, and what is done."""

    verb: str
    check: Callable[[Actor, Request], None]
    title: str
    label: str
    lead: str
    form: type[DecidingForm]
    do: Callable[[Request, DecidingForm, Actor], Request]
    refusal: Callable[[Request], str] = lambda request: ""
    is_loss: bool = False
    shows_all: bool = False  # whether the page repeats all that was asked

    def why_not(self, request: Request) -> str:
        """Why it cannot be done now; empty where it can."""
        if not REQUEST.allows(request.state, self.verb):
            return str(REQUEST.refusals[request.state])
        return self.refusal(request)


def acts_for(request: Request, by: Actor) -> list[tuple[str, Act]]:
    """What this person can do about the request now."""
    open_now = [(name, act) for name, act in ACTS.items() if not act.why_not(request)]
    may = {check: can(check, by, request) for check in {act.check for _name, act in open_now}}
    return [(name, act) for name, act in open_now if may[act.check]]


def agreed_by(form: ApproveForm) -> Agreed:
    """What would be lent if this form were sent; raises where it cannot be."""
    request = form.request
    check_unedited(request)
    check_may_be_granted(request)
    check_seen(request, form.cleaned_data["seen"])
    agreed = agree(request, **form.terms())
    check_terms(agreed.terms, request.dataset.current)
    return agreed


def words_of(request: Request, agreed: Agreed) -> list[TableWords]:
    """What would leave, in words."""
    return terms_in_words(agreed.terms, request.dataset, {request.table: types_of(request)})


def asks_second(request: Request, agreed: Agreed) -> bool:
    """Whether a second approver must agree to this."""
    return needs_second(request, agreed, rows_of(request))


def _wish(request: Request):
    return getattr(request, "extension", None)


def _asked_before(request: Request) -> str:
    if not request.questions.exists():
        return ""
    return _("Questions were asked once already. Decide on what the request says now.")


def _time_asked(request: Request) -> str:
    return _("More time was asked for already. It is given once at most.") if _wish(request) else ""


def _no_wish(request: Request) -> str:
    if (wish := _wish(request)) is not None and wish.answered_at is None:
        return ""
    return _("Nobody has asked for more time for this request, or it was answered already.")


def _with_authority(request: Request) -> str:
    return _("This request is with the authority already.") if request.with_authority else ""


def _check_consent(by: Actor, request: Request) -> None:
    check_may_check(by, request)
    if (wish := _wish(request)) is not None:
        check_may_consent(by, request, wish)


def _check_second(by: Actor, request: Request) -> None:
    check_may_answer_request(by, request)
    if (decision := standing_decision(request)) is not None:
        check_may_second(by, request, decision)


def _reason(action: Callable) -> Callable:
    return lambda request, form, by: action(request, by=by, reason=form.cleaned_data["reason"])


def _approve(request: Request, form: ApproveForm, by: Actor) -> Request:
    return approve_request(request, by=by, **form.wanted())


ACTS = {
    "receive": Act(
        "receive", check_may_check, gettext_lazy("Pass the check of form"), gettext_lazy("Pass it on to the owner"),
        gettext_lazy("It is whole, names its law and its people, and asks for no more than its purpose needs. "
                     "The owner’s time to reply starts now."),
        PlainForm, lambda request, form, by: receive_request(request, by=by), shows_all=True,
    ),
    "approve": Act(
        "propose", check_may_answer_request, gettext_lazy("Approve as asked"), gettext_lazy("Approve"),
        gettext_lazy("Just what was asked for is lent, to just this department, until the day that was asked for."),
        ApproveForm, _approve,
    ),
    "approve-less": Act(
        "propose", check_may_answer_request, gettext_lazy("Approve less"), gettext_lazy("Approve this"),
        gettext_lazy("Leave columns out, mask them more strongly, lend fewer rows or for a shorter time. "
                     "More than was asked cannot be lent."),
        LessForm, _approve,
    ),
    "return": Act(
        "return", check_may_return, gettext_lazy("Return with questions"), gettext_lazy("Return it"),
        gettext_lazy("Ask all that is open at once: it can be returned one time only. The clock stands until the "
                     "requester has answered every question."),
        QuestionsForm, lambda request, form, by: return_request(request, form.texts(), by=by), _asked_before,
    ),
    "refuse": Act(
        "refuse", check_may_answer_request, gettext_lazy("Refuse"), gettext_lazy("Refuse it"),
        gettext_lazy("Nothing is lent. The requester reads the reason, the rule and the way to appeal."),
        RefuseForm,
        lambda request, form, by: refuse_request(request, by=by, **form.cleaned_data), is_loss=True,
    ),
    "extend": Act(
        "extend", check_may_answer_request, gettext_lazy("Ask for more time"), gettext_lazy("Ask the authority"),
        gettext_lazy("The authority consents or not. The clock runs on until then, and more time is given once."),
        ReasonForm, _reason(extend_request), _time_asked,
    ),
    "consent": Act(
        "extend", _check_consent, gettext_lazy("Consent to more time"), gettext_lazy("Consent"),
        gettext_lazy("The owner has more working days to reply, and the requester is told why."),
        PlainForm, lambda request, form, by: consent_extension(request, by=by), _no_wish,
    ),
    "deny": Act(
        "extend", _check_consent, gettext_lazy("Deny more time"), gettext_lazy("Deny it"),
        gettext_lazy("The clock runs on as it does. The owner reads why."),
        ReasonForm, _reason(deny_extension), _no_wish,
    ),
    "second": Act(
        "disagree", _check_second, gettext_lazy("Agree as the second approver"), gettext_lazy("Agree, and lend it"),
        gettext_lazy("Personal data in bulk takes two. You agree to just what the first approver decided."),
        PlainForm, lambda request, form, by: second_request(request, by=by), shows_all=True,
    ),
    "disagree": Act(
        "disagree", _check_second, gettext_lazy("Disagree with the first approver"), gettext_lazy("Disagree"),
        gettext_lazy("Nothing is lent. The request waits for a reply as before, and the clock runs on."),
        ReasonForm, _reason(disagree_request), is_loss=True,
    ),
    "transfer": Act(
        "transfer", check_may_answer_request, gettext_lazy("Transfer to another approver"), gettext_lazy("Transfer"),
        gettext_lazy("It leaves your list and waits for the person whom you choose. The clock runs on."),
        TransferForm,
        lambda request, form, by: transfer_request(
            request, form.person(), by=by, reason=form.cleaned_data["reason"]
        ),
    ),
    "escalate": Act(
        "escalate", check_may_answer_request, gettext_lazy("Escalate to the authority"), gettext_lazy("Escalate"),
        gettext_lazy("The authority decides in your place. You cannot take it back."),
        ReasonForm, _reason(escalate_request), _with_authority,
    ),
}  # fmt: skip
