"""Opening: a steward submits, a reviewer clears or returns, and what is open can be taken back."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Actor
from audit.log import record
from catalog.actions.bases import check_reason, close_duty, move_basis
from catalog.actions.datasets import locked
from catalog.models import Basis, Dataset, Department, Role, Version
from catalog.permissions import check_may_keep
from catalog.terms import Terms
from opendata.models import Release, Submission
from opendata.permissions import check_may_decide_on, check_may_withdraw
from opendata.policies import check_may_open, check_none_open
from opendata.states import SUBMISSION

# Kept for ever in the basis and in the log, so in one language; a page says the duty in the reader's.
REVIEW = gettext_noop("Review before release")
OPEN_DATA = "Open data: for any use"
RULES = "The city's rules on open data"


@transaction.atomic
def submit(dataset: Dataset, *, version: Version, terms: Terms, by: Actor, note: str = "") -> Submission:
    """The version is proposed under these terms; the reviewers may look at just what the public would see."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    check_none_open(dataset)
    check_may_open(dataset, version, terms)

    submission = Submission.objects.create(
        dataset=dataset,
        version=version,
        terms=terms.to_json(),
        note=note.strip(),
        made_by=by.user,
        duty=make_review_duty(dataset, version, terms, by=by),
    )
    _record("submission.made", submission, by, {"version": version.number, "terms_sha256": terms.sha256})
    return submission


@transaction.atomic
def make_review_duty(dataset: Dataset, version: Version, terms: Terms, *, by: Actor) -> Basis:
    """The bare start of the reviewers' duty to look, for `submit`, which has checked."""
    duty = Basis.objects.create(
        kind=Basis.Kind.DUTY,
        dataset=dataset,
        version=version,
        terms=terms.to_json(),
        recipient=Basis.Recipient.DEPARTMENT,
        department=Department.objects.get(kind=Department.Kind.CITY),
        roles=[Role.REVIEWER],
        purpose=REVIEW,
        legal_basis=dataset.legal_basis or RULES,
        made_by=by.user,
    )
    record(
        "duty.made",
        by=by,
        on=duty,
        department=dataset.department,
        dataset=dataset,
        basis=duty,
        facts={"terms_sha256": terms.sha256, "roles": duty.roles},
    )
    return duty


@transaction.atomic
def clear(submission: Submission, *, by: Actor) -> Basis:
    """The version is open to everybody under the submitted terms; the reviewers' duty is done."""
    check_may_decide_on(by, submission)

    dataset = locked(submission.dataset)
    submission = _decide(submission, "clear", by=by)
    terms = Terms.from_json(submission.terms)
    check_may_open(dataset, submission.version, terms)

    basis = Basis.objects.create(
        kind=Basis.Kind.RELEASE,
        dataset=dataset,
        version=submission.version,
        terms=submission.terms,
        recipient=Basis.Recipient.EVERYBODY,
        purpose=OPEN_DATA,
        legal_basis=dataset.legal_basis or RULES,
        made_by=by.user,
    )
    Release.objects.create(basis=basis, submission=submission)
    close_duty(submission.duty, by=by, reason="The submission was cleared.")
    record(
        "release.made",
        by=by,
        on=basis,
        department=dataset.department,
        dataset=dataset,
        basis=basis,
        facts={"version": submission.version.number, "terms_sha256": terms.sha256, "submission": submission.pk},
    )
    return basis


@transaction.atomic
def return_submission(submission: Submission, *, reason: str, by: Actor) -> Submission:
    """The owner gets it back with what has to change."""
    check_may_decide_on(by, submission)

    check_reason(reason)
    submission = _decide(submission, "return", by=by, reason=reason)
    close_duty(submission.duty, by=by, reason="The submission was returned.")
    _record("submission.returned", submission, by, {"reason": submission.reason})
    return submission


@transaction.atomic
def withdraw_submission(submission: Submission, *, by: Actor, reason: str = "") -> Submission:
    """The owner no longer wishes it; the reviewers no longer see its rows."""
    check_may_keep(by, submission.dataset)

    submission = _decide(submission, "withdraw", by=by, reason=reason)
    close_duty(submission.duty, by=by, reason="The submission was withdrawn.")
    _record("submission.withdrawn", submission, by, {"reason": submission.reason})
    return submission


@transaction.atomic
def withdraw_release(dataset: Dataset, *, reason: str, by: Actor) -> list[Basis]:
    """No version of the dataset is open any more: pages, search, files and API say so at once."""
    check_may_withdraw(by, dataset)

    check_reason(reason)
    dataset = locked(dataset)
    live = dataset.bases.releases().filter(state=Basis.State.ACTIVE).order_by("made_at")
    if not live:
        raise ValidationError(_("Nothing of this dataset is open: there is nothing to withdraw."))
    return [_withdraw(basis, reason=reason, by=by) for basis in live]


def _withdraw(basis: Basis, *, reason: str, by: Actor) -> Basis:
    basis = move_basis(basis, "withdraw", reason=reason)
    record(
        "release.withdrawn",
        by=by,
        on=basis,
        department=basis.dataset.department,
        dataset=basis.dataset,
        basis=basis,
        facts={"reason": basis.state_reason},
    )
    return basis


def _decide(submission: Submission, verb: str, *, by: Actor, reason: str = "") -> Submission:
    submission = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("dataset__department", "version", "duty")
        .get(pk=submission.pk)
    )
    submission.state = SUBMISSION.after(submission.state, verb)
    submission.reason = reason.strip()
    submission.decided_at = timezone.now()
    submission.decided_by = by.user
    submission.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    return submission


def _record(kind: str, submission: Submission, by: Actor, facts: dict) -> None:
    dataset = submission.dataset
    record(kind, by=by, on=submission, department=dataset.department, dataset=dataset, basis=submission.duty,
           facts=facts)  # fmt: skip
