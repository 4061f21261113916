"""The judged queries: what was asked, what was wanted, and which half may be tuned on."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LANGUAGES = ("en", "zh")
CLASSES = (
    "plain",
    "phrase",
    "typo",
    "prefix",
    "pinyin",
    "initials",
    "cross-language",
    "synonym",
    "traditional/simplified",
    "column name",
    "value/place",
    "code",
    "acronym",
    "long question",
)
GRADES = (3, 2, 1)  # just what was meant, useful, touches it; whatever is not listed is 0
HALVES = ("tuning", "test")
SALT = 8868  # chosen once, before any engine was asked, so that each class falls about half; never change it
FIELDS = {"id", "language", "class", "need", "text", "grades"}


@dataclass(frozen=True)
class Query:
    """One query as a person would type it, with the grade of each record that answers it."""

    id: str
    language: str  # of the person, so that pinyin is "zh"
    kind: str  # one of CLASSES
    need: str  # what is wanted, whatever the words; queries of one need share a half
    text: str
    grades: dict[str, int]  # by record id, see catalogues.py

    @property
    def half(self) -> str:
        return half_of(self.need)


def half_of(need: str) -> str:
    """Which half a need falls into, for ever: the last bit of its digest."""
    digest = sha256(f"{SALT}:{need}".encode()).digest()
    return HALVES[digest[-1] & 1]


@cache
def judged(half: str | None = None) -> tuple[Query, ...]:
    """All queries, or those of one half; a ValueError says everything that is wrong with the files."""
    queries = tuple(query for language in LANGUAGES for query in _read(FOLDER / f"queries_{language}.json"))
    if found := faults(queries):
        raise ValueError("; ".join(found))
    return tuple(query for query in queries if half in (None, query.half))


def faults(queries: tuple[Query, ...]) -> list[str]:
    """What a set of queries may not have: one sentence for each fault."""
    found = [f"{name} is there twice" for name, times in Counter(query.id for query in queries).items() if times > 1]
    texts = Counter((query.language, query.text) for query in queries)
    found += [f"“{text}” is asked twice" for (_, text), times in texts.items() if times > 1]
    for query in queries:
        found += _faults_of(query)
    for language in LANGUAGES:
        halves = Counter(query.half for query in queries if query.language == language)
        if min(halves[half] for half in HALVES) < 0.4 * halves.total():
            found.append(f"the halves of {language} are not balanced: {dict(halves)}")
    return found


def _faults_of(query: Query) -> list[str]:
    found = []
    if query.language not in LANGUAGES or not query.id.startswith(f"{query.language}-"):
        found.append(f"{query.id} does not begin with its language")
    if query.kind not in CLASSES:
        found.append(f"{query.id} is of no class that we know: {query.kind}")
    if not query.need or query.text != query.text.strip() or not query.text:
        found.append(f"{query.id} has no need or no clean text")
    if not set(query.grades.values()) <= set(GRADES):
        found.append(f"{query.id} has a grade that is none of {GRADES}")
    if max(GRADES) not in query.grades.values():
        found.append(f"{query.id} has no record that is just what was meant")
    return found


def _read(path: Path) -> list[Query]:
    """The queries of one file; a record may stand under one grade only."""
    queries = []
    for facts in json.loads(path.read_text(encoding="utf-8")):
        if set(facts) != FIELDS:
            raise ValueError(f"{path.name}: {facts.get('id')} should have the fields {sorted(FIELDS)}")
        listed = [(record, int(grade)) for grade, records in facts["grades"].items() for record in records]
        grades = dict(listed)
        if len(grades) != len(listed):
            raise ValueError(f"{path.name}: {facts['id']} grades a record twice")
        queries.append(
            Query(facts["id"], facts["language"], facts["class"], facts["need"], facts["text"], grades),
        )
    return queries
