"""Turns what was typed into the ways in which each term may be found: the same for every engine."""

from dataclasses import dataclass, replace
from itertools import chain, pairwise

from catalog.search.asked import Asked, Choice, Group, is_positive
from catalog.search.meaning import Groups, Meaning, meaning
from catalog.search.parsing import Parsed, Term
from catalog.search.synonyms import Synonyms, current
from catalog.search.vocabulary import Vocabulary
from catalog.search.ways import Ways, lift
from catalog.search.weights import ENOUGH, PART, STOP, TELLING
from catalog.search.words import is_chinese, words_of

LONGEST_SPAN = 4
MOST_WAYS = 160  # of a whole query
QUESTION = 2  # small words that make a query a question, of which a part is enough
MANY = 4
SHORTEST_CIVIC, LONGEST_CIVIC = 3, 12  # characters of a civic word that is seen wherever it stands in Chinese


@dataclass(frozen=True)
class Unit:
    """What is looked for as one: a group as it was typed, or neighbours that mean something together."""

    terms: tuple[Term, ...]
    parts: tuple[Term, ...] = ()  # the words that it is made of, each of which says something


def expand(parsed: Parsed, vocabulary: Vocabulary, synonyms: Synonyms | None = None) -> Asked:
    """Each term in all its ways; repaired and weighed by a vocabulary that holds only what the reader may know of."""
    if not parsed.groups:
        return Asked(empty=True)
    synonyms = current() if synonyms is None else synonyms
    cut = _cut(parsed, synonyms)
    groups = _telling(cut)
    vocabulary.learn({word for group in groups for term in group for word in term.text.split()})
    meant = meaning(groups, vocabulary, synonyms)
    ways = Ways(meant, vocabulary, synonyms)
    units = _spans(groups, meant, synonyms)
    joined = _joined(units)
    vocabulary.count(_named(units, ways) | set(joined.values()))
    units = _with_joined(units, {pair: word for pair, word in joined.items() if vocabulary.frequency(word)})

    strict = tuple(tuple(ways.choice(term) for term in unit.terms) for unit in units)
    asked = Asked(
        strict,
        required=sum(map(is_positive, strict)),
        corrected=meant.corrected(cut),
        lifts=tuple(_lifts(groups)),
    )
    loose = _loose(asked, units, ways)
    is_question = len(cut) - len(groups) >= QUESTION or asked.required >= MANY
    if is_question:
        return _bounded(loose)
    is_looser = (loose.groups, loose.required) != (asked.groups, asked.required)
    return _bounded(replace(asked, loosened=loose) if is_looser else asked)


def _cut(parsed: Parsed, synonyms: Synonyms) -> Groups:
    """A Chinese run of several words becomes several terms, so that they need not stand together."""
    groups: Groups = []
    for group in parsed.groups:
        term = group[0]
        if len(group) == 1 and is_chinese(term.text) and term.plain:
            groups += [(replace(term, text=word),) for word in _words(term.text, synonyms)]
        else:
            groups.append(group)
    return groups


def _words(run: str, synonyms: Synonyms) -> list[str]:
    """The run cut at the civic words that it holds, the longest first; what lies between them by the dictionary."""
    found, start, at = [], 0, 0
    while at < len(run):
        ends = range(min(len(run), at + LONGEST_CIVIC), at + SHORTEST_CIVIC - 1, -1)
        end = next((end for end in ends if synonyms.holds(run[at:end])), 0)
        if end:
            found += [*words_of(run[start:at]), run[at:end]]
            start = at = end
        else:
            at += 1
    return [*found, *words_of(run[start:])]


def _telling(groups: Groups) -> Groups:
    """Without the words that say nothing, unless there are no others."""
    kept = [group for group in groups if not all(term.text in STOP and term.plain for term in group)]
    return kept or groups


def _spans(groups: Groups, meant: Meaning, synonyms: Synonyms) -> list[Unit]:
    """Neighbours that have synonyms together ("car crashes") become one term; what is left stays as it is."""
    units, at = [], 0
    while at < len(groups):
        for length in range(min(LONGEST_SPAN, len(groups) - at), 1, -1):
            words = [group[0].text for group in groups[at : at + length] if len(group) == 1 and group[0].plain]
            texts = [" ".join(words), " ".join(map(meant.of, words))]
            if len(words) == length and (text := next(filter(synonyms.covers, texts), "")):
                units.append(Unit((Term(text),), tuple(map(Term, words))))
                at += length
                break
        else:
            units.append(_unit(groups[at]))
            at += 1
    return units


def _unit(group: tuple[Term, ...]) -> Unit:
    term = group[0]
    if len(group) > 1 or not term.plain or not is_chinese(term.text):
        return Unit(group)
    parts = [word for word in words_of(term.text) if word not in STOP]
    return Unit(group, tuple(map(Term, parts)) if len(parts) > 1 else ())


def _joined(units: list[Unit]) -> dict[tuple[int, int], str]:
    """Neighbours in Latin letters, by their places, as they would be written as one word."""
    single = [unit.terms[0].text if len(unit.terms) == 1 and unit.terms[0].plain else "" for unit in units]
    latin = [text if text.isascii() and text.isalnum() else "" for text in single]
    return {(at, at + 1): a + b for at, (a, b) in enumerate(pairwise(latin)) if a and b}


def _with_joined(units: list[Unit], joined: dict[tuple[int, int], str]) -> list[Unit]:
    """Two words that some dataset writes as one, as names of columns are, are each found by that one as well."""
    found = list(units)
    for pair, word in joined.items():
        for at in pair:
            found[at] = replace(found[at], terms=(*found[at].terms, Term(word)))
    return found


def _named(units: list[Unit], ways: Ways) -> set[str]:
    """Every word whose number of datasets is asked for."""
    terms = [term for unit in units for term in (*unit.terms, *unit.parts)]
    return {text for term in terms for text in (term.text, *ways.others(term))}


def _loose(asked: Asked, units: list[Unit], ways: Ways) -> Asked:
    """Some of the telling groups are enough, and of neighbours a part; the other groups only raise the score.

    Where that finds nothing, any one group does.
    """
    parts = [tuple(_part(ways.choice(part)) for part in unit.parts) for unit in units]
    groups = tuple(group + more for group, more in zip(asked.groups, parts, strict=True))
    most = max((_weight(group) for group in groups if is_positive(group)), default=0.0)
    kept = tuple(group for group in groups if not is_positive(group) or _weight(group) >= TELLING * most)
    raising = tuple(choice for group in groups if group not in kept for choice in group[:1])
    required = max(1, round(sum(map(is_positive, kept)) * ENOUGH))
    lifts = (*asked.lifts, *raising, *chain.from_iterable(parts))
    loose = replace(asked, groups=kept, required=required, lifts=lifts)
    loosest = replace(asked, groups=groups, required=1) if required > 1 or raising else None
    return replace(loose, loosened=loosest)


def _part(choice: Choice) -> Choice:
    return replace(choice, weight=choice.weight * PART)


def _weight(group: Group) -> float:
    return max(choice.weight for choice in group)


def _lifts(groups: Groups) -> list[Choice]:
    """Neighbours that stand side by side lift the score, and need not."""
    plain = [group[0].text if len(group) == 1 and group[0].plain else "" for group in groups]
    return [lift(a, b) for a, b in pairwise(plain) if a and b and is_chinese(a) == is_chinese(b)]


def _bounded(asked: Asked) -> Asked:
    """What an engine takes as one question: where there are very many ways, the first of each choice."""
    choices = [choice for group in (*asked.groups, asked.lifts) for choice in group]
    each = max((len(choice.ways) for choice in choices), default=0)
    while each > 1 and sum(min(each, len(choice.ways)) for choice in choices) > MOST_WAYS:
        each -= 1

    def fewer(group: Group) -> Group:
        return tuple(replace(choice, ways=choice.ways[:each]) for choice in group)

    loosened = asked.loosened and _bounded(asked.loosened)
    return replace(asked, groups=tuple(map(fewer, asked.groups)), lifts=fewer(asked.lifts), loosened=loosened)
