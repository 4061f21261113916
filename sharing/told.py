"""What was done about a request and what was decided, in words, with the receipt of each step."""

from audit.actor import Actor
from catalog.permissions import can
from catalog.terms import Terms
from catalog.wording import terms_in_words
from sharing.limit_words import terms_of
from sharing.limits import Limits
from sharing.models import Request
from sharing.permissions import check_may_read_proposed, readable_steps
from sharing.policies.agreeing import types_of
from sharing.standing import history_of


def steps_told(request: Request, *, by: Actor) -> list[dict]:
    """Each step, oldest first; `event` and `index` of its entry in the log where this person may read the event."""
    found = dict(request.moves.values_list("id", "event"))
    known = {
        event.uuid: getattr(event, "entry", None)
        for event in readable_steps(by).filter(uuid__in=found.values()).select_related("entry")
    }
    events = [None, *(found[number] for number in sorted(found))]
    return [
        {**step, "event": uuid if uuid in known else None, "index": getattr(known.get(uuid), "index", None)}
        for step, uuid in zip(history_of(request), events, strict=True)
    ]


def decisions_told(request: Request, *, by: Actor) -> list[dict]:
    """Each decision with its terms in words; one that no second approver agreed to for those alone who may know it."""
    found = request.decisions.select_related("decided_by", "second_by", "overturned_by")
    if not can(check_may_read_proposed, by, request):
        found = found.exclude(needs_second=True, second_at=None)
    types = {request.table: types_of(request)}
    return [
        {
            "decision": one,
            "words": terms_in_words(Terms.from_json(one.terms), request.dataset, types) if one.terms else [],
            "left_out": one.refused_columns if one.terms else [],
            "limits": terms_of(Limits(**one.limits)) if one.terms else [],
        }
        for one in found
    ]
