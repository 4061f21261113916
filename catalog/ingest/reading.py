"""One way to read the text of a cell as a value of some type, as SQL over one cell `{x}`."""

import re
from dataclasses import dataclass

MOST_DIGITS = 38
GLANCE = 50
WORTH_LOOKING = 0.5
AS_IS = "trim({x})"
CAST = "TRY_CAST({x} AS {sql_type})"
FINITE = "isfinite(TRY_CAST({x} AS DOUBLE))"
SQL_TYPES = {
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "float": "DOUBLE",
    "date": "DATE",
    "time": "TIME",
    "text": "VARCHAR",
    "geometry": "VARCHAR",
}


@dataclass(frozen=True)
class Reading:
    """One way to read a cell: the pattern and the check that a fitting cell passes, its value, and what the whole
    column must show besides. `plain` is the number in a cell as any program writes it, `shown` what some cells must
    hold for the reading to be worth a look; `quick` proves in half the time that a cell fits as most programs write it,
    and says nothing of the others."""

    type: str
    how: str
    pattern: str | None
    value: str
    check: str = "true"
    proof: str = "true"
    zoned: bool = False
    plain: str = AS_IS
    shown: str | None = None
    quick: str | None = None

    @property
    def order(self):
        """ "dmy", "mdy" or "ymd" where the reading depends on the order of day, month and year."""
        return self.how[:3] if self.how[:3] in ("dmy", "mdy", "ymd") else None

    def sql_type(self, digits, scale):
        """The engine's type; a decimal is as wide as its digits ask."""
        if self.type == "decimal":
            return f"DECIMAL({18 if digits + scale <= 18 else MOST_DIGITS}, {scale})"
        if self.type == "timestamp":
            return "TIMESTAMPTZ" if self.zoned else "TIMESTAMP"
        return SQL_TYPES[self.type]

    def value_sql(self, x, digits=0, scale=0):
        """SQL of the typed value of a cell that fits."""
        return self.value.format(x=x, sql_type=self.sql_type(digits, scale))

    def fits_sql(self, x):
        """SQL that is true for a cell that fits (cells of blanks are not asked)."""
        check = self.check.format(x=x)
        if self.pattern is None:
            return check
        fits = f"regexp_full_match({x}, ' *(?:{self.pattern}) *') AND {check}"
        return f"(CASE WHEN {self.quick.format(x=x)} THEN true ELSE {fits} END)" if self.quick else fits

    def share(self, cells):
        """The share of the cells that match the pattern; the rest is not looked at where few of the first do."""
        match = re.compile(f" *(?:{self.pattern}) *").fullmatch
        if self.shown and not any(re.search(self.shown, cell) for cell in cells):
            return 0.0
        glance = cells[:GLANCE]
        share = sum(match(cell) is not None for cell in glance) / len(glance)
        if share < WORTH_LOOKING:
            return share
        return sum(match(cell) is not None for cell in cells) / len(cells)
