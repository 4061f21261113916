"""Random expressions, conditions and queries over columns of given types, as the evaluator's tuples."""

import random
from datetime import UTC, date, datetime, time
from decimal import Decimal

from tests.catalog.random_tables import VALUES
from tests.oracle import COMPARE, Query, kind_of
from tests.oracle.words import written

NUMBERS, MOMENTS = ("integer", "decimal", "float"), ("date", "timestamp", "timestamptz")
ZONES = ["", "", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"]
PATTERNS = ["%", "O%", "%a%", "_ak", "%\\%", "榕_", "o'%", "%树", "A__", ""]
PATHS = ["$.by", "$.by.name", "$.by.n", "$.a[1].b", "$.a[0]", "$.a[7]", "$.t", "$.a"]
AREAS = [  # no value of the tables lies on a border, where either answer may be right
    "POLYGON((-1.03 50.93, 0.27 50.93, 0.27 52.07, -1.03 50.93))",
    "POLYGON((-190.03 -60.07,190.03 -60.07,190.03 95.07,-190.03 95.07,-190.03 -60.07),"
    "(-1.03 -1.07,-1.03 45.07,120.03 45.07,120.03 -1.07,-1.03 -1.07))",
]
PARTS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
LITERALS = {
    "text": [*VALUES["name"], *VALUES["street name"], "a", "O", "Ann"],
    "integer": [-31, -8, -1, 0, 1, 2, 5, 11, 2000, 2**53],
    "decimal": [Decimal("-0.0049"), Decimal("0.25"), Decimal("1.5"), Decimal("3.123456789")],
    "float": [Decimal("-2.5"), Decimal("0.5"), Decimal("100.25"), 3],
    "date": [*VALUES["born"], date(2000, 1, 1)],
    "timestamp": [*VALUES["noted"], datetime(2000, 1, 1, 12)],
    "timestamptz": [*VALUES["seen"], datetime(2026, 1, 1, tzinfo=UTC)],
    "time": [*VALUES["opens"], time(12)],
    "boolean": [True, False],
    "geometry": VALUES["place"],
}


class Asker:
    """Draws expressions over these columns; each holds a column at least."""

    def __init__(self, chance: random.Random, types: dict[str, str]):
        self.chance, self.types = chance, types
        self.kinds = sorted(set(types.values()))

    def one(self, options):
        return self.chance.choice(list(options))

    def has(self, *kinds: str) -> bool:
        return any(kind in self.kinds for kind in kinds)

    def column(self, *kinds: str):
        return ("column", self.one(name for name, kind in self.types.items() if kind in kinds))

    def value(self, kind: str):
        return ("value", self.one(LITERALS[kind]))

    def of(self, kind: str, depth: int):
        """An expression of this kind, for which there are columns."""
        if depth <= 0 or self.chance.random() < 0.25 or not hasattr(self, f"_{kind}"):
            return self.column(kind)
        found = getattr(self, f"_{kind}")(depth - 1) if self.chance.random() < 0.8 else self._alike(kind, depth - 1)
        return found if kind_of(found, self.types) == kind else self.column(kind)

    def any_of(self, kinds, depth: int):
        """An expression of one of these kinds."""
        return self.of(self.one(kind for kind in kinds if kind in self.kinds), depth)

    def number(self, depth: int):
        """A number: an expression or a value."""
        return self.any_of(NUMBERS, depth) if self.chance.random() < 0.6 else self.value(self.one(["integer", "float"]))

    def _alike(self, kind: str, depth: int):
        others = [self.of(kind, depth) if self.chance.random() < 0.6 else self.value(kind)]
        name = self.one(["greatest", "least", "coalesce", "nullif"])
        return ("call", name, self.of(kind, depth), *others)

    def _text(self, depth: int):
        inner, whole = self.of("text", depth), self.one([1, 2, 3, 5, -1, -2])
        plain = inner if "replace(" not in written(inner) else self.column("text")
        pieces = [self.column("text", "integer", "decimal", "date", "boolean"), ("value", self.one(["-", " ", "榕"]))]
        return self.one([
            ("call", self.one(["lower", "upper", "trim"]), inner),
            ("call", self.one(["left", "right"]), inner, ("value", whole)),
            ("call", "substr", inner, ("value", whole)),
            ("call", "substr", inner, ("value", whole), ("value", self.one([0, 1, 2, 4]))),
            ("call", "replace", plain, ("value", self.one(["a", "榕", "%"])), ("value", self.one(["", "oo", "'"]))),
            ("call", "concat", *pieces, inner),
            ("call", "split_part", inner, ("value", self.one([",", "a", "榕", " "])), ("value", whole)),
            ("call", "json_value", self.column("text"), ("value", self.one(PATHS))),
        ])  # fmt: skip

    def _integer(self, depth: int):
        options = [
            ("reckon", self.one("+-*%"), self.of("integer", depth), self.of("integer", depth)),
            ("reckon", self.one("+-*%"), self.of("integer", depth), self.value("integer")),
            ("call", "abs", self.of("integer", depth)),
            ("call", "round", self.of("integer", depth), ("value", self.one([0, 2, -1, -3]))),
        ]
        if self.has("text"):
            options.append(("call", "length", self.of("text", depth)))
        if self.has(*MOMENTS):
            moment = self.any_of(MOMENTS, depth)
            part = self.one(["year", "quarter", "month", "week", "day", "weekday", "hour", "minute"])
            other = self.any_of(MOMENTS, 0)
            same = self.value(kind_of(moment, self.types))
            options += [("call", part, moment), ("call", "date_diff", ("value", self.one(PARTS)), moment, same)]
            if kind_of(moment, self.types) == kind_of(other, self.types):
                options.append(("call", "date_diff", ("value", self.one(PARTS)), other, moment))
        return self.one(options)

    def _decimal(self, depth: int):
        other = self.one([self.any_of(("decimal", "integer"), 0), self.value("decimal"), self.value("integer")])
        sides = [self.of("decimal", depth), other]
        self.chance.shuffle(sides)
        return self.one([
            ("reckon", self.one("+-%"), *sides),
            ("call", "abs", self.of("decimal", depth)),
            ("call", "round", self.of("decimal", depth), ("value", self.one([0, 1, 3, 7, -1, -2]))),
        ])  # fmt: skip

    def _float(self, depth: int):
        number = self.any_of(NUMBERS, depth)
        options = [
            ("call", self.one(["floor", "ceil", "sqrt", "ln", "log10", "exp"]), number),
            ("call", "power", number, self.number(0)),
            ("reckon", self.one("+-*/%"), self.any_of(NUMBERS, depth), self.number(depth)),
            ("call", "round", self.of("float", depth), ("value", self.one([0, 1, 3, -2]))),
            ("call", self.one(["greatest", "least", "coalesce"]), self.of("float", depth), self.any_of(NUMBERS, depth)),
        ]
        if self.has("geometry"):
            end = self.one(["lon", "lat", "west", "south", "east", "north"])
            options.append(("call", end, self.column("geometry")))
        return self.one(options)

    def _date(self, depth: int):
        return ("call", "date_trunc", ("value", self.one(PARTS[:5])), self.of("date", depth))

    def _timestamp(self, depth: int):
        return ("call", "date_trunc", ("value", self.one(PARTS)), self.of("timestamp", depth))

    def _timestamptz(self, depth: int):
        return ("call", "date_trunc", ("value", self.one(PARTS)), self.of("timestamptz", depth))

    def _boolean(self, depth: int):
        return self.truth(depth) or self.column("boolean")

    def truth(self, depth: int):
        """A call that is true or false; None where no column is fit for one."""
        options = []
        if self.has("text"):
            name = self.one(["contains", "starts_with", "ends_with"])
            other = self.of("text", 0) if self.chance.random() < 0.3 else self.value("text")
            options.append(("call", name, self.of("text", depth), other))
        if self.has("float"):
            lon, lat = self.column("float"), self.column("float")
            box = [("value", one) for one in (-1, Decimal("-51.25"), Decimal("0.5"), 52)]
            options += [
                ("call", "within_box", lon, lat, *box),
                ("call", "within", lon, lat, ("value", self.one(AREAS))),
            ]
        if self.has("geometry"):
            box = [("value", one) for one in (-1, 40, Decimal("0.5"), 52)]
            options.append(("call", "meets_box", self.column("geometry"), *box))
        return self.one(options) if options else None

    def condition(self, depth: int = 2):
        """A condition on a row."""
        if depth and self.chance.random() < 0.45:
            word = self.one(["and", "or", "not"])
            return (word, *(self.condition(depth - 1) for _n in range(1 if word == "not" else 2)))
        if self.chance.random() < 0.15 and (found := self.truth(1)):
            return ("true", found)
        kind = self.one(self.kinds)
        side = self.of(kind, self.one([0, 0, 1, 2]))
        return self._on(side, kind, lambda: self.of(kind, 1))

    def _on(self, side, kind: str, other):
        """A condition on something of this kind."""
        if kind == "text" and self.chance.random() < 0.3:
            return (self.one(["like", "ilike"]), side, self.one(PATTERNS))
        beside = "decimal" if kind == "integer" and self.chance.random() < 0.1 else kind
        values = [self.value(beside)[1] for _n in range(3)]
        right = other() if self.chance.random() < 0.2 else values[0]
        return self.one([
            (self.one(COMPARE), side, right),
            (self.one(COMPARE), side, right),
            ("null", side),
            ("in", side, values[: self.one([1, 2, 3])]),
            ("between", side, values[0], values[1]),
        ])  # fmt: skip

    def query(self) -> Query:
        """A question: rows, computed ones, or sums."""
        query = Query(zone=self.one(ZONES))
        if self.chance.random() < 0.5:
            query.where = self.condition(self.one([0, 1, 2]))
        if self.chance.random() < 0.2:
            query.filters = [self._short() for _n in range(self.one([1, 2]))]
        if self.has("text") and self.chance.random() < 0.1:
            query.q = self.one(["o", "榕", "NORTH", "é", "%"])
        self.one([self._plain, self._computed, self._computed, self._summed, self._summed, self._distinct])(query)
        return query

    def _short(self):
        name = self.one(self.types)
        operator = self.one(["eq", "ne", "gt", "gte", "lt", "lte", "in", "isnull"])
        values = [self.value(self.types[name])[1] for _n in range(2)]
        return (
            name,
            operator,
            self.one([True, False]) if operator == "isnull" else values if operator == "in" else values[0],
        )

    def _plain(self, query: Query) -> None:
        names = self.chance.sample(sorted(self.types), min(len(self.types), self.one([0, 1, 2])))
        query.order = [(name, self.one([True, False])) for name in names]

    def _computed(self, query: Query) -> None:
        kinds = [self.one(self.kinds) for _n in range(self.one([1, 2, 3]))]
        query.select = [(f"o{n}", self.of(kind, 3)) for n, kind in enumerate(kinds)]
        names = [name for name, _one in query.select]
        if self.chance.random() < 0.2:
            query.select.append((self.one(self.types), self.of(self.one(self.kinds), 2)))
        query.order = [
            (name, self.one([True, False])) for name in self.chance.sample([*names, self.one(self.types)], 1)
        ]

    def _distinct(self, query: Query) -> None:
        query.distinct = True
        query.select = [(f"o{n}", self.of(self.one(self.kinds), 1)) for n in range(self.one([1, 2]))]

    def _summed(self, query: Query) -> None:
        query.groups = list(
            dict.fromkeys(self.of(self.one(self.kinds), self.one([0, 1])) for _n in range(self.one([0, 1, 2])))
        )
        if query.groups and all(one[0] == "column" for one in query.groups) and self.chance.random() < 0.2:
            return
        query.select = [(f"g{n}", one) for n, one in enumerate(query.groups) if self.chance.random() < 0.8]
        query.select += [(f"s{n}", self._sum()) for n in range(self.one([1, 2]))]
        kinds = query.kinds(self.types)
        if self.chance.random() < 0.3:
            name = self.one(kinds)
            query.having = self._on(name, kinds[name], lambda: self.value(kinds[name])[1])
        query.order = [(self.one(kinds), self.one([True, False]))] if self.chance.random() < 0.5 else []

    def _sum(self):
        kind = self.one(kind for kind in self.kinds if kind != "geometry") if self.kinds != ["geometry"] else ""
        counted = ("count", self.of(kind, 1) if kind and self.chance.random() < 0.5 else None, False)
        if not kind:
            return counted
        any_sum = ("call", self.one(["min", "max", "first", "last"]), self.of(kind, 2))
        options = [counted, any_sum, ("count", self.of(kind, 1), True)]
        if self.has(*NUMBERS):
            number = self.any_of(NUMBERS, 1)
            options += [
                ("call", self.one(["sum", "avg", "median", "stddev"]), number),
                ("call", "quantile", number, ("value", self.one([Decimal("0.9"), Decimal("0.25"), 0, 1]))),
                ("reckon", "/", ("call", "sum", number), ("count", number, False)),
                ("call", "round", ("call", "avg", number), ("value", 1)),
            ]
        return self.one(options)
