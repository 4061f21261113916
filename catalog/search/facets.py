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
# Facets that are counted together: their values make few combinations, and each set costs one look at a hit.
SETS = (("themes", "geo", "api", "opening"), ("licences", "updates", "formats"), ("departments",), ("places",))


def _bits(*places: int) -> int:
    """What PostgreSQL's GROUPING says of the rows of these sets: a bit for the first facet of each other one."""
    return sum(1 << (len(SETS) - 1 - other) for other in range(len(SETS)) if other not in places)


ALL = _bits()


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


def counted(query: SearchQuery) -> str:
    """The common table `counted`: one pass over `found` for all facets and the total, a few groups of each set."""
    aside = [name for name in FACETS if getattr(query, name)]
    numbers = {"met": chosen(query), **{f"met_but_{name}": chosen(query, but=name) for name in aside}}
    return f"""counted AS MATERIALIZED (
        SELECT GROUPING({", ".join(first for first, *_others in SETS)}) AS its_set, {", ".join(FACETS)},
        {", ".join(f"count(*) FILTER (WHERE {test}) AS {name}" for name, test in numbers.items())}
        FROM found GROUP BY GROUPING SETS ((), {", ".join(f"({', '.join(names)})" for names in SETS)}))"""


TOTAL = (
    f"SELECT 'total', NULL::text, met, NULL::uuid, NULL::numeric, NULL::timestamptz FROM counted WHERE its_set = {ALL}"
)
TOTAL_ALONE = "SELECT 'total', NULL::text, count(*), NULL::uuid, NULL::numeric, NULL::timestamptz FROM chosen"


def facet_rows(query: SearchQuery) -> list[str]:
    """For each facet a SELECT of its values and how many entries each would leave under the other choices."""
    return [_rows(name, f"met_but_{name}" if getattr(query, name) else "met") for name in FACETS]


def _rows(name: str, number: str) -> str:
    place = next(place for place, names in enumerate(SETS) if name in names)
    source = f"counted, unnest({name}) AS value" if name in SEVERAL else "counted"
    value = "value" if name in SEVERAL else name
    summed = (
        f"SELECT {value} AS value, sum({number})::bigint AS number FROM {source} WHERE its_set = {_bits(place)}"
        f" AND {value} IS NOT NULL GROUP BY 1 HAVING sum({number}) > 0 ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES}"
    )
    code = "value::text"
    if name == "departments":
        summed, code = f"{summed}) AS c JOIN catalog_department d ON d.id = c.value", "d.code"
        return f"(SELECT '{name}', {code}, number, NULL, NULL, NULL FROM ({summed} ORDER BY number DESC, d.code)"
    return f"(SELECT '{name}', {code}, number, NULL, NULL, NULL FROM ({summed}) AS c)"
