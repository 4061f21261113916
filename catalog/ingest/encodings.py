"""Turns the bytes of a text file into clean UTF-8, in the encoding that all of them prove."""
import codecs
import re
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from catalog.ingest.errors import ReadingError
from catalog.ingest.limits import MB

CHUNK = 1 << 20
SAMPLE_BYTES = 256 << 10
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
KNOWN = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "big5hkscs", "cp1252", "cp1250",
    "cp1251", "iso-8859-1", "iso-8859-2", "iso-8859-15", "shift_jis", "euc-jp", "euc-kr",
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
    quotes: int = 0
    open_line: int = 0
    ends_in_return: bool = False
    tail: bytes = field(default=b"\n", repr=False)
    blank_at_end: bool = False
    blank_inside: bool = False

    def feed(self, chunk):
        if (at := chunk.find(b"\0")) >= 0:
            raise ReadingError("nul-bytes", byte=self.bytes + at)
        lines = chunk.count(b"\n")
        self._check_length(chunk, lines)
        self._look_for_blank_lines(chunk)
        if b"\r" in chunk or self.ends_in_return:
            self.returns += chunk.count(b"\r")
            self.pairs += chunk.count(b"\r\n") + (self.ends_in_return and chunk[:1] == b"\n")
            self.ends_in_return = chunk.endswith(b"\r")
        self.lines += lines
        self.quotes += chunk.count(b'"')
        self.bytes += len(chunk)

    def _check_length(self, chunk, lines):
        first = chunk.find(b"\n") if lines else len(chunk)
        if self.open_line + first > self.limit:
            raise ReadingError("line-too-long", line=self.lines + 1, limit=self.limit // MB)
        self.open_line = len(chunk) - chunk.rfind(b"\n") - 1 if lines else self.open_line + len(chunk)

    def _look_for_blank_lines(self, chunk):
        """Blank lines between rows are told apart from those at the very end, which every reader skips."""
        if self.blank_inside:
            return
        if self.blank_at_end and chunk.strip(b"\r\n"):
            self.blank_inside = True
            return
        joined = self.tail + chunk
        places = [at for at in (joined.find(b"\n\n"), joined.find(b"\n\r\n")) if at >= 0]
        if places:
            self.blank_at_end = True
            self.blank_inside = bool(joined[min(places):].strip(b"\r\n"))
        self.tail = joined[-2:]

    @property
    def line_count(self):
        """Lines of text, the last one counted also without a line break."""
        return self.lines + (self.open_line > 0)

    @property
    def is_regular(self):
        """Whether every line ends the same way and none is blank between others."""
        if self.blank_inside or self.returns != self.pairs:
            return False
        return self.returns in (0, self.lines)


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
    name = {"gbk": "gb18030", "gb2312": "gb18030", "utf8": "utf-8", "latin-1": "iso-8859-1",
            "windows-1252": "cp1252"}.get(name, name)
    if name not in KNOWN:
        raise ReadingError("unknown-encoding", encoding=encoding, known=", ".join(KNOWN))
    return name


def _transcode(member, encoding, *, work, limits, progress):
    """Decodes all bytes strictly, feeding the shape; writes a copy only where the bytes change."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    shape = Shape(limits.line_bytes)
    as_is = encoding == "utf-8" and member.path is not None
    path = member.path if as_is else work / "text"
    done = 0
    with member.open() as stream, (nullcontext() if as_is else path.open("wb")) as out:
        while True:
            chunk = stream.read(CHUNK)
            try:
                text = _decoded(decoder, chunk, encoding)
            except UnicodeDecodeError as error:
                raise ReadingError("wrong-encoding", encoding=encoding, byte=done + error.start) from error
            shape.feed(text)
            if out:
                out.write(text)
            done += len(chunk)
            progress("decoding", bytes_done=stream.position(), bytes_total=member.total_bytes)
            if not chunk:
                break
    if not shape.bytes:
        raise ReadingError("empty-file")
    return Text(path, encoding, shape)


def _decoded(decoder, chunk, encoding):
    """The chunk as UTF-8 bytes; plain ASCII passes without being decoded."""
    if encoding == "utf-8":
        if not (chunk.isascii() and decoder.getstate()[0] == b"" and chunk):
            decoder.decode(chunk, final=not chunk)
        return chunk
    return decoder.decode(chunk, final=not chunk).encode("utf-8", "strict")


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
    return b"\n".join(kept)[:2 * SAMPLE_BYTES]


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
