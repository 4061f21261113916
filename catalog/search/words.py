"""Cuts text into the words that are indexed and looked for: the same function for both, so that both agree.

English words are kept as written and as stems; Chinese runs are cut by a dictionary, and into pairs of characters, so
that a phrase is found however it was cut.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import rjieba
import snowballstemmer

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+|[^\W_]+")
LONGEST = 60
_own = threading.local()


def fold(text: str) -> str:
    """Full width, capitals and accents made alike."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def runs(text: str) -> list[str]:
    """The words of the text, and its runs of Chinese characters, in order."""
    return [
        part[:LONGEST]
        for run in RUN.findall(fold(text))
        for part in re.findall(rf"{CHINESE.pattern}|[^\u3400-\u9fff\uf900-\ufaff]+", run)
    ]


def is_chinese(run: str) -> bool:
    """True for a run of Chinese characters."""
    return bool(CHINESE.match(run))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The English stem, remembered: it is slow to find. The stemmer keeps state, so each thread has one."""
    if not hasattr(_own, "stemmer"):
        _own.stemmer = snowballstemmer.stemmer("english")
    return _own.stemmer.stemWord(word)


def cut(run: str) -> list[str]:
    """The dictionary words in a Chinese run, the longer ones and those inside them."""
    return [word for word in rjieba.cut_for_search(run) if word.strip()]


def pairs(run: str) -> list[str]:
    """Each two characters that stand together."""
    return [run[n : n + 2] for n in range(len(run) - 1)]


def indexed(text: str) -> list[list[str]]:
    """For each place in the text the words that are found there."""
    places = []
    for run in runs(text):
        if is_chinese(run):
            places += [[word] for word in {*cut(run), *pairs(run), *run}]
        else:
            places.append(sorted({run, stem(run)}))
    return places
