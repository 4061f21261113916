"""What a person may state about how a file is to be read; anything else is refused rather than passed over."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.ingest.badcells import MISFITS
from catalog.ingest.errors import ReadingError
from catalog.ingest.footers import MOST_LINES
from catalog.ingest.limits import MOST_HEADER_ROWS
from catalog.ingest.readings import asked_for
from catalog.ingest.records import NESTED

LONGEST = 200


def check_reading(reading: dict) -> None:
    """Refuses settings that the reader does not know, or values that it could not use, each with a sentence."""
    if not isinstance(reading, dict):
        raise ValidationError(_("State the reading settings as names with values."))
    tables = reading.get("tables", {})
    if not isinstance(tables, dict):
        raise ValidationError(_("State “tables” as names of tables, each with its settings."))
    _check(reading, {**OF_TABLE, "table_name": _is_word, "tables": lambda value: True})
    for own in tables.values():
        if not isinstance(own, dict):
            raise ValidationError(_("State “tables” as names of tables, each with its settings."))
        _check(own, OF_TABLE)


def _check(settings: dict, known: dict) -> None:
    for name, value in settings.items():
        if name not in known:
            raise ValidationError(
                _("There is no reading setting “%(name)s”. There are: %(known)s."),
                params={"name": name, "known": ", ".join(sorted(known))},
            )
        if value is not None and not known[name](value):
            raise ValidationError(_("The reading setting “%(name)s” cannot be that."), params={"name": name})


def _is_word(value) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST and "\0" not in value


def _is_mark(value) -> bool:
    return _is_word(value) and len(value) <= 1


def _is_row(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6


def _are_words(value) -> bool:
    return isinstance(value, list) and len(value) <= LONGEST and all(_is_word(word) for word in value)


def _are_types(value) -> bool:
    """Types by column; one that the reader does not know is refused in its own words."""
    if not isinstance(value, dict) or not all(_is_word(name) for name in value):
        return False
    for kind in value.values():
        try:
            asked_for(kind)
        except ReadingError as error:
            raise ValidationError(error.sentence) from None
    return True


def _are_nulls(value) -> bool:
    """Words for an empty cell, by column."""
    return isinstance(value, dict) and all(_is_word(name) and _are_words(words) for name, words in value.items())


def _are_misfits(value) -> bool:
    """What becomes of cells that do not fit, by column."""
    return isinstance(value, dict) and all(_is_word(name) and act in MISFITS for name, act in value.items())


OF_TABLE = {
    "encoding": _is_word,
    "delimiter": _is_mark,
    "quote": _is_mark,
    "header_row": _is_row,
    "header_rows": lambda value: _is_row(value) and 1 <= value <= MOST_HEADER_ROWS,
    "footer_rows": lambda value: _is_row(value) and value <= MOST_LINES,
    "sheet": _is_word,
    "nested": lambda value: value in NESTED,
    "types": _are_types,
    "null_values": _are_words,
    "nulls": _are_nulls,
    "misfits": _are_misfits,
}
