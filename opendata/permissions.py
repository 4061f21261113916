"""Who may decide about openness, and who may know of a submission."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Dataset, Role
from catalog.permissions import can, check_may_decide, check_may_keep, check_may_review, departments_of, holds_in_city
from opendata.models import Submission


def check_may_decide_on(by: Actor, submission: Submission) -> None:
    """A reviewer decides, and never about what they submitted themselves."""
    check_may_review(by)
    if submission.made_by_id == by.user_id:
        raise PermissionDenied(_("You submitted this yourself. Another reviewer must decide about it."))


def check_may_withdraw(by: Actor, dataset: Dataset) -> None:
    """The owner's steward or approver takes a release back, or a reviewer does."""
    if can(check_may_keep, by, dataset) or can(check_may_decide, by, dataset) or can(check_may_review, by):
        return
    raise PermissionDenied(
        _("Only a steward or an approver of %(department)s, or a reviewer, can withdraw this.")
        % {"department": dataset.department.name}
    )


def visible_submissions(by: Actor) -> QuerySet[Submission]:
    """All of them to the reviewers, their own to the owner's stewards and approvers, none to anybody else."""
    found = Submission.objects.select_related("dataset__department", "version", "duty", "made_by", "decided_by")
    if holds_in_city(by, Role.REVIEWER):
        return found
    return found.filter(dataset__department__in=departments_of(by, Role.STEWARD, Role.APPROVER))
