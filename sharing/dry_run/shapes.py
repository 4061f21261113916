"""What a page shows of a dry run, as plain values."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from catalog.preview import Preview


@dataclass(frozen=True)
class Line:
    """One figure: today, under the terms, and what they add."""

    label: str
    today: str
    proposed: str
    added: str = ""


@dataclass(frozen=True)
class Share:
    """A share of rows, in words and as a number of 100."""

    label: str
    text: str
    percent: float


@dataclass(frozen=True)
class ColumnLine:
    """A column: how it is read today, and how it would be."""

    name: str
    title: str
    today: str
    proposed: str
    is_more: bool
    badge: str
    sensitivity: str


@dataclass(frozen=True)
class Suggested:
    """What could be done, and what it would do to the rows that are alone and to the smallest group."""

    label: str
    share: Share
    smallest: str


@dataclass(frozen=True)
class Joined:
    """A column here and one that the requester reads elsewhere, and how far they hold rows together."""

    dataset: str
    mine: str
    theirs: str
    words: str
    percent: int | None
    is_open: bool


@dataclass(frozen=True)
class Picture:
    """All that is shown of a dry run."""

    id: UUID
    version: int
    made_at: datetime
    made_by: str
    lines: list[Line]
    shares: list[Share]
    columns: list[ColumnLine]
    telling: list[str]
    sentences: list[str]
    suggestions: list[Suggested]
    ledger: list[Joined]
    preview: Preview = field(default_factory=Preview)
    least: str = ""
    counts: list[Line] = field(default_factory=list)
