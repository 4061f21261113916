"""A page of a hundred rows over HTTP under a grant, beside the engine's own time for the same statement."""

from catalog.extents import extent
from catalog.holding import covered_table
from catalog.rows.plan import plan
from catalog.rows.query import RowQuery
from catalog.rows.serving import cursor_over
from catalog.terms import Terms
from tests.benchmarks.measure import Figure, Sizes, asked, p50
from tests.benchmarks.scene import Scene
from tests.server import web_server

BUDGET = 10  # milliseconds above the engine's own
PAGES = {"a page": "", "a filtered page": "&district=North&born__gte=1990"}


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """One reader, one page after another, as programs read."""
    extent(scene.version, scene.grant, "main", by=scene.by)
    figures = []
    with web_server(workers=1, API_LIMIT_KEY="100000000") as address:
        for name, more in PAGES.items():
            path = f"/api/v1/datasets/{scene.version.dataset_id}/rows?limit=100{more}"
            whole = p50(lambda path=path: asked(address, path, scene.token), sizes.pages)
            own = p50(_engine(scene, more), sizes.pages)
            above = whole - own
            figures += [
                Figure(f"{name} of 100 rows over HTTP, p50", whole, "ms"),
                Figure(f"{name}: the engine's own time, p50", own, "ms"),
                Figure(f"{name} above the engine's own time", above, "ms", f"≤ {BUDGET} ms", above <= BUDGET),
            ]
    return figures


def _engine(scene: Scene, more: str):
    """The statement of the page, which the gate would have the engine run."""
    filters = tuple((n.partition("__")[0], n.partition("__")[2] or "eq", v)
                    for n, _sep, v in (part.partition("=") for part in more.split("&") if part))  # fmt: skip
    table = covered_table(scene.grant, scene.version, "main")
    terms = Terms.from_json(scene.grant.terms).of_table("main", table.types)
    made = plan(RowQuery(filters=filters), terms, table.types, pseudonyms=bytes(32), about="")

    def run():
        with cursor_over(table.path, table.sha256) as cursor:
            cursor.execute(made.sql, made.params or None).fetchall()

    return run
