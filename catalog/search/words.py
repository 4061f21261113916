"""Cuts text into the words that are indexed and looked for: the same function for both, so that both agree.

English words are kept as written and as stems; Chinese runs are cut by a dictionary, and into pairs of characters, so
that a phrase is found however it was cut.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import opencc
import rjieba
import snowballstemmer

from catalog.search.syllables import SYLLABLES

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+|[^\W_]+")
PART = re.compile(rf"{CHINESE.pattern}|[^\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
LONGEST = 60
MOST_READ = 8  # characters of a title that one pinyin token reads on
_own = threading.local()


def fold(text: str) -> str:
    """Full width, capitals and accents made alike."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def runs(text: str) -> list[str]:
    """The words of the text, and its runs of Chinese characters (simplified), in order."""
    return [
        part[start : start + LONGEST]
        for run in RUN.findall(simplified(fold(text)))
        for part in PART.findall(run)
        for start in range(0, len(part) if is_chinese(part) else 1, LONGEST)
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


def words_of(run: str) -> list[str]:
    """The run cut once, without overlaps."""
    return [word for word in rjieba.cut(run) if word.strip()]


def pairs(run: str) -> list[str]:
    """Each two characters that stand together."""
    return [run[n : n + 2] for n in range(len(run) - 1)]


def simplified(text: str) -> str:
    """Chinese in simplified characters, each in the place of its traditional one."""
    return CHINESE.sub(lambda run: _to_simplified().convert(run[0]), text)


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=50_000)
def pinyin(text: str) -> tuple[str, str]:
    """How Chinese is read, in full and by its initials: kongqi and kq."""
    from pypinyin.seg.simpleseg import seg  # 56 MB, which a process that indexes and repairs nothing goes without

    read = [syllable for phrase in seg(text) for syllable in _syllables(phrase)]
    return "".join(read), "".join(syllable[0] for syllable in read)


@lru_cache(maxsize=20_000)
def _syllables(phrase: str) -> list[str]:
    """How a phrase is read that stands in many texts."""
    from pypinyin import lazy_pinyin

    return lazy_pinyin(phrase, errors="ignore")


def is_pinyin(word: str) -> bool:
    """True where the word can be read as syllables of Chinese, at least two letters long."""
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(end - n in reached and word[end - n : end] in SYLLABLES for n in range(1, 7)):
            reached.add(end)
    return len(word) > 1 and len(word) in reached


def tokens(text: str, *, title: bool = False) -> list[list[str]]:
    """For each place in the text the tokens of the index, told apart by their first letter.

    An English word is one place: `water` and its stem `~water`. Each Chinese character is one: the character itself,
    the dictionary words that begin there, and the pair `=空气` that begins there, so that pairs side by side are the
    text itself, however it was cut. In a title, what is read from the beginning of a word on: `^kongqizhiliang`, and
    the initials of up to four words, `^^kq` and `^^kqzl`.
    """
    places: list[list[str]] = []
    for run in runs(text):
        places += _chinese_places(run, title=title) if is_chinese(run) else [[run, f"~{stem(run)}"]]
    return places


def _chinese_places(run: str, *, title: bool) -> list[list[str]]:
    found: list[set[str]] = [{char} for char in run]
    for n, pair in enumerate(pairs(run)):
        found[n].add(f"={pair}")
    for word, start, end in rjieba.tokenize(run, mode="search"):
        if end - start > 1:
            found[start].add(word)
    if title:
        starts = [start for _word, start, _end in rjieba.tokenize(run)] + [len(run)]
        for n, start in enumerate(starts[:-1]):
            found[start].add("^" + pinyin(run[start : start + MOST_READ])[0])
            for end in starts[n + 1 : n + 5]:
                if end - start > 1:
                    found[start].add("^^" + pinyin(run[start:end])[1])
    return [sorted(place) for place in found]


def quoted(word: str) -> str:
    """A word as PostgreSQL takes it in the text of a tsvector or tsquery."""
    if "'" in word or "\\" in word:
        word = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{word}'"
