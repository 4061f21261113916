"""The ways in which a column can be read, in the words of a steward."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.codes import ColumnType

# A way is shown by an example where that says more than words.
WAYS = {
    "point": "1,234.5",
    "comma": "1.234,5",
    "万": "1.2万",
    "excel": gettext_lazy("days as a spreadsheet counts them"),
    "excel1904": gettext_lazy("days as a spreadsheet counts them from 1904"),
    "compact": "20261122",
    "words": gettext_lazy("month as a word"),
    "chinese": "2026年11月22日",
    "wkt": "POINT (x y)",
    "latlon": gettext_lazy("latitude, longitude"),
    "lonlat": gettext_lazy("longitude, latitude"),
    "dmy": gettext_lazy("day first"),
    "mdy": gettext_lazy("month first"),
    "ymd": gettext_lazy("year first"),
}
NUMBER_WAYS, DAY_WAYS = ("point", "comma", "万"), ("excel", "excel1904", "compact", "chinese")
OF_TYPE = {
    ColumnType.INTEGER: NUMBER_WAYS,
    ColumnType.DECIMAL: NUMBER_WAYS,
    ColumnType.DATE: (*DAY_WAYS, "words"),
    ColumnType.TIMESTAMP: DAY_WAYS,
    ColumnType.GEOMETRY: ("wkt", "latlon", "lonlat"),
}


def ways_of(kind: ColumnType) -> list[tuple[str, str]]:
    """The ways of a type that a form offers: as the settings name them, and in words."""
    return [(f"{kind.value}:{way}", type_words(f"{kind.value}:{way}")) for way in OF_TYPE.get(kind, ())]


def type_words(stated: str) -> str:
    """A type as the settings name it, "decimal:comma €", in words."""
    kind, _colon, way = stated.partition(":")
    way, _space, sign = way.partition(" ")
    return ", ".join(str(part) for part in (ColumnType(kind).label, WAYS.get(way, way), sign) if part)


def offered_words(offer: dict) -> str:
    """What a column of text could be, and the words that would count as empty."""
    what = type_words(offer["type"])
    if offer["nulls"]:
        words = " ".join(f"“{word}”" for word in offer["nulls"])
        return _("Could be: %(what)s, with %(words)s as empty") % {"what": what, "words": words}
    return _("Could be: %(what)s") % {"what": what}
