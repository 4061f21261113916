"""What is asked, as a query of Elasticsearch: the same ways, fields and weights as in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from catalog.codes import UpdateState, Yes
from catalog.search.asked import Asked, Choice, Way
from catalog.search.mapping import ALL, microseconds, text_of
from catalog.search.query import FACETS, SearchQuery
from catalog.search.weights import FIELDS

MOST_VALUES = 60
MET, VALUES = "those that meet the other choices", "values"  # no code is written so
MOST_CLAUSES = 700  # beyond that only titles, keywords and the whole are weighed
FEW = ("title", "keywords")
ANYWHERE = 0.2  # the weight of tokens that were found, but in no one field together
ALSO = 0.05  # what a second field adds to the best one
TERMS = {
    "themes": "theme", "departments": "department", "formats": "formats", "licences": "licence", "places": "places",
    "opening": "opening",
}  # fmt: skip
FLAGS = {"geo": "has_geo", "api": "has_api"}


def body(query: SearchQuery, asked: Asked, *, filters: list[dict], unsure: list[UUID], now: datetime) -> dict:
    """The request: what matches and may be known is counted by facet, what meets all choices is found."""
    moment = microseconds(now)
    chosen = {name: _chosen(name, list(getattr(query, name)), moment) for name in FACETS if getattr(query, name)}
    must_not = [{"terms": {"dataset": [str(pk) for pk in unsure]}}] if unsure else []
    counted = FACETS if query.counted else ()
    fields = _weighed(asked)
    must, refused = _words(asked, fields)
    whole = {"bool": {"filter": [*filters, *_period(query)], "must": must, "must_not": must_not + refused}}
    if must:
        whole["bool"]["should"] = [_choice(lift, fields) for lift in asked.lifts]
    return {
        "query": {"function_score": {"query": whole, "field_value_factor": {"field": "boost", "missing": 1}}},
        "post_filter": {"bool": {"filter": list(chosen.values())}},
        "aggs": {name: _facet(name, [c for other, c in chosen.items() if other != name], moment) for name in counted},
        "sort": _order(query),
        "size": query.limit + 1,
        "track_total_hits": True,
        "track_scores": query.order == "relevance",
        "source": False,
    }


def _order(query: SearchQuery) -> list[dict]:
    first = {"relevance": [{"_score": "desc"}], "title": [{"title": "asc"}], "used": [{"used": "desc"}]}
    way = "asc" if query.order == "title" else "desc"
    return [*first.get(query.order, []), {"updated_at": way}, {"dataset": way}]


def _weighed(asked: Asked) -> tuple[str, ...]:
    """The fields in which each way counts for itself."""
    ways = sum(len(choice.ways) for group in (*asked.groups, asked.lifts) for choice in group)
    return tuple(FIELDS) if ways * len(FIELDS) <= MOST_CLAUSES else FEW


def _words(asked: Asked, fields: tuple[str, ...]) -> tuple[list[dict], list[dict]]:
    """What must be found, and what must not."""
    found, refused = [], []
    for group in asked.groups:
        clauses = [_choice(choice, fields) for choice in group]
        if all(choice.negated for choice in group):
            refused.append({"bool": {"must": [_choice(choice, fields, bare=True) for choice in group]}})
        else:
            found.append({"dis_max": {"queries": clauses}})
    if found:
        found = [{"bool": {"should": found, "minimum_should_match": min(asked.required, len(found))}}]
    return found, refused


def _choice(choice: Choice, fields: tuple[str, ...], *, bare: bool = False) -> dict:
    clauses = [clause for way in choice.ways for clause in _way(way, choice, fields)]
    found = {"dis_max": {"queries": clauses, "tie_breaker": ALSO}}
    if choice.negated and not bare:
        return {"constant_score": {"filter": {"bool": {"must_not": [found]}}, "boost": 0.0}}
    return found


def _way(way: Way, choice: Choice, fields: tuple[str, ...]) -> list[dict]:
    worth = way.weight * choice.weight
    named = [(text_of(name), FIELDS[name].weight) for name in choice.fields or fields]
    if choice.fields is None:
        named.append((ALL, ANYWHERE))
    return [
        {"constant_score": {"filter": _tokens(way, name), "boost": round(worth * weight, 6)}} for name, weight in named
    ]


def _tokens(way: Way, field: str) -> dict:
    if way.ordered and len(way.tokens) > 1:
        kind = "match_phrase_prefix" if way.prefix else "match_phrase"
        return {kind: {field: {"query": " ".join(way.tokens), "analyzer": "whitespace"}}}
    last = len(way.tokens) - 1
    each = [
        {"prefix" if way.prefix and place == last else "term": {field: {"value": token}}}
        for place, token in enumerate(way.tokens)
    ]
    return each[0] if len(each) == 1 else {"bool": {"filter": each}}


def _period(query: SearchQuery) -> list[dict]:
    """What touches the period: an end that is not said is open, but what says nothing of its period touches none."""
    said = []
    for day, own, other, test in (
        (query.since, "until", "since", "gte"),
        (query.until, "since", "until", "lte"),
    ):
        if day:
            is_open = {"bool": {"must": [_exists(other)], "must_not": [_exists(own)]}}
            touches = {"range": {own: {test: day.isoformat()}}}
            said.append({"bool": {"should": [touches, is_open], "minimum_should_match": 1}})
    return said


def _chosen(name: str, values: list[str], moment: int) -> dict:
    if name in TERMS:
        return {"terms": {TERMS[name]: values}}
    if name in FLAGS:
        return {"term": {FLAGS[name]: True}} if Yes.YES in values else {"match_none": {}}
    states = _states(moment)
    tests = [states[value] for value in values if value in states]
    return {"bool": {"should": tests, "minimum_should_match": 1}} if tests else {"match_none": {}}


def _facet(name: str, others: list[dict], moment: int) -> dict:
    """The values of a facet among the hits that meet the other choices.

    A `filter`, or `filters` without a bucket for the others, would ask the whole query once more for each facet.
    """
    values = _values(name, moment)
    if not others:
        return values
    return {
        "filters": {"filters": {MET: {"bool": {"filter": others}}}, "other_bucket": True},
        "aggs": {VALUES: values},
    }


def _values(name: str, moment: int) -> dict:
    if name in TERMS:
        return {"terms": {"field": TERMS[name], "size": MOST_VALUES}}
    return {
        "filters": {"filters": {Yes.YES.value: {"term": {FLAGS[name]: True}}} if name in FLAGS else _states(moment)}
    }


def buckets_of(counted: dict):
    """The values in what the engine counted for a facet."""
    met = counted["buckets"].get(MET) if isinstance(counted["buckets"], dict) else None
    return (met[VALUES] if met else counted)["buckets"]


def _states(moment: int) -> dict[str, dict]:
    """The states of the promised update at this moment, as tests."""
    return {
        UpdateState.CURRENT.value: {"range": {"late_at": {"gte": moment}}},
        UpdateState.LATE.value: {
            "bool": {"filter": [{"range": {"late_at": {"lt": moment}}}, {"range": {"overdue_at": {"gt": moment}}}]}
        },
        UpdateState.OVERDUE.value: {"range": {"overdue_at": {"lte": moment}}},
        UpdateState.UNPROMISED.value: {"bool": {"must_not": [_exists("late_at")]}},
    }


def _exists(field: str) -> dict:
    return {"exists": {"field": field}}
