"""The internal catalogue: what there is in the city, what of it one may read, and the way to ask for the rest."""

import uuid

from django.contrib import messages
from django.db.models import BooleanField, Count, Exists, F, Func, OuterRef, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Actor
from catalog.codes import SharingClass, Theme
from catalog.models import Basis, Column, Dataset, Department, Role, SearchEntry
from catalog.permissions import departments_of
from catalog.search import match
from catalog.wording import column_words, mask_words
from portal.accounts.pages import signed_in
from portal.pages.addresses import Address
from portal.paging import page_of
from sharing.actions.basket import put_in_basket
from sharing.catalogue import BADGES, answer_for, columns_read, standings, ways_into
from sharing.forms.basket import ChosenColumnsForm
from sharing.permissions import askable_datasets, check_may_find

FACETS = {"department": "department__code", "sharing": "sharing_class", "theme": "theme"}
CARDS = 20
COLUMNS = 200


@signed_in
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """What matches, with how this reader stands to it."""
    check_may_find(request.actor)
    address = Address.of(request.GET, names=("q", *FACETS), page="catalogue")
    q = (address.values("q") or ("",))[0][:200]
    there = _with_words(askable_datasets(request.actor), q, by=request.actor)
    counts = list(there.order_by().values_list(*FACETS.values()).annotate(number=Count("pk")))
    found = there
    for name, field in FACETS.items():
        if address.values(name):
            found = found.filter(**{f"{field}__in": address.values(name)})

    page = page_of(found.select_related("department"), request, order=("-updated_at", "-id"), size=CARDS)
    facets = _facets(counts, address)
    shown = {
        "section": "desk",
        "q": q,
        "total": sum(count for *codes, count in counts if _meets(codes, address)),
        "cards": _cards(page.items, request.actor),
        "page": page,
        "facets": facets,
        "chips": _chips(facets),
        "kept": [pair for pair in address.pairs if pair[0] != "q"],
        "clear": address.link([pair for pair in address.pairs if pair[0] == "q"]),
        "in_basket": request.user.basket.count(),
    }
    return render(request, "sharing/asking/catalogue.html", shown)


def _with_words(datasets: QuerySet[Dataset], q: str, *, by: Actor) -> QuerySet[Dataset]:
    """Those whose description holds all the words."""
    if not q.strip():
        return datasets
    words = Func(
        F("words"), Value(match(q, by)), template="(%(expressions)s::tsquery)", arg_joiner=" @@ ",
        output_field=BooleanField(),
    )  # fmt: skip
    entries = SearchEntry.objects.filter(dataset=OuterRef("pk"), audience=SearchEntry.Audience.INTERNAL)
    return datasets.filter(Exists(entries.annotate(hit=words).filter(hit=True)))


def _cards(datasets: list[Dataset], by: Actor) -> list[dict]:
    kinds = standings(datasets, by=by)
    return [
        {"dataset": dataset, "badge": BADGES[kinds[dataset.pk]][0], "standing": BADGES[kinds[dataset.pk]][1]}
        for dataset in datasets
    ]


def _meets(codes: list[str], address: Address, *, but: str = "") -> bool:
    """True where a group of datasets meets what is chosen, leaving one facet aside."""
    return all(
        name == but or not address.values(name) or code in address.values(name)
        for name, code in zip(FACETS, codes, strict=True)
    )


def _facets(counts: list[tuple], address: Address) -> list[dict]:
    named = {
        "department": (_("Department"), _names({code for code, *_rest in counts} | set(address.values("department")))),
        "sharing": (_("Sharing"), dict(SharingClass.choices)),
        "theme": (_("Theme"), dict(Theme.choices)),
    }
    return [
        {
            "label": label,
            "open": name != "department" or bool(address.values(name)),
            "options": _options(place, name, counts, words, address),
        }
        for place, (name, (label, words)) in enumerate(named.items())
    ]


def _options(place: int, name: str, counts: list[tuple], words: dict, address: Address) -> list[dict]:
    found: dict[str, int] = dict.fromkeys(address.values(name), 0)
    for *codes, count in counts:
        if _meets(codes, address, but=name):
            found[codes[place]] = found.get(codes[place], 0) + count
    return [
        {
            "id": f"{name}-{code}",
            "label": str(words.get(code, code)),
            "count": count,
            "url": address.toggled(name, code),
            "chosen": code in address.values(name),
        }
        for code, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    ]


def _names(codes: set[str]) -> dict[str, str]:
    return {department.code: department.name for department in Department.objects.filter(code__in=codes)}


def _chips(facets: list[dict]) -> list[dict]:
    return [
        {"label": option["label"], "url": option["url"]}
        for facet in facets
        for option in facet["options"]
        if option["chosen"]
    ]


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One dataset: what may be known of it and why no more; its dictionary, to choose columns from."""
    check_may_find(request.actor)
    datasets = askable_datasets(request.actor).select_related("department", "current")
    dataset = get_object_or_404(datasets, pk=pk)
    types = {table.name: table.types for table in dataset.current.tables.all()[:COLUMNS]} if dataset.current else {}
    known = Column.objects.filter(dataset=dataset, table__in=types)
    page = page_of(known, request, order=("table", "position", "id"), size=COLUMNS)
    form = ChosenColumnsForm(page.items, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.act(lambda: put_in_basket(dataset, form.chosen(), by=request.actor)):
        count = len(form.chosen())
        said = ngettext("%(count)s column is in your basket.", "%(count)s columns are in your basket.", count)
        messages.success(request, said % {"count": count})
        return redirect("basket")

    ways = ways_into(dataset, by=request.actor)
    answer = answer_for(dataset, ways, by=request.actor)
    shown = {
        "section": "desk",
        "dataset": dataset,
        "answer": answer,
        "rights": _rights(ways),
        "form": form,
        "lines": _lines(page.items, types, ways, answer.kind, form),
        "several": len(types) > 1,
        "page": page,
        "may_ask": answer.may_ask and departments_of(request.actor, Role.REQUESTER).exists(),
        "in_basket": request.user.basket.count(),
    }
    return render(request, "sharing/asking/entry.html", shown)


def _rights(ways: list[Basis]) -> list[dict]:
    """The four rights, each apart: whether the reader has it, and whence."""
    is_open = any(way.kind == Basis.Kind.RELEASE for way in ways)
    rows = _("It is open to everybody.") if is_open else _("Your department holds a right to it.") if ways else ""
    return [
        {"name": _("That it exists"), "held": True, "why": _("It stands in the catalogue of the city.")},
        {"name": _("What it holds"), "held": True, "why": _("Its dictionary stands on this page.")},
        {"name": _("Its first rows"), "held": bool(ways), "why": rows or _("Only under a grant or a release.")},
        {"name": _("All its rows"), "held": bool(ways), "why": rows or _("Only under a grant or a release.")},
    ]


def _lines(columns: list[Column], types: dict, ways: list[Basis], kind: str, form: ChosenColumnsForm) -> list[dict]:
    read = columns_read(ways, types)
    lines = []
    for column in columns:
        if column.name not in types.get(column.table, {}):
            continue  # of an older version
        way, mask = read.get((column.table, column.name), ("", None))
        lines.append(
            {
                "column": column,
                "words": column_words(column.table, column.name, types[column.table][column.name], column),
                "box": form[f"column-{column.pk}"],
                "standing": _standing(way, kind),
                "mask": mask_words(mask) if mask else "",
            }
        )
    return lines


def _standing(way: str, kind: str) -> tuple[str, str]:
    """The badge of one column: its own way in, else what holds for the dataset."""
    if way:
        return BADGES[{Basis.Kind.RELEASE: "open", Basis.Kind.GRANT: "lent"}.get(way, "own")]
    return BADGES["conditional" if kind in {"open", "lent", "asked"} else kind]
