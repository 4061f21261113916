"""What was asked, and what it was asked about, as digests: whatever changes afterwards shows."""

import hashlib
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.canonical import canonical
from catalog.codes import IdentityRole, Sensitivity, SharingClass
from catalog.models import Dataset
from catalog.rows.letting import columns_named
from sharing.models import Request

# The fields of each task of the form. Those of task 2 belong to one table, the others to the whole bundle.
TASKS = {
    1: ("function", "aim", "benefits"),
    2: ("level", "where", "area", "period_from", "period_until", "frequency", "data_life_days", "rows_expected"),
    3: ("instrument", "article", "instrument_version", "impact_assessment", "exemption"),
    4: ("delivery", "kept_where", "security_name", "security_email", "disposal"),
    5: ("needed_by", "needed_why", "valid_until", "accountable", "deputy", "accepted_terms"),
}
DECLARED = tuple(name for fields in TASKS.values() for name in fields)
SHARED = frozenset(name for task, fields in TASKS.items() for name in fields if task != 2)


def asked_of(request: Request) -> dict:
    """All that is declared: who asks for what of what, why and for how long."""
    fields = {name: _plain(getattr(request, name)) for name in DECLARED}
    columns = [[column.name, column.need, column.mask] for column in request.columns.all()]
    about = {"department": str(request.department_id), "dataset": str(request.dataset_id), "table": request.table}
    return {**about, "columns": sorted(columns), **fields}


def asked_sha256(request: Request) -> str:
    """The digest of all that is declared."""
    return _digest(asked_of(request))


def standing_of(request: Request) -> dict:
    """What stands now of the dataset and of each column that matters: type, sensitivity, identity role; null for none.

    Those asked for, and those by which the condition on rows picks: one retyped lets other rows out.
    """
    dataset = Dataset.objects.select_related("current").get(pk=request.dataset_id)
    table = dataset.current.tables.filter(name=request.table).first() if dataset.current else None
    types = table.types if table else {}
    marks = {
        column.name: [column.sensitivity, column.identity_role]
        for column in dataset.columns.filter(table=request.table)
    }
    columns = {}
    for name in _columns_that_matter(request, types):
        known = marks.get(name, [Sensitivity.INTERNAL.value, IdentityRole.NONE.value])
        columns[name] = [types[name], *known] if name in types else None
    return {
        "columns": columns,
        "class": dataset.sharing_class,
        "law": dataset.sharing_law,
        "opening": dataset.opening_class,
        "state": dataset.state,
    }


def _columns_that_matter(request: Request, types: dict[str, str]) -> list[str]:
    """The asked columns and those of the condition; what it named when submitted stays, whatever it can name now."""
    asked = request.columns.values_list("name", flat=True)
    before = request.standing.get("columns")
    return list(dict.fromkeys([*asked, *(before if before is not None else columns_of_condition(request, types))]))


def columns_of_condition(request: Request, types: dict[str, str]) -> list[str]:
    """Those by which a draft's condition picks rows; none where it no longer fits the table, and cannot be sent."""
    try:
        return columns_named(request.where.strip(), types) if request.where.strip() else []
    except ValidationError:
        return []


def standing_sha256(request: Request) -> str:
    """The digest of what stands now: whoever approves says by it that they saw just this."""
    return _digest(standing_of(request))


def changes_since(request: Request) -> list[str]:
    """What changed in the dataset since the request was submitted, a sentence each; empty where nothing did."""
    before = request.standing
    if not before:
        return []
    now = standing_of(request)
    said = [text for name in before["columns"] if (text := _change(name, before["columns"], now["columns"]))]
    if now["class"] != before["class"] or now["law"] != before["law"]:
        names = {"before": _class(before["class"]), "now": _class(now["class"])}
        said.append(_("The sharing class was “%(before)s” and is now “%(now)s”.") % names)
    if now["opening"] != before["opening"]:
        said.append(_("The dataset is opened in another way than it was."))
    if now["state"] != before["state"]:
        said.append(_("The dataset is no longer in use.") if now["state"] == "retired" else _("The dataset was moved."))
    return said


def _change(name: str, before: dict, now: dict) -> str:
    was, has = before[name], now.get(name)
    if was == has:
        return ""
    if has is None:
        return _("Column “%(name)s” is gone.") % {"name": name}
    if was is None:
        return _("Column “%(name)s” is there again.") % {"name": name}
    if was[0] != has[0]:
        return _("Column “%(name)s” was %(before)s and is now %(now)s.") % {
            "name": name, "before": was[0], "now": has[0],
        }  # fmt: skip
    return _("Column “%(name)s” is marked otherwise: it was %(before)s and is now %(now)s.") % {
        "name": name, "before": _marks(was), "now": _marks(has),
    }  # fmt: skip


def _marks(column: list[str]) -> str:
    words = [str(Sensitivity(column[1]).label)]
    if column[2] != IdentityRole.NONE:
        words.append(str(IdentityRole(column[2]).label))
    return _(", ").join(words)


def _class(code: str) -> str:
    return str(SharingClass(code).label)


def _plain(value):
    return value.isoformat() if isinstance(value, date) else value


def _digest(value: dict) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
