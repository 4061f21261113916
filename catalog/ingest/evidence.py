"""Which encoding a text that is not UTF-8 is likely in, judged by the characters it would hold."""

import re

from catalog.ingest.errors import ReadingError

CHUNK = 1 << 20
SAMPLE_BYTES = 256 << 10
LINE_BYTES = 64 << 10
NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def telling_lines(member):
    """Up to a quarter megabyte of lines that hold bytes beyond ASCII, from anywhere in the file."""
    kept, size, rest = [], 0, b""
    with member.open() as stream:
        while size < SAMPLE_BYTES and (chunk := stream.read(CHUNK)):
            if (at := chunk.find(b"\0")) >= 0:
                raise ReadingError("nul-bytes", byte=stream.given - len(chunk) + at)
            lines, _, rest = (rest + chunk).rpartition(b"\n")
            telling = _beyond_ascii(lines)
            kept.extend(telling)
            size += sum(map(len, telling))
            rest = rest[:LINE_BYTES]
    return b"\n".join([*kept, *_beyond_ascii(rest)])[: 2 * SAMPLE_BYTES]


def _beyond_ascii(lines):
    return [] if lines.isascii() else [line[:LINE_BYTES] for line in lines.split(b"\n") if not line.isascii()]


def ranked(sample):
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
