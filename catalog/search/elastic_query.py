"""What is asked, as a query of Elasticsearch: the same ways, fields and weights as in PostgreSQL."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from catalog.codes import UpdateState, Yes
from catalog.search.asked import Asked, Choice, Way, is_positive
from catalog.search.mapping import microseconds, text_of, weighed
from catalog.search.query import FACETS, SearchQuery
from catalog.search.weights import ALSO, FIELDS, WEIGHTS

MOST_VALUES = 60
MET, VALUES = "those that meet the other choices", "values"  # no code is written so
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
    must, refused = _words(asked)
    whole = {"bool": {"filter": [*filters, *_period(query)], "must": must, "must_not": must_not + refused}}
    if must:
        whole["bool"]["should"] = [_best(_ways(lift)) for lift in asked.lifts]
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


def _words(asked: Asked) -> tuple[list[dict], list[dict]]:
    """What must be found, and what must not."""
    found, refused = [], []
    for group in asked.groups:
        if is_positive(group):
            found.append(_best(clause for choice in group for clause in _clauses(choice)))
        else:
            refused.append({"bool": {"must": [_best(_ways(choice)) for choice in group]}})
    if found:
        found = [{"bool": {"should": found, "minimum_should_match": min(asked.required, len(found))}}]
    return found, refused


def _best(clauses: Iterable[dict]) -> dict:
    """The best of them counts, and a little of the others."""
    return {"dis_max": {"queries": list(clauses), "tie_breaker": ALSO}}


def _clauses(choice: Choice) -> list[dict]:
    """What is found by the choice; what is found because a word stands nowhere is worth nothing."""
    if choice.negated:
        return [{"constant_score": {"filter": {"bool": {"must_not": _ways(choice)}}, "boost": 0.0}}]
    return _ways(choice)


def _ways(choice: Choice) -> list[dict]:
    return [clause for way in choice.ways for clause in _way(way, choice)]


def _way(way: Way, choice: Choice) -> list[dict]:
    """The way in each text where it may be found, with what it is worth there."""
    if choice.fields:
        texts = {text_of(name): WEIGHTS[FIELDS[name]] for name in choice.fields}
    else:
        texts = {weighed(letter): weight for letter, weight in WEIGHTS.items()}
    tests = [(_tokens(way, name), weight) for name, weight in texts.items()]
    if not (choice.fields or way.together):
        anywhere = [{"bool": {"should": [_token(way, n, name) for name in texts]}} for n in range(len(way.tokens))]
        tests.append(({"bool": {"filter": anywhere}}, min(WEIGHTS.values())))
    worth = way.weight * choice.weight
    return [{"constant_score": {"filter": test, "boost": round(worth * weight, 6)}} for test, weight in tests]


def _tokens(way: Way, field: str) -> dict:
    if way.ordered and len(way.tokens) > 1:
        kind = "match_phrase_prefix" if way.prefix else "match_phrase"
        return {kind: {field: {"query": " ".join(way.tokens), "analyzer": "whitespace"}}}
    each = [_token(way, n, field) for n in range(len(way.tokens))]
    return each[0] if len(each) == 1 else {"bool": {"filter": each}}


def _token(way: Way, n: int, field: str) -> dict:
    kind = "prefix" if way.prefix and n == len(way.tokens) - 1 else "term"
    return {kind: {field: {"value": way.tokens[n]}}}


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
