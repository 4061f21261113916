"""The ways in which one term may be found: as written, inflected, begun, read aloud, misspelt, by a synonym."""

from catalog.search.asked import Choice, Way
from catalog.search.meaning import FAR_COMMONER, LONG, Meaning
from catalog.search.parsing import Term
from catalog.search.synonyms import Synonyms
from catalog.search.vocabulary import Vocabulary
from catalog.search.weights import LIFT, MOST_TELLING, NAMED, SHORTEST_PREFIX, WAYS
from catalog.search.words import is_chinese, is_pinyin, pairs, runs, stem

MOST_SYNONYMS = 16


class Ways:
    """Makes the choices of one query, each way weighed by what the vocabulary says of its words."""

    def __init__(self, meaning: Meaning, vocabulary: Vocabulary, synonyms: Synonyms) -> None:
        self._meaning, self._vocabulary, self._synonyms = meaning, vocabulary, synonyms

    def others(self, term: Term) -> list[str]:
        """The words of the same meaning by which a term is found as well."""
        plain = not (term.phrase or term.negated)
        return self._synonyms.of(self._meaning.of(term.text))[:MOST_SYNONYMS] if plain else []

    def choice(self, term: Term) -> Choice:
        """The term in all its ways."""
        fields, telling = NAMED.get(term.field), self.telling(term.text)
        if term.phrase or term.negated:
            ways = phrase(term.text) if term.phrase else as_written(term.text)[:2]  # what only begins so is not meant
            return Choice(tuple(ways), term.negated, fields, telling)
        if " " in term.text:
            tokens = tuple(token for word in term.text.split() for token in main(word))
            ways = [Way("exact", tokens, WAYS["exact"], source=term.text)]
        else:
            ways = as_written(term.text) + self._guesses(term.text)
        ways += [self._synonym(self._meaning.of(term.text), other) for other in self.others(term)]
        return Choice(tuple(ways), False, fields, telling)

    def telling(self, text: str) -> float:
        """How much finding the text says, within bounds."""
        return min(self._vocabulary.telling(text), MOST_TELLING)

    def _synonym(self, word: str, other: str) -> Way:
        """Who asks in one language is helped less by the other, and by a common word less than by a rare one."""
        kind = "synonym" if is_chinese(word) == is_chinese(other) else "translation"
        telling = self.telling(word)
        share = min(1.0, self.telling(other) / telling) if telling else 1.0
        return Way("synonym", tokens_of(other), round(WAYS[kind] * share, 4), ordered=True, source=other)

    def _guesses(self, word: str) -> list[Way]:
        """What may have been meant by a word that stands nowhere: how Chinese is read, or another spelling."""
        known = self._vocabulary.frequency(word, *stems(word))
        if known:
            near = self._vocabulary.near(word, at_least=known * FAR_COMMONER) if len(word) >= LONG else []
            return [_typo(other) for other in near]
        ways = []
        if is_pinyin(word):
            ways.append(Way("pinyin", (f"^{word}",), WAYS["pinyin"], prefix=True, source=word))
        if not is_chinese(word) and 2 <= len(word) <= 8 and word.isalpha():
            ways.append(Way("initials", (f"^^{word}",), WAYS["initials"], source=word))
        if read := self._meaning.read.get(word):
            ways.append(Way("pinyin", tokens_of(read), WAYS["pinyin"], ordered=True, source=word))
        if apart := self._meaning.apart.get(word):
            ways.append(Way("stem", tokens_of(apart), WAYS["stem"], ordered=True, source=word))
        if not self._vocabulary.begins(word):
            meant = [self._meaning.spelt[word]] if word in self._meaning.spelt else []
            ways += [_typo(other) for other in dict.fromkeys([*meant, *self._vocabulary.near(word)])]
        return ways


def as_written(word: str) -> list[Way]:
    """The word itself, its forms, and what begins so."""
    if is_chinese(word):
        ways = [Way("exact", (word,), WAYS["exact"], source=word)]
        return [*ways, Way("pairs", tokens_of(word), WAYS["pairs"], ordered=True, source=word)][: len(word)]
    ways = [
        Way("exact", (word,), WAYS["exact"], source=word),
        Way("stem", stems(word), WAYS["stem"], source=word),
    ]
    if len(word) >= SHORTEST_PREFIX:
        ways.append(Way("prefix", (word,), WAYS["prefix"], prefix=True, source=word))
    return ways


def phrase(text: str) -> list[Way]:
    """The words as they stand, side by side."""
    tokens: list[str] = []
    for run in runs(text):
        tokens += [f"={pair}" for pair in pairs(run)] if is_chinese(run) and len(run) > 1 else [run]
    return [Way("phrase", tuple(tokens), WAYS["phrase"], ordered=True, source=text)]


def lift(before: str, after: str) -> Choice:
    """Two neighbours raise the score where they stand side by side."""
    way = Way("lift", (*main(before), *main(after)), 1.0, ordered=True, source=f"{before} {after}")
    return Choice((way,), weight=LIFT)


def stems(word: str) -> tuple[str, ...]:
    """The English stem; nothing for Chinese."""
    return () if is_chinese(word) else (f"~{stem(word)}",)


def main(word: str) -> tuple[str, ...]:
    """The tokens that stand for a word where it may be inflected, or cut otherwise."""
    return tokens_of(word) if is_chinese(word) else stems(word)


def tokens_of(text: str) -> tuple[str, ...]:
    """The tokens of a text side by side: stems, and pairs of Chinese characters."""
    found: list[str] = []
    for run in runs(text):
        if is_chinese(run):
            found += [f"={pair}" for pair in pairs(run)] or [run]
        else:
            found.append(f"~{stem(run)}")
    return tuple(found)


def _typo(other: str) -> Way:
    return Way("typo", main(other), WAYS["typo"], ordered=True, source=other)
