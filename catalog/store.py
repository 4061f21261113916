"""Where files are kept: a folder, or a bucket, named by STORAGE_URL and reached through one library."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from botocore.exceptions import BotoCoreError
from django.conf import settings
from fsspec.core import url_to_fs

CHUNK = 1024 * 1024
AWAY = (BotoCoreError, ConnectionError, TimeoutError)  # what a store raises that does not answer


@dataclass(frozen=True)
class Entry:
    """A file in a list: its name below the root, its length, and when it was written (seconds since 1970)."""

    path: str
    bytes: int
    changed: float


class Store:
    """Files by name below STORAGE_URL. A file appears whole or not at all, and never changes."""

    def __init__(self, url: str):
        # A listing that is remembered would hide what another process stored or removed.
        options = {"auto_mkdir": True} if url.startswith("file://") else {"use_listings_cache": False}
        self.fs, self.root = url_to_fs(url, **options)

    def full(self, path: str) -> str:
        """The name that the file system knows the file by."""
        return f"{self.root.rstrip('/')}/{path}"

    def open(self, path: str, mode: str = "rb") -> BinaryIO:
        """The file, opened; what is written to it appears when it is closed."""
        if "w" in mode:
            return self.fs.open(self.full(path), mode, autocommit=True)
        return self.fs.open(self.full(path), mode)

    def local(self, path: str) -> str | None:
        """The path on this machine where there is one."""
        return self.full(path) if "file" in self.fs.protocol or "local" in self.fs.protocol else None

    def put(self, local: str, path: str) -> None:
        """Copies a local file in: under a passing name first, then moved, so that no half file has the name."""
        if self.local(path):
            passing = f"{path}.{hashlib.sha256(local.encode()).hexdigest()[:8]}.part"
            self.fs.makedirs(self.full(path).rsplit("/", 1)[0], exist_ok=True)
            self.fs.put_file(local, self.full(passing))
            self.fs.mv(self.full(passing), self.full(path))
        else:
            self.fs.put_file(local, self.full(path))

    def write(self, path: str, data: bytes) -> None:
        """A small file with these bytes: whole or not at all, in the place of an earlier one."""
        if local := self.local(path):
            self.fs.makedirs(local.rsplit("/", 1)[0], exist_ok=True)
            passing = f"{local}.{secrets.token_hex(4)}.part"
            self.fs.pipe_file(passing, data)
            os.replace(passing, local)
        else:
            self.fs.pipe_file(self.full(path), data)

    def get(self, path: str, local: str) -> None:
        """Copies a file out."""
        self.fs.get_file(self.full(path), local)

    def exists(self, path: str) -> bool:
        """True where the file is there."""
        return self.fs.exists(self.full(path))

    def size(self, path: str) -> int:
        """Its length in bytes."""
        return self.fs.size(self.full(path))

    def remove(self, path: str) -> None:
        """The file is gone; no error where it never was."""
        if self.exists(path):
            self.fs.rm_file(self.full(path))

    def walk(self, folder: str) -> Iterator[Entry]:
        """Every file below a folder, a folder's list at a time; none where the folder is not there."""
        waiting, prefix = [folder], self.root.rstrip("/") + "/"
        while waiting:
            here = self.full(waiting.pop())
            for info in self._listed(here):
                path = info["name"].removeprefix(prefix)
                if info["type"] == "directory":
                    waiting.append(path)
                elif info["name"].rstrip("/") != here:
                    yield Entry(path, info["size"] or 0, _changed(info))

    def _listed(self, full: str) -> list[dict]:
        try:
            return self.fs.ls(full, detail=True)
        except FileNotFoundError:
            return []

    def names(self, folder: str) -> list[str]:
        """The files directly in a folder, by name below the root; empty where the folder is not there."""
        if not self.fs.exists(self.full(folder)):
            return []
        prefix = self.root.rstrip("/") + "/"
        return [name.removeprefix(prefix) for name in self.fs.ls(self.full(folder), detail=False)]


def _changed(info: dict) -> float:
    return info["mtime"] if "mtime" in info else info["LastModified"].timestamp()


@cache
def store() -> Store:
    """The store of this deployment."""
    return Store(settings.STORAGE_URL)
