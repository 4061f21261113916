"""One step of a request by its table of moves: nothing else sets the state of a request."""

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.log import record
from catalog.models import Department
from sharing.deadlines import due_day, keep_deadlines, rules_of
from sharing.models import Request, RequestMove
from sharing.states import REQUEST

KINDS = {
    "send": "request.sent",
    "send back": "request.sent_back",
    "submit": "request.submitted",
    "receive": "request.received",
    "return": "request.returned",
    "answer": "request.answered",
    "answer the check": "request.answered",
    "extend": "request.extended",
    "transfer": "request.transferred",
    "escalate": "request.escalated",
    "propose": "request.proposed",
    "disagree": "request.disagreed",
    "agree": "request.agreed",
    "refuse": "request.refused",
    "deliver": "request.delivered",
    "end": "request.over",
    "attest": "request.ended",
    "withdraw": "request.withdrawn",
}
OF_THE_REQUESTER = frozenset({"send", "send back", "submit", "answer", "answer the check", "end", "attest", "withdraw"})


def held(request: Request) -> Request:
    """The request as it is now, held until the transaction ends: whoever looked at a stale page decides nothing."""
    found = Request.objects.select_for_update(of=("self",), no_key=True)
    return found.select_related("department", "dataset__department", "dataset__current", "grant").get(pk=request.pk)


@transaction.atomic
def move_request(request: Request, verb: str, *, by: Actor, reason: str = "", **facts) -> Request:
    """The request in its next state, with the step and its event; a verb that has no move there is refused."""
    request = held(request)
    before, after = request.state, REQUEST.after(request.state, verb)
    request.state, request.state_at = after, timezone.now()
    move = RequestMove(
        request=request,
        at=request.state_at,
        verb=verb,
        before=before,
        after=after,
        by=by.user,
        department=_acting_for(request, verb, before, by),
        reason=reason.strip(),
        facts=facts,
    )
    moves = [*request.moves.all(), move]
    rules = rules_of(moves)
    request.due_on = due_day(moves, rules)
    request.save(update_fields=["state", "state_at", "due_on"])

    steps = {"reference": request.reference, "before": before, "after": after, "due_on": request.due_on}
    event = record(
        KINDS[verb],
        by=by,
        on=request,
        department=request.department,
        dataset=request.dataset,
        basis=request.grant,
        facts={**steps, "reason": move.reason, **facts},
    )
    move.event = event.uuid
    move.save(force_insert=True)
    keep_deadlines(request, moves, rules)
    return request


def _acting_for(request: Request, verb: str, before: str, by: Actor) -> Department | None:
    """On whose behalf this step is made: the requester, the owner, the city where the authority acts, or nobody's."""
    if by.user is None:
        return None
    if verb in OF_THE_REQUESTER:
        return request.department
    checks = verb in {"receive", "extend"} or (verb == "return" and before == Request.State.COMPLIANCE_CHECK)
    if checks or (request.with_authority and verb != "escalate"):  # who hands it on is the owner still
        return Department.objects.get(kind=Department.Kind.CITY)
    return request.dataset.department
