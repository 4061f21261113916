"""Where the log's files are kept: tiles and bundles that never change, and one checkpoint that does."""

import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from fsspec.core import url_to_fs

from audit.verify import (
    HASH_BYTES,
    TILE,
    Refused,
    leaf_hash,
    node_hash,
    pack_bundle,
    read_cut,
    root_of,
    tile_path,
    unpack_bundle,
)

CHECKPOINT = "checkpoint"


class TileStore:
    """Files by name below LOG_STORAGE_URL. On a disk of ours each is durable before `write` returns."""

    def __init__(self, url: str):
        self.fs, self.root = url_to_fs(url)
        self._is_local = "file" in self.fs.protocol

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        try:
            return self.fs.cat_file(self._full(path))
        except FileNotFoundError:
            return None

    def write(self, path: str, data: bytes) -> None:
        """Keeps a file for ever; the same again is nothing new, something else under its name is refused."""
        there = self.read(path)
        if there is not None and there != data:
            raise Refused(f"{path} of the log holds something else already: the log's files were changed, or forked.")
        if there is None:
            self.replace(path, data)

    def replace(self, path: str, data: bytes) -> None:
        """Puts a file in the place of another in one step."""
        if not self._is_local:
            self.fs.pipe_file(self._full(path), data)
            return
        target = Path(self._full(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        passing = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}")
        try:
            with passing.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            passing.replace(target)
        finally:
            passing.unlink(missing_ok=True)

    def clear_partials(self, level: int | str, number: int) -> None:
        """Removes the partial forms of a tile that is full now."""
        with suppress(FileNotFoundError):
            self.fs.rm(self._full(tile_path(level, number, 1).rsplit("/", 1)[0]), recursive=True)

    def _full(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}"


@cache
def _store(url: str) -> TileStore:
    return TileStore(url)


def log_store() -> TileStore:
    """The files of this deployment's log."""
    return _store(settings.LOG_STORAGE_URL)


class Missing(Refused):
    """A file of the log is not there: it can be made again from the database."""


class Edge:
    """The right edge of a growing tree: all that is needed to add entries and to know the root.

    `write` puts new tiles into the store; they are the same bytes whoever writes them and however often.
    """

    def __init__(self, store: TileStore):
        self.store, self.size = store, 0
        self._levels: list[list[bytes]] = [[]]  # the hashes of the last, unfilled tile of each level
        self._bundle: list[bytes] = []
        self._written = 0
        self._filled: list[tuple[int | str, int]] = []

    @classmethod
    def load(cls, store: TileStore, size: int) -> "Edge":
        """The edge of the tree of this size, from its tiles; Refused where one is missing."""
        edge = cls(store)
        edge.size = edge._written = size
        levels = max(1, (max(size, 1).bit_length() + 7) // 8)
        edge._levels = [[] for _level in range(levels)]
        for level in range(levels):
            number, width = divmod(size >> 8 * level, TILE)
            if width:
                data = cls._cut(store, level, number, width)
                edge._levels[level] = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
        number, width = divmod(size, TILE)
        edge._bundle = unpack_bundle(cls._cut(store, "entries", number, width)) if width else []
        if [leaf_hash(entry) for entry in edge._bundle] != edge._levels[0]:
            raise Refused("The last entries of the log do not hash to its last tile: the log's files were changed.")
        return edge

    def last_hashes(self) -> list[bytes]:
        """The leaf hashes of the last tile, while it is not full."""
        return list(self._levels[0])

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        stack: list[tuple[int, bytes]] = []
        for level in reversed(range(len(self._levels))):
            for one in self._levels[level]:
                height, top = 8 * level, one
                while stack and stack[-1][0] == height:
                    height, top = height + 1, node_hash(stack.pop()[1], top)
                stack.append((height, top))
        if not stack:
            return root_of([])
        root = stack.pop()[1]
        while stack:
            root = node_hash(stack.pop()[1], root)
        return root

    def add(self, entry: bytes) -> None:
        """One more entry; full tiles and bundles are written at once."""
        self._bundle.append(entry)
        self._levels[0].append(leaf_hash(entry))
        self.size += 1
        if len(self._bundle) == TILE:
            number = self.size // TILE - 1
            self._write("entries", number, pack_bundle(self._bundle))
            self._bundle = []
        level = 0
        while len(self._levels[level]) == TILE:
            hashes = self._levels[level]
            self._write(level, (self.size >> 8 * (level + 1)) - 1, b"".join(hashes))
            self._levels[level] = []
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(root_of(hashes))

    def write(self) -> None:
        """Writes the partial tiles and the partial bundle of the tree as it is now, where it grew since."""
        if self.size == self._written:
            return
        for level, hashes in enumerate(self._levels):
            self._write_partial(level, self.size >> 8 * level, b"".join(hashes))
        self._write_partial("entries", self.size, pack_bundle(self._bundle))
        self._written = self.size

    def tidy(self) -> None:
        """Removes the partial forms of tiles that were filled; called once a checkpoint over the full ones is out."""
        filled, self._filled = self._filled, []
        for level, number in filled:
            self.store.clear_partials(level, number)

    def _write(self, level: int | str, number: int, data: bytes) -> None:
        self.store.write(tile_path(level, number), data)
        self._filled.append((level, number))

    def _write_partial(self, level: int | str, count: int, data: bytes) -> None:
        number, width = divmod(count, TILE)
        if width:
            self.store.write(tile_path(level, number, width), data)

    @staticmethod
    def _cut(store: TileStore, level: int | str, number: int, width: int) -> bytes:
        data = read_cut(store.read, level, number, width)
        if data is None or (level != "entries" and len(data) != width * HASH_BYTES):
            raise Missing(f"The file {tile_path(level, number, width)} of the log is missing or cut off.")
        return data
