"""The life of a request as a table: which state follows which, by what, and what is said to any other attempt.

The clock of each state is in `sharing/clocks.py`. The diagram in docs/states.md is printed from here.
"""

from django.utils.translation import gettext_lazy as _

from catalog.states import Move, Moves

ASKING = ("draft", "internal-review", "compliance-check", "incomplete", "reply-due", "extended", "second-approval")
ANSWERABLE = ("reply-due", "extended")

REQUEST = Moves(
    name="Request",
    start="draft",
    moves=(
        Move("send", ("draft",), "internal-review", "who drafted it, where a city has internal review"),
        Move("send back", ("internal-review",), "draft", "head of the requester, not who drafted it"),
        Move("submit", ("internal-review", "draft"), "compliance-check", "head of the requester, not who drafted it"),
        Move("receive", ("compliance-check",), "reply-due", "the authority, or the platform where no check is made"),
        Move("return", ("compliance-check", *ANSWERABLE), "incomplete", "the authority or the owner's approver; once"),
        Move("answer", ("incomplete",), "reply-due", "the requester, all questions at once"),
        Move("answer the check", ("incomplete",), "compliance-check", "the requester, where the authority had asked"),
        Move("extend", ("reply-due",), "extended", "the owner's approver, with the authority's consent"),
        Move("transfer", ("reply-due",), "reply-due", "the owner's approver, to another one"),
        Move("transfer", ("extended",), "extended", "the owner's approver, to another one"),
        Move("escalate", ("reply-due",), "reply-due", "the owner's approver, or the clock: the authority decides"),
        Move("escalate", ("extended",), "extended", "the owner's approver, or the clock: the authority decides"),
        Move("escalate", ("second-approval",), "reply-due", "the owner's approver, or the clock: nobody seconded it"),
        Move("propose", ANSWERABLE, "second-approval", "the owner's approver: personal data in bulk takes two"),
        Move("disagree", ("second-approval",), "reply-due", "a second approver"),
        Move("agree", (*ANSWERABLE, "second-approval"), "delivery-due", "the owner's approver, or the platform"),
        Move("refuse", ANSWERABLE, "refused", "the owner's approver, with a reason and the way to appeal"),
        Move("deliver", ("delivery-due",), "active", "the platform, with the first rows or the first file"),
        Move("end", ("delivery-due", "active"), "disposal-due", "with the grant: given back, revoked, or by the clock"),
        Move("attest", ("disposal-due",), "ended", "the requester: what was received is disposed of"),
        Move("withdraw", ASKING, "withdrawn", "the requester"),
    ),
    refusals={
        "draft": _("This request is a draft. Finish it and send it first."),
        "internal-review": _("This request is with the head of the requesting department."),
        "compliance-check": _("This request is being checked by the authority."),
        "incomplete": _("Questions about this request are open: the clock stands until the requester has answered."),
        "reply-due": _("This request waits for the owner's reply."),
        "extended": _("The time for this request was extended already. It waits for the owner's reply."),
        "second-approval": _("This request waits for a second approver."),
        "delivery-due": _("This request was agreed to already. The grant holds its terms."),
        "active": _("This request was agreed to already. The grant holds its terms."),
        "disposal-due": _("This request is over. The requester must attest what became of the data."),
        "ended": _("This request has ended."),
        "refused": _("This request was refused. Copy it as a new one, with what was missing."),
        "withdrawn": _("This request was withdrawn. Copy it as a new one if it is to be."),
    },
)

BRIDGE = Moves(
    name="Bridge",
    start="asked",
    moves=(
        Move("agree", ("asked",), "asked", "approver of one owner, where who received both has asked"),
        Move("approve", ("asked",), "active", "approver of the other owner; another person"),
        Move("refuse", ("asked",), "refused", "approver of the other owner; another person"),
        Move("withdraw", ("asked",), "withdrawn", "approver of either owner, or who received both"),
        Move("end", ("active",), "ended", "approver of either owner; the clock on its day, or as a grant is over"),
    ),
    refusals={
        "asked": _("This bridge waits for a second person. Decide about it first, or withdraw it."),
        "active": _("This bridge is in force. End it where nothing is to be joined any more."),
        "refused": _("This bridge was refused. Ask for another one, with what was missing."),
        "withdrawn": _("This bridge was withdrawn. Ask for another one if it is to be."),
        "ended": _("This bridge has ended. Ask for another one if it is to be."),
    },
)

RENEWAL = Moves(
    name="Renewal by two",
    start="proposed",
    moves=(
        Move("agree", ("proposed",), "agreed", "another approver of the owner than proposed it"),
        Move("decline", ("proposed",), "declined", "approver of the owner, also who proposed it"),
    ),
    refusals={
        "proposed": _("This renewal waits for another approver."),
        "agreed": _("Another approver agreed to this renewal: the new grant holds its terms."),
        "declined": _("This renewal was declined. Propose another one if it is to be."),
    },
)

PACKAGE_PLAN = Moves(
    name="Plan of packages",
    start="active",
    moves=(
        Move("stop", ("active",), "stopped", "the platform, where it cannot go on"),
        Move("take over", ("active", "stopped"), "active", "whoever of the recipient answers for it from now on"),
        Move("end", ("active", "stopped"), "ended", "people of the recipient; the platform with the grant"),
    ),
    refusals={
        "active": _("This plan is carried out already."),
        "stopped": _("This plan stands still. Whoever takes it over sets it going."),
        "ended": _("This plan has ended. Make another one."),
    },
)

RECIPIENT_KEY = Moves(
    name="Public key of a recipient",
    start="waits",
    moves=(
        Move("confirm", ("waits",), "live", "keeper of the recipient's keys, with its fingerprint"),
        Move("replace", ("live",), "replaced", "the platform, as another key is confirmed"),
        Move("retire", ("waits", "live", "replaced"), "retired", "keeper of the recipient's keys, with the reason"),
    ),
    refusals={
        "waits": _("This key waits to be confirmed."),
        "live": _("This key was confirmed already."),
        "replaced": _("Another key took the place of this one. Register it anew as another pair."),
        "retired": _("This key was retired already. Register another pair."),
    },
)
