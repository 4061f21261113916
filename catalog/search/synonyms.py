"""Words that mean the same, in both languages: what is shipped, and what the authority adds or sets apart."""

from collections.abc import Iterable
from functools import cache, cached_property, lru_cache
from itertools import chain, zip_longest
from pathlib import Path

import opencc
from django.db.models import Count, Max
from rapidfuzz import process
from rapidfuzz.distance import OSA

from catalog.models import SearchSynonym
from catalog.search.weights import STOP
from catalog.search.words import fold, is_chinese, pinyin, runs, simplified, stem

SHIPPED = Path(__file__).with_name("civic_words.txt")
Key = tuple[str, ...]
SHORTEST_SPELT, LONG_SPELT = 7, 9  # letters of a word that is repaired by the list, and of one with two mistakes
SHORTEST_READ = 3  # characters of a Chinese word that is repaired by how it is read
MOST_NEAR = 3


class Synonyms:
    """Groups of words and short phrases; a group is found by any of its words, whatever their ending and order."""

    def __init__(self, groups: Iterable[Iterable[str]], apart: Iterable[Iterable[str]] = ()) -> None:
        self._groups = [[(key(word), " ".join(runs(word))) for word in group] for group in groups]
        self._by_key: dict[Key, list[int]] = {}
        for number, group in enumerate(self._groups):
            for its_key, _word in group:
                self._by_key.setdefault(its_key, []).append(number)
        self._apart = {frozenset((key(a), key(b))) for group in apart for a in group for b in group}

    def of(self, text: str) -> list[str]:
        """What else may stand for the text: both languages in turn, those of its first group first."""
        asked = key(text)
        others = {
            its_key: word
            for number in self._by_key.get(asked, ())
            for its_key, word in self._groups[number]
            if its_key != asked and frozenset((its_key, asked)) not in self._apart
        }
        for word in sorted(regional(text)):
            others.setdefault(key(word), word)
        chinese = [word for word in others.values() if is_chinese(word)]
        plain = [word for word in others.values() if not is_chinese(word)]
        return [word for word in chain.from_iterable(zip_longest(plain, chinese)) if word]

    def holds(self, run: str) -> bool:
        """True where a run of Chinese characters stands in a group just so."""
        return (run,) in self._by_key

    def read_as(self, pinyin: str) -> str:
        """The Chinese word of the list that is read so, the first of several; empty where there is none."""
        return self._readings.get(pinyin, "")

    def near(self, word: str) -> list[str]:
        """Words of the list that are spelt, or in Chinese read, almost alike; the nearest first."""
        if is_chinese(word):
            said = self._readings.get(pinyin(word)[0]) if len(word) >= SHORTEST_READ else None
            return [said] if said and said != word else []
        if len(word) < SHORTEST_SPELT or any(map(str.isdigit, word)):
            return []
        far = 1 if len(word) < LONG_SPELT else 2
        found = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=far, limit=MOST_NEAR)
        return [other for other, _far, _n in found if stem(other) != stem(word)]

    @cached_property
    def _readings(self) -> dict[str, str]:
        said = [word for group in self._groups for _key, word in group if is_chinese(word) and " " not in word]
        return {pinyin(word)[0]: word for word in reversed(said) if len(word) > 1}

    @cached_property
    def _words(self) -> list[str]:
        parts = {part for group in self._groups for _key, word in group for part in word.split()}
        return sorted(part for part in parts if not is_chinese(part) and len(part) >= SHORTEST_SPELT)

    def covers(self, text: str) -> bool:
        """True where the text stands in a group."""
        return key(text) in self._by_key


@lru_cache(maxsize=20_000)
def key(text: str) -> Key:
    """What a word is looked up by: its stems in any order; Chinese as it stands, without the small words."""
    parts = [run for run in runs(text) if run not in STOP] or runs(text)
    if all(map(is_chinese, parts)):
        return ("".join(parts),)
    return tuple(sorted(part if is_chinese(part) else stem(part) for part in parts))


@lru_cache(maxsize=20_000)
def regional(text: str) -> frozenset[str]:
    """What Chinese is called across the strait: 出租车 and 计程车."""
    run = fold(text).replace(" ", "")
    if not is_chinese(run) or len(run) < 2:
        return frozenset()
    there = simplified(_converter("s2twp").convert(run))
    here = _converter("tw2sp").convert(_converter("s2t").convert(run))
    return frozenset({there, here} - {simplified(run)})


@cache
def _converter(name: str) -> opencc.OpenCC:
    return opencc.OpenCC(name)


def read(text: str) -> list[list[str]]:
    """The groups of a list: one a line, divided by bars; lines that begin with # are remarks."""
    lines = (line.strip() for line in text.splitlines())
    return [[word.strip() for word in line.split("|")] for line in lines if line and not line.startswith("#")]


@cache
def shipped() -> Synonyms:
    """The list that comes with Causeway."""
    return Synonyms(_shipped_groups())


@cache
def _shipped_groups() -> list[list[str]]:
    return read(SHIPPED.read_text(encoding="utf-8"))


def current() -> Synonyms:
    """The synonyms that hold now: one small question, whether the authority changed anything."""
    rows = SearchSynonym.objects.aggregate(number=Count("pk"), last=Max("pk"))
    return _with_rows(rows["number"], rows["last"]) if rows["number"] else shipped()


@lru_cache(maxsize=2)
def _with_rows(number: int, last: int) -> Synonyms:
    """The shipped groups with those of the authority; a group never changes, so the two numbers name this state."""
    rows = list(SearchSynonym.objects.order_by("pk").values_list("words", "apart"))
    added = [words for words, apart in rows if not apart]
    return Synonyms([*added, *_shipped_groups()], apart=[words for words, apart in rows if apart])
