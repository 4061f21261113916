"""What people ask of five million rows, over HTTP: beside the engine alone, and beside Datasette on the same rows.

Each work is asked under a basis that shows everything and under one with a row filter and three masks. Datasette has
what the first shows, in SQLite, with the indexes that its users would make.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.http import QueryDict

from catalog.extents import extent
from catalog.holding import opened_table
from catalog.models import Basis
from catalog.rows.cursors import write_cursor
from catalog.rows.plan import Plan, plan
from catalog.rows.query import RowQuery
from catalog.rows.serving import cursor_over
from tests import world
from tests.benchmarks import datasette
from tests.benchmarks.measure import Figure, Sizes, asked, at_once, p50
from tests.benchmarks.scene import WHERE, Scene
from tests.server import web_server

TIMES = 10  # as fast as Datasette, at least, where many rows are gone through
MASKED = {"n": None, "name": "hash", "district": None, "born": "year", "income": "band:100"}
WARM = 64  # pages until each thread of the server has its connection and its plans
ABOVE = 10  # milliseconds above the engine's own
SECONDS = 3.0
END = "the last"


@dataclass(frozen=True)
class Work:
    """One thing that is asked: of us by these parameters, of Datasette by that address or statement."""

    name: str
    params: dict[str, str]
    theirs: str
    is_over_all: bool = False
    is_page: bool = False  # of few rows: what we add to the engine's own time has a budget
    is_masked: bool = True


GROUPED = "district, count(*) as n, avg(income) as mean"
FILTER = 2
WORKS = [
    Work("a page", {"limit": "100"}, "?_size=100", is_page=True),
    Work("the last page", {"limit": "100", "after": END}, "?_size=100&_next={last}", is_page=True),
    Work(
        "a filter",
        {"district": "North", "income__gte": "60000", "limit": "100"},
        "?district=North&income__gte=60000&_size=100",
        is_over_all=True,
        is_page=True,
    ),
    Work(
        "a group-by",
        {"select": GROUPED, "group_by": "district"},
        f"SELECT {GROUPED} FROM rows GROUP BY district",
        is_over_all=True,
    ),
    Work("the top ten", {"order_by": "-income", "limit": "10"}, "?_sort_desc=income&_size=10"),
    Work("text in names", {"where": "name like '%77123%'"}, "?name__contains=77123&_size=100", is_masked=False),
    Work(
        "facets of two columns",
        {"limit": "1", "facets": "district,income"},
        "?_facet=district&_facet=income&_size=1",
        is_over_all=True,
    ),
]


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """Medians of one reader after another, and how often a second several readers are served."""
    everything, masked = _bases(scene)
    figures = []
    with ExitStack() as stack:
        address = stack.enter_context(web_server(workers=2, threads=8, API_LIMIT_KEY="100000000"))
        for _number in range(WARM):
            asked(address, _path(scene, everything, WORKS[0]), scene.token)
        theirs = stack.enter_context(datasette.serving(scene.version.tables.get().path, sizes.rows))
        for work in WORKS:
            ours = _beside_the_engine(work, "everything", address, scene, everything, sizes)
            figures += ours
            if work.is_masked:
                figures += _beside_the_engine(work, "filter and masks", address, scene, masked, sizes)
            if theirs:
                figures += _beside_datasette(work, ours[0].value, theirs, sizes)
        work = WORKS[FILTER]
        for clients in sizes.readers:
            often = at_once("http", clients, sizes.seconds / 2, address, _path(scene, masked, work), scene.token)
            figures.append(Figure(f"a filter under masks, {clients} clients", often, "a second"))
            if theirs:
                often = at_once("http", clients, sizes.seconds / 2, theirs, datasette.path(work.theirs, sizes.rows))
                figures.append(Figure(f"in Datasette, everything, {clients} clients", often, "a second"))
    return figures


def _bases(scene: Scene) -> tuple[Basis, Basis]:
    """Two grants to the reader's department: all as it is, and some rows with three columns masked."""
    to = scene.grant.department
    everything = world.basis("grant", scene.version, dict.fromkeys(MASKED), to=to)
    masked = world.basis("grant", scene.version, MASKED, where=WHERE, to=to)
    for basis in (everything, masked):
        extent(scene.version, basis, "main", by=scene.by)
    return everything, masked


def _beside_the_engine(work: Work, shown: str, address: str, scene: Scene, basis: Basis, sizes: Sizes) -> list[Figure]:
    path = _path(scene, basis, work)
    ours = p50(lambda: asked(address, path, scene.token), sizes.pages, SECONDS)
    own = p50(_engine(scene, basis, work), sizes.pages, SECONDS)
    above = ours - own
    budget = (f"≤ {ABOVE} ms", above <= ABOVE) if work.is_page else ("", None)
    return [
        Figure(f"{work.name}, {shown}", ours, "ms"),
        Figure(f"{work.name}, {shown}: the engine's own time", own, "ms"),
        Figure(f"{work.name}, {shown}: above the engine's own time", above, "ms", *budget),
    ]


def _beside_datasette(work: Work, ours: float, theirs: str, sizes: Sizes) -> list[Figure]:
    path = datasette.path(work.theirs, sizes.rows)
    took = p50(lambda: asked(theirs, path), sizes.pages, SECONDS)
    times = took / ours
    budget = (f"≥ {TIMES} times", times >= TIMES) if work.is_over_all else ("", None)
    return [
        Figure(f"{work.name}, everything, in Datasette", took, "ms"),
        Figure(f"{work.name}: how many times as fast as Datasette", times, "times", *budget),
    ]


def _path(scene: Scene, basis: Basis, work: Work) -> str:
    params = {**_params(scene, basis, work), "basis": str(basis.pk)}
    return f"/api/v1/datasets/{scene.version.dataset_id}/rows?{urlencode(params, quote_via=quote)}"


def _params(scene: Scene, basis: Basis, work: Work) -> dict[str, str]:
    if work.params.get("after") != END:
        return work.params
    (first,) = _plans(scene, basis, {**work.params, "after": ""})
    return {**work.params, "after": write_cursor(first.about, [str(scene.version.tables.get().rows - 100)])}


def _plans(scene: Scene, basis: Basis, params: dict[str, str]) -> list[Plan]:
    """What the engine would be asked: the page, and each facet."""
    opened = opened_table(basis, scene.version, "main", scene.by)
    page = RowQuery.from_params(QueryDict(urlencode(params)), table="main")
    facets = [name for name in params.get("facets", "").split(",") if name]
    counts = [page.facet(name) for name in facets]
    about = f"{scene.version.pk} {basis.pk}"
    return [plan(query, opened.terms, opened.types, pseudonyms=bytes(32), about=about) for query in (page, *counts)]


def _engine(scene: Scene, basis: Basis, work: Work) -> Callable[[], None]:
    """The statements of the work, which the gate would have the engine run."""
    plans = _plans(scene, basis, _params(scene, basis, work))
    table = scene.version.tables.get()

    def run():
        with cursor_over(table.path, table.sha256) as cursor:
            for made in plans:
                cursor.execute(made.sql, made.params or None).fetchall()

    return run
