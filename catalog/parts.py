"""A table that grew has several files: its path is a list of them, in the order of the rows, its digest the list's."""

import hashlib
import json

from catalog.store import store

PARTS = ".parts.json"


def parts_list(parts: list[dict]) -> bytes:
    """The list as it is stored: path, length, rows and SHA-256 of each file."""
    return (json.dumps({"files": parts}, indent=1, sort_keys=True) + "\n").encode()


def digest_of_list(parts: list[dict]) -> str:
    """What stands for all bytes of the table."""
    return hashlib.sha256(parts_list(parts)).hexdigest()


def parts_of(path: str) -> list[str]:
    """The Parquet files of the table that is stored under this path."""
    if not path.endswith(PARTS):
        return [path]
    with store().open(path) as file:
        return [part["path"] for part in json.load(file)["files"]]
