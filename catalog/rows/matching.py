"""How many values of one table are in another: one statement over what two duties let out, for one number each.

No value and no exact count leaves: the share is of distinct values, told in steps of ten per cent, and not at all where
either side has so few that a share would say something about one of them. Where the steps lie differs from pair to
pair, by a secret: whoever can change one side cannot bring the share to the edge of a step and try one value.
"""

import hmac
from dataclasses import dataclass

from django.conf import settings

from audit.canonical import canonical
from audit.lists import stated
from catalog.rows.comparing import NEWER, OLDER, Side
from catalog.rows.letting import let_out
from catalog.rows.plan import OutColumn, Plan
from catalog.rows.scope import quoted

FEWEST = 100  # distinct values on each side, below which no share is told
STEP = 10  # per cent
FINE = 1000  # places within a step at which its edge can lie


@dataclass(frozen=True)
class Matching:
    """Pairs of columns, the first of `table`, the second of the other table, whose values are compared."""

    table: str
    other: str
    pairs: tuple[tuple[str, str], ...]

    def shape(self) -> dict:
        """What is asked, as the opening event states it."""
        return {"with": self.other, "pairs": stated([f"{one} {other}" for one, other in self.pairs])}

    def words(self) -> str:
        """The question in words."""
        return "; ".join(f"values of {one} in {other} of {self.other}" for one, other in self.pairs)


@dataclass(frozen=True)
class MatchingPlan(Plan):
    """A statement with a row for each pair: its number and the share in per cent, or none where there are too few."""

    exit: str = "matches"


def shifts(asked: Matching, *datasets: str) -> list[float]:
    """For each pair of columns of these two datasets, how far its steps are shifted: under half a step, in per cent."""
    places = [[*datasets, asked.table, asked.other, one, other] for one, other in asked.pairs]
    secret = settings.PSEUDONYM_SECRET.encode()
    drawn = [hmac.digest(secret, b"causeway steps of shares " + canonical(place), "sha256") for place in places]
    return [(int.from_bytes(digest[:8]) % FINE / FINE - 0.5) * STEP for digest in drawn]


def matches(asked: Matching, mine: Side, theirs: Side, *, shifted: list[float], about: str) -> MatchingPlan:
    """For each pair the share of the distinct values of the first column that the second has too, in its steps."""
    inner_a, params, kinds_a = let_out(mine.terms, mine.types, mine.pseudonyms, source=NEWER)
    inner_b, params, kinds_b = let_out(theirs.terms, theirs.types, theirs.pseudonyms, source=OLDER, params=params)
    steps = [f"a AS NOT MATERIALIZED ({inner_a})", f"b AS NOT MATERIALIZED ({inner_b})"]
    parts = []
    for n, (one, other) in enumerate(asked.pairs):
        is_alike = kinds_a[one] == kinds_b[other]
        steps += [_values(f"a{n}", "a", one, as_is=is_alike), _values(f"b{n}", "b", other, as_is=is_alike)]
        parts.append(
            f"SELECT {n} AS pair, {shifted[n]:.2f} AS shift,"
            f" (SELECT count(*) FROM a{n}) AS mine, (SELECT count(*) FROM b{n}) AS theirs,"
            f" (SELECT count(*) FROM a{n} SEMI JOIN b{n} USING (v)) AS shared"
        )
    share = f"CAST(greatest(0, least(100, round((100.0 * shared / mine + shift) / {STEP}) * {STEP})) AS BIGINT)"
    told = f"CASE WHEN least(mine, theirs) >= {FEWEST} THEN {share} END AS share"
    sql = f"WITH {', '.join(steps)} SELECT pair, {told} FROM ({' UNION ALL '.join(parts)}) ORDER BY pair"
    out = [OutColumn("pair", "integer"), OutColumn("share", "integer")]
    reads = list(dict.fromkeys(one for one, _other in asked.pairs))
    return MatchingPlan(sql, params, out, reads, about=about)


def _values(name: str, side: str, column: str, *, as_is: bool) -> str:
    """The distinct values of a column; of unlike types their texts are compared."""
    cell = quoted(column) if as_is else f"CAST({quoted(column)} AS VARCHAR)"
    return f"{name} AS MATERIALIZED (SELECT DISTINCT {cell} AS v FROM {side} WHERE {quoted(column)} IS NOT NULL)"
