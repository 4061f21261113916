"""Turns the bytes of a text file into clean UTF-8, in the encoding that all of them prove."""

import codecs
import struct
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from catalog.ingest.errors import ReadingError
from catalog.ingest.evidence import ranked, telling_lines
from catalog.ingest.limits import MB
from catalog.ingest.shapes import Shape

CHUNK = 1 << 20
SAMPLE_BYTES = 256 << 10
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
            done, total = stream.position(), member.total_bytes
            progress("decoding", bytes_done=done, bytes_total=total, part=total and done / total)
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
    sample = telling_lines(member)
    tried = ranked(sample)
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
