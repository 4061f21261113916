"""The first lines of a file, for whoever wants to see whether it is the right one."""

from django.utils.translation import gettext as _

from catalog.sources.parts import SHOWN_ROWS, Sample, shown

ENCODINGS = ("utf-8-sig", "gb18030", "latin-1")
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"\x28\xb5\x2f\xfd", b"SQLite", b"\xd0\xcf\x11\xe0")


def first_lines(head: bytes, *, name: str) -> Sample:
    """The lines as they stand; of a file that is no text only its name."""
    if b"\0" in head or head.startswith(PACKED):
        return Sample(about=_("%(name)s is no plain text; its rows are shown when it has been read.") % {"name": name})
    lines = _text(head).splitlines()[:SHOWN_ROWS]
    return Sample(rows=[[shown(line)] for line in lines], about=_("The first lines of %(name)s.") % {"name": name})


def _text(head: bytes) -> str:
    """The text in the first encoding that fits; a letter cut in two at the end does not count."""
    for encoding in ENCODINGS:
        for end in range(len(head), max(len(head) - 4, -1), -1):
            try:
                return head[:end].decode(encoding)
            except UnicodeDecodeError:
                continue
    return head.decode("latin-1")
