"""Which columns of two tables could be held together by who has both, as each lets them out."""

from dataclasses import dataclass

from catalog.codes import IdentityRole
from catalog.models import Basis, Column, Table, Version
from catalog.terms import TableTerms

MOST = 8  # pairs of one pair of tables
KEY_LIKE = 0.5  # distinct values, of all rows, from which on a column looks like a key
FEWEST_ROWS = 100
KEYS = frozenset({"text", "integer"})
ROLE, NAME, VALUES = "role", "name", "values"
PSEUDONYM, COARSER = "pseudonym", "coarser"


@dataclass(frozen=True)
class Lent:
    """A column as terms let it out, and what is known of it."""

    name: str
    mask: str | None
    kind: str
    role: str
    is_key_like: bool


@dataclass(frozen=True)
class Held:
    """A table that the requester's department reads under a live grant."""

    grant: Basis
    version: Version
    table: Table
    terms: TableTerms


@dataclass(frozen=True)
class Pair:
    """Two columns, why they may hold rows together, and what stands in the way, if anything does."""

    mine: Lent
    theirs: Lent
    why: str
    bar: str = ""

    @property
    def compared(self) -> str | None:
        """The mask under which both are compared: pseudonyms of one domain are the same where their values are."""
        return None if self.mine.mask == "hash" else self.mine.mask


def lent_columns(terms: TableTerms, table: Table, dictionary: list[Column]) -> list[Lent]:
    """The columns of a table that terms let out with a value in them."""
    roles = {column.name: column.identity_role for column in dictionary if column.table == table.name}
    about = {column["name"]: column for column in table.schema}
    return [
        Lent(name, mask, about[name]["type"], roles.get(name, IdentityRole.NONE), _key_like(about[name], table.rows))
        for name, mask in terms.columns.items()
        if mask != "null" and name in about
    ]


def pairs_of(mine: list[Lent], theirs: list[Lent], *, one_domain: bool) -> list[Pair]:
    """The pairs worth comparing, those of one identity role first."""
    found = [
        Pair(one, other, why, _bar(one, other, one_domain=one_domain))
        for one in mine
        for other in theirs
        if (why := _why(one, other))
    ]
    ranked = sorted(found, key=lambda pair: ([ROLE, NAME, VALUES].index(pair.why), bool(pair.bar)))
    return [pair for pair in ranked if pair.why == ROLE or not pair.bar][:MOST]


def _why(one: Lent, other: Lent) -> str:
    if one.role == other.role != IdentityRole.NONE:
        return ROLE
    if one.kind not in KEYS or other.kind not in KEYS or not (one.is_key_like and other.is_key_like):
        return ""
    return NAME if one.name.lower() == other.name.lower() else VALUES


def _bar(one: Lent, other: Lent, *, one_domain: bool) -> str:
    """What keeps the recipient from holding the two together: pseudonyms of another domain, or unlike coarseness."""
    masks = {one.mask, other.mask}
    if masks == {"hash"}:
        return "" if one_domain else PSEUDONYM
    if "hash" in masks:
        return PSEUDONYM
    return "" if len(masks) == 1 else COARSER


def _key_like(about: dict, rows: int) -> bool:
    return rows >= FEWEST_ROWS and (about.get("distinct") or 0) >= KEY_LIKE * rows
