"""A dataset of the internal catalogue as one reader stands to it: what may be known, read, or asked for, and why."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from catalog.codes import SharingClass
from catalog.models import Basis, Dataset, Department, Role
from catalog.permissions import bases_open_to, departments_of
from catalog.terms import Terms
from sharing.models import Request
from sharing.permissions import visible_requests
from sharing.states import ASKING

MOST_BASES = 50
OWN, OPEN, LENT, ASKED, FREE, CONDITIONAL, EXEMPT, NOBODY = (
    "own", "open", "lent", "asked", "unconditional", "conditional", "exemption", "nobody",
)  # fmt: skip
BADGES = {
    OWN: ("brand", gettext_lazy("Your department’s own")),
    OPEN: ("good", gettext_lazy("Open to everybody")),
    LENT: ("good", gettext_lazy("Lent to you")),
    ASKED: ("note", gettext_lazy("Asked for")),
    FREE: ("note", gettext_lazy("Ask: any department may have it")),
    CONDITIONAL: ("note", gettext_lazy("Ask: the owner decides")),
    EXEMPT: ("warn", gettext_lazy("Only with an exemption")),
    NOBODY: ("", gettext_lazy("Has no rows yet")),
}
ENDED = {
    Basis.State.SUSPENDED: gettext_lazy("%(owner)s suspended your grant on %(day)s: “%(reason)s”."),
    Basis.State.REVOKED: gettext_lazy("%(owner)s revoked your grant on %(day)s: “%(reason)s”."),
    Basis.State.EXPIRED: gettext_lazy("Your grant ended on %(day)s."),
}


@dataclass(frozen=True)
class Answer:
    """“Why can I (not) see this?”: what stands, why, and the next step with its address."""

    kind: str
    title: str
    sentence: str
    action: str = ""
    url: str = ""

    @property
    def may_ask(self) -> bool:
        """True where the next step is to choose columns and ask."""
        return self.kind in {OPEN, LENT, ASKED, FREE, CONDITIONAL, EXEMPT}

    @property
    def notice(self) -> str:
        """The colour of the notice."""
        return {OWN: "good", OPEN: "good", LENT: "good", EXEMPT: "warn", NOBODY: "warn"}.get(self.kind, "")


def standings(datasets: list[Dataset], *, by: Actor) -> dict:
    """Dataset to the kind of its standing, for the cards of a list: three queries, however many datasets."""
    keys = [dataset.pk for dataset in datasets]
    own = set(departments_of(by).values_list("pk", flat=True))
    ways = dict.fromkeys(keys, "")
    live = bases_open_to(by).filter(dataset__in=keys).exclude(kind=Basis.Kind.DUTY).order_by()
    for key, kind in live.values_list("dataset", "kind").distinct():
        ways[key] = OPEN if kind == Basis.Kind.RELEASE else (ways[key] or LENT)
    asked = set(_open_requests(by).filter(dataset__in=keys).values_list("dataset", flat=True))
    return {dataset.pk: _kind(dataset, own, ways[dataset.pk], dataset.pk in asked) for dataset in datasets}


def _kind(dataset: Dataset, own: set, way: str, is_asked: bool) -> str:
    if dataset.department_id in own:
        return OWN
    if way or is_asked:
        return way or ASKED
    if dataset.current_id is None:
        return NOBODY
    classes = {SharingClass.UNCONDITIONAL: FREE, SharingClass.WITHHELD: EXEMPT}
    return classes.get(dataset.sharing_class, CONDITIONAL)


def _open_requests(by: Actor) -> QuerySet[Request]:
    """What this person's own departments asked and has no answer yet."""
    mine = departments_of(by, Role.REQUESTER, Role.APPROVER)
    return visible_requests(by).filter(department__in=mine, state__in=ASKING)


def answer_for(dataset: Dataset, ways: list[Basis], *, by: Actor) -> Answer:
    """The answer for this reader, whose ways in are these."""
    kind = standings([dataset], by=by)[dataset.pk]
    page = reverse("dataset", args=[dataset.pk])
    owner = dataset.department.name
    if kind == OWN:
        said = _("Its stewards and approvers read it under their duty: nothing needs to be asked for.")
        return Answer(kind, _("Your department’s own"), said, _("Open its page"), page)
    if kind == OPEN:
        said = _("A reviewer cleared it. Columns that are not open can be asked for.")
        return Answer(kind, _("Open to everybody"), said, _("Read it"), page)
    if kind == LENT:
        grant = next(way for way in ways if way.kind == Basis.Kind.GRANT)
        said = _("The grant of your department covers it until %(day)s. Columns beyond it can be asked for.")
        said %= {"day": date_format(grant.valid_until, "DATE_FORMAT")}
        return Answer(kind, _("You may read it under a grant"), said, _("Open the grant"), page_of_grant(grant))
    if kind == ASKED:
        request = _open_requests(by).filter(dataset=dataset).first()
        said = _("%(reference)s: %(state)s.") % {
            "reference": request.reference or _("Your request"), "state": request.get_state_display(),
        }  # fmt: skip
        address = reverse("request", args=[request.pk])
        return Answer(kind, _("Your department asked for it already"), said, _("Open the request"), address)
    return Answer(kind, _("You cannot read its rows yet"), _next_step(kind, dataset, owner, by))


def page_of_grant(grant: Basis) -> str:
    """Where the grant's terms and rows stand."""
    return reverse("grant", args=[grant.pk])


def _next_step(kind: str, dataset: Dataset, owner: str, by: Actor) -> str:
    ended = _last_grant(dataset, by)
    before = ""
    if ended is not None and ended.state in ENDED:
        before = ENDED[ended.state] % {
            "owner": owner, "day": date_format(ended.state_at, "DATE_FORMAT"), "reason": ended.state_reason,
        }  # fmt: skip
    if departments_of(by).filter(kind=Department.Kind.ENTERPRISE).exists() and kind in {FREE, CONDITIONAL}:
        said = _("It is open on application: choose columns and apply. %(owner)s decides.") % {"owner": owner}
    elif kind == NOBODY:
        said = _("It has no rows yet, so nobody can be lent any. Ask %(owner)s when they come.") % {"owner": owner}
    elif kind == EXEMPT:
        said = _("A law withholds it: %(law)s. It can be asked for only with an exemption, and the authority decides.")
        said %= {"law": dataset.sharing_law}
    elif kind == FREE:
        said = _("Any department may have it. Public and internal columns are lent as soon as you ask.")
    else:
        said = _("It is lent for a stated purpose. Choose columns and ask: %(owner)s decides.") % {"owner": owner}
    return f"{before} {said}".strip()


def _last_grant(dataset: Dataset, by: Actor) -> Basis | None:
    mine = Basis.objects.filter(kind=Basis.Kind.GRANT, dataset=dataset, department__in=departments_of(by))
    return mine.order_by("-state_at").first()


def ways_into(dataset: Dataset, *, by: Actor) -> list[Basis]:
    """What lets the reader in: duties and grants first, then releases, each newest first."""
    return list(bases_open_to(by).filter(dataset=dataset).order_by("kind", "-made_at", "-id")[:MOST_BASES])


def columns_read(ways: list[Basis], types: dict[str, dict[str, str]]) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Table and column to (kind of the way, mask) of what the reader has now; the least masked way counts."""
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for way in ways:
        if way.least:  # it is counted by these columns, and nobody reads them
            continue
        terms = Terms.from_json(way.terms)
        for table, kinds in types.items():
            lent = terms.of_table(table, kinds)
            for name, mask in lent.columns.items() if lent else ():
                if (table, name) not in found or (found[table, name][1] and not mask):
                    found[table, name] = (way.kind, mask)
    return found
