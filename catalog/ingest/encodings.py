"""Turns the bytes of a text file into clean UTF-8, in the encoding that all of them prove."""

import codecs
import re
import struct
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB

CHUNK = 1 << 20
SAMPLE_BYTES = 256 << 10
END_BYTES = 4096
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
KNOWN = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "big5",
    "big5hkscs",
    "cp1252",
    "cp1250",
    "cp1251",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "shift_jis",
    "euc-jp",
    "euc-kr",
)
NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


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


@dataclass
class Text:
    """A file of clean UTF-8 without byte order mark, the encoding it came in, and the shape of its lines."""

    path: Path
    encoding: str
    shape: Shape
    guessed: bool = False


def decode(member, *, encoding, work, limits, progress):
    """The member as clean UTF-8 text; a plain UTF-8 file is checked and used where it lies."""
    with member.open() as stream:
        head = stream.read(SAMPLE_BYTES)
    if not head:
        raise ReadingError("empty-file")
    mark = next((name for magic, name in BOMS if head.startswith(magic)), None)
    if encoding is None and mark is None:
        try:
            return _transcode(member, "utf-8", work=work, limits=limits, progress=progress)
        except ReadingError as error:
            if error.code != "wrong-encoding":
                raise
        return _transcode_by_evidence(member, work=work, limits=limits, progress=progress)
    wanted = mark if encoding in (None, "utf-8", "utf-16") and mark else check_encoding(encoding)
    return _transcode(member, wanted, work=work, limits=limits, progress=progress)


def check_encoding(encoding):
    """The encoding's usual name, if it is one of those that we read."""
    name = str(encoding).lower().replace("_", "-").replace("shift-jis", "shift_jis")
    name = {
        "gbk": "gb18030",
        "gb2312": "gb18030",
        "utf8": "utf-8",
        "latin-1": "iso-8859-1",
        "windows-1252": "cp1252",
    }.get(name, name)
    if name not in KNOWN:
        raise ReadingError("unknown-encoding", encoding=encoding, known=", ".join(KNOWN))
    return name


def _transcode(member, encoding, *, work, limits, progress):
    """Decodes all bytes strictly, feeding the shape; writes a copy only where the bytes change."""
    shape = Shape(limits.line_bytes)
    decoder = _Utf8(shape) if encoding in ("utf-8", "utf-8-sig") else _Other(encoding)
    as_is = encoding == "utf-8" and member.path is not None
    path = member.path if as_is else work / "text"
    with member.open() as stream, nullcontext() if as_is else path.open("wb") as out:
        chunk = b"begin"
        while chunk:
            chunk = stream.read(CHUNK)
            text = decoder.decode(chunk)
            shape.feed(text)
            if out:
                out.write(text)
            progress("decoding", bytes_done=stream.position(), bytes_total=member.total_bytes)
    if not shape.bytes:
        raise ReadingError("empty-file")
    return Text(path, encoding, shape)


class _Utf8:
    """Passes whole lines of UTF-8 on, checked at the engine's speed; an empty chunk is the end."""

    def __init__(self, shape):
        self.shape, self.rest, self.begun = shape, b"", False

    def decode(self, chunk):
        if not self.begun:
            chunk, self.begun = chunk.removeprefix(codecs.BOM_UTF8), True
        end = chunk.rfind(b"\n") + 1 if chunk else 0
        if chunk and not end:
            self.rest += chunk
            if len(self.rest) > self.shape.limit:
                raise ReadingError("line-too-long", line=self.shape.lines + 1, limit=self.shape.limit // MB)
            return b""
        block, self.rest = self.rest + chunk[:end], chunk[end:]
        if not block.isascii():
            self._check(block)
        return block

    def _check(self, block):
        cells = [None, pa.py_buffer(struct.pack("=qq", 0, len(block))), pa.py_buffer(block)]
        try:
            pa.Array.from_buffers(pa.large_string(), 1, cells).validate(full=True)
        except pa.ArrowInvalid:
            try:
                block.decode("utf-8", "strict")
            except UnicodeDecodeError as error:
                at = self.shape.bytes + error.start
                raise ReadingError("wrong-encoding", encoding="utf-8", byte=at) from error


class _Other:
    """Any other encoding to UTF-8; an empty chunk is the end."""

    def __init__(self, encoding):
        self.encoding, self.decoder, self.done = encoding, codecs.getincrementaldecoder(encoding)("strict"), 0

    def decode(self, chunk):
        try:
            text = self.decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise ReadingError("wrong-encoding", encoding=self.encoding, byte=self.done + error.start) from error
        self.done += len(chunk)
        return text.encode("utf-8", "strict")


def _transcode_by_evidence(member, *, work, limits, progress):
    """Decodes text that is not UTF-8 by the likeliest encoding in which every byte makes sense."""
    sample = _telling_lines(member)
    tried = _ranked(sample)
    for encoding in tried:
        try:
            text = _transcode(member, encoding, work=work, limits=limits, progress=progress)
        except ReadingError as error:
            if error.code != "wrong-encoding":
                raise
            continue
        text.guessed = True
        return text
    raise ReadingError("undecodable", tried=", ".join(["UTF-8", "GB18030", "Big5", "Windows-1252"]))


def _telling_lines(member):
    """Up to a quarter megabyte of lines that hold bytes beyond ASCII, from anywhere in the file."""
    kept, size = [], 0
    with member.open() as stream:
        while size < SAMPLE_BYTES and (chunk := stream.read(CHUNK)):
            if (at := chunk.find(b"\0")) >= 0:
                raise ReadingError("nul-bytes", byte=stream.given - len(chunk) + at)
            if chunk.isascii():
                continue
            lines = chunk.split(b"\n")
            telling = [line[:65536] for line in (lines[1:-1] or lines) if not line.isascii()]
            kept.extend(telling)
            size += sum(map(len, telling))
    return b"\n".join(kept)[: 2 * SAMPLE_BYTES]


def _ranked(sample):
    """Encodings worth trying for the sample, likeliest first; none when it looks like no text at all."""
    high = sum(byte >= 0x80 for byte in sample)
    if len(NO_TEXT.findall(sample)) > max(len(sample) // 200, 1) or not high:
        return []
    alone = len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", sample)) / high
    chinese = sorted(((_common_share(sample, *way), way[0]) for way in (GB, BIG5)), reverse=True)
    likely = [name for share, name in chinese if share >= 0.5]
    latin = ["cp1252"] if high < 0.4 * len(sample) else []
    return latin + likely if alone > 0.6 else likely + latin


# Name, charset that holds the everyday characters, its lead bytes of punctuation, and of the everyday characters.
GB = ("gb18030", "gb2312", range(0xA1, 0xA4), range(0xB0, 0xD8))
BIG5 = ("big5", "big5", range(0xA1, 0xA4), range(0xA4, 0xC7))


def _common_share(sample, encoding, charset, punctuation, everyday):
    """How many of the characters beyond ASCII are everyday ones, if the sample were in this encoding."""
    text = sample.decode(encoding, "replace")
    common = other = 0
    for letter in text:
        if letter.isascii():
            continue
        lead = letter.encode(charset, "ignore")[:1]
        if lead and lead[0] in everyday:
            common += 1
        elif not lead or lead[0] not in punctuation:
            other += 1
    return common / (common + other) if common + other else 0.0
