"""Reading request bodies strictly: what is not plain JSON or a plain form is refused with a sentence."""

import json

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser


class JsonParser(BaseParser):
    """One JSON object in UTF-8: no zero bytes, no doubled names, no NaN, no bottomless nesting."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> dict:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
        except (ValueError, RecursionError) as reason:
            raise ParseError(_("The body is not JSON: %(reason)s.") % {"reason": str(reason)[:200]}) from None
        if not isinstance(value, dict):
            raise ParseError(_("The body must be one JSON object."))
        refuse_zero_bytes(value)
        return value


class FormParser(MultiPartParser):
    """A form with files, whose texts hold no zero bytes."""

    def parse(self, stream, media_type=None, parser_context=None):
        parsed = super().parse(stream, media_type, parser_context)
        refuse_zero_bytes([list(parsed.data.items()), [file.name for file in parsed.files.values()]])
        return parsed


def refuse_zero_bytes(value) -> None:
    """Raises where any text within is one that no database keeps."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, str) and ("\x00" in item or any("\ud800" <= letter <= "\udfff" for letter in item)):
            raise ParseError(_("The body holds characters that no text has."))


def _once(pairs: list) -> dict:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _no_constant(name: str):
    raise ValueError(f"{name} is no JSON value")
