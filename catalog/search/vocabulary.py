"""The words that a reader may know of: how common each is, and which others are like one that stands nowhere."""

import math
from collections.abc import Iterable

from django.db import connection
from rapidfuzz.distance import OSA

from audit.actor import Actor
from catalog.models import SearchTerm
from catalog.search import visible
from catalog.search.words import is_chinese, pinyin, quoted, runs, stem, words_of

MOST_NEAR = 3
MOST_LIKE = 400  # words that share a piece with one that was typed
RARE = 5  # datasets; a word that more of them hold is spelt as it should be
SHORTEST = 4  # letters of a word that is repaired


class Vocabulary:
    """What is known of the words of one query. Ask `learn` for all of them first: it takes three queries at most."""

    def __init__(self, by: Actor) -> None:
        self._by = by
        self._audience = visible.audience(by)
        self._frequency: dict[str, int] = {}
        self._begun: set[str] = set()
        self._like: dict[str, int] = {}
        self.total = 0

    def learn(self, words: Iterable[str]) -> None:
        """Reads how many datasets hold each word, and for those that are rare what is like them."""
        words = {word[:60] for word in words}
        tokens = words | {f"~{stem(word)}" for word in words if not is_chinese(word)}
        terms = SearchTerm.objects.filter(audience=self._audience)
        self._frequency = dict(terms.filter(word__in=[*tokens, ""]).values_list("word", "datasets"))
        self.total = self._frequency.pop("", 0)

        rare = [word for word in words if self.frequency(word, f"~{stem(word)}") <= RARE]
        keys = sorted({key for word in rare for key in near_keys(word)})
        like = terms.filter(near__overlap=keys).order_by("-datasets", "word")[:MOST_LIKE] if keys else terms.none()
        self._like = dict(like.values_list("word", "datasets"))
        best = {other for word in rare for other in (*self._nearest(word), *self._read_so(word))}
        self._like = self._visible({word: self._like[word] for word in best}) if best else {}
        unknown = [word for word in rare if not self.frequency(word, f"~{stem(word)}")]
        self._begun = self._beginnings(unknown) if unknown else set()

    def count(self, texts: Iterable[str]) -> None:
        """Reads how many datasets hold the words of these texts, as `telling` asks for them."""
        words = {word for text in texts for run in runs(text) for word in (run, *self._said_by(run))}
        unknown = words - self._frequency.keys()
        terms = SearchTerm.objects.filter(audience=self._audience, word__in=unknown)
        self._frequency |= dict.fromkeys(unknown, 0) | dict(terms.values_list("word", "datasets"))

    def frequency(self, *tokens: str) -> int:
        """How many datasets hold one of the tokens, at most."""
        return max((self._frequency.get(token, 0) for token in tokens), default=0)

    def begins(self, word: str) -> bool:
        """True where a word of the index begins so, or a Chinese word is read so."""
        return word in self._begun or bool(self._read_so(word))

    def weight(self, token: str) -> float:
        """How telling a token is: near 0 for what stands everywhere, near 1 for what stands once."""
        there = min(self._frequency.get(token, 0), self.total)
        return math.log((self.total + 1) / (there + 1)) / math.log(self.total + 2) if self.total else 1.0

    def read_as(self, pinyin: str) -> str:
        """The most common Chinese word that is read so; empty where there is none."""
        return max(self._read_so(pinyin), key=self._like.get, default="")

    def telling(self, text: str) -> float:
        """How much finding the text says: the sum of its words, of which a rare one says more than a common one."""
        return sum(self.weight(word) for run in runs(text) for word in self._said_by(run))

    def _said_by(self, run: str) -> list[str]:
        if not is_chinese(run):
            return [f"~{stem(run)}"]
        return [run] if self.frequency(run) else words_of(run)

    def near(self, word: str, at_least: int = 1) -> list[str]:
        """Words like this one in the same script, the nearest and most common first."""
        return [other for other in self._nearest(word) if self._like[other] >= at_least][:MOST_NEAR]

    def _nearest(self, word: str) -> list[str]:
        keys = set(near_keys(word))
        found = [
            (distance(word, other), -datasets, other)
            for other, datasets in self._like.items()
            if other not in (word, stem(word))
            and is_chinese(other) == is_chinese(word)
            and keys & set(near_keys(other))
        ]
        return [other for _far, _datasets, other in sorted(found)[: MOST_NEAR * 2]]

    def _read_so(self, word: str) -> list[str]:
        if is_chinese(word):
            return []
        return [other for other in self._like if is_chinese(other) and pinyin(other)[0] == word][:MOST_NEAR]

    def _beginnings(self, words: list[str]) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT w FROM unnest(%s::text[]) w WHERE EXISTS (SELECT 1 FROM catalog_searchterm t
                   WHERE t.audience = %s AND t.word > w COLLATE "C" AND t.word < w || chr(1114111) COLLATE "C")""",
                [words, self._audience],
            )
            return {word for (word,) in cursor.fetchall()}

    def _visible(self, words: dict[str, int]) -> dict[str, int]:
        """Those that stand in a dataset that the reader may know of at this moment: rights may have changed since."""
        sql, params = visible.condition(self._by)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT w FROM unnest(%(words)s::text[], %(queries)s::text[]) AS t(w, q) WHERE EXISTS (
                    SELECT 1 FROM catalog_searchentry e WHERE e.words @@ t.q::tsquery AND {sql})""",
                {"words": list(words), "queries": [quoted(word) for word in words], **params},
            )
            return {word: words[word] for (word,) in cursor.fetchall()}


def near_keys(word: str) -> list[str]:
    """What a word shares with its misspellings: itself with one character left out; for Chinese, how it is read."""
    if is_chinese(word):
        if len(word) < 2:
            return []
        read = ["^" + pinyin(word)[0]]
        return read if len(word) == 2 or len(word) > 8 else read + _without_one(word)
    if word[0] in "~=^" or any(char.isdigit() for char in word):
        return []
    if len(word) < SHORTEST:
        return [f"^{word}"]
    return [f"^{word}", *_without_one(word[:30])]


def _without_one(word: str) -> list[str]:
    return sorted({word, *(word[:n] + word[n + 1 :] for n in range(len(word)))})


def distance(word: str, other: str) -> int:
    """How many letters differ; Chinese that is read alike is as near as can be."""
    if is_chinese(other) and pinyin(word)[0] == pinyin(other)[0]:
        return 0
    return OSA.distance(word, other)
