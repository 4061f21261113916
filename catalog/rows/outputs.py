"""What comes out of a query: its columns and sums, by what they are grouped, and in which order."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from sqlglot import exp

from catalog.rows.dialect import place_of, read, shown
from catalog.rows.errors import QueryError
from catalog.rows.expressions import Made, made, settled
from catalog.rows.query import RowQuery
from catalog.rows.scope import Scope, quoted

SELECT, GROUP = "SELECT ", "SELECT 1 GROUP BY "
MOST_KEYS = 20


@dataclass(frozen=True)
class Key:
    """One step of an order."""

    sql: str
    down: bool
    kind: str


@dataclass(frozen=True)
class Question:
    """What a query asks of the rows that are let out. `unshown` are groups that are no output, by names of ours."""

    outputs: dict[str, Made]
    groups: list[str]
    is_summed: bool
    order: list[Key]
    unshown: dict[str, Made]


def question(query: RowQuery, scope: Scope, source: str) -> Question:
    """The outputs, groups and complete order of the query; `source` is what its columns are read from."""
    scope.source = source
    chosen = _chosen(query, scope)
    groups = _groups(query, chosen or {}, scope)
    if chosen is None:
        chosen = {name: Made(*scope.column(name)) for name in scope.columns}
        if groups:
            chosen = {**groups, "count": Made("count(*)", "integer", summed=True)}
    is_summed = bool(groups) or query.distinct or any(one.summed for one in chosen.values())
    if query.having and not is_summed:
        words = _("“having” is a condition on sums: it needs “group_by”, or a count, sum or the like in “select”.")
        raise QueryError("bad-select", words, "having")
    _check_grouped(query, chosen, groups)
    shown = {one.sql for one in chosen.values()}
    unshown = {f"__g{n}": one for n, one in enumerate(groups.values()) if one.sql not in shown}
    order = _order(query, chosen, scope, is_summed=is_summed)
    order += [Key(quoted(name), False, one.kind) for name, one in unshown.items()]  # rows that look alike tie without
    return Question(chosen, [one.sql for one in groups.values()], is_summed, order, unshown)


def _chosen(query: RowQuery, scope: Scope) -> dict[str, Made] | None:
    """Each output by its name, in order; None where nothing is selected."""
    if not query.select:
        return None
    scope.parameter, scope.before = "select", len(SELECT)
    tree = read(SELECT, query.select, only={"expressions"}, otherwise=_bad_select())
    if not tree.expressions:
        raise _bad_select().placed(1)
    outputs: dict[str, Made] = {}
    for node in tree.expressions:
        try:
            name, one = _output(node, scope)
        except QueryError as refusal:
            raise refusal.placed(scope.place(place_of(node))) from None
        if name in outputs or name.startswith("__"):
            words = _("“select” names “%(name)s” twice, or in a way that is ours.")
            raise QueryError("bad-select", words, "select", at=scope.place(place_of(node)), name=shown(name))
        outputs[name] = one
    return outputs


def _output(node, scope: Scope) -> tuple[str, Made]:
    alias = node.alias if isinstance(node, exp.Alias) else ""
    node = node.this if isinstance(node, exp.Alias) else node
    try:
        one = settled(made(node, scope, sums=True), scope)
    except RecursionError:
        raise _bad_select() from None
    return alias or _name(node), one


def _name(node) -> str:
    """The name of an output that was given none: the column, or function and column."""
    if isinstance(node, exp.Column):
        return node.name
    columns = [column.name for column in node.find_all(exp.Column)]
    if isinstance(node, exp.Anonymous) and len(columns) <= 1:
        is_count = node.this.lower() == "count"
        return node.this.lower() if is_count or not columns else f"{node.this.lower()}_{columns[0]}"
    raise QueryError("bad-select", _("Give what is computed a name, such as “height * 2 as doubled”."), "select")


def _groups(query: RowQuery, chosen: dict[str, Made], scope: Scope) -> dict[str, Made]:
    """What rows are grouped by: columns, names given in “select”, or expressions."""
    scope.parameter, scope.before = "group_by", len(GROUP)
    names = _plain(query.group_by)
    if all(name in scope.columns or name.lower() in scope.columns for name in names):
        return {name: Made(*scope.column(name)) for name in names}
    tree = read(GROUP, query.group_by, only={"expressions", "group"}, otherwise=_bad_group())
    nodes = tree.args["group"].expressions if tree.args.get("group") else []
    if not nodes:
        raise _bad_group().placed(1)
    if len(nodes) > MOST_KEYS:
        words = _("“group_by” names at most %(most)s columns.")
        raise QueryError("bad-parameter", words, "group_by", at=1, most=MOST_KEYS)
    return dict(_group(node, chosen, scope) for node in nodes)


def _group(node, chosen: dict[str, Made], scope: Scope) -> tuple[str, Made]:
    if isinstance(node, exp.Column) and node.name in chosen and node.name not in scope.columns:
        one = chosen[node.name]
        if one.summed:
            raise _bad_group().placed(scope.place(place_of(node)))
        return node.name, one
    one = made(node, scope)
    if one.is_free:
        raise _bad_group().placed(scope.place(place_of(node)))
    return (node.name or one.sql), one


def _check_grouped(query: RowQuery, chosen: dict[str, Made], groups: dict[str, Made]) -> None:
    """A value of one row stands beside sums only where the rows are grouped by it."""
    summed = bool(groups) or any(one.summed for one in chosen.values())
    if query.distinct and summed:
        raise QueryError("bad-select", _("“distinct” and sums exclude each other."), "distinct")
    by = {one.sql for one in groups.values()}
    for name, one in chosen.items():
        if summed and not one.summed and not one.is_free and one.sql not in by:
            raise QueryError(
                "bad-select",
                _("“%(name)s” must stand in “group_by”, or inside count, sum, avg, min, max or the like."),
                "select",
                name=name[:80],
            )


def _order(query: RowQuery, chosen: dict[str, Made], scope: Scope, *, is_summed: bool) -> list[Key]:
    """The order that is asked for, completed so that no two rows tie."""
    kinds = {name: one.kind for name, one in chosen.items()}
    columns, source = (kinds, "") if is_summed else (scope.columns, scope.source)
    within = Scope(columns, scope.params, "order_by", source=source)
    parts = _placed(query.order_by)
    if len(parts) > MOST_KEYS:
        words = _("“order_by” names at most %(most)s columns.")
        raise QueryError("bad-parameter", words, "order_by", at=parts[MOST_KEYS][0], most=MOST_KEYS)
    order = [_key(part, at, chosen, within, is_summed=is_summed) for at, part in parts]
    if not is_summed:
        return [*order, Key("__row", False, "integer")]
    named = {key.sql for key in order}
    return order + [Key(quoted(name), False, kind) for name, kind in kinds.items() if quoted(name) not in named]


def _key(part: str, at: int, chosen: dict[str, Made], scope: Scope, *, is_summed: bool) -> Key:
    down, name = part.startswith("-"), part.removeprefix("-").strip().strip('"')
    if not is_summed and name in chosen and name not in scope.columns:
        return Key(chosen[name].sql, down, chosen[name].kind)
    if name.lower().endswith((" desc", " asc")) and name not in scope.columns:
        words = _("“order_by” takes names alone: “height” from the least on, “-height” from the greatest on.")
        raise QueryError("bad-parameter", words, "order_by", at=at)
    column, kind = scope.column(name, at)
    return Key(column, down, kind)


def _plain(text: str) -> list[str]:
    return [part.strip('"') if not part.startswith("-") else part for _at, part in _placed(text)]


def _placed(text: str) -> list[tuple[int, str]]:
    """The parts between commas, each with the character at which it begins, from 1."""
    found, at = [], 1
    for part in text.split(","):
        if part.strip():
            found.append((at + len(part) - len(part.lstrip()), part.strip()))
        at += len(part) + 1
    return found


def _bad_select() -> QueryError:
    return QueryError(
        "bad-select",
        _(
            "“select” is a list of columns, of expressions over them, and of count, sum, avg, min, max and the like, "
            "each with an “as” name if you like."
        ),
        "select",
    )


def _bad_group() -> QueryError:
    words = _("“group_by” is a list of columns, of names that “select” gives, or of expressions over columns.")
    return QueryError("bad-select", words, "group_by")
