"""Reads the source and says which functions change something and can end without an event. It imports nothing of it.

Each function is walked along every way through it. Writing means a call such as `.save()` or `.create()`; recording, a
call of `record` or of a function that records on each of its own ways. A way that raises changes nothing: it is rolled
back. A way that wrote and comes to its end unrecorded is a fault, and so is one that records the same kind twice.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from tests.architecture import WRITES, sources

# Digests, dictionaries and the cache have methods of these names too, and give them what rows never take by place.
BY_NAME_ALONE = {"update", "delete"}
MOST_WAYS = 64


@dataclass(frozen=True)
class Way:
    """What happened on one way through a function so far."""

    wrote: bool = False
    recorded: bool = False
    kinds: tuple[str, ...] = ()
    ended: bool = False
    left_loop: bool = False


@dataclass
class Function:
    """One function of the house, with what the names in it stand for."""

    name: str
    node: ast.FunctionDef
    names: dict[str, str]
    ways: set[Way] = field(default_factory=set)

    @property
    def always_records(self) -> bool:
        """True where no way through it ends without an event."""
        return bool(self.ways) and all(way.recorded for way in self.ways)

    @property
    def wrote_silently(self) -> bool:
        """True where a way wrote and ended without an event."""
        return any(way.wrote and not way.recorded for way in self.ways)

    @property
    def twice(self) -> list[str]:
        """The kinds of which one way records two events."""
        return sorted({kind for way in self.ways for kind in way.kinds if way.kinds.count(kind) > 1})


def functions(root: Path) -> dict[str, Function]:
    """Every function and method of the apps, walked, by `path:name`."""
    found = {}
    for path, tree in sources(root):
        names = _names(root, path, tree)
        for owner, node in _defined(tree):
            name = f"{path}:{owner}{node.name}"
            found[name] = Function(name, node, names)
    known: set[str] = {"audit/log.py:record", "audit/log.py:record_alone", "audit/log.py:record_end"}
    while True:
        for function in found.values():
            function.ways = _walk(function.node.body, {Way()}, _Calls(function.names, known))
        more = {name for name, function in found.items() if function.always_records} - known
        if not more:
            return found
        known |= more


def silent(root: Path) -> list[str]:
    """Functions that change rows and may end without an event, and those that write the same event twice."""
    found = []
    for name, function in functions(root).items():
        if function.wrote_silently:
            found.append(f"{name} may end without an event")
        found += [f"{name} records {kind} twice" for kind in function.twice]
    return found


def _defined(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield owner, node
        named = isinstance(node, ast.FunctionDef | ast.ClassDef)
        yield from _defined(node, f"{owner}{node.name}." if named else owner)


def _names(root: Path, path: str, tree: ast.Module) -> dict[str, str]:
    """What a name in this module stands for: a function as `path:name`, a module as `path:`."""
    names = {node.name: f"{path}:{node.name}" for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            folder = node.module.replace(".", "/")
            for alias in node.names:
                module = root / folder / f"{alias.name}.py"
                here = f"{folder}/{alias.name}.py:" if module.exists() else f"{folder}.py:{alias.name}"
                names[alias.asname or alias.name] = here
    return names


@dataclass
class _Calls:
    """Tells what a call does."""

    names: dict[str, str]
    known: set[str]

    def after(self, way: Way, node: ast.AST | None) -> Way:
        """The way after everything that the expression calls."""
        for call in calls_in(node):
            if self._target(call) in self.known:
                kind = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
                kinds = (*way.kinds, kind) if isinstance(kind, str) and "." in kind else way.kinds
                way = replace(way, recorded=True, kinds=kinds)
            elif self._writes(call):
                way = replace(way, wrote=True)
        return way

    def _target(self, call: ast.Call) -> str:
        if isinstance(call.func, ast.Name):
            return self.names.get(call.func.id, "")
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            module = self.names.get(call.func.value.id, "")
            return f"{module}{call.func.attr}" if module.endswith(":") else ""
        return ""

    @staticmethod
    def _writes(call: ast.Call) -> bool:
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITES:
            return False
        return not (call.func.attr in BY_NAME_ALONE and call.args)


@cache
def calls_in(node: ast.AST | None) -> list[ast.Call]:
    """The calls of an expression, inner ones first; what a lambda or a comprehension holds may run later or never."""
    found: list[ast.Call] = []

    def visit(one: ast.AST) -> None:
        if isinstance(one, ast.Lambda | ast.FunctionDef):
            return
        for child in ast.iter_child_nodes(one):
            visit(child)
        if isinstance(one, ast.Call):
            found.append(one)

    if node is not None:
        visit(node)
    return found


def _walk(body: list[ast.stmt], ways: set[Way], calls: _Calls) -> set[Way]:
    for statement in body:
        going = {way for way in ways if not way.ended and not way.left_loop}
        ways = (ways - going) | _step(statement, going, calls)
        assert len(ways) <= MOST_WAYS, f"line {statement.lineno}: too many ways to follow; make the function smaller"
    return ways


def _step(node: ast.stmt, ways: set[Way], calls: _Calls) -> set[Way]:
    """The ways after one statement."""
    if isinstance(node, ast.Raise):
        return set()
    if isinstance(node, ast.If):
        ways = {calls.after(way, node.test) for way in ways}
        return _walk(node.body, ways, calls) | _walk(node.orelse, ways, calls)
    if isinstance(node, ast.For | ast.While):
        first = node.iter if isinstance(node, ast.For) else node.test
        ways = {calls.after(way, first) for way in ways}
        inside = {replace(way, left_loop=False) for way in _walk(node.body, ways, calls)}
        return _walk(node.orelse, ways | inside, calls)
    if isinstance(node, ast.With):
        for item in node.items:
            ways = {calls.after(way, item.context_expr) for way in ways}
        return _walk(node.body, ways, calls)
    if isinstance(node, ast.Try):
        done = _walk(node.orelse, _walk(node.body, ways, calls), calls)
        for handler in node.handlers:
            done |= _walk(handler.body, ways, calls)
        return _walk(node.finalbody, done, calls)
    if isinstance(node, ast.Match):
        ways = {calls.after(way, node.subject) for way in ways}
        return ways.union(*(_walk(case.body, ways, calls) for case in node.cases))
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return ways
    if isinstance(node, ast.Return):
        return {replace(calls.after(way, node.value), ended=True) for way in ways}
    if isinstance(node, ast.Break | ast.Continue):
        return {replace(way, left_loop=True) for way in ways}
    return {calls.after(way, node) for way in ways}
