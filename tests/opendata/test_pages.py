"""The pages of opening, as each of the cast meets them."""

import pytest
from django.urls import reverse

from audit.actor import PUBLIC
from audit.models import Event
from catalog.actions import memberships
from catalog.models import Basis, Document
from catalog.permissions import bases_open_to
from catalog.store import store
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, submit, withdraw_release
from opendata.models import Submission, Usage
from opendata.usage import count, totals
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = {"name": ("text", ["Ann", "Bo"]), "kind": ("text", ["oak", "elm"]), "height": ("integer", [4, 7])}


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, description_en="Every tree of the city.")
    people.version = world.version(people.dataset, COLUMNS)
    people.dataset.columns.filter(name="name").update(sensitivity="personal")
    return people


def submitted(cast, documents=False) -> Submission:
    terms = Terms(tables={"main": TableTerms(columns={"kind": None, "height": "band:5"})}, documents=documents)
    return submit(cast.dataset, version=cast.version, terms=terms, by=world.by(cast.owner))


def released(cast, documents=False) -> Basis:
    return clear(submitted(cast, documents), by=world.by(cast.reviewer))


def as_(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer) -> str:
    body = answer.getvalue() if answer.streaming else answer.content
    return body.decode()


def test_it_proposes_all_but_the_personal_columns_at_first(cast, client):
    page = text(as_(client, cast.owner).get(reverse("submit", args=[cast.dataset.pk])))

    assert 'id="id_use-main-kind" checked' in page
    assert 'id="id_use-main-name" checked' not in page
    assert "These columns tell of persons: name" in page


def test_it_submits_what_was_chosen(cast, client):
    address = reverse("submit", args=[cast.dataset.pk])
    as_(client, cast.owner)

    refused = text(client.post(address, {"version": 1, "use-main-name": "on"}))
    assert "There is a problem" in refused
    chosen = {"version": 1, "use-main-kind": "on", "use-main-name": "on", "mask-main-name": "null", "note": "Please"}
    sent = client.post(address, chosen)

    submission = Submission.objects.get()
    assert sent.url == reverse("submission", args=[submission.pk])
    assert submission.terms["tables"]["main"]["columns"] == {"name": "null", "kind": None}
    assert "waits for review already" in text(client.get(address))


def test_it_submits_the_version_that_was_on_the_form(cast, client):
    world.version(cast.dataset, COLUMNS)

    as_(client, cast.owner).post(reverse("submit", args=[cast.dataset.pk]), {"version": 1, "use-main-kind": "on"})

    assert Submission.objects.get().version == cast.version


def test_it_is_submitted_by_stewards_of_the_owner_only(cast, client):
    address = reverse("submit", args=[cast.dataset.pk])

    assert client.get(address).status_code == 302
    for name, status in {"approver": 403, "stranger": 403, "reviewer": 403, "citizen": 404}.items():
        assert as_(client, getattr(cast, name)).post(address, {"version": 1}).status_code == status
    assert not Submission.objects.exists()


def test_it_shows_the_reviewer_just_what_the_public_would_see(cast, client):
    submission = submitted(cast)

    page = text(as_(client, cast.reviewer).get(reverse("submission", args=[submission.pk])))

    assert "oak" in page
    assert "Ann" not in page
    assert "Clear for release" in page
    assert Event.objects.filter(kind="disclosure.opened", basis=submission.duty_id).count() == 1


def test_it_shows_the_owner_no_button_and_no_rows(cast, client):
    submission = submitted(cast)

    page = text(as_(client, cast.owner).get(reverse("submission", args=[submission.pk])))

    assert "Clear for release" not in page
    assert "another person must review it" in page
    assert "oak" not in page


def test_it_tells_a_reviewer_who_submitted_why_there_is_no_button(cast, client):
    memberships.begin(cast.owner, cast.city, "reviewer", by=world.by(None))
    world.prove(cast.owner)
    submission = submitted(cast)
    address = reverse("submission", args=[submission.pk])

    page = text(as_(client, cast.owner).get(address))
    assert "Clear for release" not in page
    assert "another person must review it" in page
    assert client.post(address).status_code == 403
    assert not bases_open_to(PUBLIC).exists()


def test_it_is_cleared_by_the_button(cast, client):
    submission = submitted(cast)
    address = reverse("submission", args=[submission.pk])

    assert as_(client, cast.reviewer).post(address).url == address
    assert bases_open_to(PUBLIC).filter(dataset=cast.dataset).exists()
    assert "Its public page" in text(client.get(address))


def test_it_says_why_it_cannot_be_cleared_any_more(cast, client):
    submission = submitted(cast)
    cast.dataset.columns.filter(name="kind").update(sensitivity="sensitive")

    page = text(as_(client, cast.reviewer).post(reverse("submission", args=[submission.pk])))

    assert "tell of persons: kind" in page
    assert not bases_open_to(PUBLIC).exists()


def test_it_is_returned_with_a_reason_that_the_owner_reads(cast, client):
    submission = submitted(cast)
    address = reverse("submission-return", args=[submission.pk])

    assert "There is a problem" in text(as_(client, cast.reviewer).post(address, {"reason": ""}))
    client.post(address, {"reason": "Heights are too fine"})

    assert "Heights are too fine" in text(as_(client, cast.owner).get(reverse("submission", args=[submission.pk])))


def test_it_is_taken_back_by_the_owner(cast, client):
    submission = submitted(cast)
    address = reverse("submission-withdraw", args=[submission.pk])

    assert as_(client, cast.reviewer).post(address, {}).status_code == 403
    as_(client, cast.owner).post(address, {})

    submission.refresh_from_db()
    assert submission.state == "withdrawn"
    assert "oak" not in text(as_(client, cast.reviewer).get(reverse("submission", args=[submission.pk])))


def test_it_is_not_there_for_strangers(cast, client):
    submission = submitted(cast)

    for name in ("submission", "submission-return", "submission-withdraw"):
        address = reverse(name, args=[submission.pk])
        assert client.get(address).status_code == 302
        for person in (cast.stranger, cast.citizen, cast.requester, cast.auditor):
            assert as_(client, person).get(address).status_code == 404
        client.logout()
    assert reverse("submission", args=[submission.pk]) not in text(
        as_(client, cast.stranger).get(reverse("submissions"))
    )
    assert reverse("submission", args=[submission.pk]) in text(as_(client, cast.reviewer).get(reverse("submissions")))


def test_it_says_what_differs_from_the_last_release(cast, client):
    released(cast)
    cast.version = world.version(cast.dataset, COLUMNS)
    terms = Terms(tables={"main": TableTerms(columns={"name": "hash", "height": None})})
    submission = submit(cast.dataset, version=cast.version, terms=terms, by=world.by(cast.owner))

    page = text(as_(client, cast.reviewer).get(reverse("submission", args=[submission.pk])))

    assert "What differs from the release of version 1" in page
    assert "Lower end of a band 5 wide" in page


def test_it_starts_the_next_submission_from_the_last_release(cast, client):
    released(cast)
    world.version(cast.dataset, COLUMNS)

    page = text(as_(client, cast.owner).get(reverse("submit", args=[cast.dataset.pk])))

    assert '<option value="band:5" selected>' in page
    assert "from the last release, of version 1" in page


def test_it_serves_files_to_everybody_with_ranges_and_counts_them(cast, client):
    basis = released(cast)
    world.settle()
    file = basis.distributions.get(format="csv")
    address = reverse("file", args=[file.pk, file.name])

    got = client.get(address)
    data = text(got)
    assert (got.status_code, got["Content-Length"], got["ETag"]) == (200, str(file.bytes), f'"{file.sha256}"')
    part = client.get(address, headers={"Range": "bytes=3-"})
    assert (part.status_code, text(part)) == (206, data[3:])
    assert client.get(address, headers={"If-None-Match": got["ETag"]}).status_code == 304
    assert client.head(address)["Content-Length"] == str(file.bytes)
    assert client.get(reverse("file", args=[file.pk, "other.csv"])).status_code == 404
    assert client.get(reverse("file", args=[cast.dataset.pk, file.name])).status_code == 404
    used = totals(cast.dataset)["download"]
    assert used == {"times": 1, "rows": 2, "bytes": file.bytes}


def test_it_says_that_a_file_was_withdrawn_at_once_and_for_ever(cast, client):
    basis = released(cast)
    world.settle()
    file = basis.distributions.get(format="csv")
    address = reverse("file", args=[file.pk, file.name])

    withdraw_release(cast.dataset, reason="A name was left in", by=world.by(cast.owner))
    for _moment in ("at once", "when its bytes are gone"):
        gone = client.get(address)
        assert gone.status_code == 410
        assert "A name was left in" in text(gone)
        world.settle()


def test_it_is_withdrawn_on_a_page_by_those_who_may(cast, client):
    released(cast)
    address = reverse("withdraw", args=[cast.dataset.pk])

    assert client.post(address, {"reason": "x"}).status_code == 302
    for person in (cast.stranger, cast.citizen, cast.requester, cast.auditor):
        assert as_(client, person).post(address, {"reason": "x"}).status_code == 403
    assert bases_open_to(PUBLIC).exists()
    assert "There is a problem" in text(as_(client, cast.approver).post(address, {"reason": ""}))
    client.post(address, {"reason": "A name was left in"})
    assert not bases_open_to(PUBLIC).exists()


def document(cast) -> Document:
    with store().open(f"documents/{cast.version.pk}/1", "wb") as file:
        file.write(b"%PDF plan of the trees")
    return Document.objects.create(
        version=cast.version,
        title_en="Plan",
        name="plan.pdf",
        media_type="application/pdf",
        path=f"documents/{cast.version.pk}/1",
        bytes=22,
        sha256="a" * 64,
    )


def test_it_serves_documents_under_a_release_that_includes_them(cast, client):
    plan = document(cast)
    address = reverse("document", args=[plan.pk, plan.name])
    assert client.get(address).status_code == 404

    released(cast, documents=True)

    assert text(client.get(address)) == "%PDF plan of the trees"
    withdraw_release(cast.dataset, reason="Old", by=world.by(cast.owner))
    assert client.get(address).status_code == 410


def test_it_keeps_documents_closed_under_a_release_without_them(cast, client):
    plan = document(cast)
    released(cast)
    address = reverse("document", args=[plan.pk, plan.name])

    assert client.get(address).status_code == 404
    withdraw_release(cast.dataset, reason="Old", by=world.by(cast.owner))
    assert client.get(address).status_code == 404


def test_it_shows_documents_to_the_reviewer_and_writes_that_down(cast, client):
    plan = document(cast)
    submission = submitted(cast, documents=True)
    address = reverse("document", args=[plan.pk, plan.name])

    assert text(as_(client, cast.reviewer).get(address)) == "%PDF plan of the trees"
    assert Event.objects.filter(kind="disclosure.opened", basis=submission.duty_id).count() == 1
    assert as_(client, cast.stranger).get(address).status_code == 404


def test_it_counts_use_by_day_without_losing_any(cast):
    for _number in range(3):
        count(cast.dataset.pk, "call", rows=10, bytes=100)
    count(cast.dataset.pk, "view")

    assert totals(cast.dataset) == {
        "view": {"times": 1, "rows": 0, "bytes": 0},
        "download": {"times": 0, "rows": 0, "bytes": 0},
        "call": {"times": 3, "rows": 30, "bytes": 300},
    }
    assert Usage.objects.count() == 2
