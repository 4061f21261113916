"""The facets beside the results: choices with how much each would leave, and the chips that take them back."""

from django.utils.translation import gettext as _

from catalog.codes import Licence, OpeningClass, Theme, UpdateState
from catalog.models import Department, Format
from catalog.search import FacetValue, SearchResults
from catalog.search.parameters import LISTS
from portal.pages.addresses import Address


def facets_of(found: SearchResults, address: Address) -> list[dict]:
    """What one can choose from, in the order of the page; a facet without any choice is left out."""
    names = _department_names(found, address)
    groups = [
        (_("Theme"), {"theme": dict(Theme.choices)}),
        (_("Department"), {"department": names}),
        (_("Format"), {"format": dict(Format.choices)}),
        (_("Updates"), {"update": dict(UpdateState.choices)}),
        (_("What it offers"), {"geo": {"yes": _("Places on a map")}, "api": {"yes": _("Rows by program")}}),
        (_("Place"), {"place": {}}),
        (_("Licence"), {"licence": dict(Licence.choices)}),
        (_("Opening"), {"opening": dict(OpeningClass.choices)}),
    ]
    facets = [_facet(label, group, found, address) for label, group in groups]
    return [facet for facet in facets if facet["options"]]


def chips_of(facets: list[dict], address: Address) -> list[dict]:
    """What is chosen, each with the address without it."""
    chosen = [
        {"label": option["label"], "url": option["url"]}
        for facet in facets
        for option in facet["options"]
        if option["chosen"]
    ]
    for name, words in (("from", _("From %(day)s")), ("to", _("Until %(day)s"))):
        chosen += [{"label": words % {"day": day}, "url": address.with_one(name, "")} for day in address.values(name)]
    return chosen


def _facet(label: str, group: dict[str, dict], found: SearchResults, address: Address) -> dict:
    options = [
        _option(name, value, named, address)
        for name, named in group.items()
        for value in _with_chosen(found, name, address)
    ]
    opens = bool({"theme", "format"} & set(group)) or any(address.values(name) for name in group)
    return {"label": label, "open": opens, "options": options}


def _department_names(found: SearchResults, address: Address) -> dict[str, str]:
    codes = {value.code for value in found.facets.get("departments", [])} | set(address.values("department"))
    return {department.code: department.name for department in Department.objects.filter(code__in=codes)}


def _with_chosen(found: SearchResults, name: str, address: Address) -> list[FacetValue]:
    """The values that were counted, and those chosen that nothing meets: these must be there to be taken back."""
    counted = found.facets.get(LISTS[name], [])
    known = {value.code for value in counted}
    return counted + [FacetValue(code, 0, True) for code in dict.fromkeys(address.values(name)) if code not in known]


def _option(name: str, value: FacetValue, named: dict, address: Address) -> dict:
    return {
        "id": f"{name}-{value.code}",
        "label": str(named.get(value.code, value.code)),
        "count": value.count,
        "url": address.toggled(name, value.code) if value.count or value.chosen else "",
        "chosen": value.chosen,
    }
