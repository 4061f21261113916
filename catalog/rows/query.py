"""A question put to one table: the same for page, API, file and count. Nothing of it is trusted until compiled."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import rfc8785
from django.utils.translation import gettext_lazy as _

from catalog.rows.errors import QueryError

OPERATORS = {"ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}
SPECIAL = frozenset({"in", "isnull"})
RESERVED = frozenset({"select", "where", "group_by", "order_by", "limit", "after", "basis", "format", "total"})
LATER = frozenset({"distinct", "sample", "facets", "timezone", "as_of", "q"})
LONGEST = 4_000
MOST_ROWS = 10_000
PAGE = 100


@dataclass(frozen=True)
class RowQuery:
    """`limit=None` means every row. `filters` are (column, operator, value) with an operator of this module."""

    table: str = "main"
    select: str = ""
    where: str = ""
    filters: tuple[tuple[str, str, str], ...] = ()
    group_by: str = ""
    order_by: str = ""
    limit: int | None = PAGE
    after: str = ""

    @classmethod
    def from_params(cls, params, *, table: str) -> "RowQuery":
        """The query that an address states: `select`, `where`, `group_by`, `order_by`, `limit`, `after`, `column=`."""
        named = {name: _one(params, name) for name in ("select", "where", "group_by", "order_by", "after")}
        return cls(table=table, limit=_limit(_one(params, "limit")), filters=_filters(params), **named)

    def whole(self) -> "RowQuery":
        """The same question without pages."""
        return replace(self, limit=None, after="")

    def normal(self) -> dict:
        """What is asked, without where the reader has got to."""
        return {
            "table": self.table,
            "select": self.select,
            "where": self.where,
            "filters": sorted([list(item) for item in self.filters]),
            "group_by": self.group_by,
            "order_by": self.order_by,
        }

    @cached_property
    def sha256(self) -> str:
        """The digest of the normal form."""
        return hashlib.sha256(rfc8785.dumps(self.normal())).hexdigest()

    @property
    def is_plain(self) -> bool:
        """True where it asks for all rows as they are: no filter, no grouping."""
        return not (self.where or self.filters or self.group_by or self.select)


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
        raise QueryError("bad-parameter", _("“%(name)s” holds a character that no text has."), name, name=name)
    return text.strip()


def _limit(text: str) -> int:
    if not text:
        return PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST_ROWS):
        raise QueryError(
            "bad-parameter",
            _("“limit” must be a whole number from 1 to %(most)s. For all rows use “format”, or follow “next”."),
            "limit",
            most=MOST_ROWS,
        )
    return int(text)


def _filters(params) -> tuple[tuple[str, str, str], ...]:
    found = []
    for name in params:
        if name in RESERVED:
            continue
        if name in LATER:
            raise QueryError("bad-parameter", _("“%(name)s” is not offered here."), name, name=name)
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
