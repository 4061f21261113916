"""Every state, page and actor: a page moves a request just where the table and the persons allow it, and else nothing.

What is to be is what `test_request_moves` says by hand; here the same acts are tried through their pages.
"""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from sharing.models import Request
from tests.sharing import requests as made
from tests.sharing.test_request_moves import ACTORS, STATES, Undone, may, ready

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# page: the verb that it tries
PAGES = {
    "request-review": "submit",
    "request-send-back": "send back",
    "request-answer": "answer",
    "request-end": "end",
    "request-attest": "attest",
    "request-withdraw": "withdraw",
    "inbox-receive": "receive",
    "inbox-return": "return",
    "inbox-approve": "agree",
    "inbox-approve-less": "agree",
    "inbox-refuse": "refuse",
    "inbox-extend": "ask for time",
    "inbox-consent": "extend",
    "inbox-transfer": "transfer",
    "inbox-escalate": "escalate",
    "inbox-second": "second",
    "inbox-disagree": "disagree",
}
SERVICES = ("platform", "another service")
ALIKE = ("reviewer", "administrator", "citizen", "colleague")  # tried by the actions; pages treat them as the others
PERSONS = [name for name in ACTORS if name not in SERVICES and name not in ALIKE]
ANSWERS = {
    "step": "send", "reason": "So it is.", "how": "Deleted", "question-1": "Why?", "rooms": "4", "code": "not-needed",
    "article": "article 4", "appeal": "Write to the city", "use-main-district": "on", "use-main-income": "on",
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_every_page_goes_or_is_refused_for_every_person(state):
    cast = made.people()
    pk = made.brought_to(cast, state).pk
    browsers = {name: browser(cast, name) for name in PERSONS}
    wrong = []
    for page, verb in PAGES.items():
        with transaction.atomic():
            mark = transaction.savepoint()
            ready(cast, Request.objects.select_related("grant").get(pk=pk), verb)
            for name, client in browsers.items():
                went = attempt(pk, page, client, to=cast.approver if name == "second" else cast.second)
                if went != may(state, verb, name):
                    wrong.append((state, page, name, "went" if went else "refused"))
            transaction.savepoint_rollback(mark)
    assert wrong == []
    assert Request.objects.get(pk=pk).state == state


def browser(cast, name: str) -> Client:
    """The browser of one of the cast, or of nobody."""
    client = Client()
    if name != "nobody":
        client.force_login(getattr(cast, name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def attempt(pk, page: str, client: Client, *, to) -> bool:
    """Whether the page changed anything; it is undone. It never fails, whatever it is asked for."""
    one = Request.objects.get(pk=pk)
    before = seen(one)
    answers = {**ANSWERS, "to": str(to.pk), "seen": ""}
    answers |= {f"answer-{question.pk}": "So" for question in one.questions.all()}
    try:
        with transaction.atomic():
            answer = client.post(reverse(page, args=[pk]), answers)
            assert answer.status_code in {200, 302, 403, 404}, (page, answer.status_code)
            if seen(Request.objects.get(pk=pk)) != before:
                raise Undone
    except Undone:
        return True
    return False


def seen(one: Request) -> tuple:
    """All that an act could have changed."""
    wish = getattr(one, "extension", None)
    return (
        one.state,
        one.with_authority,
        one.assigned_to_id,
        one.grant_id,
        one.moves.count(),
        one.decisions.count(),
        wish and wish.answered_at,
        wish is not None,
    )
