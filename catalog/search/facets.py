"""The facets of a search as SQL over the common table `found`: what is chosen, and how many each value would leave."""

from catalog.codes import UpdateState, Yes
from catalog.search.query import FACETS, SearchQuery

MOST_VALUES = 60
LATE = (
    f"CASE WHEN e.late_at IS NULL THEN '{UpdateState.UNPROMISED}' WHEN %(now)s <= e.late_at THEN"
    f" '{UpdateState.CURRENT}' WHEN %(now)s < e.overdue_at THEN '{UpdateState.LATE}' ELSE '{UpdateState.OVERDUE}' END"
)
# What `found` calls each facet's value, or its list of values.
LISTS = {
    "themes": "e.theme",
    "departments": "e.department_id",
    "formats": "e.formats",
    "licences": "e.licence",
    "updates": LATE,
    "places": "e.places",
    "geo": f"CASE WHEN e.has_geo THEN '{Yes.YES}' END",
    "api": f"CASE WHEN e.has_api THEN '{Yes.YES}' END",
    "opening": "e.opening",
}
SEVERAL = ("formats", "places")


def meets(query: SearchQuery, params: dict) -> dict[str, str]:
    """For each facet of which something is chosen, the test that an entry meets it."""
    tests = {}
    for name in FACETS:
        if values := list(getattr(query, name)):
            params[name] = values
            tests[name] = (
                f"{LISTS[name]} && %({name})s::varchar[]"
                if name in SEVERAL
                else f"{LISTS[name]} IN (SELECT id FROM catalog_department WHERE code = ANY(%({name})s))"
                if name == "departments"
                else f"coalesce({LISTS[name]} = ANY(%({name})s), false)"
            )
    return tests


def chosen(query: SearchQuery, *, but: str = "") -> str:
    """The test that all choices are met, leaving one facet aside."""
    return " AND ".join(f"meets_{name}" for name in FACETS if getattr(query, name) and name != but) or "true"


def facet_rows(query: SearchQuery) -> list[str]:
    """For each facet a SELECT of its values and how many entries each would leave under the other choices."""
    return [_rows(name, chosen(query, but=name)) for name in FACETS]


def _rows(name: str, others: str) -> str:
    source = f"found, unnest({name}) AS value" if name in SEVERAL else "found"
    value = "value" if name in SEVERAL else name
    counted = (
        f"SELECT {value} AS value, count(*) AS number FROM {source} WHERE {others} AND {value} IS NOT NULL"
        f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES}"
    )
    code = "value::text"
    if name == "departments":
        counted, code = f"{counted}) AS c JOIN catalog_department d ON d.id = c.value", "d.code"
        return f"(SELECT '{name}', {code}, number, NULL, NULL, NULL FROM ({counted} ORDER BY number DESC, d.code)"
    return f"(SELECT '{name}', {code}, number, NULL, NULL, NULL FROM ({counted}) AS c)"
