"""What the requester's department can read of a table at this moment: under grants, and what everybody reads."""

from django.core.exceptions import ValidationError
from django.db.models import F, Q

from catalog.models import Basis
from catalog.rows.letting import check_where
from catalog.terms import TableTerms, Terms
from sharing.models import Request

MOST = 50


def bases_today(request: Request) -> list[Basis]:
    """The live grants of rows that the department has over the dataset, and its newest release."""
    live = Basis.objects.live().filter(dataset=request.dataset_id, least="")
    grants = live.filter(Q(kind=Basis.Kind.GRANT, department=request.department_id)).order_by("made_at", "pk")[:MOST]
    release = live.filter(kind=Basis.Kind.RELEASE).order_by(F("version__number").desc()).first()
    return [*grants, *([release] if release else [])]


def terms_today(bases: list[Basis], table: str, types: dict[str, str]) -> TableTerms | None:
    """What these let out together, of the version that is looked at; None where nothing.

    Two readings can be laid side by side, so they count as one: all their columns, each as clear as one of them has it,
    over the rows that any of them lets out.
    """
    columns, filters = {}, []
    for basis in bases:
        terms = Terms.from_json(basis.terms).of_table(table, types)
        if terms is None or not _fits(terms, types):
            continue
        for name, mask in terms.columns.items():
            columns[name] = None if name in columns and columns[name] is None else mask
        filters.append(terms.where)
    if not columns:
        return None
    ordered = {name: columns[name] for name in types if name in columns}
    return TableTerms(ordered, either(filters))


def either(filters: list[str]) -> str:
    """The rows that any of these filters lets through; an empty one lets through all."""
    told = list(dict.fromkeys(filters))
    return "" if "" in told else told[0] if len(told) == 1 else " or ".join(f"({one})" for one in told)


def _fits(terms: TableTerms, types: dict[str, str]) -> bool:
    """False for a right whose filter needs a column that this version no longer has: it lets nothing out."""
    try:
        if terms.where:
            check_where(terms.where, types)
    except ValidationError:
        return False
    return True
