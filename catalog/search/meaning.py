"""What was meant by words that stand nowhere: another spelling, or Chinese as it is read."""

from dataclasses import dataclass, replace
from itertools import pairwise

from catalog.search.parsing import Term
from catalog.search.synonyms import Synonyms
from catalog.search.vocabulary import Vocabulary
from catalog.search.words import is_chinese, is_pinyin, stem

LONG = 6  # letters of a word that is repaired though it stands somewhere
FAR_COMMONER = 4  # times as many datasets must hold the word that was meant
Groups = list[tuple[Term, ...]]


@dataclass(frozen=True)
class Meaning:
    """For a word of the query the word that was most likely meant: misspelt ones apart from what was read aloud."""

    spelt: dict[str, str]
    read: dict[str, str]

    def of(self, word: str) -> str:
        """What was meant by it, or the word itself."""
        return self.spelt.get(word) or self.read.get(word, word)

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
    spelt, read = {}, {}
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
    return Meaning(spelt, read)
