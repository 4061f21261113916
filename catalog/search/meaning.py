"""What was meant by words that stand nowhere: another spelling, or Chinese as it is read."""

from dataclasses import dataclass, replace
from itertools import pairwise

from catalog.search.parsing import Term
from catalog.search.synonyms import Synonyms
from catalog.search.vocabulary import Vocabulary
from catalog.search.words import is_chinese, is_pinyin, stem

LONG = 6  # letters of a word that is repaired though it stands somewhere, and of one that may be two
SHORTEST = 3  # letters of each of the two
FAR_COMMONER = 4  # times as many datasets must hold the word that was meant
Groups = list[tuple[Term, ...]]


@dataclass(frozen=True)
class Meaning:
    """For a word of the query what was most likely meant: another spelling, what is read so, or two words in one."""

    spelt: dict[str, str]
    read: dict[str, str]
    apart: dict[str, str]

    def of(self, word: str) -> str:
        """What was meant by it, or the word itself."""
        return self.spelt.get(word) or self.read.get(word) or self.apart.get(word, word)

    def corrected(self, groups: Groups) -> str:
        """The whole query with its misspelt words repaired; empty where there was none."""
        if not self.spelt:
            return ""
        words = [" OR ".join(replace(t, text=self.spelt.get(t.text, t.text)).written for t in g) for g in groups]
        joined = words[0]
        for before, word in pairwise(words):
            joined += word if is_chinese(before[-1]) and is_chinese(word[0]) else f" {word}"
        return joined


def meaning(groups: Groups, vocabulary: Vocabulary, synonyms: Synonyms) -> Meaning:
    """What was meant by each word that stands nowhere, or far more seldom than one like it."""
    spelt, read, lost = {}, {}, []
    for word in (term.text for group in groups for term in group if term.plain and not synonyms.covers(term.text)):
        known = vocabulary.frequency(word, *([] if is_chinese(word) else [f"~{stem(word)}"]))
        if known:
            near = vocabulary.near(word, at_least=known * FAR_COMMONER) if len(word) >= LONG else []
        elif is_pinyin(word) and (said := synonyms.read_as(word) or vocabulary.read_as(word)):
            read[word], near = said, []
        else:
            near = [] if vocabulary.begins(word) else vocabulary.near(word) or synonyms.near(word)
        if near:
            spelt[word] = near[0]
        elif not known and word not in read and len(word) >= LONG and word.isascii() and word.isalpha():
            lost.append(word)
    return Meaning(spelt, read, _apart(lost, vocabulary))


def _apart(words: list[str], vocabulary: Vocabulary) -> dict[str, str]:
    """Words that were written as one, as in names of columns: those of which datasets hold both parts."""
    cuts = {word: [(word[:n], word[n:]) for n in range(SHORTEST, len(word) - SHORTEST + 1)] for word in words}
    vocabulary.count(part for pairs in cuts.values() for pair in pairs for part in pair)
    found = {}
    for word, pairs in cuts.items():
        known = {pair: min(vocabulary.frequency(part, f"~{stem(part)}") for part in pair) for pair in pairs}
        best = max(known, key=known.get)
        if known[best]:
            found[word] = " ".join(best)
    return found
