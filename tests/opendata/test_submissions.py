"""A steward submits, another person clears: only then is anything open."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from audit import log
from audit.actor import PUBLIC
from audit.models import Event
from catalog.models import Basis, Column
from catalog.permissions import bases_open_to, withdrawn_from_public
from catalog.terms import TableTerms, Terms
from opendata.actions import clear, return_submission, submit, withdraw_release, withdraw_submission
from opendata.models import Submission
from opendata.permissions import visible_submissions
from tests import world

pytestmark = pytest.mark.django_db

COLUMNS = {
    "name": ("text", ["Ann", "Bo"]),
    "kind": ("text", ["oak", "elm"]),
    "born": ("date", [date(2001, 1, 1), None]),
}


@pytest.fixture
def cast():
    people = world.cast()
    people.dataset = world.dataset(people.owner, people.parks, description_en="Every tree of the city.")
    people.version = world.version(people.dataset, COLUMNS)
    return people


def terms(**columns) -> Terms:
    return Terms(tables={"main": TableTerms(columns=columns or {"kind": None})})


def submitted(cast, who=None, **changes) -> Submission:
    wanted = {"version": cast.version, "terms": terms(), **changes}
    return submit(cast.dataset, by=world.by(who or cast.owner), **wanted)


def released(cast) -> Basis:
    return clear(submitted(cast), by=world.by(cast.reviewer))


def mark(cast, column: str, sensitivity: str) -> None:
    Column.objects.filter(dataset=cast.dataset, name=column).update(sensitivity=sensitivity)


def test_it_lets_the_reviewers_look_and_opens_nothing(cast):
    submission = submitted(cast)

    assert submission.duty in bases_open_to(world.by(cast.reviewer))
    assert submission.duty.version == cast.version
    for outsider in (cast.stranger, cast.citizen, cast.requester, cast.auditor):
        assert submission.duty not in bases_open_to(world.by(outsider))
    assert not bases_open_to(PUBLIC).exists()


def test_it_is_known_to_the_owner_and_the_reviewers_alone(cast):
    submission = submitted(cast)

    for insider in (cast.owner, cast.approver, cast.reviewer):
        assert submission in visible_submissions(world.by(insider))
    for outsider in (cast.stranger, cast.citizen, cast.requester, cast.auditor, None):
        assert submission not in visible_submissions(world.by(outsider))


@pytest.mark.parametrize("name", ["approver", "requester", "stranger", "citizen", "reviewer"])
def test_it_is_submitted_by_a_steward_of_the_owner_only(cast, name):
    with pytest.raises(PermissionDenied):
        submitted(cast, getattr(cast, name))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"opening_class": "on_application"}, "opening class"),
        ({"licence": "city-restricted"}, "licence"),
        ({"description_en": ""}, "Describe"),
        ({"state": "draft"}, "active"),
    ],
)
def test_it_asks_for_a_dataset_that_is_fit_to_be_open(cast, fields, words):
    for name, value in fields.items():
        setattr(cast.dataset, name, value)
    cast.dataset.save()

    with pytest.raises(ValidationError, match=words):
        submitted(cast)


@pytest.mark.parametrize("sensitivity", ["personal", "sensitive"])
def test_it_refuses_a_protected_column_as_it_is_and_takes_it_masked(cast, sensitivity):
    mark(cast, "name", sensitivity)

    with pytest.raises(ValidationError, match="name"):
        submitted(cast, terms=terms(name=None, kind=None))
    assert submitted(cast, terms=terms(name="null", kind=None)).state == "submitted"


def test_it_opens_no_protected_text_by_its_first_half(cast):
    mark(cast, "name", "personal")
    with pytest.raises(ValidationError, match="tell of persons: name"):
        submitted(cast, terms=terms(name="first:5", kind=None))
    assert submitted(cast, terms=terms(name="first:4", kind=None)).state == "submitted"


def test_it_opens_an_address_where_the_dictionary_says_that_it_is_public(cast):
    cast.dataset.columns.filter(name="name").update(identity_role="address", sensitivity="internal")
    with pytest.raises(ValidationError, match="marked public in the dictionary"):
        submitted(cast, terms=terms(name=None, kind=None))
    mark(cast, "name", "public")
    assert submitted(cast, terms=terms(name=None, kind=None)).state == "submitted"


@pytest.mark.parametrize("mask", ["round", "round:2", "band:1"])
def test_it_refuses_a_protected_number_under_a_mask_that_hides_nothing(cast, mask):
    version = world.version(cast.dataset, {"age": ("integer", [41, 52])})
    mark(cast, "age", "personal")

    with pytest.raises(ValidationError, match="age"):
        submitted(cast, version=version, terms=terms(age=mask))
    assert submitted(cast, version=version, terms=terms(age="band:10")).state == "submitted"


def test_it_refuses_columns_and_masks_that_do_not_fit(cast):
    for wrong in (terms(nothing=None), terms(kind="year"), Terms(), Terms(everything=True), Terms(documents=True)):
        with pytest.raises(ValidationError):
            submitted(cast, terms=wrong)


def test_it_waits_alone(cast):
    submitted(cast)

    with pytest.raises(ValidationError, match="waits for review already"):
        submitted(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        first = Submission.objects.get()
        duty = world.basis("duty", cast.version, {"kind": None}, to=cast.city)
        Submission.objects.create(
            dataset=first.dataset, version=first.version, terms=first.terms, made_by=cast.owner, duty=duty
        )


def test_it_opens_to_everybody_once_cleared(cast):
    basis = released(cast)

    assert basis in bases_open_to(PUBLIC)
    assert basis.release.submission.state == "cleared"
    assert basis.release.submission.duty not in bases_open_to(world.by(cast.reviewer))
    kinds = Event.objects.filter(dataset=cast.dataset.pk).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["duty.made", "submission.made", "duty.closed", "release.made"]


@pytest.mark.parametrize("name", ["owner", "approver", "requester", "stranger", "citizen", "auditor", "administrator"])
def test_it_is_cleared_by_reviewers_only(cast, name):
    submission = submitted(cast)

    for decide in (clear, lambda s, by: return_submission(s, reason="No", by=by)):
        with pytest.raises(PermissionDenied):
            decide(submission, by=world.by(getattr(cast, name)))
    assert not bases_open_to(PUBLIC).exists()


def test_it_is_never_cleared_by_its_submitter_not_even_past_the_action(cast):
    from catalog.actions import memberships

    memberships.begin(cast.owner, cast.city, "reviewer", by=world.by(None))
    submission = submitted(cast)

    with pytest.raises(PermissionDenied, match="yourself"):
        clear(submission, by=world.by(cast.owner))
    with pytest.raises(PermissionDenied, match="yourself"):
        return_submission(submission, reason="Mine", by=world.by(cast.owner))
    submission.state, submission.decided_by, submission.decided_at = "cleared", cast.owner, timezone.now()
    with pytest.raises(IntegrityError, match="submission_two_people"), transaction.atomic():
        submission.save()


def test_it_is_checked_again_when_it_is_cleared(cast):
    submission = submitted(cast)
    mark(cast, "kind", "personal")

    with pytest.raises(ValidationError, match="kind"):
        clear(submission, by=world.by(cast.reviewer))

    submission.refresh_from_db()
    assert submission.state == "submitted"


def test_it_is_returned_with_a_reason_and_may_come_again(cast):
    submission = submitted(cast)
    with pytest.raises(ValidationError, match="reason"):
        return_submission(submission, reason="", by=world.by(cast.reviewer))

    return_submission(submission, reason="Leave out the names", by=world.by(cast.reviewer))

    submission.refresh_from_db()
    assert (submission.state, submission.reason) == ("returned", "Leave out the names")
    assert submission.duty not in bases_open_to(world.by(cast.reviewer))
    with pytest.raises(ValidationError, match="returned already"):
        clear(submission, by=world.by(cast.reviewer))
    assert submitted(cast).state == "submitted"


def test_it_stays_decided_and_as_it_was_proposed_past_the_action(cast):
    submission = submitted(cast)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(terms=terms(name=None).to_json())
    return_submission(submission, reason="No", by=world.by(cast.reviewer))

    with pytest.raises(DatabaseError, match="stays decided"), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(state="cleared")


def test_it_is_withdrawn_by_the_owner_alone(cast):
    submission = submitted(cast)
    for other in (cast.reviewer, cast.stranger, cast.approver):
        with pytest.raises(PermissionDenied):
            withdraw_submission(submission, by=world.by(other))

    withdraw_submission(submission, by=world.by(cast.owner))

    submission.refresh_from_db()
    assert submission.state == "withdrawn"
    assert submission.duty not in bases_open_to(world.by(cast.reviewer))


def test_it_keeps_a_new_version_closed_until_cleared_and_older_ones_open(cast):
    first = released(cast)
    cast.version = world.version(cast.dataset, COLUMNS)
    assert list(bases_open_to(PUBLIC)) == [first]

    second = released(cast)

    assert set(bases_open_to(PUBLIC)) == {first, second}


def test_it_is_not_opened_twice_in_one_version(cast):
    released(cast)

    with pytest.raises(ValidationError, match="open already"):
        submitted(cast)


@pytest.mark.parametrize("name", ["owner", "approver", "reviewer"])
def test_it_is_taken_back_whole_and_at_once(cast, name):
    released(cast)
    cast.version = world.version(cast.dataset, COLUMNS)
    released(cast)

    withdraw_release(cast.dataset, reason="A name was left in", by=world.by(getattr(cast, name)))

    assert not bases_open_to(PUBLIC).exists()
    assert cast.dataset in withdrawn_from_public()
    assert Event.objects.filter(kind="release.withdrawn").count() == 2
    with pytest.raises(ValidationError, match="nothing to withdraw"):
        withdraw_release(cast.dataset, reason="Again", by=world.by(cast.owner))


@pytest.mark.parametrize("name", ["requester", "stranger", "citizen", "auditor", "administrator"])
def test_it_is_taken_back_by_nobody_else(cast, name):
    basis = released(cast)

    with pytest.raises(PermissionDenied):
        withdraw_release(cast.dataset, reason="Please", by=world.by(getattr(cast, name)))
    assert basis in bases_open_to(PUBLIC)


def test_it_can_be_opened_again_after_it_was_taken_back(cast):
    released(cast)
    withdraw_release(cast.dataset, reason="By mistake", by=world.by(cast.owner))

    assert released(cast) in bases_open_to(PUBLIC)


def test_it_changes_nothing_where_it_cannot_be_written_down(cast, monkeypatch):
    submission = submitted(cast)
    basis_count = Basis.objects.count()
    monkeypatch.setattr(log, "LIMIT", 10)

    with pytest.raises(log.Unrecordable):
        clear(submission, by=world.by(cast.reviewer))
    with pytest.raises(log.Unrecordable):
        withdraw_submission(submission, by=world.by(cast.owner))

    submission.refresh_from_db()
    assert submission.state == "submitted"
    assert Basis.objects.count() == basis_count
