"""What kind of file this is, judged by its first bytes and never by its name."""

import re

from catalog.ingest.errors import ReadingError

GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_KINDS = {
    b"PARE": "encrypted Parquet",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x89PNG": "PNG picture",
    b"\xff\xd8\xff": "JPEG picture",
    b"GIF8": "GIF picture",
    b"\x7fELF": "program",
    b"MZ\x90": "program",
    b"{\\rtf": "RTF",
}
JSON_START = re.compile(rb"[\s\x1e]*(?:\{\s*[\"}]|\[\s*[\[{\]\"])")
HTML_START = re.compile(rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body|table|div|meta)\b", re.I | re.S)
PARQUET, SQLITE = b"PAR1", b"SQLite format 3\0"
SHAPES = b"\x00\x00\x27\x0a"
GEOPACKAGES = (b"GPKG", b"GP10", b"GP11")
APPLICATION = slice(68, 72)
KML_START = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>)?\s*(?:<!--.*?-->\s*)*<(?:\w+:)?kml[\s>]", re.I | re.S)
GML_START = re.compile(rb"\s*<(?:\?xml|\w+:FeatureCollection\b|gml:).{0,2000}?(?:opengis\.net/(?:gml|wfs))", re.S)
HEAD_BYTES = 4096


def container_of(head):
    """ "gzip", "zstd", "zip" or None for the first bytes of a file; an XLSX counts as a zip here."""
    for magic, name in ((GZIP, "gzip"), (ZSTD, "zstd"), (ZIP, "zip"), (EMPTY_ZIP, "zip")):
        if head.startswith(magic):
            return name
    return None


def office_kind(names):
    """ "xlsx" or "ods" when the names inside a zip are those of a workbook, None for an ordinary archive."""
    names = set(names)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise ReadingError("binary-workbook")
    if "mimetype" in names and "content.xml" in names:
        return "ods"
    if "[Content_Types].xml" in names:
        raise ReadingError("other-format", kind="Office document")
    return None


def format_of(head):
    """The kind of an unpacked file ("csv", "json", "parquet", "xls", "gpkg", "kml"); refuses what holds no table."""
    if head.startswith(OLD_OFFICE):
        return "xls"
    if head.lstrip().startswith(b"%PDF-"):
        raise ReadingError("pdf")
    for magic, kind in OTHER_KINDS.items():
        if head.startswith(magic):
            raise ReadingError("other-format", kind=kind)
    if head.startswith(PARQUET):
        return "parquet"
    if head.startswith(SHAPES):
        raise ReadingError("shapefile-part")
    if head.startswith(SQLITE):
        if head[APPLICATION] not in GEOPACKAGES:
            raise ReadingError("other-format", kind="SQLite database")
        return "gpkg"
    text = _as_ascii(head)
    if KML_START.match(text):
        return "kml"
    if HTML_START.match(text):
        raise ReadingError("html")
    if GML_START.match(text):
        raise ReadingError("gml")
    if re.match(rb"\s*<(?:\?xml\b|\w+:\w+[\s/>])", text):
        raise ReadingError("xml")
    return "json" if JSON_START.match(text) else "csv"


def _as_ascii(head):
    """The first bytes without byte order mark; UTF-16 is narrowed so that markup shows."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\0", b"")
    return head.removeprefix(b"\xef\xbb\xbf")
