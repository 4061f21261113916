"""The search engine inside PostgreSQL: words are cut before they come here, so it needs no dictionary of its own."""

from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Dataset
from catalog.permissions import is_officer, visible_datasets
from catalog.search.documents import Entry
from catalog.search.query import FACETS, FacetValue, SearchQuery, SearchResults, read_place, write_place
from catalog.search.words import cut, is_chinese, pairs, runs, stem

MOST_TERMS = 24
COLUMNS = {"themes": "theme", "departments": "department", "licences": "licence", "formats": "formats"}
WEIGHTS = "{0.1, 0.3, 0.5, 1.0}"


@contextmanager
def alone(dataset: Dataset):
    """One writer at a time for each dataset: whoever comes last has read the newest state."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [str(dataset.pk)])
        yield


def put(dataset: Dataset, entries: list[Entry]) -> None:
    """The index holds exactly these entries for the dataset. Call it inside `alone`."""
    with connection.cursor() as cursor:
        kept = [entry.audience for entry in entries] or [""]
        cursor.execute(
            "DELETE FROM catalog_searchentry WHERE dataset_id = %s AND audience <> ALL(%s)", [dataset.pk, kept]
        )
        for entry in entries:
            cursor.execute(
                """INSERT INTO catalog_searchentry
                   (dataset_id, audience, basis_id, department_id, theme, licence, formats, updated_at, words, made_at)
                   VALUES (%s, %s, %s, %s, %s, %s, %s::varchar[], %s, %s::tsvector, now())
                   ON CONFLICT (dataset_id, audience) DO UPDATE SET basis_id = EXCLUDED.basis_id,
                   department_id = EXCLUDED.department_id, theme = EXCLUDED.theme, licence = EXCLUDED.licence,
                   formats = EXCLUDED.formats, updated_at = EXCLUDED.updated_at, words = EXCLUDED.words,
                   made_at = EXCLUDED.made_at""",
                [
                    dataset.pk,
                    entry.audience,
                    entry.basis,
                    dataset.department_id,
                    dataset.theme,
                    dataset.licence,
                    entry.formats,
                    entry.updated_at,
                    vector(entry.places),
                ],
            )


def vector(places: list[tuple[str, list[str]]]) -> str:
    """A tsvector as text: for each place its weight (A to D) and the words found there."""
    spots: dict[str, list[str]] = {}
    for position, (weight, words) in enumerate(places[:16_000], start=1):
        for word in words:
            at = spots.setdefault(word, [])
            if len(at) < 200:
                at.append(f"{position}{weight}")
    return " ".join(f"{_quoted(word)}:{','.join(at)}" for word, at in spots.items())


def match(q: str) -> str:
    """A tsquery as text: every term must be found, as written, by its stem, by its beginning, or as Chinese words."""
    terms = [_term(run) for run in runs(q)[:MOST_TERMS]]
    return " & ".join(terms)


def _term(run: str) -> str:
    if not is_chinese(run):
        ways = {_quoted(run), _quoted(stem(run))}
        if len(run) > 1:
            ways.add(f"{_quoted(run)}:*")
        return f"({' | '.join(sorted(ways))})"
    if len(run) == 1:
        return _quoted(run)
    words = " & ".join(map(_quoted, cut(run)))
    return f"(({words}) | ({' & '.join(map(_quoted, pairs(run)))}))"


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def search(query: SearchQuery) -> SearchResults:
    """Finds, counts and orders in one statement; nothing that the reader may not know of is ever counted."""
    found, params = _found(query)
    with connection.cursor() as cursor:
        cursor.execute(f"{found} {_page_sql(query, params)}", params)
        ids, facets, total, place = [], {name: [] for name in FACETS}, 0, None
        for what, code, number, dataset, rank, moment in cursor.fetchall():
            if what == "total":
                total = number
            elif what == "hit":
                if len(ids) < query.limit:
                    ids.append(dataset)
                    last = [str(rank), moment.isoformat(), str(dataset)]
                else:
                    place = last
            else:
                facets[what].append(FacetValue(code, number, code in getattr(query, what)))
    return SearchResults(ids, total, facets, write_place(query, place) if place else "")


def _found(query: SearchQuery) -> tuple[str, dict]:
    """The common table `found`: what matches the words and may be known, and which facet choices each meets."""
    params: dict = {"q": match(query.q), "weights": WEIGHTS, "now": timezone.now()}
    if is_officer(query.by):
        visible, values = visible_datasets(query.by).values("pk").query.sql_with_params()
        for n, value in enumerate(values):
            visible = visible.replace("%s", f"%(v{n})s", 1)
            params[f"v{n}"] = value
        allowed = f"e.audience = 'internal' AND e.dataset_id IN ({visible})"
        live = ""
    else:
        allowed = "e.audience = 'public'"
        live = """JOIN catalog_basis b ON b.id = e.basis_id AND b.kind = 'release' AND b.state = 'active'
                  AND b.valid_from <= %(now)s AND (b.valid_until IS NULL OR b.valid_until > %(now)s)"""
    words = "AND e.words @@ %(q)s::tsquery" if params["q"] else ("AND false" if query.q.strip() else "")
    rank = "ts_rank(%(weights)s::float4[], e.words, %(q)s::tsquery, 1)" if params["q"] else "0"
    meets = []
    for name, column in COLUMNS.items():
        params[name] = list(getattr(query, name))
        test = {"formats": "e.formats && %(formats)s::varchar[]", "departments": "d.code = ANY(%(departments)s)"}.get(
            name, f"e.{column} = ANY(%({name})s)"
        )
        meets.append(f"{test if params[name] else 'true'} AS meets_{name}")
    return (
        f"""WITH found AS MATERIALIZED (
            SELECT e.dataset_id, e.theme, d.code AS department, e.licence, e.formats, e.updated_at,
                   round({rank}::numeric, 7) AS rank, {", ".join(meets)}
            FROM catalog_searchentry e JOIN catalog_department d ON d.id = e.department_id {live}
            WHERE {allowed} {words})""",
        params,
    )


def _page_sql(query: SearchQuery, params: dict) -> str:
    all_meet = " AND ".join(f"meets_{name}" for name in COLUMNS)
    order = ("rank DESC, " if query.order == "relevance" else "") + "updated_at DESC, dataset_id DESC"
    place = read_place(query)
    after = ""
    if place:
        params["rank"], params["moment"], params["last"] = place
        left, right = "updated_at, dataset_id", "%(moment)s::timestamptz, %(last)s::uuid"
        if query.order == "relevance":
            left, right = f"rank, {left}", f"%(rank)s::numeric, {right}"
        after = f"AND ({left}) < ({right})"
    params["limit"] = query.limit + 1
    parts = [f"SELECT 'total', NULL::text, count(*), NULL::uuid, NULL::numeric, NULL::timestamptz FROM found"
             f" WHERE {all_meet}"]  # fmt: skip
    for name, column in COLUMNS.items():
        others = " AND ".join(f"meets_{other}" for other in COLUMNS if other != name)
        source = "found, unnest(formats) AS value" if name == "formats" else "found"
        value = "value" if name == "formats" else column
        parts.append(
            f"(SELECT '{name}', {value}::text, count(*), NULL, NULL, NULL FROM {source} WHERE {others}"
            f" GROUP BY {value} ORDER BY count(*) DESC, {value} LIMIT 60)"
        )
    parts.append(
        f"(SELECT 'hit', NULL, NULL, dataset_id, rank, updated_at FROM found WHERE {all_meet} {after}"
        f" ORDER BY {order} LIMIT %(limit)s)"
    )
    return " UNION ALL ".join(parts)
