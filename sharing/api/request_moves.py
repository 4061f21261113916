"""The moves of a request in the API: one address each, from one table."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.urls import path, reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema

from audit.actor import Actor
from catalog.api.base import ApiView
from catalog.api.idempotency import once
from catalog.api.schema import IDEMPOTENCY_KEY
from catalog.models import Scope
from catalog.permissions import can
from sharing.actions import decisions, drafting, ending, extensions, requests
from sharing.api import request_shapes as shapes
from sharing.api.requests import REQUESTS, described, found
from sharing.models import Request
from sharing.permissions import (
    check_may_answer_questions,
    check_may_answer_request,
    check_may_attest,
    check_may_check,
    check_may_copy,
    check_may_edit,
    check_may_end,
    check_may_escalate,
    check_may_return,
    check_may_review,
    check_may_transfer_to,
    check_may_withdraw,
)
from sharing.states import REQUEST

ASKER = "For the people who ask, by a key with the scope `ask`."
HEAD = "For an approver of the department that asks, who did not draft it, by a key with the scope `grant`."
DECIDER = "For who decides, an approver of the owner or the authority, by a key with the scope `grant`."
AUTHORITY = "For the authority, by a key with the scope `grant`."


@dataclass(frozen=True)
class Act:
    """One act on a request: its address, its verb in the table of moves, who, what is sent, and what is done."""

    name: str
    verb: str
    check: Callable
    shape: type
    act: Callable
    summary: str
    what: str
    whose: str
    makes: bool = False

    @property
    def scope(self) -> str:
        """What a key must have been made for."""
        return Scope.ASK if self.whose == ASKER else Scope.GRANT


def _transfer(request: Request, *, by: Actor, to: str, reason: str) -> Request:
    """To the account of this address: whether there is another account of it that may not decide is not said."""
    user = get_user_model().objects.filter(email=to.strip().lower(), is_active=True).first()
    if user is None or not can(check_may_transfer_to, user, request):
        raise ValidationError({"to": _("Nobody with this address can decide about this request.")})
    return decisions.transfer_request(request, user, by=by, reason=reason)


def _return(request: Request, *, by: Actor, questions: list[str]) -> Request:
    return decisions.return_request(request, questions, by=by)


def _answer(request: Request, *, by: Actor, answers: dict[int, str]) -> Request:
    return requests.answer_questions(request, answers, by=by)


def _add(request: Request, *, by: Actor, name: str, need: str) -> Request:
    return drafting.add_column(request, name, need, by=by)


ACTS = (
    Act("send", "send", check_may_edit, shapes.NoInput, requests.send_request, "Send a draft",
        "To the head of the own department, or straight on where a city has no such review.", ASKER),
    Act("submit", "send back", check_may_review, shapes.NoInput, requests.review_request, "Submit as the head",
        "The request has its reference from then on.", HEAD),
    Act("send-back", "send back", check_may_review, shapes.Reason, requests.send_back, "Send back as the head",
        "To who drafted it, and may change it.", HEAD),
    Act("withdraw", "withdraw", check_may_withdraw, shapes.ReasonIfAny, requests.withdraw_request,
        "Withdraw a request", "Until it is decided; one that was sent needs a “reason”.", ASKER),
    Act("copy", "", check_may_copy, shapes.NoInput, drafting.copy_request, "Copy a request",
        "A new draft that says the same.", ASKER, makes=True),
    Act("add-column", "", check_may_copy, shapes.FurtherColumn, _add, "Ask for a column more",
        "A new draft of a request that was granted, with a further column.", ASKER, makes=True),
    Act("answer", "answer", check_may_answer_questions, shapes.QuestionAnswers, _answer, "Answer the questions",
        "All at once: the clock runs on.", ASKER),
    Act("receive", "receive", check_may_check, shapes.NoInput, decisions.receive_request, "Pass the check of form",
        "The owner's clock starts.", AUTHORITY),
    Act("return", "return", check_may_return, shapes.Questions, _return, "Return with questions",
        "All at once, and once only: the clock stands until they are answered.", DECIDER),
    Act("approve", "propose", check_may_answer_request, shapes.Approval, decisions.approve_request,
        "Approve, or approve less", "Personal data in bulk waits for a second approver.", DECIDER),
    Act("second", "disagree", check_may_answer_request, shapes.NoInput, decisions.second_request,
        "Agree as the second approver", "Another person than the first: the grant is made.", DECIDER),
    Act("disagree", "disagree", check_may_answer_request, shapes.Reason, decisions.disagree_request,
        "Disagree as the second approver", "The request waits for a reply as before.", DECIDER),
    Act("refuse", "refuse", check_may_answer_request, shapes.Refusal, decisions.refuse_request, "Refuse a request",
        "With a reason, the rule relied on and the way to appeal.", DECIDER),
    Act("extend", "extend", check_may_answer_request, shapes.Reason, extensions.extend_request, "Ask for more time",
        "The clock runs on until the authority consents.", DECIDER),
    Act("consent", "extend", check_may_check, shapes.NoInput, extensions.consent_extension, "Consent to more time",
        "Once for each request.", AUTHORITY),
    Act("deny", "extend", check_may_check, shapes.Reason, extensions.deny_extension, "Deny more time",
        "The clock runs on as it does.", AUTHORITY),
    Act("transfer", "transfer", check_may_answer_request, shapes.Transfer, _transfer, "Transfer to another approver",
        "Of the same owner.", DECIDER),
    Act("escalate", "escalate", check_may_escalate, shapes.Reason, decisions.escalate_request,
        "Escalate to the authority", "It decides in the owner's place.", DECIDER),
    Act("end", "end", check_may_end, shapes.Reason, ending.end_request, "Give back what was granted",
        "Where the grant is in force it ends with this; what was received must be disposed of.", ASKER),
    Act("attest", "attest", check_may_attest, shapes.Disposal, ending.attest_disposal, "Attest the disposal",
        "What was received is disposed of: the request is closed.", ASKER),
)  # fmt: skip


class Acting(ApiView):
    """One act on a request: the subclass says which."""

    signed_in = True
    one: Act

    @once
    def post(self, request, pk):
        asked = found(pk, self.by)
        self.one.check(self.by, asked)
        given = self.one.shape(data=request.data)
        given.is_valid(raise_exception=True)
        if self.one.verb:
            REQUEST.after(asked.state, self.one.verb)

        done = self.one.act(asked, by=self.by, **given.validated_data)

        if not self.one.makes:
            return described(done.pk, self.by)
        address = request.build_absolute_uri(reverse("api-request", args=[done.pk]))
        return described(done.pk, self.by, status=201, headers={"Location": address})


def _view(one: Act) -> type[Acting]:
    """The view of one act, described for the API's own pages."""
    name = "".join(word.title() for word in one.name.split("-"))
    made = type(f"{name}Request", (Acting,), {"one": one, "scopes": {"POST": one.scope}})
    return extend_schema(
        methods=["POST"],
        tags=[REQUESTS],
        summary=one.summary,
        description=f"{one.what} {one.whose}",
        parameters=[IDEMPOTENCY_KEY],
        request=one.shape,
        responses={201 if one.makes else 200: shapes.RequestDetail},
    )(made)


urlpatterns = [
    path(f"requests/<uuid:pk>/{one.name}", _view(one).as_view(), name=f"api-request-{one.name}") for one in ACTS
]
