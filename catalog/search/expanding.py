"""Turns what was typed into the ways in which each term may be found: the same for every engine."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from catalog.search.parsing import Parsed, Term
from catalog.search.synonyms import Synonyms, current
from catalog.search.vocabulary import Vocabulary
from catalog.search.weights import LIFT, NAMED, SHORTEST_PREFIX, STOP, WAYS
from catalog.search.words import is_chinese, is_pinyin, pairs, runs, stem, words_of

MOST_SYNONYMS = 24
LONGEST_SPAN = 4
QUESTION = 2  # small words that make a query a question, of which half is enough
MANY = 4
LONG = 6  # letters of a word that is repaired though it stands somewhere
FAR_COMMONER = 4  # times as many datasets must hold the word that was meant


@dataclass(frozen=True)
class Way:
    """Tokens of the index that must all be found; side by side and in one field where they are `ordered`."""

    kind: str  # one of weights.WAYS
    tokens: tuple[str, ...]
    weight: float
    prefix: bool = False  # the last token may go on
    ordered: bool = False
    source: str = ""  # the word of the query, or the synonym or corrected word in its place


@dataclass(frozen=True)
class Choice:
    """One term: found where any of its ways is, in the named fields or in all (None); negated, where none is."""

    ways: tuple[Way, ...]
    negated: bool = False
    fields: tuple[str, ...] | None = None
    weight: float = 1.0  # how telling the term is: a rare word is more so than a common one


@dataclass(frozen=True)
class Asked:
    """Groups of choices; in each group one is enough.

    `required` groups of those that are not negated must be found, the others only add to the score, as the `lifts` do.
    A group of negated choices always holds. `empty` says that nothing was typed that can be looked for.
    """

    groups: tuple[tuple[Choice, ...], ...] = ()
    required: int = 0
    empty: bool = False
    corrected: str = ""
    lifts: tuple[Choice, ...] = ()

    @property
    def loosened(self) -> "Asked | None":
        """The same, with half of the groups enough; None where that is so already."""
        terms = sum(any(not choice.negated for choice in group) for group in self.groups)
        half = math.ceil(terms / 2)
        return replace(self, required=half) if self.required > half else None


def expand(parsed: Parsed, vocabulary: Vocabulary, synonyms: Synonyms | None = None) -> Asked:
    """Each term in all its ways; repaired and weighed by a vocabulary that holds only what the reader may know of."""
    if not parsed.groups:
        return Asked(empty=True)
    synonyms = current() if synonyms is None else synonyms
    cut = _cut(parsed)
    groups = _telling(cut)
    vocabulary.learn({word for group in groups for term in group for word in term.text.split()})
    repairs = _repairs(groups, vocabulary, synonyms)
    units = _spans(groups, repairs, synonyms)
    made = [tuple(_choice(term, repairs, vocabulary, synonyms) for term in unit) for unit in units]
    terms = sum(any(not choice.negated for choice in group) for group in made)
    loose = len(cut) - len(groups) >= QUESTION or terms >= MANY
    return Asked(
        tuple(made),
        required=math.ceil(terms / 2) if loose else terms,
        empty=not made,
        corrected=_corrected(cut, repairs),
        lifts=tuple(_lifts(groups)),
    )


def _cut(parsed: Parsed) -> list[tuple[Term, ...]]:
    """A Chinese run of several dictionary words becomes several terms, so that they need not stand together."""
    groups: list[tuple[Term, ...]] = []
    for group in parsed.groups:
        term = group[0]
        if len(group) == 1 and is_chinese(term.text) and not term.phrase and not term.negated and not term.field:
            groups += [(replace(term, text=word),) for word in words_of(term.text)]
        else:
            groups.append(group)
    return groups


def _telling(groups: list[tuple[Term, ...]]) -> list[tuple[Term, ...]]:
    """Without the words that say nothing, unless there are no others."""
    kept = [group for group in groups if not all(_silent(term) for term in group)]
    return kept or groups


def _silent(term: Term) -> bool:
    return term.text in STOP and term.plain


def _repairs(groups: list[tuple[Term, ...]], vocabulary: Vocabulary, synonyms: Synonyms) -> dict[str, str]:
    """The word that was most likely meant, for each that stands nowhere, or far more seldom than one like it."""
    words = [term.text for group in groups for term in group if term.plain and not synonyms.covers(term.text)]
    found = {}
    for word in words:
        known = vocabulary.frequency(word, *_stem(word))
        if not known and not vocabulary.begins(word):
            near = vocabulary.near(word)
        else:
            near = vocabulary.near(word, at_least=known * FAR_COMMONER) if known and len(word) >= LONG else []
        if near:
            found[word] = near[0]
    return found


def _spans(groups: list, repairs: dict[str, str], synonyms: Synonyms) -> list[tuple[Term, ...]]:
    """Neighbours that have synonyms together ("car crashes") become one term; what is left stays as it is."""
    units, at = [], 0
    while at < len(groups):
        for length in range(min(LONGEST_SPAN, len(groups) - at), 1, -1):
            span = groups[at : at + length]
            words = [group[0].text for group in span if len(group) == 1 and group[0].plain]
            texts = [" ".join(words), " ".join(repairs.get(word, word) for word in words)]
            if len(words) == length and (text := next(filter(synonyms.covers, texts), "")):
                units.append((Term(text),))
                at += length
                break
        else:
            units.append(groups[at])
            at += 1
    return units


def _choice(term: Term, repairs: dict[str, str], vocabulary: Vocabulary, synonyms: Synonyms) -> Choice:
    fields = NAMED.get(term.field)
    if term.phrase or term.negated:
        ways = _phrase(term.text) if term.phrase else _as_written(term.text)[:2]  # what only begins so is not meant
        return Choice(tuple(ways), term.negated, fields, _idf(term.text, vocabulary))
    if " " in term.text:
        ways = [
            Way("exact", tuple(t for run in term.text.split() for t in _main(run)), WAYS["exact"], source=term.text)
        ]
    else:
        ways = _as_written(term.text) + _guesses(term.text, vocabulary)
    ways += [
        Way("synonym", tokens_of(other), _synonym_weight(term.text, other), ordered=True, source=other)
        for other in synonyms.of(repairs.get(term.text, term.text))[:MOST_SYNONYMS]
    ]
    return Choice(tuple(ways), False, fields, _idf(term.text, vocabulary))


def _synonym_weight(word: str, other: str) -> float:
    """Who asks in one language is helped less by the other."""
    return WAYS["synonym" if is_chinese(word) == is_chinese(other) else "translation"]


def _as_written(word: str) -> list[Way]:
    if is_chinese(word):
        if len(word) == 1:
            return [Way("exact", (word,), WAYS["exact"], source=word)]
        ways = [Way("exact", (word,), WAYS["exact"], source=word)]
        return [*ways, Way("pairs", tokens_of(word), WAYS["pairs"], ordered=True, source=word)]
    ways = [
        Way("exact", (word,), WAYS["exact"], source=word),
        Way("stem", _stem(word), WAYS["stem"], source=word),
    ]
    if len(word) >= SHORTEST_PREFIX:
        ways.append(Way("prefix", (word,), WAYS["prefix"], prefix=True, source=word))
    return ways


def _guesses(word: str, vocabulary: Vocabulary) -> list[Way]:
    """What may have been meant by a word that stands nowhere: how Chinese is read, or another spelling."""
    chinese = is_chinese(word)
    known = vocabulary.frequency(word, *_stem(word))
    if known:
        near = vocabulary.near(word, at_least=known * FAR_COMMONER) if len(word) >= LONG else []
        return [Way("typo", _main(other), WAYS["typo"], ordered=True, source=other) for other in near]
    ways = []
    if is_pinyin(word):
        ways.append(Way("pinyin", (f"^{word}",), WAYS["pinyin"], prefix=True, source=word))
    if not chinese and 2 <= len(word) <= 8 and word.isalpha():
        ways.append(Way("initials", (f"^^{word}",), WAYS["initials"], source=word))
    if not vocabulary.begins(word):
        for other in vocabulary.near(word):
            ways.append(Way("typo", _main(other), WAYS["typo"], ordered=True, source=other))
    return ways


def _lifts(groups: list[tuple[Term, ...]]) -> list[Choice]:
    """Neighbours that stand side by side lift the score, and need not."""
    plain = [group[0].text if len(group) == 1 and group[0].plain else "" for group in groups]
    return [
        Choice((Way("lift", (*_main(a), *_main(b)), 1.0, ordered=True, source=f"{a} {b}"),), weight=LIFT)
        for a, b in pairwise(plain)
        if a and b and is_chinese(a) == is_chinese(b)
    ]


def _corrected(groups: list[tuple[Term, ...]], repairs: dict[str, str]) -> str:
    """The whole query with its unknown words repaired; empty where none was."""
    if not repairs:
        return ""
    words = [" OR ".join(replace(t, text=repairs.get(t.text, t.text)).written for t in group) for group in groups]
    joined = words[0]
    for before, word in pairwise(words):
        joined += word if is_chinese(before[-1]) and is_chinese(word[0]) else f" {word}"
    return joined


def _idf(text: str, vocabulary: Vocabulary) -> float:
    tokens = [token for word in text.split() for token in (_stem(word) or (word,))]
    return sum(vocabulary.weight(token) for token in tokens)


def _stem(word: str) -> tuple[str, ...]:
    return () if is_chinese(word) else (f"~{stem(word)}",)


def _main(word: str) -> tuple[str, ...]:
    """The tokens that stand for a word where it may be inflected, or cut otherwise."""
    return tokens_of(word) if is_chinese(word) else _stem(word)


def tokens_of(text: str) -> tuple[str, ...]:
    """The tokens of a text side by side: stems, and pairs of Chinese characters."""
    found: list[str] = []
    for run in runs(text):
        if is_chinese(run):
            found += [f"={pair}" for pair in pairs(run)] or [run]
        else:
            found.append(f"~{stem(run)}")
    return tuple(found)


def _phrase(text: str) -> list[Way]:
    tokens: list[str] = []
    for run in runs(text):
        tokens += [f"={pair}" for pair in pairs(run)] if is_chinese(run) and len(run) > 1 else [run]
    return [Way("phrase", tuple(tokens), WAYS["phrase"], ordered=True, source=text)]
