"""The text of a query read into a tree: nothing is known to the parser but operators, names and plain calls.

Its signs and words are looked at one by one before the parser sees them: brackets of lists, casts, comments, statements
and whatever else the language lacks end there, with their place.
"""

import unicodedata
from functools import lru_cache

from django.utils.translation import gettext_lazy as _
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokens import Token, TokenType

from catalog.rows.errors import QueryError

SHORT = 300
DEEPEST = 40  # brackets in brackets
HIDDEN = frozenset({TokenType.STRING, TokenType.NUMBER})
SIGNS = frozenset({"(", ")", ",", "+", "-", "*", "/", "%", "=", "==", "<>", "!=", "<", "<=", ">", ">="})
WORDS = frozenset({
    TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.IN, TokenType.BETWEEN, TokenType.LIKE, TokenType.ILIKE,
    TokenType.IS, TokenType.NULL, TokenType.TRUE, TokenType.FALSE, TokenType.ALIAS, TokenType.DISTINCT,
})  # fmt: skip
VALUES = frozenset({TokenType.STRING, TokenType.NUMBER, TokenType.VAR, TokenType.IDENTIFIER})
PLAIN = str.maketrans("（）＝，＜＞＋－＊／％‘’“”＇＂　", "()=,<>+-*/%''\"\"'\" ")


class Language(DuckDB):
    """The engine's operators; every call is a name with arguments, whatever the engine knows under that name."""

    class Parser(DuckDB.Parser):
        FUNCTIONS = {}
        FUNCTION_PARSERS = {}
        NO_PAREN_FUNCTIONS = {}
        NO_PAREN_FUNCTION_PARSERS = {}


NAMES = WORDS | VALUES | Language.Parser.ID_VAR_TOKENS | Language.Parser.FUNC_TOKENS


def read(before: str, text: str, *, only: set[str], otherwise: QueryError) -> exp.Select:
    """The tree of `before` and the text. Where it is no such query, or holds another clause than these, `otherwise`
    is raised, or what says more, with the place in the text.
    """
    try:
        tree = _short(before, text) if len(text) <= SHORT else _parsed(before, text)
    except _Unread as unread:
        raise _refusal(unread, otherwise) from None
    except RecursionError:
        raise QueryError(otherwise.code, _("This is nested too deeply."), otherwise.parameter, at=1) from None
    if not isinstance(tree, exp.Select) or {k for k, v in tree.args.items() if v} - only:
        raise otherwise.placed(1)
    return tree


def place_of(node: exp.Expression) -> int | None:
    """Where in the text that was parsed the first name or value of a node stands."""
    starts = [one.meta["start"] for one in node.walk() if "start" in one.meta]
    return min(starts, default=None)


def without_values(text: str) -> str:
    """The text with every value that is written in it replaced by a question mark."""
    if not text:
        return text
    try:
        tokens = Language().tokenize(text)
    except SqlglotError:
        return "?"
    for token in reversed(tokens):
        if token.token_type in HIDDEN:
            text = text[: token.start] + "?" + text[token.end + 1 :]
    return text


class _Unread(Exception):
    """A text that is no query: where, and what stands there, if that is to be told."""

    def __init__(self, at: int, sign: str = "", why: str = ""):
        self.at, self.sign, self.why = at, sign, why


def _refusal(unread: _Unread, otherwise: QueryError) -> QueryError:
    """The refusal that says most about what was found."""
    about = {"parameter": otherwise.parameter, "at": unread.at}
    if unread.why == "deep":
        return QueryError(otherwise.code, _("This is nested too deeply."), **about)
    if unread.why == "quote":
        return QueryError(otherwise.code, _("The quote at character %(at)s is opened and never closed."), **about)
    if unread.why == "comment":
        return QueryError(otherwise.code, _("A query holds no comments (character %(at)s)."), **about)
    if unread.sign and (plain := unread.sign.translate(PLAIN)) != unread.sign:
        words = _("“%(sign)s” at character %(at)s is not the plain sign. Write: %(plain)s")
        return QueryError(otherwise.code, words, sign=unread.sign, plain=plain, **about)
    if unread.sign:
        words = _("“%(sign)s” at character %(at)s has no meaning in this language.")
        return QueryError(otherwise.code, words, sign=shown(unread.sign), **about)
    return otherwise.placed(unread.at)


def shown(text: str) -> str:
    """The beginning of an asker's text as it may stand in a sentence: what is invisible is spelt out."""
    return "".join(one if _is_visible(one) else f"U+{ord(one):04X}" for one in text[:80])


def _is_visible(one: str) -> bool:
    return unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _parsed(before: str, text: str) -> exp.Expression:
    language = Language()
    try:
        tokens = language.tokenize(before + text)
    except SqlglotError:
        raise _Unread(_open_quote(text), why="quote") from None
    _screen(tokens, len(before))
    try:
        (tree,) = language.parser().parse(tokens, before + text)
    except ParseError as error:
        raise _Unread(_where(error, tokens, before)) from None
    except (SqlglotError, ValueError):
        raise _Unread(1) from None
    return tree


# The row filter of a basis is read at every page. A tree is only looked at, so one serves all; long ones are not kept.
_short = lru_cache(maxsize=256)(_parsed)


def _screen(tokens: list[Token], before: int) -> None:
    """Raises at the first token that the language does not have."""
    depth = 0
    for token in tokens:
        at = token.start - before + 1
        if token.comments:
            raise _Unread(max(token.end - before + 2, 1), why="comment")
        if at < 1:
            continue
        if token.token_type is TokenType.L_PAREN:
            depth += 1
            if depth > DEEPEST:
                raise _Unread(at, why="deep")
        elif token.token_type is TokenType.R_PAREN:
            depth -= 1
        if not _is_known(token):
            raise _Unread(at, sign=token.text)


def _is_known(token: Token) -> bool:
    if token.token_type in {TokenType.STRING, TokenType.IDENTIFIER}:
        return True
    if token.token_type is TokenType.NUMBER:
        return _is_number(token.text)
    if token.text in SIGNS:
        return True
    return token.token_type in NAMES and token.text.isidentifier()


def _is_number(text: str) -> bool:
    """True for 12, 1.5 and 1.5e-3: neither hexadecimal nor with signs between digits, which are read in two ways."""
    number, _e, power = text.lower().partition("e")
    return text.isascii() and number.replace(".", "", 1).isdigit() and (not _e or power.lstrip("+-").isdigit())


def _where(error: ParseError, tokens: list[Token], before: str) -> int:
    """The place at which the parser gave up, from 1."""
    found = error.errors[0] if error.errors else {}
    for token in tokens:
        if (token.line, token.col) == (found.get("line"), found.get("col")):
            return max(token.start - len(before) + 1, 1)
    return 1


def _open_quote(text: str) -> int:
    """Where the quote stands that is never closed, from 1."""
    opened, start = "", 0
    for at, one in enumerate(text):
        if one == opened:
            opened = ""
        elif not opened and one in "'\"":
            opened, start = one, at
    return start + 1
