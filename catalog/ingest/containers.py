"""Opens what a file is wrapped in (gzip, Zstandard, zip), without trusting names, sizes or depth."""

import gzip
import io
import re
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pyarrow as pa

from catalog.ingest.errors import ReadingError
from catalog.ingest.formats import HEAD_BYTES, container_of, office_kind
from catalog.ingest.limits import GB

CHUNK = 1 << 20
SUFFIXES = {".gz", ".zst", ".zip"}
MAP_PARTS = {".shp", ".dbf", ".shx", ".prj", ".cpg"}
BESIDE_MAPS = {"sbn", "sbx", "qix", "qpj", "xml", "fbn", "fbx", "ain", "aih", "atx"}
NOT_DATA = re.compile(r"(^|/)(__macosx/|\.|thumbs\.db$|readme|licen[cs]e)", re.I)
DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError)


class Metered:
    """A readable stream that counts what it gives, and stops at the limits and at damage with a sentence."""

    def __init__(self, stream, *, packed_bytes, limits, tell=None):
        self.stream, self.packed_bytes, self.limits = stream, packed_bytes, limits
        self.given = 0
        self.position = tell or (lambda: self.given)

    def read(self, size):
        try:
            chunk = self.stream.read(size)
        except DAMAGE as error:
            raise ReadingError("damaged-archive") from error
        self.given += len(chunk)
        check_size(self.given, self.packed_bytes, self.limits)
        return chunk

    def close(self):
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


@dataclass
class Member:
    """One unpacked file: its name (only ever shown), a way to open it afresh, and its path when it is plain."""

    name: str
    open: object
    total_bytes: int
    path: Path | None = None
    kind: str | None = None
    packed_bytes: int | None = None
    parts: dict = field(default_factory=dict)
    spooled: list = field(default_factory=list)

    @property
    def stem(self):
        """The name without folders and endings, for naming a table."""
        name = PurePosixPath(self.name.replace("\\", "/")).name
        while PurePosixPath(name).suffix.lower() in SUFFIXES:
            name = PurePosixPath(name).stem
        return PurePosixPath(name).stem

    def head(self):
        with self.open() as stream:
            return stream.read(HEAD_BYTES)

    def on_disk(self, folder):
        """The path of the unpacked bytes; spools them into the folder first where they were packed."""
        if self.path is None:
            self.path = Path(tempfile.mkdtemp(prefix="spool-", dir=folder)) / "file"
            self.spooled.append(self.path)
            self.spool(self.path)
        return self.path

    def spool(self, path):
        """Writes the unpacked bytes to the path."""
        with self.open() as stream, path.open("wb") as out:
            while chunk := stream.read(CHUNK):
                out.write(chunk)

    def clear(self):
        """Removes what was spooled, so that an archive of many files needs room for one at a time."""
        for path in self.spooled:
            path.unlink(missing_ok=True)


def check_size(unpacked, packed, limits):
    """Refuses what unpacks to far more than its size, or to more than one upload may hold."""
    if packed is not None and unpacked > limits.ratio_from_bytes and unpacked > packed * limits.ratio:
        raise ReadingError("archive-bomb", ratio=limits.ratio)
    if unpacked > limits.unpacked_bytes:
        raise ReadingError("too-large", limit=limits.unpacked_bytes // GB)


def unpack(source, name, *, work, limits):
    """The outermost container ("gzip", "zstd", "zip" or "none") and the list of members in it."""
    size = source.stat().st_size
    plain = Member(
        name, lambda: Metered(source.open("rb"), packed_bytes=None, limits=limits), size, source, packed_bytes=size
    )
    container = container_of(plain.head())
    members = list(_unwrap(plain, container, depth=0, work=work, limits=limits))
    return "none" if members == [plain] else container, members


def _unwrap(member, container, *, depth, work, limits):
    """Yields the plain files within a member, at most `limits.depth` containers deep."""
    if container is None:
        yield member
        return
    if depth >= limits.depth:
        raise ReadingError("nested-archive", member=member.name)
    if container == "zip":
        yield from _unzip(member, depth=depth, work=work, limits=limits)
        return
    inner = Member(
        member.name, _opener(member, container, limits), member.total_bytes, packed_bytes=member.packed_bytes
    )
    inside = container_of(inner.head())
    if inside == "zip":
        inner.on_disk(work)
    yield from _unwrap(inner, inside, depth=depth + 1, work=work, limits=limits)


def _opener(member, container, limits):
    """A function that opens the unpacked bytes of a gzip or Zstandard member from their start."""

    def open_inner():
        raw = member.path.open("rb") if member.path else _Readable(member.open())
        if container == "gzip":
            stream, tell = gzip.GzipFile(fileobj=raw), (raw.tell if member.path else None)
        else:
            stream, tell = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"), None
        return Metered(stream, packed_bytes=member.packed_bytes, limits=limits, tell=tell)

    return open_inner


class _Readable(io.RawIOBase):
    """A metered stream as the unpackers of the standard library want it."""

    def __init__(self, stream):
        self.stream = stream

    def readable(self):
        return True

    def readinto(self, buffer):
        chunk = self.stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self):
        self.stream.close()
        super().close()


def _open_zip(path):
    try:
        return zipfile.ZipFile(path)
    except DAMAGE as error:
        raise ReadingError("damaged-archive") from error


def _check_entries(archive, size, limits):
    """Refuses bombs, passwords and names that climb out, from the archive's own list, before unpacking anything.

    The list may claim more packed bytes than the archive has (entries that overlap): its size is what counts.
    """
    entries = archive.infolist()
    if len(entries) > limits.members:
        raise ReadingError("archive-too-many", members=len(entries), limit=limits.members)
    check_size(sum(entry.file_size for entry in entries), size, limits)
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise ReadingError("encrypted-archive")
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", entry.filename):
            raise ReadingError("unsafe-name", member=entry.filename[:100])


def _unzip(member, *, depth, work, limits):
    """The files in a zip: itself where it is a workbook, a map's parts as one, and each other file by itself."""
    archive = _open_zip(member.on_disk(work))
    _check_entries(archive, member.packed_bytes, limits)
    if kind := office_kind(archive.namelist()):
        member.kind = kind
        yield member
        return
    entries = [
        Member(
            entry.filename,
            _entry_opener(archive, entry, member.packed_bytes, limits),
            entry.file_size,
            packed_bytes=member.packed_bytes,
        )
        for entry in archive.infolist()
        if not entry.is_dir() and not NOT_DATA.search(entry.filename)
    ]
    for inner in _maps_together(entries):
        inside = None if inner.parts else container_of(inner.head())
        if inside == "zip":
            yield _workbook_inside(inner, work, limits)
        else:
            yield from _unwrap(inner, inside, depth=depth + 1, work=work, limits=limits)


def _maps_together(entries):
    """The entries, the parts of a Shapefile as one member: a map of five files is one table."""
    parts = {}
    for entry in entries:
        stem, _, ending = entry.name.rpartition(".")
        if f".{ending.lower()}" in MAP_PARTS:
            parts.setdefault(stem, {})[f".{ending.lower()}"] = entry
    maps = {stem: found for stem, found in parts.items() if {".shp", ".dbf"} <= set(found)}
    for entry in entries:
        stem, _, ending = entry.name.rpartition(".")
        if stem not in maps or not (f".{ending.lower()}" in MAP_PARTS or ending.lower() in BESIDE_MAPS):
            yield entry
        elif ending.lower() == "shp":
            entry.kind, entry.parts = "shapefile", maps[stem]
            yield entry


def _entry_opener(archive, entry, packed_bytes, limits):
    def open_entry():
        try:
            return Metered(archive.open(entry), packed_bytes=packed_bytes, limits=limits)
        except DAMAGE as error:
            raise ReadingError("damaged-archive") from error

    return open_entry


def _workbook_inside(member, work, limits):
    """A workbook in an archive, spooled to disk; any other archive in an archive is refused."""
    archive = _open_zip(member.on_disk(work))
    if (kind := office_kind(archive.namelist())) is None:
        raise ReadingError("nested-archive", member=member.name)
    _check_entries(archive, member.packed_bytes, limits)
    member.kind = kind
    return member
