"""What a notice says, in the reader's language: a sentence for each kind of event that anybody hears of."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Basis
from sharing.models import Bridge, Deadline, Notice

WORDS = {
    "request.sent": _("%(requester)s wants to ask for “%(dataset)s”. The draft waits for your review."),
    "request.sent_back": _("Your draft for “%(dataset)s” was sent back. Read why, change it and send it again."),
    "request.submitted": _("The request %(reference)s of %(requester)s for “%(dataset)s” was submitted."),
    "request.received": _("The request %(reference)s of %(requester)s for “%(dataset)s” waits for a reply."),
    "request.returned": _("There are questions about the request %(reference)s for “%(dataset)s”. Answer all at once."),
    "request.answered": _("The questions about the request %(reference)s for “%(dataset)s” were answered."),
    "request.extension_asked": _("%(owner)s asks for more time for the request %(reference)s. It needs your consent."),
    "request.extension_denied": _("There is no more time for the request %(reference)s: the clock runs on."),
    "request.extended": _("There is more time to reply to the request %(reference)s for “%(dataset)s”."),
    "request.transferred": _("The request %(reference)s of %(requester)s was handed to you to decide."),
    "request.escalated": _("The request %(reference)s for “%(dataset)s” is now with the authority, which decides."),
    "request.proposed": _("The request %(reference)s for “%(dataset)s” was agreed to and waits for a second approver."),
    "request.disagreed": _("A second approver did not agree to the request %(reference)s. It waits for a reply."),
    "request.agreed": _("The request %(reference)s of %(requester)s for “%(dataset)s” was agreed to."),
    "request.refused": _("The request %(reference)s for “%(dataset)s” was refused. Read why, and how to appeal."),
    "request.delivered": _("The first rows of “%(dataset)s” arrived under the request %(reference)s."),
    "request.over": _("The grant of the request %(reference)s is over. Say what became of the data."),
    "request.ended": _("%(requester)s stated what became of the data of “%(dataset)s” (%(reference)s)."),
    "request.withdrawn": _("%(requester)s withdrew the request %(reference)s for “%(dataset)s”."),
    "request.reminded half": _("%(step)s: half of the time for the request %(reference)s is over. Last day: %(day)s."),
    "request.reminded most": _("%(step)s: little time is left for the request %(reference)s. Last day: %(day)s."),
    "request.reminded due": _("%(step)s: today is the last day for the request %(reference)s."),
    "request.reminded overdue": _("%(step)s: the request %(reference)s is overdue since %(day)s."),
    "request.clock_missed": _("%(step)s: the deadline of the request %(reference)s for “%(dataset)s” was missed."),
    "grant.made": _("%(owner)s lends “%(dataset)s” to %(recipient)s."),
    "grant.suspended": _("The grant of “%(dataset)s” to %(recipient)s is suspended: nothing leaves under it."),
    "grant.resumed": _("The grant of “%(dataset)s” to %(recipient)s is in force again."),
    "grant.revoked": _("The grant of “%(dataset)s” to %(recipient)s was revoked for good."),
    "grant.expired": _("The grant of “%(dataset)s” to %(recipient)s ended by its date."),
    "grant.returned": _("The grant of “%(dataset)s” to %(recipient)s was given back. What became of the data is due."),
    "grant.superseded": _("The grant of “%(dataset)s” to %(recipient)s was renewed."),
    "grant.renewal_proposed": _(
        "It was proposed to renew the grant of “%(dataset)s” to %(recipient)s. Another approver must agree."
    ),
    "grant.renewal_declined": _("The renewal of the grant of “%(dataset)s” to %(recipient)s was declined."),
    "grant.ended": _("%(recipient)s stated what became of the data of “%(dataset)s”."),
    "bridge.asked": _("A bridge was asked for between two grants: %(sides)s. An approver of each owner must agree."),
    "bridge.agreed": _("One approver agreed to the bridge between two grants: %(sides)s. A second one must agree."),
    "bridge.approved": _("The bridge between two grants is in force: %(sides)s. Either can be renewed under it."),
    "bridge.refused": _("The bridge between two grants was refused: %(sides)s. Read why."),
    "bridge.withdrawn": _("The bridge between two grants was withdrawn: %(sides)s."),
    "bridge.ended": _("The bridge between two grants has ended: %(sides)s. Nothing more leaves under it."),
    "package.signed": _("A file of “%(dataset)s” for %(recipient)s is ready to be fetched."),
    "package_plan.stopped": _("The plan of files of “%(dataset)s” for %(recipient)s stopped. Take it over, or end it."),
}


def sentence(notice: Notice) -> str:
    """What happened, by titles and numbers that the reader may know; never a row, a purpose or a reason."""
    words = _of_bridge(notice.bridge) if notice.bridge_id else _of_one(notice)
    key = f"{notice.kind} {notice.facts['mark']}" if notice.kind == "request.reminded" else notice.kind
    return " ".join((str(WORDS[key]) % words).split())


def _of_bridge(bridge: Bridge) -> dict[str, str]:
    """Owners and recipients alone: not everybody who hears of a bridge may know of both datasets."""
    one, other = (_side(grant) for grant in bridge.grants)
    return {"sides": gettext("%(one)s, and %(other)s") % {"one": one, "other": other}}


def _side(grant: Basis) -> str:
    said = {"owner": grant.dataset.department.name, "recipient": _recipient(grant)}
    return gettext("%(owner)s to %(recipient)s") % said


def _of_one(notice: Notice) -> dict[str, str]:
    about = notice.request or notice.grant
    return {
        "dataset": about.dataset.title,
        "owner": about.dataset.department.name,
        "requester": about.department.name if notice.request else "",
        "recipient": _recipient(notice.grant) if notice.grant else "",
        "reference": notice.request.reference or "" if notice.request else "",
        "step": Deadline.Stage(notice.facts["stage"]).label if "stage" in notice.facts else "",
        "day": _day(notice.facts.get("due_on")),
    }


def _recipient(grant: Basis) -> str:
    return grant.department.name if grant.department else ""


def _day(text: str | None) -> str:
    return date_format(date.fromisoformat(text), "DATE_FORMAT") if text else ""
