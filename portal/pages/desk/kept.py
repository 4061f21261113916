"""The datasets that a person keeps or decides about, with what a row of the desk says of each."""

import uuid

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest

from audit.actor import Actor
from catalog.models import Basis, Dataset, Role, Version
from catalog.permissions import departments_of
from opendata.models import Submission


def kept_by(by: Actor) -> QuerySet[Dataset]:
    """The datasets of the departments in which this person is steward or approver."""
    return Dataset.objects.filter(department__in=departments_of(by, Role.STEWARD, Role.APPROVER))


def with_state(datasets: QuerySet[Dataset]) -> QuerySet[Dataset]:
    """Each with the version that waits for a look, its last submission, and whether it is open; in one query."""
    proposed = Version.objects.filter(dataset=OuterRef("pk"), state=Version.State.PROPOSED).order_by("-number")
    submitted = Submission.objects.filter(dataset=OuterRef("pk")).order_by("-made_at")
    released = Basis.objects.releases().live().filter(dataset=OuterRef("pk"))
    return datasets.select_related("department", "current").annotate(
        proposed=Subquery(proposed.values("pk")[:1]),
        submission=Subquery(submitted.values("pk")[:1]),
        submission_state=Subquery(submitted.values("state")[:1]),
        is_open=Exists(released),
    )


def kept_or_404(request: HttpRequest, pk: uuid.UUID) -> Dataset:
    """The dataset if this person keeps or decides about it; for everybody else it is not there."""
    dataset = with_state(kept_by(request.actor)).filter(pk=pk).first()
    if dataset is None:
        raise Http404
    return dataset
