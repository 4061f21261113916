"""The text of a query read into a tree: nothing is known to the parser but operators, names and plain calls."""

from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

SHORT = 300
HIDDEN = frozenset({TokenType.STRING, TokenType.NUMBER})


class Language(DuckDB):
    """The engine's operators; every call is a name with arguments, whatever the engine knows under that name."""

    class Parser(DuckDB.Parser):
        FUNCTIONS = {}
        FUNCTION_PARSERS = {}
        NO_PAREN_FUNCTIONS = {}
        NO_PAREN_FUNCTION_PARSERS = {}


def read(before: str, text: str, *, only: set[str]) -> exp.Select | None:
    """The tree of `before` and the text; None where it is no such query or holds another clause than these."""
    try:
        tree = _short(before + text) if len(text) <= SHORT else _parsed(before + text)
    except (SqlglotError, RecursionError):
        return None
    if not isinstance(tree, exp.Select) or {k for k, v in tree.args.items() if v} - only:
        return None
    return tree


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


def _parsed(text: str) -> exp.Expression:
    return sqlglot.parse_one(text, dialect=Language)


# The row filter of a basis is read at every page. A tree is only looked at, so one serves all; long ones are not kept.
_short = lru_cache(maxsize=256)(_parsed)
