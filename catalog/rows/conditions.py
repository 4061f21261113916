"""Conditions on rows: read by a parser, held against a list of what is allowed, and written anew.

No text of a client ever reaches the engine: names become quoted columns that exist under the basis, values become
parameters of the type that stands beside them.
"""

from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from catalog.masks import NUMBERS
from catalog.rows.dialect import place_of, read
from catalog.rows.errors import QueryError
from catalog.rows.expressions import DEEPEST, Made, made, settled, typed
from catalog.rows.scope import Scope

COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
BEFORE = "SELECT 1 WHERE "
LONGEST = 4_000
MOST_VALUES = 1_000
FEW_DECIMALS = 4


def parsed(text: str, parameter: str) -> exp.Expression:
    """The syntax tree of a condition; what is no condition says so."""
    if len(text) > LONGEST:
        raise QueryError("bad-filter", _("This condition is longer than %(most)s characters."), parameter, most=LONGEST)
    no_condition = QueryError(
        "bad-filter",
        _("This is no condition. Write for example: district = 'North' and day >= '2026-01-01'"),
        parameter,
    )
    tree = read(BEFORE, text, only={"expressions", "where"}, otherwise=no_condition)
    if len(tree.expressions) != 1 or not tree.args.get("where"):
        raise no_condition.placed(1)
    return tree.args["where"].this


def condition(text: str, scope: Scope) -> str:
    """The condition as the engine's SQL, its values as parameters."""
    scope.before = len(BEFORE)
    try:
        return _compile(parsed(text, scope.parameter), scope, 0)
    except RecursionError:
        raise _unsupported(scope) from None


def _compile(node: exp.Expression, scope: Scope, depth: int) -> str:
    try:
        return _compiled(node, scope, depth)
    except QueryError as refusal:
        raise refusal.placed(scope.place(place_of(node)) or 1) from None


def _compiled(node: exp.Expression, scope: Scope, depth: int) -> str:
    if depth > DEEPEST:
        raise QueryError("bad-filter", _("This condition is nested too deeply."), scope.parameter)
    if isinstance(node, exp.Paren):
        return f"({_compile(node.this, scope, depth + 1)})"
    if isinstance(node, exp.And | exp.Or):
        joint = " AND " if isinstance(node, exp.And) else " OR "
        parts = list(node.flatten(unnest=False))
        return "(" + joint.join(_compile(part, scope, depth + 1) for part in parts) + ")"
    if isinstance(node, exp.Not):
        return f"(NOT {_compile(node.this, scope, depth + 1)})"
    if type(node) in COMPARISONS:
        return _comparison(node, scope, depth)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return f"{_side(node.this, scope, depth).sql} IS NULL"
    if isinstance(node, exp.In):
        return _membership(node, scope, depth)
    if isinstance(node, exp.Between) and not node.args.get("symmetric"):
        side = _side(node.this, scope, depth)
        ends = [_made(node.args[end], scope, depth) for end in ("low", "high")]
        low, high = (typed(end, side.kind, scope, _about(node.this)) for end in ends)
        return _held(f"{side.sql} BETWEEN {low} AND {high}", side, *ends)
    if isinstance(node, exp.Like | exp.ILike):
        return _like(node, scope, depth)
    if isinstance(node, exp.Column | exp.Anonymous):
        side = _side(node, scope, depth)
        if side.kind == "boolean":
            return side.sql
    raise _unsupported(scope)


def _made(node, scope: Scope, depth: int) -> Made:
    try:
        return made(node, scope, depth + 1)
    except QueryError as reason:
        if reason.code == "bad-select":
            raise QueryError("bad-filter", reason.message, reason.parameter, **reason.params) from None
        raise


def _side(node, scope: Scope, depth: int) -> Made:
    """An expression over columns: a value alone says nothing about a row."""
    found = _made(node, scope, depth)
    if found.is_free:
        raise _unsupported(scope)
    return found


def _comparison(node, scope: Scope, depth: int) -> str:
    sign = COMPARISONS[type(node)]
    left, right = (_made(side, scope, depth) for side in (node.this, node.expression))
    if left.is_free and right.is_free:
        raise _unsupported(scope)
    if left.is_free:
        return _held(f"{typed(left, right.kind, scope, _about(node.expression))} {sign} {right.sql}", right, left)
    if right.is_free:
        return _held(f"{left.sql} {sign} {typed(right, left.kind, scope, _about(node.this))}", left, right)
    if left.kind != right.kind and not {left.kind, right.kind} <= NUMBERS:
        raise QueryError("bad-filter", _("Columns of different types cannot be compared."), scope.parameter)
    return _held(f"{left.sql} {sign} {right.sql}", left, right)


def _membership(node: exp.In, scope: Scope, depth: int) -> str:
    side, values = _side(node.this, scope, depth), node.expressions
    if not values or node.args.get("query") or len(values) > MOST_VALUES:
        raise QueryError(
            "bad-filter", _("“in” takes a list of 1 to %(most)s values."), scope.parameter, most=MOST_VALUES
        )
    made_values = [_made(value, scope, depth) for value in values]
    found = [typed(value, side.kind, scope, _about(node.this)) for value in made_values]
    return _held(f"{side.sql} IN ({', '.join(found)})", side, *made_values)


def _held(sql: str, side: Made, *others: Made) -> str:
    """The comparison; unknown for a decimal so large that no type holds it beside the many decimals of another."""
    is_wide = any(one.literal is None or len(one.literal.partition(".")[2]) > FEW_DECIMALS for one in others)
    return f"TRY({sql})" if side.kind == "decimal" and not side.summed and is_wide else sql


def _like(node, scope: Scope, depth: int) -> str:
    side, pattern = _side(node.this, scope, depth), _made(node.expression, scope, depth)
    if side.kind != "text" or pattern.literal is None:
        raise QueryError("bad-filter", _("“like” is for text columns only."), scope.parameter)
    word = "ILIKE" if isinstance(node, exp.ILike) else "LIKE"
    return f"{side.sql} {word} {settled(Made('', 'text', literal=pattern.literal), scope).sql}"


def _about(node) -> str:
    """The column or function that a value stands beside, in words."""
    return node.name or "this"


def _unsupported(scope: Scope) -> QueryError:
    return QueryError(
        "bad-filter",
        _(
            "A condition compares columns with values: =, <>, <, <=, >, >=, in, between, "
            "like, ilike, is null, joined by and, or, not."
        ),
        scope.parameter,
    )
