"""What the lines of a text look like: whether a quick reader can be trusted with them."""

from dataclasses import dataclass

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB

CHUNK = 1 << 20
END_BYTES = 4096


@dataclass
class Shape:
    """What the lines of a text look like, counted while it passes by in chunks of UTF-8."""

    limit: int
    bytes: int = 0
    lines: int = 0
    returns: int = 0
    pairs: int = 0
    open_line: int = 0
    has_quotes: bool = False
    end: bytes = b""

    def feed(self, chunk):
        """Counts one more chunk; refuses NUL bytes and a line without end."""
        if (at := chunk.find(b"\0")) >= 0:
            raise ReadingError("nul-bytes", byte=self.bytes + at)
        lines = chunk.count(b"\n")
        self._check_length(chunk, lines)
        if b"\r" in chunk or self.end.endswith(b"\r"):
            self.returns += chunk.count(b"\r")
            self.pairs += chunk.count(b"\r\n") + (self.end.endswith(b"\r") and chunk[:1] == b"\n")
        self.has_quotes = self.has_quotes or b'"' in chunk
        self.lines += lines
        self.bytes += len(chunk)
        self.end = (self.end + chunk[-END_BYTES:])[-END_BYTES:]

    def _check_length(self, chunk, lines):
        first = chunk.find(b"\n") if lines else len(chunk)
        if self.open_line + first > self.limit:
            raise ReadingError("line-too-long", line=self.lines + 1, limit=self.limit // MB)
        self.open_line = len(chunk) - chunk.rfind(b"\n") - 1 if lines else self.open_line + len(chunk)

    @property
    def line_count(self):
        """Lines of text, the last one counted also without a line break; blank lines at the end are not."""
        blank = len(self.end) - len(self.end.rstrip(b"\r\n"))
        ended = self.end[len(self.end) - blank :].count(b"\n")
        return self.lines - max(ended - 1, 0) + (self.open_line > 0)

    @property
    def ends_blank(self):
        """Whether blank lines follow the last line of text."""
        return self.end.endswith((b"\n\n", b"\n\r\n"))

    @property
    def is_even(self):
        """Whether every line ends the same way."""
        return self.returns == self.pairs and self.returns in (0, self.lines)


def has_blank_lines(path):
    """Whether a blank line stands between others (in a quoted cell, too)."""
    blank, tail = False, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if blank and chunk.strip(b"\r\n"):
                return True
            joined = tail + chunk
            places = [at for at in (joined.find(b"\n\n"), joined.find(b"\n\r\n")) if at >= 0]
            if places:
                blank = True
                if joined[min(places) :].strip(b"\r\n"):
                    return True
            tail = joined[-2:]
    return False
