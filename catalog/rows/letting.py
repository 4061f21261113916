"""What a basis lets out of a table: its columns under their masks and its rows, before anything else is asked."""

import hmac
from functools import lru_cache

from django.conf import settings

from catalog.masks import Mask, parse_mask
from catalog.rows.conditions import condition
from catalog.rows.scope import ENGINE_TYPES, Scope, quoted
from catalog.terms import TableTerms

SOURCE = "source"
MOST_KEPT = 256  # terms written in the engine's words


def let_out(
    terms: TableTerms, types: dict[str, str], pseudonyms: bytes, *, source: str = SOURCE, params: dict | None = None
) -> tuple[str, dict, dict[str, str]]:
    """The one projection and predicate of a basis over the table `source`: SQL, parameters, columns with types.

    Where a statement reads two tables, the parameters of the first are passed on to the second.
    """
    if params is not None:
        return _written(terms, types, pseudonyms, source, params)
    sql, params, columns = _first(tuple(terms.columns.items()), terms.where, tuple(types.items()), pseudonyms, source)
    return sql, dict(params), dict(columns)


@lru_cache(MOST_KEPT)
def _first(lent: tuple, where: str, types: tuple, pseudonyms: bytes, source: str) -> tuple[str, dict, dict[str, str]]:
    return _written(TableTerms(dict(lent), where), dict(types), pseudonyms, source, {})


def _written(terms: TableTerms, types: dict[str, str], pseudonyms: bytes, source: str, params: dict):
    scope = Scope(columns=types, params=params, parameter="where")
    parts, columns = ["__row"], {}
    for name, text in terms.columns.items():
        mask = parse_mask(text, column=name, column_type=types[name])
        parts.append(f"{_masked(quoted(name), types[name], mask, scope, pseudonyms)} AS {quoted(name)}")
        columns[name] = mask.type_of(types[name]) if mask else types[name]
    where = f" WHERE {condition(terms.where, scope)}" if terms.where else ""
    return f"SELECT {', '.join(parts)} FROM {source}{where}", scope.params, columns


def check_where(text: str, types: dict[str, str]) -> None:
    """Raises unless the text is a condition over these columns."""
    condition(text, Scope(columns=types))


def columns_named(text: str, types: dict[str, str]) -> list[str]:
    """The columns that a condition names, in their own order."""
    scope = Scope(columns=types)
    condition(text, scope)
    return scope.taken()


@lru_cache(MOST_KEPT)
def pseudonym_key(domain: str) -> bytes:
    """The key under which the pseudonyms of this domain are made: those of another domain are unrelated to them.

    It is derived whenever it is needed, from a secret that is in no database, and is kept nowhere but in memory.
    """
    return hmac.digest(settings.PSEUDONYM_SECRET.encode(), f"causeway pseudonyms {domain}".encode(), "sha256")


def _masked(column: str, kind: str, mask: Mask | None, scope: Scope, pseudonyms: bytes) -> str:
    if mask is None:
        return column
    if mask.name == "null":
        return f"CAST(NULL AS {ENGINE_TYPES[kind]})"
    if mask.name == "year":
        return f"CAST(year({column}) AS BIGINT)"
    if mask.name == "first":
        return f"left({column}, {mask.argument})"
    if mask.name == "band":
        n = mask.argument
        band = f"floor({column} / {n}) * {n}" if kind == "float" else f"{column} - ((({column}) % {n}) + {n}) % {n}"
        return f"TRY({band})"  # at the ends of what fits into 64 bits there may be no lower end
    if mask.name == "round":
        return f"TRY(round({column}, {mask.argument}))"
    return _pseudonym(column, scope, pseudonyms)


def _pseudonym(column: str, scope: Scope, key: bytes) -> str:
    """HMAC-SHA-256 (RFC 2104) of the value's text, its first 128 bits in hex, computed by the engine."""
    block = key.ljust(64, b"\0")
    inner = scope.bind(bytes(b ^ 0x36 for b in block))
    outer = scope.bind(bytes(b ^ 0x5C for b in block))
    digest = f"sha256({inner}::BLOB || encode(CAST({column} AS VARCHAR)))"
    return f"left(sha256({outer}::BLOB || unhex({digest})), 32)"
