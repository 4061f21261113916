"""Random tables of every type, full of what trips programs up: nulls, other scripts, quotes, signs, edges of ranges."""

import random
from datetime import UTC, date, datetime, time
from decimal import Decimal

TYPES = {
    "name": "text", "street name": "text", "notes": "text", "n": "integer", "big": "integer", "树高": "integer",
    "cost": "decimal", "x": "float", "lon": "float", "lat": "float", "born": "date", "noted": "timestamp",
    "seen": "timestamptz", "opens": "time", "flag": "boolean", "place": "geometry",
}  # fmt: skip
POINT = '{"type":"Point","coordinates":[-0.5,51.25]}'
VALUES = {
    "name": [
        "Oak", "oak", "OAK TREE", "Ash%", "A_h", "O'Neil", 'say "x"', "榕树", "榕", "🤦🏼‍♂️ tree", "Éire", "éire", "",
        " ", "\u3000a b ", "a\tb", "\\", "--", "0071", "ends\n",
    ],
    "street name": ["North", "north", "South Street", "东城区", "100%", "a,b,,c", "x" * 45],
    "notes": [
        '{"by": {"name": "Ann", "n": 3}}', '{"by": {"name": null}}', '{"a": [1, {"b": "榕"}], "t": true}', "no JSON",
        "{", '"text"', '{"by": "x"}',
    ],
    "n": [-30, -7, -1, 0, 1, 2, 3, 5, 10, 12, 15, 25],
    "big": [-(2**63) + 1, -(2**53) - 1, 0, 10**15 + 7, 2**53 + 1, 2**63 - 1],
    "树高": list(range(20)),
    "cost": [
        Decimal("-12.5000"), Decimal("-0.0049"), Decimal("0.0000"), Decimal("0.2500"), Decimal("1.5000"),
        Decimal("2.6750"), Decimal("999999.9999"),
    ],
    "x": [-1000000.5, -2.5, -0.125, 0.0, 0.5, 1.0, 2.5, 3.0, 800.25],
    "lon": [-0.5, -0.125, 0.0, 0.5, 116.375, 180.0, -180.0],
    "lat": [-51.25, 0.0, 39.875, 51.25, 51.5, 90.0],
    "born": [
        date(101, 1, 1), date(1850, 6, 7), date(1899, 12, 31), date(1900, 1, 1), date(1969, 12, 28),
        date(1969, 12, 29), date(2001, 3, 9), date(2024, 2, 29), date(2026, 1, 4), date(9999, 12, 31),
    ],
    "noted": [
        datetime(1850, 6, 7, 23, 59, 59), datetime(1969, 12, 31, 23, 0, 0, 250_000), datetime(2026, 1, 4, 0, 0),
        datetime(2026, 1, 5, 8, 30, 15),
    ],
    "seen": [
        datetime(1905, 6, 7, 23, 59, 59, tzinfo=UTC), datetime(1969, 12, 31, 23, 0, 0, 250_000, tzinfo=UTC),
        datetime(2026, 1, 31, 16, 30, tzinfo=UTC), datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, 7, tzinfo=UTC),
    ],
    "opens": [time(0, 0), time(8, 30), time(23, 59, 59, 999_999)],
    "flag": [True, False],
    "place": [
        POINT, '{"type":"Point","coordinates":[116.375,39.875,12]}',
        '{"type": "Polygon", "coordinates": [[[0,50,5],[1,50,5],[1,-51.5,5],[0,50,5]]]}',
        '{"type":"GeometryCollection","geometries":[]}',
    ],
}  # fmt: skip
MASKS = {
    "text": ["hash", "first", "first:3", "null"], "integer": ["hash", "band", "band:7", "round:-1", "null"],
    "decimal": ["hash", "band:5", "round:1", "round:-2", "null"], "float": ["hash", "band:3", "round:1", "null"],
    "date": ["hash", "year", "null"], "timestamp": ["hash", "year", "null"], "timestamptz": ["hash", "year", "null"],
    "time": ["hash", "null"], "boolean": ["hash", "null"], "geometry": ["null"],
}  # fmt: skip


def table(chance: random.Random, size: int) -> list[dict]:
    """Rows of every type; a fifth of the cells are null."""
    return [
        {name: None if chance.random() < 0.2 else chance.choice(VALUES[name]) for name in TYPES} for _n in range(size)
    ]


def basis(chance: random.Random) -> dict[str, str | None]:
    """Some of the columns, some of them under masks."""
    names = [name for name in TYPES if chance.random() < 0.75] or ["name"]
    return {name: chance.choice(MASKS[TYPES[name]]) if chance.random() < 0.3 else None for name in names}
