"""What the indexes in Elasticsearch hold of an entry. Nothing here needs a plugin or a script."""

import hashlib
import json
from datetime import datetime

from catalog.models import SearchEntry
from catalog.search.weights import FIELDS, NAMED, WEIGHTS

GAP = "_"  # stands where a stream has no token: no word is written so
MARKS = frozenset("~=^")
ORDERED = ("", "~", "=")  # kinds of tokens that may be asked for side by side
KEYWORDS = ("dataset", "basis", "department", "theme", "licence", "opening", "formats", "places", "title", "hash")


def text_of(field: str) -> str:
    """The name of the text in which the words of a field stand."""
    return f"text_{field}"


def weighed(letter: str) -> str:
    """The name of the text in which the words of all fields of a weight stand."""
    return f"weight_{letter.lower()}"


ASKED = {name for names in NAMED.values() for name in names}  # fields that are searched by themselves
TEXT = {"type": "text", "analyzer": "whitespace", "norms": False}
SETTINGS = {"auto_expand_replicas": "0-1", "refresh_interval": "1s", "gc_deletes": "1h"}
MAPPINGS = {
    "dynamic": False,
    "_source": {"includes": ["hash"]},
    "properties": {
        **{name: {"type": "keyword"} for name in KEYWORDS},
        **{name: {"type": "boolean"} for name in ("has_geo", "has_api", "general")},
        **{name: {"type": "date"} for name in ("since", "until")},
        **{name: {"type": "long"} for name in ("valid_until", "late_at", "overdue_at", "updated_at", "used")},
        "boost": {"type": "double"},
        **{
            text_of(name): {**TEXT, "index": name in ASKED, "copy_to": weighed(letter)}
            for name, letter in FIELDS.items()
        },
        **{weighed(letter): TEXT for letter in WEIGHTS},
    },
}
MAPPING = hashlib.sha256(json.dumps([SETTINGS, MAPPINGS], sort_keys=True).encode()).hexdigest()[:16]


def document(entry: SearchEntry) -> dict:
    """The entry as Elasticsearch is told of it; moments are whole microseconds, as the database has them."""
    moments = {name: microseconds(getattr(entry, name)) for name in ("valid_until", "late_at", "overdue_at")}
    return moments | {
        "dataset": str(entry.dataset_id),
        "basis": str(entry.basis_id) if entry.basis_id else None,
        "department": entry.department.code,
        **{name: getattr(entry, name) for name in ("theme", "licence", "opening", "formats", "places", "title")},
        **{name: getattr(entry, name) for name in ("has_geo", "has_api", "general", "used", "boost", "hash")},
        "since": entry.since and entry.since.isoformat(),
        "until": entry.until and entry.until.isoformat(),
        "updated_at": microseconds(entry.updated_at),
        **{text_of(name): streams(places) for name, places in entry.fields.items()},
    }


def microseconds(moment: datetime | None) -> int | None:
    """A moment as a whole number."""
    return None if moment is None else round(moment.timestamp() * 1_000_000)


def streams(places: list[list[str]]) -> list[str]:
    """The tokens of a field as texts of which each keeps the order of one kind.

    Several tokens of one place cannot stand together in a text that is cut at spaces: each kind gets its own, with
    gaps where a place has none of it, so that side by side means the same as in the text that was cut.
    """
    ordered = {kind: [GAP] * len(places) for kind in ORDERED}
    others: dict[str, None] = {}
    for n, place in enumerate(places):
        for token in place:
            line = ordered.get(kind_of(token))
            if line and line[n] == GAP:
                line[n] = token
            else:
                others[token] = None
    lines = [" ".join(line) for line in ordered.values() if line.count(GAP) < len(line)]
    return [*lines, " ".join(others)] if others else lines


def kind_of(token: str) -> str:
    """The mark that a token begins with; none for a plain word."""
    return mark if (mark := token[:1]) in MARKS else ""
