"""The place of a description where the words that were looked for stand, with these words marked."""

import re

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from catalog.search.words import is_chinese, runs, stem
from portal.templatetags.causeway import plain

LENGTH = 220
BEFORE = 60
LONGEST_WORD = 25


def snippet(text: str, q: str) -> SafeString:
    """At most so many characters of the text around the first word found, the words in <mark>, all else escaped."""
    words = plain(text)
    terms = sorted({stem(run) for run in runs(q)} | set(runs(q)), key=len, reverse=True)
    ways = [re.escape(term) if is_chinese(term) else rf"\b{re.escape(term)}\w*" for term in terms]
    pattern = re.compile("|".join(ways), re.IGNORECASE) if ways else None
    first = pattern.search(words) if pattern else None

    start = max(0, first.start() - BEFORE) if first else 0
    piece = words[start : start + LENGTH]
    if start + LENGTH < len(words) and " " in piece[-LONGEST_WORD:]:  # Chinese has no spaces to cut at
        piece = piece.rpartition(" ")[0]
    shown = _marked(piece, pattern) if pattern else conditional_escape(piece)
    return mark_safe(("… " if start else "") + shown + (" …" if start + LENGTH < len(words) else ""))  # noqa: S308


def _marked(piece: str, pattern: re.Pattern) -> str:
    parts, end = [], 0
    for found in pattern.finditer(piece):
        parts += [conditional_escape(piece[end : found.start()]), "<mark>", conditional_escape(found[0]), "</mark>"]
        end = found.end()
    return "".join([*parts, conditional_escape(piece[end:])])
