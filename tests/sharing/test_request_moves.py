"""Every state, verb and actor: the table of moves and the persons say what goes, and nothing else does.

One request is brought to each state; each attempt on it is undone, by the action and by the API. What is to be is
written down here by hand, and not read from the code.
"""

import json

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.urls import resolve
from rest_framework.test import APIRequestFactory, force_authenticate

from audit.actor import service
from sharing.actions import decisions, ending, extensions, requests
from sharing.actions.grants import revoke_grant
from sharing.actions.moving import KINDS, move_request
from sharing.models import Extension, Request
from sharing.permissions import PLATFORM
from sharing.states import REQUEST
from tests import world
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db
WHY = {"code": "not-needed", "article": "article 4", "appeal": "Write to the city"}
STATES = list(Request.State.values)
ACTS = {
    "send": lambda one, by, cast: requests.send_request(one, by=by),
    "send back": lambda one, by, cast: requests.send_back(one, by=by, reason="x"),
    "submit": lambda one, by, cast: requests.review_request(one, by=by),
    "receive": lambda one, by, cast: decisions.receive_request(one, by=by),
    "return": lambda one, by, cast: decisions.return_request(one, ["Why?"], by=by),
    "answer": lambda one, by, cast: requests.answer_questions(
        one, {question.pk: "So" for question in one.questions.all()}, by=by
    ),
    "ask for time": lambda one, by, cast: extensions.extend_request(one, by=by, reason="x"),
    "extend": lambda one, by, cast: extensions.consent_extension(one, by=by),
    "transfer": lambda one, by, cast: decisions.transfer_request(one, cast.second, by=by, reason="x"),
    "escalate": lambda one, by, cast: decisions.escalate_request(one, by=by, reason="x"),
    "agree": lambda one, by, cast: decisions.approve_request(one, by=by),
    "second": lambda one, by, cast: decisions.second_request(one, by=by),
    "disagree": lambda one, by, cast: decisions.disagree_request(one, by=by, reason="x"),
    "refuse": lambda one, by, cast: decisions.refuse_request(one, by=by, **WHY),
    "deliver": lambda one, by, cast: ending.deliver_request(one, by=by),
    "end": lambda one, by, cast: ending.end_request(one, by=by, reason="x"),
    "attest": lambda one, by, cast: ending.attest_disposal(one, by=by, how="x"),
    "withdraw": lambda one, by, cast: requests.withdraw_request(one, by=by, reason="x"),
}
# The same by program: the address below the request's, and what is sent there. The platform alone notes a delivery.
PROGRAMS = {
    "send": ("send", lambda one, cast: {}),
    "send back": ("send-back", lambda one, cast: {"reason": "x"}),
    "submit": ("submit", lambda one, cast: {}),
    "receive": ("receive", lambda one, cast: {}),
    "return": ("return", lambda one, cast: {"questions": ["Why?"]}),
    "answer": ("answer", lambda one, cast: {"answers": {str(asked.pk): "So" for asked in one.questions.all()}}),
    "ask for time": ("extend", lambda one, cast: {"reason": "x"}),
    "extend": ("consent", lambda one, cast: {}),
    "transfer": ("transfer", lambda one, cast: {"to": cast.second.email, "reason": "x"}),
    "escalate": ("escalate", lambda one, cast: {"reason": "x"}),
    "agree": ("approve", lambda one, cast: {}),
    "second": ("second", lambda one, cast: {}),
    "disagree": ("disagree", lambda one, cast: {"reason": "x"}),
    "refuse": ("refuse", lambda one, cast: WHY),
    "end": ("end", lambda one, cast: {"reason": "x"}),
    "attest": ("attest", lambda one, cast: {"how": "x"}),
    "withdraw": ("withdraw", lambda one, cast: {"reason": "x"}),
}
ASKING = {"draft", "internal-review", "compliance-check", "incomplete", "reply-due", "extended", "second-approval"}
OWNERS, ASKERS = {"approver", "second"}, {"requester", "colleague", "head"}
# verb: the states in which it goes, and who may then
ALLOWED = {
    "send": ({"draft"}, {"requester"}),
    "send back": ({"internal-review"}, {"head"}),
    "submit": ({"internal-review"}, {"head"}),
    "receive": ({"compliance-check"}, {"authority"}),
    "answer": ({"incomplete"}, {"requester", "colleague"}),
    "ask for time": ({"reply-due"}, OWNERS),
    "extend": ({"reply-due"}, {"authority"}),
    "transfer": ({"reply-due", "extended"}, OWNERS),
    "escalate": ({"reply-due", "extended", "second-approval"}, OWNERS | {"platform"}),
    "agree": ({"reply-due", "extended"}, OWNERS),
    "second": ({"second-approval"}, {"second"}),
    "disagree": ({"second-approval"}, {"second"}),
    "refuse": ({"reply-due", "extended"}, OWNERS),
    "deliver": ({"delivery-due"}, {"platform"}),
    "end": ({"delivery-due", "active"}, ASKERS | {"platform"}),
    "attest": ({"disposal-due"}, ASKERS),
    "withdraw": (ASKING, ASKERS),
}
ACTORS = (
    "requester", "colleague", "head", "approver", "second", "owner", "authority", "reviewer", "auditor",
    "administrator", "stranger", "citizen", "nobody", "platform", "another service",
)  # fmt: skip


SERVICES = ("platform", "another service")


def may(state: str, verb: str, actor: str) -> bool:
    """Whether it goes."""
    if verb == "return":  # who checks the form asks while it is checked, who decides asks while it waits for a reply
        return (state == "compliance-check" and actor == "authority") or (
            state in {"reply-due", "extended"} and actor in OWNERS
        )
    states, actors = ALLOWED[verb]
    return state in states and actor in actors


def actor_of(cast, name: str):
    """The actor by its name."""
    if name == "platform":
        return service(PLATFORM)
    if name == "another service":
        return service("loader")
    return world.by(None if name == "nobody" else getattr(cast, name))


def ready(cast, one: Request, verb: str) -> None:
    """What the verb waits for besides the state."""
    if verb == "extend" and one.state == "reply-due":
        Extension.objects.create(request=one, asked_by=cast.approver, reason="x")
    if verb == "deliver" and one.grant:
        made.read_under(cast, one)
    if verb == "end" and one.grant and one.grant.state == "active":
        revoke_grant(one.grant, by=world.by(cast.approver), reason="x")


def by_program(verb: str):
    """The act as the API does it for whoever calls; its refusal is a problem with a sentence."""
    name, body = PROGRAMS[verb]

    def act(one, by, cast):
        address = f"/api/v1/requests/{one.pk}/{name}"
        request = APIRequestFactory().post(address, body(one, cast), format="json")
        request.actor, request.id = by, "test"
        force_authenticate(request, user=by.user)
        view, _args, kwargs = resolve(address)
        answer = view(request, **kwargs)
        if answer.status_code != 200:
            assert answer.status_code in {400, 401, 403, 404, 409}
            raise ValidationError(json.loads(answer.content)["detail"])

    return act


QUICK = ("draft", "second-approval")  # what everybody's run tries; CI tries all


class Undone(Exception):
    """Undoes an attempt that went."""


@pytest.mark.parametrize(
    "state", [pytest.param(state, marks=[] if state in QUICK else pytest.mark.slow) for state in STATES]
)
def test_every_triple_goes_or_is_refused_with_a_sentence(state):
    cast = made.people()
    pk = made.brought_to(cast, state).pk
    actors = {name: actor_of(cast, name) for name in ACTORS}
    wrong = []
    for verb, act in ACTS.items():
        with transaction.atomic():
            mark = transaction.savepoint()
            ready(cast, Request.objects.select_related("grant").get(pk=pk), verb)
            one = Request.objects.get(pk=pk)
            moves = one.moves.count()
            for name, by in actors.items():
                ways = {"by the action": act} | (
                    {"by program": by_program(verb)} if is_tried_by_program(state, verb, name) else {}
                )
                for way, tried in ways.items():
                    if attempt(cast, one, moves, tried, by) != may(state, verb, name):
                        wrong.append((state, verb, name, way))
            transaction.savepoint_rollback(mark)
    assert wrong == []
    assert Request.objects.get(pk=pk).state == state


def is_tried_by_program(state: str, verb: str, actor: str) -> bool:
    """Whether it is tried by program too: by everybody where the verb goes, elsewhere by those who may in other states.

    A service sends no program, and only the platform notes a delivery.
    """
    if verb not in PROGRAMS or actor in SERVICES:
        return False
    goes = any(may(state, verb, one) for one in ACTORS)
    return goes or any(may(other, verb, actor) for other in STATES)


def attempt(cast, one: Request, moves: int, act, by) -> bool:
    """Whether the act went; it is undone. A refusal has its sentence and has changed nothing."""
    try:
        with transaction.atomic():
            act(one, by, cast)
            raise Undone
    except Undone:
        return True
    except PermissionDenied as refused:
        assert str(refused).strip().endswith(".")
    except ValidationError as refused:
        assert refused.messages and all(text.strip() for text in refused.messages)
    assert one.moves.count() == moves
    return False


def test_no_other_way_leads_to_the_state():
    assert PROGRAMS.keys() == ACTS.keys() - {"deliver"}
    assert not apps.is_installed("django.contrib.admin")


@pytest.mark.parametrize("state", STATES)
def test_no_save_of_the_state_makes_a_move_that_the_table_does_not_have(state):
    cast = made.people()
    one = made.brought_to(cast, state)
    reached = {target for move in REQUEST.moves if state in move.sources for target in [move.target]} | {state}
    for target in set(STATES) - reached:
        one.state = target
        with pytest.raises(DatabaseError), transaction.atomic():
            one.save(update_fields=["state"])


def test_no_request_is_born_in_another_state_than_the_first():
    cast = made.people()
    for state in set(STATES) - {"draft"}:
        with pytest.raises(DatabaseError), transaction.atomic():
            Request.objects.create(
                department=cast.health, dataset=cast.dataset, table="main", drafted_by=cast.requester, state=state
            )


def test_the_database_knows_the_moves_of_the_table():
    from importlib import import_module

    pairs = import_module("sharing.migrations.0015_back_to_whoever_asked").PAIRS
    of_table = {(source, move.target) for move in REQUEST.moves for source in move.sources if source != move.target}
    assert {(before, after) for before, targets in pairs.items() for after in targets} == of_table


def test_nothing_is_agreed_or_refused_without_its_decision():
    cast = made.people()
    for state in ("reply-due", "second-approval"):
        one = made.brought_to(cast, state)
        grant = world.basis("grant", cast.version, {"district": None}, to=cast.health)
        with pytest.raises(DatabaseError), transaction.atomic():
            Request.objects.filter(pk=one.pk).update(state="delivery-due", grant=grant)
        with pytest.raises(DatabaseError), transaction.atomic():
            Request.objects.filter(pk=one.pk).update(state="refused")


def test_each_verb_has_its_kind_and_an_unknown_one_is_refused():
    assert KINDS.keys() == {move.verb for move in REQUEST.moves}
    cast = made.people()
    with pytest.raises(ValidationError):
        move_request(made.draft(cast), "approve", by=world.by(cast.approver))
