"""Where a request stands, in words: its badge, its clock, what happens next, and what has happened so far."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from sharing.calendar import Calendar, city_calendar
from sharing.models import Deadline, Request
from sharing.states import ANSWERABLE, ASKING

SOON = 2
BADGES = {"draft": "", "active": "good", "ended": "", "refused": "bad", "withdrawn": "", "incomplete": "warn",
          "disposal-due": "warn", "delivery-due": "good"}  # fmt: skip
FILTERS = {
    "": (gettext_lazy("All"), tuple(Request.State.values)),
    "draft": (gettext_lazy("Drafts"), ("draft",)),
    "waiting": (gettext_lazy("Waiting"), tuple(state for state in ASKING if state != "draft")),
    "granted": (gettext_lazy("Granted"), ("delivery-due", "active", "disposal-due")),
    "closed": (pgettext_lazy("requests", "Closed"), ("ended", "refused", "withdrawn")),
}
NEXT = {
    "draft": gettext_lazy("Finish the tasks, check your answers and send it."),
    "internal-review": gettext_lazy("The head of %(department)s reads it, then submits it or sends it back."),
    "compliance-check": gettext_lazy("The authority checks that it is whole, then passes it on to %(owner)s."),
    "incomplete": gettext_lazy("Questions are open: %(department)s answers all of them. The clock stands meanwhile."),
    "reply-due": gettext_lazy("%(owner)s agrees, agrees in part, asks back or refuses with a reason."),
    "extended": gettext_lazy("%(owner)s was given more time to reply."),
    "second-approval": gettext_lazy("One approver agreed. Personal data in bulk needs a second one."),
    "delivery-due": gettext_lazy("It was agreed to. The data is to flow within the time for delivery."),
    "active": gettext_lazy("The data flows under the grant."),
    "disposal-due": gettext_lazy("Access is over: %(department)s attests what became of the data."),
    "ended": gettext_lazy("It is closed. Nothing remains to be done."),
    "refused": gettext_lazy("It was refused. Copy it as a new one if what was missing can be added, or appeal."),
    "withdrawn": gettext_lazy("It was withdrawn. Copy it as a new one if it is to be."),
}
DONE = {
    "send": gettext_lazy("Sent to the head of the department"),
    "send back": gettext_lazy("Sent back to the drafter"),
    "submit": gettext_lazy("Submitted"),
    "receive": gettext_lazy("Found complete; the time to reply began"),
    "return": gettext_lazy("Returned with questions; the clock stands"),
    "answer": gettext_lazy("Questions answered; the clock runs on"),
    "answer the check": gettext_lazy("Questions answered; the check of form goes on"),
    "extend": gettext_lazy("Time to reply extended"),
    "transfer": gettext_lazy("Given to another approver"),
    "escalate": gettext_lazy("Escalated: the authority decides"),
    "propose": gettext_lazy("Agreed by the first approver"),
    "disagree": gettext_lazy("The second approver did not agree"),
    "agree": gettext_lazy("Agreed"),
    "refuse": gettext_lazy("Refused"),
    "deliver": gettext_lazy("First data delivered"),
    "end": gettext_lazy("Access ended"),
    "attest": gettext_lazy("Disposal attested"),
    "withdraw": gettext_lazy("Withdrawn"),
}


@dataclass(frozen=True)
class ClockWords:
    """The clock as a badge and as a sentence; both empty where none runs."""

    kind: str = ""
    text: str = ""
    sentence: str = ""


def clock_words(request: Request, calendar: Calendar | None = None) -> ClockWords:
    """How many working days are left until the day that the request itself names."""
    if request.due_on is None:
        return ClockWords()
    calendar, today = calendar or city_calendar(), timezone.localdate()
    day = date_format(request.due_on, "DATE_FORMAT")
    if request.due_on < today:
        over = calendar.working_between(request.due_on, today)
        said = ngettext("%(count)s working day over", "%(count)s working days over", over) % {"count": over}
        return ClockWords("bad", said, _("It was due by %(day)s.") % {"day": day})
    left = calendar.working_between(today, request.due_on)
    said = ngettext("%(count)s working day left", "%(count)s working days left", left) % {"count": left}
    said = said if left else _("Due today")
    until = _("That is due by %(day)s.")
    if calendar.unknown_years(today, request.due_on):
        until = _("That is due by %(day)s, as far as is known: the free days of that year are not announced yet.")
    return ClockWords("warn" if left <= SOON else "note", said, until % {"day": day})


def is_late(request: Request) -> bool:
    """True where the time to reply passed, and nobody has replied yet; another clock's lapse is another matter."""
    if request.state not in ANSWERABLE:
        return False
    return request.deadlines.filter(stage=Deadline.Stage.REPLY, state=Deadline.State.MISSED).exists()


def next_words(request: Request) -> str:
    """What happens next, and who acts."""
    known = {"department": request.department.name, "owner": request.dataset.department.name}
    if request.with_authority and request.state in {"reply-due", "extended"}:
        return _("The authority decides in the place of %(owner)s.") % known
    return str(NEXT[request.state]) % known


def name_of(request: Request) -> str:
    """Its reference; before it has one, what it is instead."""
    return request.reference or (_("Draft") if request.state == Request.State.DRAFT else _("Not submitted"))


def badge_of(request: Request) -> str:
    """The colour of its state, always beside the word."""
    return BADGES.get(request.state, "note")


def history_of(request: Request) -> list[dict]:
    """Each step: when, who, what and why; oldest first."""
    begun = {"at": request.drafted_at, "who": request.drafted_by.name, "what": _("Draft begun")}
    moves = request.moves.select_related("by", "department").order_by("id")
    return [begun] + [
        {
            "at": move.at,
            "who": " · ".join(str(one) for one in (move.by, move.department) if one) or _("The platform"),
            "what": DONE[move.verb],
            "text": move.reason,
        }
        for move in moves
    ]
