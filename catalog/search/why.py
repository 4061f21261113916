"""Why a dataset was found: for each thing looked for, the way and the field that count most, from the entry itself."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.search.asked import Asked, Choice, Way
from catalog.search.weights import FIELDS, WEIGHTS

FIELD_WORDS = {
    "title": _("title"),
    "keywords": _("keywords"),
    "department": _("department"),
    "theme": _("theme"),
    "columns": _("columns"),
    "values": _("values"),
    "files": _("files"),
    "coverage": _("place or period"),
    "description": _("description"),
}
WAY_WORDS = {
    "exact": _("“%(word)s” in %(field)s"),
    "phrase": _("“%(word)s” in %(field)s"),
    "pairs": _("“%(word)s” in %(field)s"),
    "stem": _("a form of “%(word)s” in %(field)s"),
    "prefix": _("a word that begins with “%(word)s” in %(field)s"),
    "synonym": _("“%(word)s”, which means the same, in %(field)s"),
    "typo": _("“%(word)s”, which is spelt alike, in %(field)s"),
    "pinyin": _("what is read “%(word)s” in %(field)s"),
    "initials": _("what has the initials “%(word)s” in %(field)s"),
}


@dataclass(frozen=True)
class Why:
    """One reason: the kind of way, the field of the entry, and the word that was found."""

    kind: str
    field: str
    word: str

    @property
    def sentence(self) -> Promise | str:
        """As a reader is told."""
        return WAY_WORDS[self.kind] % {"word": self.word, "field": FIELD_WORDS[self.field]}


def explain(ids: list[UUID], asked: Asked, audience: str) -> dict[UUID, list[Why]]:
    """For each hit of a page its reasons, one for each group that it meets; of what this audience may read alone.

    A description is not read again, since it is long: what was found nowhere else was found there.
    """
    if not ids or not asked.groups:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dataset_id, e.fields - 'description' FROM catalog_searchentry e"
            " WHERE audience = %s AND dataset_id = ANY(%s)",
            [audience, ids],
        )
        return {pk: why(fields, asked) for pk, fields in ((pk, _read(fields)) for pk, fields in cursor.fetchall())}


def why(fields: dict[str, list[list[str]]], asked: Asked) -> list[Why]:
    """The best reason of each group that the places of the fields meet."""
    held = {name: {token for place in places for token in place} for name, places in fields.items()}
    reasons = [_reason(group, fields, held) for group in asked.groups]
    return [reason for reason in reasons if reason]


def _reason(group: Iterable[Choice], fields: dict, held: dict[str, set[str]]) -> Why | None:
    best, most = None, 0.0
    for choice in group:
        for way in () if choice.negated else choice.ways:
            for name in choice.fields or fields:
                worth = way.weight * WEIGHTS[FIELDS[name]]
                if worth > most and name in fields and _holds(fields[name], held[name], way):
                    best, most = Why(way.kind, name, way.source), worth
    return best


def _holds(places: list[list[str]], held: set[str], way: Way) -> bool:
    *before, last = way.tokens
    if way.prefix:
        return all(token in held for token in before) and any(token.startswith(last) for token in held)
    if not all(token in held for token in way.tokens):
        return False
    if not way.ordered or not before:
        return True
    length = len(way.tokens)
    return any(
        all(token in places[at + n] for n, token in enumerate(way.tokens)) for at in range(len(places) - length + 1)
    )


def _read(fields) -> dict:
    return json.loads(fields) if isinstance(fields, str) else fields
