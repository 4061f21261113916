"""Reads the source of the house and says where it breaks the house's own rules. It imports nothing of it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

APPS = ("audit", "catalog", "sharing", "opendata", "portal")
MAY_IMPORT = {
    "audit": {"audit"},
    "catalog": {"audit", "catalog"},
    "sharing": {"audit", "catalog", "sharing"},
    "opendata": {"audit", "catalog", "opendata"},
    "portal": set(APPS),
}
ONLY_IN = {
    "guardian": (r".*permissions\.py", r"catalog/models/permission\.py", r"catalog/permissions/.*"),
    "elasticsearch": (r"catalog/search/.*",),
    "sqlalchemy": (r"catalog/sources/.*",),
    "paramiko": (r"catalog/sources/.*",),
    "duckdb": (r"catalog/rows/.*", r"catalog/ingest/.*"),
}
# Whoever turns stored bytes into rows. All others go through the gate.
ROW_READERS = {"catalog/gate.py": {"catalog.rows.engine"}, "catalog/rows/engine.py": {"catalog.rows.serving"}}
ENGINES = {"catalog.rows.engine", "catalog.rows.serving"}
DOTTED = re.compile(rf"^({'|'.join(APPS)})(\.[a-z_]\w*)+$")
WRITES = {"save", "create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}
SIGNALS = {"receiver", "post_save", "pre_save", "post_delete", "pre_delete", "m2m_changed", "Signal"}


def sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every module of the apps, by its path below the root."""
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(root).as_posix(), parsed(path.read_text())


@cache
def parsed(text: str) -> ast.Module:
    """The tree of a source, which nobody may change: several rules look at each."""
    return ast.parse(text)


def imports(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every module that is named: imported absolutely or relatively, at the top or inside, or named in a string."""
    package = path.split("/")[:-1]
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
        if isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.match(node.value):
            yield from [] if id(node) in docstrings else [(node.lineno, node.value)]


def wrong_imports(root: Path) -> list[str]:
    """Imports that run against the order of the house, and libraries used outside their rooms."""
    found = []
    for path, tree in sources(root):
        app = path.split("/")[0]
        for line, module in imports(path, tree):
            top = module.split(".")[0]
            if top in APPS and top not in MAY_IMPORT[app]:
                found.append(f"{path}:{line} {app} may not know of {module}")
            if top in ONLY_IN and not any(re.fullmatch(allowed, path) for allowed in ONLY_IN[top]):
                found.append(f"{path}:{line} {top} is used outside its room")
    return found


def other_row_readers(root: Path) -> list[str]:
    """Modules beside the gate that reach for the row engine."""
    found = []
    for path, tree in sources(root):
        if path.startswith("catalog/rows/") and path != "catalog/rows/engine.py":
            continue
        for line, module in imports(path, tree):
            for engine in ENGINES:
                reads = module == engine or module.startswith(f"{engine}.")
                keeps = module.endswith((".build", ".clear_half_built", ".forget", ".known", ".remake"))
                if reads and not keeps and engine not in ROW_READERS.get(path, set()):
                    found.append(f"{path}:{line} reads rows past the gate ({module})")
    return found


def signals(root: Path) -> list[str]:
    """Uses of signals."""
    found = []
    for path, tree in sources(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & SIGNALS:
                found.append(f"{path}:{node.lineno} uses signals")
    return found


def kept_pages(root: Path) -> list[str]:
    """Pages for who is signed in that say nothing about caches: the next one at this computer could go back to them."""
    return [
        f"{path}:{node.name} may be kept by a cache"
        for path, tree in sources(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        if "login_required" in (named := {ast.unparse(one).partition("(")[0] for one in node.decorator_list})
        if not named & {"never_cache", "cache_control"}
    ]


def actions(root: Path) -> dict[str, tuple[ast.FunctionDef, set[str]]]:
    """Every public function of the actions modules: its definition and the names that it calls."""
    found = {}
    for path, tree in sources(root):
        if not (path.endswith("/actions.py") or "/actions/" in path):
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                called = {
                    call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call)
                }
                found[f"{path}:{node.name}"] = (node, called)
    return found


def silent_actions(root: Path) -> list[str]:
    """Public functions of actions modules that change something or say by whom, and never come to `record`."""
    known = actions(root)
    recording = {"record"}
    while True:
        more = {name.split(":")[1] for name, (_node, called) in known.items() if called & recording} - recording
        if not more:
            break
        recording |= more
    return [
        f"{name} records nothing"
        for name, (node, called) in known.items()
        if not node.name.startswith("_") and (takes_by(node) or called & WRITES) and node.name not in recording
    ]


def takes_by(node: ast.FunctionDef) -> bool:
    """True for a function with a keyword-only `by`."""
    return "by" in {argument.arg for argument in node.args.kwonlyargs}
