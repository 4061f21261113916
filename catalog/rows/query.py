"""A question put to one table: the same for page, API, file and count. Nothing of it is trusted until compiled."""

import difflib
import hashlib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _

from audit.canonical import canonical
from catalog.rows.dialect import shown, without_values
from catalog.rows.errors import QueryError

OPERATORS = {"ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}
TEXTS = ("select", "where", "group_by", "having", "order_by", "after", "q")
RESERVED = frozenset({*TEXTS, "distinct", "sample", "limit", "basis", "format", "total", "facets", "as_of", "timezone"})
LONGEST = 4_000
MOST_FILTERS = 100
MOST_ROWS = 10_000
PAGE = 100
FACET_VALUES = 20


@dataclass(frozen=True)
class RowQuery:
    """`limit=None` means every row. `filters` are (column, operator, value) with an operator of this module."""

    table: str = "main"
    select: str = ""
    where: str = ""
    filters: tuple[tuple[str, str, str], ...] = ()
    group_by: str = ""
    having: str = ""
    order_by: str = ""
    q: str = ""
    distinct: bool = False
    sample: int = 0
    timezone: str = ""
    limit: int | None = PAGE
    after: str = ""

    @classmethod
    def from_params(cls, params, *, table: str) -> "RowQuery":
        """The query that an address states: `select`, `where`, `group_by`, `having`, `order_by` and the others."""
        return cls(
            table=table,
            limit=_whole(params, "limit") or PAGE,
            sample=_whole(params, "sample"),
            distinct=_flag(params, "distinct"),
            timezone=_zone(params),
            filters=_filters(params),
            **{name: _one(params, name) for name in TEXTS},
        )

    def whole(self) -> "RowQuery":
        """The same question without pages."""
        return replace(self, limit=None, after="")

    def facet(self, name: str) -> "RowQuery":
        """The frequent values of a column among the rows that this question is about."""
        column = name.strip('"').replace('"', '""')
        return replace(
            self, select=f'"{column}" as value, count(*) as count', group_by=f'"{column}"', order_by="-count",
            having="", distinct=False, limit=FACET_VALUES, after="",
        )  # fmt: skip

    def normal(self) -> dict:
        """What is asked, without where the reader has got to."""
        return {
            "table": self.table,
            "select": self.select,
            "where": self.where,
            "filters": sorted([list(item) for item in self.filters]),
            "group_by": self.group_by,
            "having": self.having,
            "order_by": self.order_by,
            "q": self.q,
            "distinct": self.distinct,
            "sample": self.sample,
            **({"timezone": self.timezone} if self.timezone else {}),
        }

    def shape(self) -> dict:
        """What is asked without the values in it: what a reader looks for may be personal."""
        return {
            "select": without_values(self.select),
            "group_by": without_values(self.group_by),
            "order_by": self.order_by,
            "narrowed": self.is_narrowed or bool(self.having),
        }

    def words(self) -> str:
        """The whole question in words, with the values that are looked for."""
        filters = [f"{column} {operator} {value!r}" for column, operator, value in self.filters]
        about = {
            "select": self.select,
            "where": self.where,
            "q": self.q,
            "group by": self.group_by,
            "having": self.having,
        }
        return "; ".join([*filters, *(f"{name} {text}" for name, text in about.items() if text)]) or "all rows"

    @cached_property
    def sha256(self) -> str:
        """The digest of the normal form."""
        return hashlib.sha256(canonical(self.normal())).hexdigest()

    @property
    def is_plain(self) -> bool:
        """True where it asks for all rows as they are: no filter, no grouping."""
        return not (self.is_narrowed or self.group_by or self.select or self.distinct)

    @property
    def is_narrowed(self) -> bool:
        """True where not all rows are asked for."""
        return bool(self.where or self.filters or self.q or self.sample)


def _one(params, name: str) -> str:
    values = params.getlist(name)
    if len(values) > 1:
        raise QueryError("bad-parameter", _("Give “%(name)s” once."), name, name=name)
    text = values[0] if values else ""
    if len(text) > LONGEST:
        raise QueryError(
            "bad-parameter", _("“%(name)s” is longer than %(most)s characters."), name, name=name, most=LONGEST
        )
    if "\x00" in text:
        at = text.index("\x00") + 1
        raise QueryError("bad-parameter", _("“%(name)s” holds a character that no text has."), name, at=at, name=name)
    return text.rstrip()  # what stands before the first word counts for the places of all


def _whole(params, name: str) -> int:
    text = _one(params, name).strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST_ROWS):
        raise QueryError(
            "bad-parameter",
            _("“%(name)s” must be a whole number from 1 to %(most)s. For all rows use “format”, or follow “next”."),
            name,
            name=name,
            most=MOST_ROWS,
        )
    return int(text)


def _flag(params, name: str) -> bool:
    text = _one(params, name).strip().lower()
    if text not in {"", "true", "false"}:
        raise QueryError("bad-parameter", _("“%(name)s” is true or false."), name, name=name)
    return text == "true"


def _zone(params) -> str:
    text = _one(params, "timezone").strip()
    if text and text not in _zones():
        near = difflib.get_close_matches(text, _zones(), n=1, cutoff=0.6)
        words = _("There is no time zone “%(name)s”. Take a name of IANA's list, such as %(meant)s.")
        meant = near[0] if near else "Asia/Shanghai"
        raise QueryError("bad-parameter", words, "timezone", name=shown(text), meant=meant)
    return text


@cache
def _zones() -> frozenset[str]:
    """The names of IANA's list, without those that mean this machine's own zone."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _filters(params) -> tuple[tuple[str, str, str], ...]:
    found = []
    if len(params) > MOST_FILTERS:
        words = _("An address holds at most %(most)s parameters. Write “column__in=a,b,c”, or “where”.")
        raise QueryError("bad-parameter", words, most=MOST_FILTERS)
    for name in params:
        if name in RESERVED:
            continue
        column, _sep, operator = name.rpartition("__")
        if not column:
            column, operator = name, "eq"
        values = params.getlist(name)
        if any("\x00" in value or len(value) > LONGEST for value in values):
            raise QueryError(
                "bad-parameter",
                _("The value of “%(name)s” is no text of fewer than %(most)s characters."),
                name,
                name=name[:80],
                most=LONGEST,
            )
        if operator == "eq" and len(values) > 1:
            found.append((column, "in", "\x1f".join(values)))
        else:
            found += [(column, operator, value if operator != "in" else value.replace(",", "\x1f")) for value in values]
    return tuple(found)
