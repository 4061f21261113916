"""The search engine inside PostgreSQL: words are cut before they come here, so it needs no dictionary of its own."""

from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from psycopg2.extras import execute_values

from catalog.search import visible
from catalog.search.asked import Asked
from catalog.search.branches import branches, decide
from catalog.search.documents import Entry
from catalog.search.facets import LISTS, TOTAL, TOTAL_ALONE, chosen, counted, facet_rows, meets
from catalog.search.found import Found
from catalog.search.query import FACETS, FacetValue, SearchQuery, read_place, write_place
from catalog.search.tsquery import conditions, matching, score
from catalog.search.vectors import vector

NAME = "postgres"
TITLE = "ts_filter(e.words, '{a}')"
MOST_PARTS = 4  # of which each has hits that are weighed
CANDIDATES = 800  # hits of each kind that are weighed one by one; the rest follows behind them, newest first
COLUMNS = (
    "basis_id", "department_id", "theme", "licence", "opening", "formats", "places", "has_geo", "has_api", "since",
    "until", "valid_until", "late_at", "overdue_at", "updated_at", "title", "used", "boost", "words", "fields",
    "general", "hash", "form", "revision",
)  # fmt: skip
CASTS = {"formats": "::varchar[]", "places": "::varchar[]", "words": "::tsvector", "fields": "::jsonb"}
# Facets and orders are worked out in memory, each in one pass; PostgreSQL's own default would sort them on disk.
ENOUGH = "SET LOCAL work_mem TO '32MB'; SET LOCAL max_parallel_workers_per_gather TO 0;"
TEMPLATE = f"(%(dataset)s, %(audience)s, now(), {', '.join(f'%({c})s{CASTS.get(c, str())}' for c in COLUMNS)})"
PUT = f"""
INSERT INTO catalog_searchentry (dataset_id, audience, made_at, {", ".join(COLUMNS)}) VALUES %s
ON CONFLICT (dataset_id, audience) DO UPDATE SET made_at = now(),
{", ".join(f"{c} = EXCLUDED.{c}" for c in COLUMNS if c != "revision")},
revision = greatest(EXCLUDED.revision, catalog_searchentry.revision + 1)
"""
# What is as it would be made now is not written: it leaves no mark, and what was found before stands.
HELD = "SELECT dataset_id, audience, hash, form FROM catalog_searchentry WHERE dataset_id = ANY(%s::uuid[])"
GONE = "DELETE FROM catalog_searchentry WHERE (dataset_id, audience) IN %s"
# Whoever withdraws the release waits for us, and its entry goes with it; or we wait, and see that it is gone.
STILL_LIVE = "SELECT id FROM catalog_basis WHERE id = ANY(%s::uuid[]) AND state = 'active' ORDER BY id FOR SHARE"


@contextmanager
def alone(*datasets: UUID):
    """One writer at a time for each dataset: whoever comes last has read the newest state."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(pk, 1)) FROM (SELECT unnest(%s) AS pk ORDER BY 1) AS one",
            [sorted(map(str, datasets))],
        )
        yield


def put(made: dict[UUID, list[Entry]], *, form: str) -> set[UUID]:
    """The index holds exactly these entries for each dataset; those that this changed. Call it inside `alone`."""
    entries = [entry for of_dataset in made.values() for entry in of_dataset]
    with connection.cursor() as cursor:
        cursor.execute(STILL_LIVE, [[str(entry.basis) for entry in entries if entry.basis]])
        live = {row[0] for row in cursor.fetchall()}
        entries = [entry for entry in entries if entry.basis is None or entry.basis in live]
        cursor.execute(HELD, [list(map(str, made))])
        held = {(dataset, audience): as_it_is for dataset, audience, *as_it_is in cursor.fetchall()}
        gone = held.keys() - {(entry.dataset, entry.audience) for entry in entries}
        rows = [
            _row(entry, form, digest)
            for entry, digest in ((entry, entry.hash) for entry in entries)
            if held.get((entry.dataset, entry.audience)) != [digest, form]
        ]
        if gone:
            cursor.execute(GONE, [tuple((str(dataset), audience) for dataset, audience in gone)])
        execute_values(cursor.cursor, PUT, rows, TEMPLATE)
    return {row["dataset"] for row in rows} | {dataset for dataset, _audience in gone}


def _row(entry: Entry, form: str, digest: str) -> dict:
    row = vars(entry) | {"basis_id": entry.basis, "department_id": entry.department, "form": form}
    revision = int(datetime.now(UTC).timestamp() * 1_000_000)
    return row | {"fields": entry.fields_told, "words": vector(entry.fields), "hash": digest, "revision": revision}


def search(query: SearchQuery, asked: Asked) -> Found:
    """Finds, counts and orders in one statement; nothing that the reader may not know of is ever counted."""
    found, params = _found(query, asked)
    page = _page_sql(query, params, asked)
    ids, facets, total, place = [], {name: [] for name in FACETS}, 0, None
    came_from = read_place(query, NAME, 3)
    passed = came_from.passed if came_from else 0
    with connection.cursor() as cursor:
        cursor.execute(f"{ENOUGH} {found} {page}", params)
        for what, code, number, dataset, rank, moment in cursor.fetchall():
            if what == "total":
                total = number
            elif what != "hit":
                facets[what].append(FacetValue(code, number, code in getattr(query, what)))
            elif len(ids) < query.limit:
                ids.append(dataset)
                last = [str(rank) if rank is not None else code, moment.isoformat(), str(dataset)]
            else:
                place = last
    after = write_place(query, NAME, passed + len(ids), place) if place else ""
    return Found(ids, total, facets, after)


def still_known(query: SearchQuery, ids: list[UUID]) -> set[UUID]:
    """Those of these datasets that the reader may know of at this moment; the public, those with a live release."""
    where, params = visible.confirmed(query.by)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.dataset_id FROM catalog_searchentry e WHERE e.dataset_id = ANY(%(ids)s::uuid[]) AND {where}",
            params | {"ids": list(map(str, ids))},
        )
        return {row[0] for row in cursor.fetchall()}


def _found(query: SearchQuery, asked: Asked) -> tuple[str, dict]:
    """The common table `found`: what matches the words and may be known, and which facet choices each meets."""
    allowed, params = visible.condition(query.by)
    queries, where = branches(asked), [allowed]
    if asked.empty and query.q.strip():
        where.append("false")
    if not decide(asked):
        where += conditions(asked, params)
    for name, test in (("since", "e.until >= %(since)s"), ("until", "e.since <= %(until)s")):
        if getattr(query, name):
            params[name] = getattr(query, name)
            # An end that is not said is open, but what says nothing of its period does not touch any.
            end = test.split()[0]
            where.append(f"({test} OR ({end} IS NULL AND (e.since IS NOT NULL OR e.until IS NOT NULL)))")
    columns = ", ".join(f"{test} AS meets_{name}" for name, test in meets(query, params).items())
    values = ", ".join(f"{value} AS {name}" for name, value in LISTS.items())
    # With words the entries are looked up once; without, each use of them finds its own way through the table.
    kept = "MATERIALIZED" if queries else "NOT MATERIALIZED"
    params |= {f"q{n}": words for n, words in enumerate(queries)}
    select = f"""SELECT e.id, e.dataset_id, e.updated_at, e.boost, e.title, e.used, {values}
            {", " + columns if columns else ""}
            FROM catalog_searchentry e WHERE {" AND ".join(where)}"""
    each = [f"{select} AND e.words @@ %(q{n})s::tsquery" for n in range(len(queries))] or [select]
    return f"WITH found AS {kept} ({' UNION ALL '.join(each)})", params


def _page_sql(query: SearchQuery, params: dict, asked: Asked) -> str:
    params["limit"] = query.limit + 1
    hits = (
        _by_score(query, params, asked) if query.order == "relevance" and "q0" in params else _in_order(query, params)
    )
    tables = f", chosen AS (SELECT * FROM found WHERE {chosen(query)}) "
    if not query.counted:
        return tables + f"{TOTAL_ALONE} UNION ALL ({hits})"
    return f", {counted(query)}{tables}" + " UNION ALL ".join([TOTAL, *facet_rows(query), f"({hits})"])


def _by_score(query: SearchQuery, params: dict, asked: Asked) -> str:
    """The best first. Of very many only the likely ones are weighed: the used and well kept of those that hold what was
    looked for in the title, anywhere, and of all."""
    rank = f"round((c.boost * ({score(asked, params)}))::numeric, 7)"
    place, skip = _place(query, params, "(coalesce(s.rank, 0), c.updated_at, c.dataset_id)", "numeric")
    return f"""
        WITH {_likely(asked, params)},
        weighed AS MATERIALIZED (
            SELECT id, ts_filter(words, '{{a,b,c,d}}') AS words FROM likely JOIN catalog_searchentry USING (id)),
        scored AS MATERIALIZED (
            SELECT c.id, {rank} AS rank FROM weighed e JOIN chosen c USING (id))
        SELECT 'hit', NULL, NULL, c.dataset_id, coalesce(s.rank, 0), c.updated_at
        FROM chosen c LEFT JOIN scored s USING (id) {place}
        ORDER BY coalesce(s.rank, 0) DESC, c.updated_at DESC, c.dataset_id DESC LIMIT %(limit)s {skip}"""


def _likely(asked: Asked, params: dict) -> str:
    """The common table `likely`: where a part is enough, each of the most telling parts has hits among them."""
    choices = [choice for group in asked.positive for choice in group if not choice.negated]
    if asked.required >= len(choices):
        params["p0"], places = params["q0"], (TITLE,)
    else:
        telling = sorted(choices, key=lambda choice: -choice.weight)[:MOST_PARTS]
        params |= {f"p{n}": matching(Asked(((choice,),), required=1)) for n, choice in enumerate(telling)}
        places = (TITLE, "e.words")
    parts = [
        (f"{place} @@ %(p{n})s::tsquery", f"l{n}{m}")
        for n in range(MOST_PARTS)
        if f"p{n}" in params
        for m, place in enumerate(places)
    ]
    held = [
        f"{name} AS MATERIALIZED (SELECT e.id FROM catalog_searchentry e WHERE e.audience = %(audience)s AND {test})"
        for test, name in parts
    ]
    most = CANDIDATES * len(places) // len(parts)
    best = [
        f"(SELECT c.id FROM chosen c JOIN {name} USING (id) ORDER BY c.boost DESC, c.id LIMIT {most})"
        for _test, name in parts
    ]
    best.append(f"(SELECT id FROM chosen ORDER BY boost DESC, id LIMIT {CANDIDATES})")
    return f"{', '.join(held)}, likely AS ({' UNION '.join(best)})"


def _in_order(query: SearchQuery, params: dict) -> str:
    if query.order == "title":
        place, skip = _place(query, params, "(c.title, c.updated_at, c.dataset_id)", "text", upwards=True)
        return f"""SELECT 'hit', c.title, NULL, c.dataset_id, NULL, c.updated_at FROM chosen c {place}
            ORDER BY c.title, c.updated_at, c.dataset_id LIMIT %(limit)s {skip}"""
    key = "c.used" if query.order == "used" else "0::bigint"
    place, skip = _place(query, params, f"({key}, c.updated_at, c.dataset_id)", "bigint")
    return f"""SELECT 'hit', NULL, NULL, c.dataset_id, {key}::numeric, c.updated_at FROM chosen c {place}
        ORDER BY {key} DESC, c.updated_at DESC, c.dataset_id DESC LIMIT %(limit)s {skip}"""


def _place(query: SearchQuery, params: dict, keys: str, kind: str, *, upwards: bool = False) -> tuple[str, str]:
    place = read_place(query, NAME, 3)
    if place is None:
        return "", ""
    if place.keys is None:
        params["passed"] = place.passed
        return "", "OFFSET %(passed)s"
    params["first"], params["moment"], params["last"] = place.keys
    test = f"{keys} {'>' if upwards else '<'} (%(first)s::{kind}, %(moment)s::timestamptz, %(last)s::uuid)"
    return f"WHERE {test}", ""
