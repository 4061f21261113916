"""The rules by which entries are made, as one short digest: where it differs from an entry's, a rebuild is due."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from catalog.search import documents, gathering, vectors, weights, words

MODULES = (documents, gathering, vectors, weights, words)
DICTIONARIES = ("rjieba", "snowballstemmer", "OpenCC", "pypinyin")


@cache
def current_form() -> str:
    """Changes with the code that makes entries, and with the dictionaries that cut words."""
    digest = hashlib.sha256()
    for module in MODULES:
        digest.update(Path(module.__file__).read_bytes())
    for name in DICTIONARIES:
        digest.update(f"{name} {version(name)}".encode())
    return digest.hexdigest()[:16]
