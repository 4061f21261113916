"""What exists for a query: columns with their types, and the parameters that its values become."""

import difflib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from catalog.rows.dialect import shown
from catalog.rows.errors import QueryError

ENGINE_TYPES = {
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "decimal": "DECIMAL(38, 18)",
    "float": "DOUBLE",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "text": "VARCHAR",
    "geometry": "VARCHAR",
}
MOST_DIGITS, MOST_DECIMALS = 38, 18


@dataclass
class Scope:
    """The columns that exist (name to type) and the parameters gathered so far."""

    columns: dict[str, str]
    params: dict[str, object] = field(default_factory=dict)
    parameter: str = "where"
    used: set[str] = field(default_factory=set)
    zone: str = ""  # in which moments without one are meant, and days and hours of moments are reckoned
    source: str = ""  # what columns are read from, where the name of an output could be taken for theirs
    before: int = 0  # how many characters of ours stand before the text that is being read

    def taken(self) -> list[str]:
        """The columns that were used since this was last asked, in their own order."""
        used, self.used = self.used, set()
        return [name for name in self.columns if name in used]

    def place(self, start: int | None) -> int | None:
        """At which character of the asker's text something stands, from 1."""
        return start - self.before + 1 if start is not None and start >= self.before else None

    def column(self, name: str, at: int | None = None, *, is_quoted: bool = False) -> tuple[str, str]:
        """The quoted column and its type. Hidden and never there are the same; `at` is where the name stands."""
        found = name if name in self.columns else name.lower()
        if found not in self.columns:
            raise self._unknown(name, at, is_quoted=is_quoted)
        self.used.add(found)
        return f"{self.source}{'.' if self.source else ''}{quoted(found)}", self.columns[found]

    def clocked(self, sql: str) -> str:
        """A moment as the clocks of the zone show it, or the moment of what they show; as it is where none is asked."""
        return f"timezone('{self.zone}', {sql})" if self.zone else sql

    def bind(self, value) -> str:
        """The parameter that holds the value; the same value twice is one parameter."""
        for name, held in self.params.items():
            if type(held) is type(value) and held == value:
                return f"${name}"
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def value(self, text: str, kind: str, column: str) -> str:
        """A parameter of the column's type; what is none says so."""
        held = checked(text, kind, column, self.parameter, self.zone)
        return f"CAST({self.bind(held)} AS {decimal_of(held) if kind == 'decimal' else ENGINE_TYPES[kind]})"

    def beside(self, text: str, kind: str, column: str) -> str:
        """A value that something of this kind is compared with: a whole number with a decimal too."""
        return self.value(text, "decimal" if kind == "integer" and "." in text else kind, column)

    def _unknown(self, name: str, at: int | None, *, is_quoted: bool = False) -> QueryError:
        near = difflib.get_close_matches(name.lower(), {one.lower(): one for one in self.columns}, n=1, cutoff=0.7)
        meant = next((one for one in self.columns if near and one.lower() == near[0]), "")
        if meant and at is not None:
            words = _("There is no column “%(name)s” here (character %(at)s). Did you mean “%(meant)s”?")
        elif meant:
            words = _("There is no column “%(name)s” here. Did you mean “%(meant)s”?")
        elif at is not None and is_quoted:
            words = _("There is no column “%(name)s” here (character %(at)s). Text stands in single quotes: '%(name)s'")
        elif at is not None:
            words = _("There is no column “%(name)s” here (character %(at)s).")
        else:
            words = _("There is no column “%(name)s” here.")
        return QueryError("unknown-column", words, self.parameter, at=at, name=shown(name), meant=meant)


def decimal_of(text: str, most: int = MOST_DECIMALS) -> str:
    """The narrowest type that holds this decimal: beside a wider one, a column's large values would not fit."""
    _sign, digits, exponent = Decimal(text).as_tuple()
    scale = min(max(-int(exponent), 0), most)
    before = max(len(digits) + int(exponent), 1)
    return f"DECIMAL({min(before + scale, MOST_DIGITS)}, {scale})"


def quoted(name: str) -> str:
    """The name as the engine's identifier."""
    return '"' + name.replace('"', '""') + '"'


def checked(text: str, kind: str, column: str, parameter: str, zone: str = "") -> str:
    """The text, if it is a value of this kind; a moment that names no zone is one of `zone`, or of UTC."""
    readers = {
        "integer": int,
        "decimal": Decimal,
        "float": float,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "timestamp": datetime.fromisoformat,
        "timestamptz": datetime.fromisoformat,
        "boolean": {"true": True, "false": False}.__getitem__,
    }
    try:
        if kind in readers:
            if not text.isascii() or "_" in text:  # other digits, or signs between them: not read by the engine
                raise ValueError
            value = readers[kind](text.strip().lower() if kind == "boolean" else text.strip())
            if kind == "integer" and not -(2**63) <= value < 2**63:
                raise ValueError
            if kind == "decimal" and not -(10**20) < value < 10**20:  # what is not a number is on neither side
                raise ValueError
            if kind == "time" and value.tzinfo is not None:
                raise ValueError
            if kind == "timestamptz" and zone and value.tzinfo is None:
                value = value.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            return text.strip() if kind not in {"date", "time", "timestamp", "timestamptz"} else value.isoformat()
    except (ValueError, KeyError, InvalidOperation, OverflowError):
        raise QueryError(
            "bad-filter",
            _("“%(value)s” does not fit column “%(column)s”, which is of type %(kind)s."),
            parameter,
            value=shown(text),
            column=column,
            kind=kind,
        ) from None
    return text
