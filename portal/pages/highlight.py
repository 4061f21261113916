"""The place of a description where the words that were looked for stand, with these words marked."""

import re
from collections.abc import Iterable

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from catalog.search.words import is_chinese, runs, simplified, stem
from portal.templatetags.causeway import plain

LENGTH = 220
BEFORE = 60
LONGEST_WORD = 25


def snippet(text: str, q: str, also: Iterable[str] = ()) -> SafeString:
    """At most so many characters of the text around the first word found, the words in <mark>, all else escaped.

    The words are those of the query, and `also` what stood in their place: synonyms, repaired words. Either script of
    Chinese finds the other.
    """
    words = plain(text)
    pattern = _pattern([q, *also])
    looked_in = simplified(words) if len(simplified(words)) == len(words) else words
    first = pattern.search(looked_in) if pattern else None

    start = max(0, first.start() - BEFORE) if first else 0
    end = min(len(words), start + LENGTH)
    if end < len(words) and " " in words[max(start, end - LONGEST_WORD) : end]:  # Chinese has no spaces to cut at
        end = words.rindex(" ", start, end)
    shown = _marked(words, looked_in, pattern, start, end) if pattern else conditional_escape(words[start:end])
    return mark_safe(("… " if start else "") + shown + (" …" if end < len(words) else ""))  # noqa: S308


def _pattern(texts: Iterable[str]) -> re.Pattern | None:
    found = [run for text in texts for run in runs(text)]
    terms = sorted({stem(run) for run in found} | set(found), key=len, reverse=True)
    ways = [re.escape(term) if is_chinese(term) else rf"\b{re.escape(term)}\w*" for term in terms]
    return re.compile("|".join(ways), re.IGNORECASE) if ways else None


def _marked(words: str, looked_in: str, pattern: re.Pattern, start: int, end: int) -> str:
    parts = []
    for found in pattern.finditer(looked_in, start, end):
        parts += [conditional_escape(words[start : found.start()]), "<mark>"]
        parts += [conditional_escape(words[found.start() : found.end()]), "</mark>"]
        start = found.end()
    return "".join([*parts, conditional_escape(words[start:end])])
