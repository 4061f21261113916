"""Requests in any state, made by the steps that lead there: Health asks Parks, Heike is the head of Health."""

from datetime import date, timedelta
from types import SimpleNamespace

from django.db import transaction
from django.utils import timezone

from audit.actor import service
from audit.log import record
from catalog.models import Column, Role
from sharing.actions import decisions, drafting, ending, extensions, requests
from sharing.actions.grants import revoke_grant
from sharing.models import Request
from sharing.permissions import PLATFORM
from tests import world

COLUMNS = {
    "person": ("text", ["a", "b", "c"]),
    "district": ("text", ["North", "South", "North"]),
    "born": ("date", [date(1980, 1, 1), date(1990, 1, 1), date(2000, 1, 1)]),
    "income": ("integer", [10, 20, 30]),
}
ANSWERS = {
    "function": "Health screening of residents",
    "aim": "Invite those of age to a screening",
    "benefits": "Residents over forty",
    "level": "pseudonymous",
    "frequency": "monthly",
    "data_life_days": 90,
    "instrument": "Health rules",
    "article": "21",
    "impact_assessment": "IA-2026-4",
    "delivery": "api",
    "kept_where": "The city's own servers",
    "security_name": "Siri",
    "security_email": "siri@causeway.example",
    "disposal": "Deleted, with a report",
    "accountable": "Rita",
}


def people() -> SimpleNamespace:
    """The cast, with heads and a second approver on either side, and a dataset to ask for."""
    cast = world.cast()
    cast.head, cast.second, cast.colleague, cast.authority_two = world.persons(
        ("Heike", cast.health, Role.APPROVER),
        ("Anna", cast.parks, Role.APPROVER),
        ("Rolf", cast.health, Role.REQUESTER),
        ("Tove", cast.city, Role.AUTHORITY),
    )
    cast.dataset = world.dataset(cast.owner, cast.parks)
    cast.version = world.version(cast.dataset, COLUMNS)
    mark(cast, "person", sensitivity="personal", identity_role="person_code")
    mark(cast, "born", sensitivity="personal")
    mark(cast, "income", sensitivity="internal")
    return cast


def mark(cast, name: str, **marks) -> None:
    """Marks a column of the dataset's dictionary."""
    Column.objects.filter(dataset=cast.dataset, name=name).update(**marks)


def until() -> date:
    """A last day that every grant may have."""
    return timezone.localdate() + timedelta(days=90)


def draft(cast, columns=(("district", ""), ("income", "")), who=None, department=None, **answers) -> Request:
    """A draft with all its answers."""
    by = world.by(who or cast.requester)
    names = [name for name, _mask in columns]
    (made,) = drafting.start_requests([(cast.dataset, "main", names)], department=department or cast.health, by=by)
    drafting.save_answers(made, {**ANSWERS, "valid_until": until(), **answers}, by=by)
    drafting.set_columns(made, [(name, "to invite", mask) for name, mask in columns], by=by)
    made.refresh_from_db()
    return made


def bulk(cast, **answers) -> Request:
    """A draft that asks for personal data as it is."""
    return draft(cast, [("person", ""), ("born", "")], level="identified", **answers)


def brought_to(cast, state: str, **answers) -> Request:
    """A request in this state, by the shortest way through the actions."""
    made = bulk(cast, **answers) if state == "second-approval" else draft(cast, **answers)
    for step in WAYS[state]:
        STEPS[step](cast, made)
        made = Request.objects.get(pk=made.pk)
    assert made.state == state
    return made


def read_under(cast, one: Request) -> None:
    """A reading under the grant has begun."""
    with transaction.atomic():
        record(
            "disclosure.opened", by=world.by(cast.requester), on=one.grant, dataset=one.dataset, basis=one.grant,
            facts=dict.fromkeys(("exit", "purpose", "legal_basis", "version", "table", "columns", "query",
                                 "query_sha256", "ceiling"), ""),
        )  # fmt: skip


STEPS = {
    "send": lambda cast, one: requests.send_request(one, by=world.by(cast.requester)),
    "review": lambda cast, one: requests.review_request(one, by=world.by(cast.head)),
    "receive": lambda cast, one: decisions.receive_request(one, by=world.by(cast.authority)),
    "return": lambda cast, one: decisions.return_request(one, ["Which year?"], by=world.by(cast.approver)),
    "ask for time": lambda cast, one: extensions.extend_request(one, by=world.by(cast.approver), reason="Holidays"),
    "extend": lambda cast, one: extensions.consent_extension(one, by=world.by(cast.authority)),
    "approve": lambda cast, one: decisions.approve_request(one, by=world.by(cast.approver)),
    "refuse": lambda cast, one: decisions.refuse_request(
        one, by=world.by(cast.approver), code="not-needed", article="article 4", appeal="Write to the city"
    ),
    "read": read_under,
    "deliver": lambda cast, one: ending.deliver_request(one, by=service(PLATFORM)),
    "revoke": lambda cast, one: revoke_grant(one.grant, by=world.by(cast.approver), reason="No longer needed"),
    "end": lambda cast, one: ending.end_request(one, by=service(PLATFORM), reason="Its grant was revoked."),
    "attest": lambda cast, one: ending.attest_disposal(one, by=world.by(cast.requester), how="Deleted"),
    "withdraw": lambda cast, one: requests.withdraw_request(one, by=world.by(cast.requester), reason="Not needed"),
}
REPLY = ("send", "review", "receive")
WAYS = {
    "draft": (),
    "internal-review": ("send",),
    "compliance-check": ("send", "review"),
    "incomplete": (*REPLY, "return"),
    "reply-due": REPLY,
    "extended": (*REPLY, "ask for time", "extend"),
    "second-approval": (*REPLY, "approve"),
    "delivery-due": (*REPLY, "approve"),
    "active": (*REPLY, "approve", "read", "deliver"),
    "disposal-due": (*REPLY, "approve", "revoke", "end"),
    "ended": (*REPLY, "approve", "revoke", "end", "attest"),
    "refused": (*REPLY, "refuse"),
    "withdrawn": ("withdraw",),
}
