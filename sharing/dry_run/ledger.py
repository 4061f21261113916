"""The linkage ledger: what of the proposed rows could be joined with what the requester's department has already.

The other datasets belong to other owners, and whoever decides here has no right to read them. So nobody reads: the
platform's own service compares, under a duty over each side that ends with the comparison and lets out no more than
the columns compared, and what leaves the gate is a share in steps of ten per cent (docs/decisions).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_noop

from audit.actor import service
from catalog.actions.bases import close_duty
from catalog.actions.duties import make_service_duty
from catalog.gate import open_matches
from catalog.models import Basis, Column, Version
from catalog.rows.errors import EngineBusy, Stopped, TooCostly
from catalog.rows.matching import Matching
from catalog.terms import TableTerms, Terms
from catalog.versions import latest_under
from sharing.domains import domain_of
from sharing.dry_run.figures import Look
from sharing.dry_run.pairs import VALUES, Held, Lent, Pair, lent_columns, pairs_of
from sharing.dry_run.told import Place, keep_shares, place_of, told_shares
from sharing.models import Request

COMPARER = service("dry run")
MOST = 20  # tables lent already that are looked at, the newest grants first
JOINS = 30  # per cent of the values, from which on columns of no common role are said to match
LONGEST = timedelta(minutes=10)
PURPOSE = gettext_noop("Saying what could be joined, before a request is decided")
LEGAL_BASIS = gettext_noop("The platform's duty to show the risk of a decision")
TOO_COSTLY, CHANGED = "too-costly", "changed"


def ledger_of(request: Request, look: Look, columns: dict, held: list[Held], *, dictionary: list[Column]) -> dict:
    """For each table held already, the pairs of columns that could hold rows together, each with the share that does.

    The rows are those that were asked for, whatever narrower filter is being tried, and a share that was told of the
    request is told again, whatever version there is: by trying filters, or by bringing versions, nobody could then find
    out whether somebody is in another's data.
    """
    version, table = look.version, look.table
    mine = lent_columns(TableTerms(columns), table, dictionary)
    found = [(one, pairs) for one in held[:MOST] if (pairs := _pairs(mine, one, request))]
    told, unsaid = told_shares(request), {}
    new = [(one, fresh) for one, pairs in found if (fresh := [pair for pair in pairs if _is_new(one, pair, told)])]
    if new:
        compared = {pair.mine.name: pair.compared for _one, pairs in new for pair in pairs}
        with duty_for(version, table.name, TableTerms(compared, request.where.strip())) as own:
            for one, pairs in new:
                unsaid |= _compare(request, (version, own), one, pairs)
        told = told_shares(request)
    entries = [_entry(one, pair, told, unsaid) for one, pairs in found for pair in pairs]
    return {"entries": [entry for entry in entries if _is_worth_saying(entry)], "left_off": len(held) > MOST}


def held_already(request: Request) -> list[Held]:
    """The tables that the requester's department reads under live grants, of whatever owner; the newest first.

    Where only counts are lent it holds no values that could be joined.
    """
    grants = Basis.objects.live().filter(kind=Basis.Kind.GRANT, department=request.department_id, least="")
    found = []
    for grant in grants.select_related("dataset__current", "dataset__department", "version")[: MOST + 1]:
        version = latest_under(grant)
        terms = Terms.from_json(grant.terms)
        for table in version.tables.filter(name__in=terms.tables) if version else ():
            lent = terms.of_table(table.name, table.types)
            if lent is not None:
                found.append(Held(grant, version, table, lent))
    return found[: MOST + 1]


@contextmanager
def duty_for(version: Version, table: str, terms: TableTerms) -> Iterator[Basis]:
    """A duty of the platform's service over these columns, which ends with the block, or soon after a crash."""
    duty = make_service_duty(
        version, Terms(tables={table: terms}), purpose=PURPOSE, legal_basis=LEGAL_BASIS,
        valid_until=timezone.now() + LONGEST, by=COMPARER,
    )  # fmt: skip
    try:
        yield duty
    finally:
        close_duty(duty, by=COMPARER, reason="The dry run is done.")


def _pairs(mine: list[Lent], one: Held, request: Request) -> list[Pair]:
    dictionary = list(Column.objects.filter(dataset=one.grant.dataset_id, table=one.table.name))
    theirs = lent_columns(one.terms, one.table, dictionary)
    return pairs_of(mine, theirs, one_domain=in_one_domain(request, one.grant))


def in_one_domain(request: Request, grant: Basis) -> bool:
    """True where a grant made of the request would have the pseudonyms of this one: for the same purpose."""
    return grant.pseudonym_domain == domain_of(request.department, request.aim)


def _is_new(one: Held, pair: Pair, told: dict) -> bool:
    return not pair.bar and place_of(one, pair) not in told


def _compare(request: Request, mine: tuple[Version, Basis], one: Held, pairs: list[Pair]) -> dict[Place, str]:
    """The shares of these pairs are kept; for each that could not be computed now, why."""
    lent = {pair.theirs.name: pair.compared for pair in pairs}
    asked = Matching(request.table, one.table.name, tuple((pair.mine.name, pair.theirs.name) for pair in pairs))
    try:
        with duty_for(one.version, one.table.name, TableTerms(lent, one.terms.where)) as theirs:
            found = open_matches(asked, over=[mine, (one.version, theirs)], by=COMPARER)
    except (TooCostly, EngineBusy, Stopped):
        return {place_of(one, pair): TOO_COSTLY for pair in pairs}
    except (ValidationError, PermissionDenied, Http404):  # a filter that no longer fits, a version that went
        return {place_of(one, pair): CHANGED for pair in pairs}
    keep_shares(request, one, [(pair, row["share"]) for pair, row in zip(pairs, found, strict=True)])
    return {}


def _is_worth_saying(entry: dict) -> bool:
    """False for columns that are alike in nothing but their values, where few of these are the same."""
    return bool(entry["why"] != VALUES or entry["bar"] or entry["unsaid"]) or (entry["share"] or 0) >= JOINS


def _entry(one: Held, pair: Pair, told: dict[Place, int | None], unsaid: dict[Place, str]) -> dict:
    place = place_of(one, pair)
    return {
        "grant": str(one.grant.pk),
        "dataset": str(one.grant.dataset_id),
        "table": one.table.name,
        "mine": pair.mine.name,
        "theirs": pair.theirs.name,
        "role": pair.mine.role if pair.mine.role == pair.theirs.role else "none",
        "why": pair.why,
        "bar": pair.bar,
        "share": None if pair.bar else told.get(place),
        "unsaid": "" if pair.bar else unsaid.get(place, ""),
    }
