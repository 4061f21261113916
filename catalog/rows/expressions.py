"""Expressions over columns: read from the tree, held against the list of functions, and written anew with their type.

Whatever could raise an error over a row is wrapped so that it gives null instead: the engine may look at rows that the
basis hides before it drops them, and an error would tell of them.
"""

import difflib
import re
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from catalog.masks import NUMBERS
from catalog.rows.areas import read_area
from catalog.rows.dialect import place_of, shown
from catalog.rows.errors import QueryError
from catalog.rows.functions import AGGREGATES, FUNCTIONS, KINDS, PARTS, UNBOUNDED, Function
from catalog.rows.scope import ENGINE_TYPES, Scope

DEEPEST = 40
LONGEST = 20_000  # characters of the engine's words: what names an argument twice doubles at every level
SHORT = 20  # characters that may take the place of others: a text must not grow without bounds
MOST_ARGUMENTS = 20
WRITTEN_OUT = frozenset({"whole", "share", "part", "short", "path", "area"})
PATH = re.compile(r"\$(\.\w{1,80}|\[\d{1,6}\]){1,20}")
MARK = re.compile(r"\{(\*|\d:?|\d=\d)\}")
SMALL_PARTS = frozenset({"hour", "minute", "second"})
CLOCKED = frozenset({"day", "moment"})  # arguments whose days and hours depend on a zone
SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


@dataclass(frozen=True)
class Made:
    """An expression as the engine's SQL, and its kind. `literal` is a value as written, still without a type."""

    sql: str
    kind: str
    summed: bool = False
    literal: str | None = None

    @property
    def is_free(self) -> bool:
        """True for a value: it fits beside a column and beside a sum alike."""
        return self.literal is not None


def made(node: exp.Expression, scope: Scope, depth: int = 0, *, sums: bool = False) -> Made:
    """The expression; `sums` allows sums, means and counts in it. A refusal names the place of its innermost part."""
    try:
        return _made(node, scope, depth, sums=sums)
    except QueryError as refusal:
        raise refusal.placed(scope.place(place_of(node))) from None


def _made(node: exp.Expression, scope: Scope, depth: int, *, sums: bool) -> Made:
    if depth > DEEPEST:
        raise QueryError("bad-select", _("This is nested too deeply."), scope.parameter)
    if isinstance(node, exp.Paren):
        return made(node.this, scope, depth + 1, sums=sums)
    if isinstance(node, exp.Column) and not node.args.get("table") and isinstance(node.this, exp.Identifier):
        return Made(*scope.column(node.name, scope.place(node.this.meta.get("start")), is_quoted=node.this.quoted))
    if (value := _literal(node)) is not None:
        return value
    if type(node) in SIGNS:
        sides = [made(side, scope, depth + 1, sums=sums) for side in (node.this, node.expression)]
        return _arithmetic(SIGNS[type(node)], *sides, scope)
    if isinstance(node, exp.Neg):
        return _arithmetic("-", Made("0", "integer", literal="0"), made(node.this, scope, depth + 1, sums=sums), scope)
    if isinstance(node, exp.Anonymous) and isinstance(node.this, str):
        return _call(node, scope, depth, sums=sums)
    raise _unknown(scope)


def typed(one: Made, kind: str, scope: Scope, about: str) -> str:
    """The SQL of an expression that must be of this kind: a value becomes a parameter, numbers fit each other."""
    if one.literal is not None:
        return scope.beside(one.literal, kind, about)
    if one.kind != kind and not {one.kind, kind} <= NUMBERS:
        raise QueryError(
            "bad-filter",
            _("“%(about)s” is of type %(kind)s and cannot be compared with %(other)s."),
            scope.parameter,
            about=about[:80],
            kind=kind,
            other=one.kind,
        )
    return one.sql


def settled(one: Made, scope: Scope) -> Made:
    """The expression with a type of its own: a value that nothing gives a type to is text, or the number it is."""
    if one.literal is None:
        return one
    return Made(scope.value(one.literal, one.kind, one.literal), one.kind, literal=one.literal)


def _literal(node) -> Made | None:
    sign = ""
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        sign, node = "-", node.this
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.is_string:
        node = node.this  # DATE '2026-01-01': the other side says which type
    if isinstance(node, exp.Boolean):
        return Made("", "boolean", literal=str(node.this).lower())
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return Made("", "text", literal=node.this)
    return Made("", "integer" if node.this.isdigit() and len(node.this) < 19 else "float", literal=sign + node.this)


def _arithmetic(sign: str, left: Made, right: Made, scope: Scope) -> Made:
    summed = _together(scope, left, right)
    for side in (left, right):
        if side.kind not in NUMBERS or (side.literal is not None and side.kind == "text"):
            raise QueryError("bad-select", _("Only numbers can be reckoned with."), scope.parameter)
    kinds = {_number_kind(side) for side in (left, right)}
    whole = kinds == {"integer"}
    exact = whole or (kinds <= {"integer", "decimal"} and sign in "+-%")
    kind = "integer" if whole and sign != "/" else "decimal" if exact and sign != "/" else "float"
    sides = [_number(side, kind, scope) for side in (left, right)]
    if sign == "%":  # the engine's own `nullif` is written twice by it, at every level
        sides[1] = f"list_filter([{sides[1]}], lambda __v: __v <> 0)[1]"
    if summed and kind == "integer":  # no product of two whole numbers of 64 bits is beyond 128
        wide = [f"CAST({side} AS HUGEINT)" for side in sides]
        return Made(f"TRY_CAST({wide[0]} {sign} {wide[1]} AS BIGINT)", kind, summed)
    sql = _careful(_bounded(f"({sides[0]} {sign} {sides[1]})", scope), summed=summed)
    return Made(_finite(sql) if kind == "float" else sql, kind, summed)


def _number_kind(side: Made) -> str:
    """A number that is written out without a power is a decimal, as people write them."""
    is_plain = side.literal is not None and side.kind == "float" and "e" not in side.literal.lower()
    return "decimal" if is_plain else side.kind


def _number(side: Made, kind: str, scope: Scope) -> str:
    if side.literal is not None:
        return scope.value(side.literal, kind, side.literal)
    return f"CAST({side.sql} AS DOUBLE)" if kind == "float" else side.sql


def _finite(sql: str) -> str:
    """A floating number, null where it is infinite or undefined; the words of the expression stand in it once."""
    return f"list_transform([{sql}], lambda __v: CASE WHEN isfinite(__v) THEN __v END)[1]"


def _bounded(sql: str, scope: Scope) -> str:
    if len(sql) > LONGEST:
        raise QueryError("bad-select", _("This is nested too deeply."), scope.parameter)
    return sql


def _call(node: exp.Anonymous, scope: Scope, depth: int, *, sums: bool) -> Made:
    name = node.this.lower()
    if name == "count" and sums:
        return Made(_count(node, scope, depth), "integer", summed=True)
    function = FUNCTIONS.get(name) or (AGGREGATES.get(name) if sums else None)
    if function is None or len(node.expressions) > MOST_ARGUMENTS:
        raise _no_function(name, scope)
    inner = sums and name not in AGGREGATES  # no sum of a sum
    given = [made(one, scope, depth + 1, sums=inner) for one in node.expressions]
    if name in AGGREGATES and given and given[0].is_free:
        raise _misused(name, function, scope)
    if name == "replace" and given and "replace(" in given[0].sql:  # each would multiply what the one before made
        raise _misused(name, function, scope)
    arguments, first = _arguments(name, function, given, scope)
    summed = _together(scope, *given) or name in AGGREGATES
    kind = _gives(function, first, node)
    if function.gives == "trunc" and kind == "timestamptz" and scope.zone:
        sql = _bounded(_begun(*arguments, given[1].sql, scope), scope)
        return Made(_careful(sql, summed=summed), kind, summed)
    sql = _bounded(_written(function, arguments, kind, summed=summed, is_sum=name in AGGREGATES), scope)
    if function.gives == "sum" and first == "integer":  # wider than a whole number of ours
        sql = f"CAST({sql} AS DECIMAL(38, 0))"
    return Made(_finite(sql) if kind == "float" and name in UNBOUNDED else sql, kind, summed)


def _begun(part: str, clock: str, moment: str, scope: Scope) -> str:
    """When the hour or the day of a moment began. An hour that the clocks show twice is that of the moment itself."""
    if part.strip("'") in SMALL_PARTS:
        return f"{moment} - ({clock} - date_trunc({part}, {clock}))"
    return scope.clocked(f"CAST(date_trunc({part}, {clock}) AS TIMESTAMP)")


def _arguments(name: str, function: Function, given: list[Made], scope: Scope) -> tuple[list[str], str]:
    """The SQL of each argument, and the kind of the first one that is no written-out word."""
    wanted = [word.rstrip("?*") for word in function.takes]
    fewest = sum(not word.endswith(("?", "*")) for word in function.takes)
    if function.takes[-1].endswith("*"):
        wanted += [wanted[-1]] * (len(given) - len(wanted))
    if not fewest <= len(given) <= len(wanted):
        raise _misused(name, function, scope)
    kind, is_alike = _common_kind(wanted, given), "same" in wanted
    found = []
    for word, one in zip(wanted, given, strict=False):
        if word in WRITTEN_OUT:
            found.append(_written_out(word, one, name, function, scope))
        elif one.literal is not None:
            found.append(_value(word, one, kind if is_alike else one.kind, given, name, scope))
        elif is_alike and {one.kind, kind} <= NUMBERS:
            found.append(f"CAST({one.sql} AS DOUBLE)" if kind == "float" != one.kind else one.sql)
        elif one.kind == kind if word == "same" else one.kind in KINDS[word]:
            zoned = word in CLOCKED and one.kind == "timestamptz" and scope.zone
            found.append(_careful(scope.clocked(one.sql), summed=one.summed) if zoned else one.sql)
        else:
            raise _misused(name, function, scope)
    if kind == "decimal" and "same*" in function.takes:
        found = _with_decimals_of_others(found, given, scope)
    return found, kind


def _with_decimals_of_others(found: list[str], given: list[Made], scope: Scope) -> list[str]:
    """Decimals with at least as many decimals as each other.

    The engine would take decimals away from what stands beside a number of 38 digits, as a sum or a rounded number is.
    A zero of the others' types, added to each, brings it to their decimals; the branch that names them is never taken.
    """
    nothing = {
        sql: f" + CASE WHEN FALSE THEN {sql} ELSE CAST(0 AS DECIMAL(1, 0)) END"
        for sql, one in zip(found, given, strict=True)
        if one.literal is None or one.kind != "integer"
    }
    wide = []
    for sql, one in zip(found, given, strict=True):
        more = "".join(words for other, words in nothing.items() if other != sql) if one.literal is None else ""
        wide.append(_bounded(f"({sql}{more})", scope) if more else sql)
    return wide


def _common_kind(wanted: list[str], given: list[Made]) -> str:
    """The kind that all that must be of one kind take: that of the columns among them; of unlike numbers, floating."""
    of_columns = [
        one.kind
        for word, one in zip(wanted, given, strict=False)
        if one.literal is None and word in {"any", "same", "number"}
    ]
    if len(set(of_columns)) > 1 and set(of_columns) <= NUMBERS:
        return "float"
    others = [one.kind for word, one in zip(wanted, given, strict=False) if word in KINDS]
    return (of_columns or others or ["text"])[0]


def _value(word: str, one: Made, kind: str, given: list[Made], name: str, scope: Scope) -> str:
    """A value among the arguments, of the type that the others, or the function, call for."""
    if word == "text":
        return scope.value(one.literal, "text", name)
    if word == "moment":
        return scope.value(one.literal, "timestamp", name)
    if word != "day":
        return scope.value(one.literal, kind if word in {"any", "same"} else one.kind, name)
    beside = {other.kind for other in given if other.literal is None}
    if "timestamptz" in beside:
        return scope.clocked(scope.value(one.literal, "timestamptz", name))
    has_clock = "timestamp" in beside or ":" in one.literal
    return scope.value(one.literal, "timestamp" if has_clock else "date", name)


def _written_out(word: str, one: Made, name: str, function: Function, scope: Scope) -> str:
    text = one.literal
    if text is None:
        raise _misused(name, function, scope)
    if word == "part" and text.lower() in PARTS:
        return f"'{text.lower()}'"
    if word == "whole" and one.kind == "integer" and abs(int(text)) <= 1_000:
        return str(int(text))
    if word == "short" and one.kind == "text" and len(text) <= SHORT:
        return scope.value(text, "text", name)
    if word == "path" and PATH.fullmatch(text):
        return f"'{text}'"
    if word == "area" and (found := read_area(text)) is not None:
        west, south, east, north = map(repr, found.bounds)
        edges = f"CAST({scope.bind(found.edges)} AS DOUBLE[][])"
        return (
            f"struct_pack(edges := {edges}, west := CAST({west} AS DOUBLE), south := CAST({south} AS DOUBLE), "
            f"east := CAST({east} AS DOUBLE), north := CAST({north} AS DOUBLE))"
        )
    if word == "share" and one.kind in NUMBERS and 0 <= float(text) <= 1:
        return repr(float(text))
    raise _misused(name, function, scope)


def _gives(function: Function, first: str, node: exp.Anonymous) -> str:
    if function.gives == "first":
        return first
    if function.gives == "sum":
        return "float" if first == "float" else "decimal"
    if function.gives == "trunc":
        return "timestamp" if first == "date" and node.expressions[0].name.lower() in SMALL_PARTS else first
    return function.gives


def _written(function: Function, arguments: list[str], kind: str, *, summed: bool, is_sum: bool) -> str:
    def filled(mark: re.Match) -> str:
        if mark[1] == "*":
            return ", ".join(arguments)
        if mark[1].endswith(":"):
            return ", ".join(arguments[int(mark[1][:-1]) :])
        at, _sep, otherwise = mark[1].partition("=")
        return arguments[int(at)] if int(at) < len(arguments) else otherwise

    sql = MARK.sub(filled, function.sql)  # in one pass: what is filled in is not looked at again
    if function.gives == "trunc":
        sql = f"CAST({sql} AS {ENGINE_TYPES[kind]})"
    return sql if is_sum else _careful(sql, summed=summed)


def _careful(sql: str, *, summed: bool) -> str:
    """What fails over a row is null. Over sums the engine allows no such net, and no hidden row is among them."""
    return sql if summed else f"TRY({sql})"


def _count(node: exp.Anonymous, scope: Scope, depth: int) -> str:
    (inner, *more) = node.expressions or [exp.Star()]
    if more:
        raise _no_function("count", scope)
    if isinstance(inner, exp.Star):
        return "count(*)"
    distinct = ""
    if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1 and not inner.args.get("on"):
        inner, distinct = inner.expressions[0], "DISTINCT "
    return f"count({distinct}{settled(made(inner, scope, depth + 1), scope).sql})"


def _together(scope: Scope, *parts: Made) -> bool:
    """True where they are sums; sums and single rows do not mix."""
    summed = {part.summed for part in parts if not part.is_free}
    if len(summed) > 1:
        raise QueryError("bad-select", _("A value of one row and a sum over many cannot be mixed."), scope.parameter)
    return summed == {True}


def _misused(name: str, function: Function, scope: Scope) -> QueryError:
    words = _("“%(name)s” is not used like this. For example: %(example)s")
    return QueryError("bad-select", words, scope.parameter, name=name, example=function.example)


def _no_function(name: str, scope: Scope) -> QueryError:
    known = ["count", *AGGREGATES, *FUNCTIONS]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    if near and near[0] != name:
        words = _("There is no function “%(name)s” here. Did you mean “%(meant)s”?")
        return QueryError("unknown-function", words, scope.parameter, name=shown(name[:40]), meant=near[0])
    words = _("There is no function “%(name)s” here. Those that there are: %(known)s.")
    return QueryError("unknown-function", words, scope.parameter, name=shown(name[:40]), known=", ".join(known))


def _unknown(scope: Scope) -> QueryError:
    words = _("Only columns, values, + - * / %% and the functions of the list can be used here.")
    return QueryError("bad-select", words, scope.parameter)
