"""Hostile queries: those of `tests/data/hostile/queries.txt`, and those that are too long to be written down."""

import re
from collections.abc import Iterator
from pathlib import Path

QUERIES = Path(__file__).parent.parent / "data" / "hostile" / "queries.txt"
ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|n|\\)")


def written() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(group, what it must meet with): its queries, each a parameter and its text."""
    found: dict = {}
    group: list = []
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name, _arrow, outcome = line.removeprefix("## ").partition(" => ")
            group = found.setdefault((name, outcome), [])
        elif line and not line.startswith("#"):
            parameter, _colon, text = line.partition(": ")
            group.append((parameter, _unescaped(text)))
    return found


def _unescaped(text: str) -> str:
    def one(match: re.Match) -> str:
        return {"n": "\n", "\\": "\\"}.get(match[1]) or chr(int(match[1][1:], 16))

    return ESCAPE.sub(one, text).encode("utf-16", "surrogatepass").decode("utf-16")


def asked(parameter: str, text: str) -> dict[str, str]:
    """The parameters of the address that puts the text where it can be read at all."""
    if parameter == "having":
        return {"select": "species, count(*) as n", "group_by": "species", "having": text}
    return {parameter: text}


def bombs() -> Iterator[tuple[str, str]]:
    """Towers, chains and lists: each a parameter and a text that is built to grow in whoever reads it."""
    towers = [
        ("(", ")"), ("abs(", ")"), ("coalesce(", ", 1)"), ("not (", ")"), ("- (", ")"), ("(select ", ")"), ("[", "]"),
        ("{'a': ", "}"), ("f(x -> ", ")"), ("f((x) -> ", ")"), ("case when ", " end"), ("cast(", " as int)"),
        ("exists (", ")"), ("map {", "}"), ("struct<", ">"), ("(from ", ")"), ("f(a) over (order by ", ")"),
        ("f(a) filter (where ", ")"), ("a in (", ")"), ("any(", ")"), ("interval ", ""), ("lambda x : ", ""),
    ]  # fmt: skip
    for left, right in towers:
        for most in (41, 100, 4_000 // (len(left) + len(right)) - 5):
            yield "select", f"{left * most}height{right * most}"[:3_990] + " as x"
            yield "where", f"{left * most}height{right * most}"[:3_990] + " > 1"
            yield "group_by", (left * most)[:3_999]
    links = [
        "[1]", "[1:2]", "::int", ".a", "(1)", "->'a'", "->>'a'", "!", " collate b", " is not", " between 1",
        " at time zone 'x'", " 'a'", " as b", ";", "@", "$", "~", "`", "\\", "/*", "--\n", "$$", "\u200b",
    ]  # fmt: skip
    for link in links:
        chain = "height" + link * (3_900 // len(link))
        yield "select", chain
        yield "where", f"{chain} = 1"
        yield "group_by", chain
    yield "where", "height in (" + ",".join(["1"] * 1_001) + ")"
    yield "where", "height in (" + ",".join(["1"] * 1_990) + ")"
    yield "where", "height = 1 and " * 300
    yield "where", "or " * 1_300
    yield "where", "'" * 3_999
    yield "where", '"' * 3_999
    yield "select", ",".join(["species"] * 500)
    yield "order_by", ",".join(["species"] * 500)
    yield "order_by", ",".join(["-height"] * 21)
    yield "group_by", ",".join(f"height + {n}" for n in range(300))
    yield "select", "coalesce(" + ",".join(["height"] * 500) + ") as x"
    yield "select", "concat(" + ",".join(["species"] * 21) + ") as x"
    for parameter in ("select", "where", "group_by", "having", "order_by", "q", "after"):
        yield parameter, "x" * 4_001
        yield parameter, "x" * 100_000


def heavy() -> Iterator[tuple[str, str]]:
    """Within the language and yet as much work as its length allows."""
    yield "where", " or ".join(f"height = {n}" for n in range(300))
    yield "where", " and ".join(["species like '%a%b%c%'"] * 150)
    yield "where", "height in (" + ",".join(map(str, range(1_000))) + ")"
    yield "where", "not " * 30 + "height = 1"
    yield "where", "(" * 30 + "height = 1" + ")" * 30
    yield "where", "contains(species, '" + "a" * 3_900 + "')"
    yield "where", "species like '" + "%a" * 1_900 + "'"
    yield "where", "species like '" + "_" * 3_900 + "'"
    yield "select", " + ".join(["height"] * 35) + " as x"
    yield "select", ", ".join(f"height + {n} as c{n}" for n in range(180))
    yield "select", ", ".join(f"median(height + {n}) as c{n}" for n in range(100))
    yield "select", ", ".join(f"count(distinct height + {n}) as c{n}" for n in range(100))
    yield "select", "replace(species, 'a', 'aaaaaaaaaaaaaaaaaaaa') as x"
    yield "select", "concat(" + ",".join(["species"] * 20) + ") as x"
    yield "select", "concat(" + ",".join(["concat(" + ",".join(["species"] * 20) + ")"] * 15) + ") as x"
    yield "select", "abs(" * 30 + "height" + ")" * 30 + " as x"
    yield "group_by", ",".join(f"height + {n}" for n in range(20))
    yield "order_by", ",".join(["-height", "species"] * 10)
    yield "q", "a" * 4_000
    yield "sample", "10000"
