"""Whatever is done again after a fault is written down once: tasks, requests, transactions."""

import io
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from audit.models import Event, EventDetail
from catalog import tasks
from catalog.actions.loads import start_load
from catalog.models import Basis, Membership
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit
from portal import reactions
from portal.tasks import react
from sharing.actions.grants import make_grant, revoke_grant
from tests import world
from tests.api import caller
from tests.world import by

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = {"district": ("text", ["North", "South"])}
TIMES = 4


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, description_en="Every tree.")
    people.version = world.version(people.dataset, COLUMNS)
    return people


def kinds(**about) -> Counter:
    """How many events of each kind there are."""
    return Counter(Event.objects.filter(**about).values_list("kind", flat=True))


def lend(cast) -> Basis:
    """A grant to Health."""
    return make_grant(
        cast.dataset, recipient=cast.health, columns={"district": None}, purpose="Screening", legal_basis="Article 21",
        valid_until=timezone.now() + timedelta(days=9), by=by(cast.approver),
    )  # fmt: skip


def all_at_once(act) -> list:
    """The answers, or the refusals, of the same act by several threads in the same moment."""
    start, answers = threading.Barrier(TIMES), []

    def work():
        start.wait()
        try:
            answers.append(act())
        except Exception as refusal:
            answers.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(TIMES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_it_writes_a_load_once_though_its_task_is_delivered_again_and_again(cast):
    job = start_load(cast.dataset, io.BytesIO(b"a\n1\n"), name="a.csv", by=by(cast.owner))

    all_at_once(lambda: tasks.run_job(str(job.pk)))
    tasks.run_job(str(job.pk))

    assert kinds(kind__regex="^(load|version)[.]") == {"load.started": 1, "version.proposed": 1}


def test_it_writes_the_end_of_a_grant_once_though_several_clocks_strike(cast):
    past = timezone.now() - timedelta(seconds=1)
    grant = world.basis("grant", cast.version, {"district": None}, to=cast.health, valid_until=past)

    all_at_once(tasks.expire_bases)
    tasks.expire_bases()

    assert kinds(basis=grant.pk)["grant.expired"] == 1


def test_it_writes_the_end_of_a_role_once(cast):
    Membership.objects.filter(user=cast.requester).update(ends_at=timezone.now() - timedelta(seconds=1))

    all_at_once(tasks.end_memberships)
    tasks.end_memberships()

    assert kinds()["membership.ended"] == 1


def test_it_writes_the_files_of_a_release_once_though_the_reaction_runs_again(cast):
    terms = Terms(tables={"main": TableTerms(columns={"district": None})})
    submission = submit(cast.dataset, version=cast.version, terms=terms, by=by(cast.owner))
    release = clear(submission, by=by(cast.reviewer))
    made = Event.objects.get(kind="release.made", basis=release.pk)

    all_at_once(lambda: react(str(made.uuid), "build_files"))
    for _ in range(2):
        reactions.react(str(made.uuid), "build_files")
    world.settle()

    assert kinds(basis=release.pk) == {"release.made": 1, "release.files_built": 1}


def test_it_writes_a_request_once_though_it_is_sent_again_under_its_key(cast):
    body = {
        "dataset": str(cast.dataset.pk), "recipient": "health", "columns": {"district": None},
        "purpose": "Screening", "legal_basis": "Article 21",
        "valid_until": (timezone.localdate() + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    clients = [caller(cast.approver) for _ in range(TIMES)]

    def send():
        headers = {"Idempotency-Key": "once"}
        return clients.pop().post("/api/v1/grants", body, content_type="application/json", headers=headers).status_code

    answers = all_at_once(send)

    assert 201 in answers
    assert set(answers) <= {201, 409}
    assert kinds()["grant.made"] == 1


def test_it_writes_a_revocation_once_though_two_press_at_once(cast):
    grant = lend(cast)

    answers = all_at_once(lambda: revoke_grant(grant, by=by(cast.approver), reason="over"))

    assert sum(isinstance(answer, Basis) for answer in answers) == 1
    assert kinds(basis=grant.pk)["grant.revoked"] == 1


def test_it_writes_a_transaction_once_though_it_is_tried_again(cast, monkeypatch):
    heard = []
    monkeypatch.setattr("portal.reactions.hear", lambda event: heard.append(event.kind))
    before, details = kinds(), EventDetail.objects.count()

    for turn in range(3):
        try:
            with transaction.atomic():
                lend(cast)
                if turn < 2:
                    raise OperationalError("the database gave up this transaction")
        except OperationalError:
            continue

    assert kinds() - before == {"grant.made": 1}
    assert heard == ["grant.made"]
    assert EventDetail.objects.count() == details + 1
