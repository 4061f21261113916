"""What a source gives: something that can be looked at, or something that was fetched."""

from collections.abc import Callable
from dataclasses import dataclass, field

SHOWN_ROWS = 10
SHOWN_LETTERS = 200
Progress = Callable[..., None]


@dataclass(frozen=True)
class Sample:
    """The first rows of a source, as texts; of a file its first lines. `key` is a server's key not trusted yet."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    about: str = ""
    key: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Brought:
    """What a run fetched: a file in its scratch folder, and its name; `unchanged` where nothing is new to fetch.

    `content` says by a digest what was fetched, whatever the order of its rows. `marks` are for the next run.
    """

    name: str = ""
    file: str = ""
    content: str = ""
    marks: dict = field(default_factory=dict)
    unchanged: bool = False


def shown(value: object) -> str:
    """A cell as a sample shows it."""
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN_LETTERS else text[:SHOWN_LETTERS] + "…"
