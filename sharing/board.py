"""How a department keeps the law's clocks as an owner: figures of its deadlines, moves and decisions, with lists."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, Exists, F, FloatField, OuterRef, Q, QuerySet
from django.utils import timezone

from audit.actor import Actor
from catalog.models import Department, Role
from catalog.permissions import departments_of, holds_in_city
from sharing.models import Deadline, Decision, Request, RequestMove
from sharing.permissions import visible_requests

PERIODS = (30, 90, 365)
OWNERS = (Deadline.Stage.REPLY, Deadline.Stage.DELIVERY)
MOST_DAYS = 30  # bars of the picture; what took longer stands in the last one
NO_ANSWER = ("withdraw",)  # moves that end a clock without an answer


class Median(Aggregate):
    """The middle value, or the mean of the two in the middle."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Board:
    """The figures of one department over so many days."""

    department: Department
    days: int
    replied: int
    in_time: int
    late: int
    median: float | None  # working days from receipt to reply, pauses left out
    waiting: int
    overdue: int
    returned: int
    refused: dict[str, int]  # by the code of the reason
    by_days: list[tuple[int, int]]  # working days, replies

    @property
    def share(self) -> float | None:
        """How many of a hundred replies came in time; none where there was no reply."""
        return 100 * self.in_time / self.replied if self.replied else None


def departments_on_board(by: Actor) -> QuerySet[Department]:
    """Whose board one may read: its stewards and approvers their department's, the authority and auditors all."""
    if by.user is None or (by.key is not None and by.key.datasets.exists()):
        return Department.objects.none()
    if holds_in_city(by, Role.AUTHORITY) or holds_in_city(by, Role.AUDITOR):
        return Department.objects.filter(kind=Department.Kind.DEPARTMENT)
    return departments_of(by, Role.STEWARD, Role.APPROVER).filter(kind=Department.Kind.DEPARTMENT)


def board_of(department: Department, *, days: int, now: datetime | None = None) -> Board:
    """All figures of a department, in as many questions whatever its size."""
    now = now or timezone.now()
    since = now - timedelta(days=days)
    replies = _replies(since).filter(department=department)
    late = Q(state=Deadline.State.MISSED)
    told = replies.aggregate(count=Count("id"), late=Count("id", filter=late), median=Median("used"))
    today = timezone.localdate(now)
    open_ones = _open().filter(department=department)
    stand = open_ones.aggregate(count=Count("id"), overdue=Count("id", filter=Q(due_on__lt=today)))
    refusals = _refusals(since).filter(request__dataset__department=department)
    returned = _returns(since).filter(request__dataset__department=department)
    return Board(
        department=department,
        days=days,
        replied=told["count"],
        in_time=told["count"] - told["late"],
        late=told["late"],
        median=told["median"],
        waiting=stand["count"],
        overdue=stand["overdue"],
        returned=returned.aggregate(count=Count("request", distinct=True))["count"],
        refused=dict(refusals.order_by("code").values_list("code").annotate(count=Count("id"))),
        by_days=_by_days(replies),
    )


def figures_of(departments: list[Department], *, days: int, now: datetime | None = None) -> list[dict]:
    """The first figures of each of these departments, for a page that lists them."""
    now = now or timezone.now()
    late = Q(state=Deadline.State.MISSED)
    replies = _replies(now - timedelta(days=days)).filter(department__in=departments).order_by().values("department")
    told = replies.annotate(count=Count("id"), late=Count("id", filter=late), median=Median("used"))
    by_department = {row["department"]: row for row in told}
    overdue = _open().filter(department__in=departments, due_on__lt=timezone.localdate(now)).order_by()
    late_now = dict(overdue.values_list("department").annotate(count=Count("id")))
    none = {"count": 0, "late": 0, "median": None}
    return [
        {
            "department": one,
            "replied": row["count"],
            "share": 100 * (row["count"] - row["late"]) / row["count"] if row["count"] else None,
            "median": row["median"],
            "overdue": late_now.get(one.pk, 0),
        }
        for one in departments
        for row in [by_department.get(one.pk, none)]
    ]


def requests_behind(tile: str, department: Department, *, days: int, by: Actor, code: str = "") -> QuerySet[Request]:
    """The requests that a figure counts, as far as this person may know of them, and whether each missed a deadline."""
    now = timezone.now()
    since, today = now - timedelta(days=days), timezone.localdate(now)
    replies = _replies(since).filter(department=department)
    own = Q(request__dataset__department=department)
    found = {
        "replied": replies,
        "in-time": replies.exclude(state=Deadline.State.MISSED),
        "late": replies.filter(state=Deadline.State.MISSED),
        "waiting": _open().filter(department=department),
        "overdue": _open().filter(department=department, due_on__lt=today),
        "returned": _returns(since).filter(own),
        "refused": _refusals(since).filter(own, **({"code": code} if code else {})),
    }[tile]
    missed = Deadline.objects.filter(request=OuterRef("pk"), state=Deadline.State.MISSED)
    seen = visible_requests(by).filter(pk__in=found.order_by().values("request"))
    return seen.annotate(has_missed=Exists(missed))


TILES = ("replied", "in-time", "late", "waiting", "overdue", "returned", "refused")


def _replies(since: datetime) -> QuerySet[Deadline]:
    """The clocks to reply that ended with an answer since then, or were missed when the authority took over."""
    handed_on = Q(ended_by="escalate") & ~Q(state=Deadline.State.MISSED)
    ended = Deadline.objects.filter(stage=Deadline.Stage.REPLY, ended_at__gte=since)
    return ended.exclude(Q(ended_by__in=NO_ANSWER) | handed_on)


def _open() -> QuerySet[Deadline]:
    """The clocks of owners that are not over."""
    return Deadline.objects.filter(stage__in=OWNERS, ended_at=None)


def _returns(since: datetime) -> QuerySet[RequestMove]:
    """What owners returned with questions since then."""
    return RequestMove.objects.filter(verb="return", at__gte=since, department=F("request__dataset__department"))


def _refusals(since: datetime) -> QuerySet[Decision]:
    """What was refused since then and stands."""
    return Decision.objects.filter(outcome=Decision.Outcome.REFUSED, decided_at__gte=since, overturned_at=None)


def _by_days(replies: QuerySet[Deadline]) -> list[tuple[int, int]]:
    counts: dict[int, int] = {}
    for used, count in replies.order_by("used").values_list("used").annotate(count=Count("id")):
        counts[min(used, MOST_DAYS)] = counts.get(min(used, MOST_DAYS), 0) + count
    return [(day, counts.get(day, 0)) for day in range(max(counts, default=-1) + 1)]
