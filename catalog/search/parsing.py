"""Reads what a person typed: words, "phrases", -without, field:value, OR. Whatever is odd is taken as plain words."""

import re
import unicodedata
from dataclasses import dataclass

from catalog.search.words import is_chinese, runs

LONGEST = 200
MOST_TERMS = 24
FIELDS = {
    "title": "title 标题 名称",
    "keyword": "keyword keywords tag 关键词 关键字",
    "column": "column columns 字段 列",
    "department": "department publisher 部门",
    "theme": "theme topic 主题",
    "format": "format 格式",
    "licence": "licence license 许可 许可协议",
    "place": "place 地点 地区",
    "description": "description about 说明 描述",
}
NAMES = {name: field for field, names in FIELDS.items() for name in names.split()}
QUOTES = str.maketrans("“”„‟«»「」『』", '""""""""""')
PIECE = re.compile(
    r"""(?P<bar>\|+)"""
    r"""|(?P<minus>(?<![^\s|])[-\u2212])?(?:(?P<name>[^\W\d_]{2,12}):(?=[^\s:]))?"""
    r"""(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"|]+)|(?P<odd>"))"""
)


@dataclass(frozen=True)
class Term:
    """One thing that is looked for: a word, a run of Chinese characters, or a phrase of several."""

    text: str
    phrase: bool = False
    field: str = ""
    negated: bool = False

    @property
    def plain(self) -> bool:
        """True for a word that may be found in any way."""
        return not (self.phrase or self.field or self.negated)

    @property
    def written(self) -> str:
        """As a person would type it."""
        text = f'"{self.text}"' if self.phrase else self.text
        return ("-" if self.negated else "") + (f"{self.field}:" if self.field else "") + text


@dataclass(frozen=True)
class Parsed:
    """Groups that all must be found; of the terms in a group, one is enough."""

    groups: tuple[tuple[Term, ...], ...] = ()

    @property
    def terms(self) -> list[Term]:
        return [term for group in self.groups for term in group]


def parse(q: str) -> Parsed:
    """What was typed, in at most 24 terms. It never raises."""
    text = unicodedata.normalize("NFKC", q[:LONGEST].translate(QUOTES))
    groups: list[list[Term]] = []
    joins = False
    for piece in PIECE.finditer(text):
        if piece["bar"] or piece["word"] in ("OR", "或"):
            joins = bool(groups)
            continue
        found = _terms(piece)
        if joins and found:
            # What stands beside OR is one thing: "bus stop-sign" has two, so they become a phrase.
            whole = found[0] if len(found) == 1 else Term(" ".join(t.text for t in found), True, found[0].field)
            groups[-1].append(whole)
        else:
            groups += [[term] for term in found]
        joins = joins and not found
    return Parsed(tuple(map(tuple, _bounded(groups))))


def _terms(piece: re.Match) -> list[Term]:
    field = NAMES.get((piece["name"] or "").casefold(), "")
    text = piece["phrase"] if piece["phrase"] is not None else piece["word"] or ""
    if piece["name"] and not field:
        text = f"{piece['name']} {text}"
    negated, found = bool(piece["minus"]), runs(text)
    if not found:
        return []
    # A code such as PM2.5 or 12-B is one thing, though it is written of several; so is what may not be there.
    code = len(found) > 1 and not any(map(is_chinese, found)) and any(run.isdigit() for run in found)
    if piece["phrase"] is not None or (len(found) > 1 and (negated or field or code)):
        return [Term(" ".join(found), True, field, negated)]
    return [Term(run, False, field, negated) for run in found]


def _bounded(groups: list[list[Term]]) -> list[list[Term]]:
    kept, left = [], MOST_TERMS
    for group in groups:
        kept += [group[:left]] if left else []
        left -= len(group[:left])
    return kept
