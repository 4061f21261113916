"""The real catalogue records that the judged queries are about, each under the id that the grades name."""

import csv
import html
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "catalogs"
FILES = ("opendataphilly_jkan.tar.gz", "us_city_county_datajson.tar.gz", "taiwan_kaohsiung_catalogue.csv")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same rules, ten times as fast
MARKUP = re.compile(r"<[^>]*>")
SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Record:
    """What a catalogue says of one dataset, as plain text."""

    id: str
    language: str  # of the record: "en" or "zh"
    title: str
    description: str = ""
    keywords: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    publisher: str = ""
    files: tuple[str, ...] = ()


def missing(folder: Path = FOLDER) -> list[str]:
    """The catalogue files that are not there; empty where the records can be read."""
    return [name for name in FILES if not (folder / name).exists()]


@cache
def records(folder: Path = FOLDER) -> dict[str, Record]:
    """Every record by its id, in the order of the files; where a feed lists an id twice, the first stands."""
    found: dict[str, Record] = {}
    for record in (*_philadelphia(folder), *_counties(folder), *_kaohsiung(folder)):
        found.setdefault(record.id, record)
    return found


def _philadelphia(folder: Path) -> Iterator[Record]:
    """Front matter of one file for each dataset; the id ends with the file's name."""
    with tarfile.open(folder / FILES[0]) as packed:
        for member in sorted(packed.getmembers(), key=lambda member: member.name):
            if not member.name.endswith(".md"):
                continue
            text = packed.extractfile(member).read().decode().replace("\t", " ")  # YAML allows no tab, some have one
            facts = yaml.load(text.split("\n---", 1)[0].removeprefix("---"), LOADER)
            yield Record(
                id=f"philadelphia/{Path(member.name).stem}",
                language="en",
                title=_plain(facts.get("title")),
                description=_plain(facts.get("notes")),
                keywords=_words(facts.get("tags")),
                themes=_words(facts.get("category")),
                publisher=_plain(facts.get("organization")),
                files=tuple(_plain(each.get("name")) for each in facts.get("resources") or ()),
            )


def _counties(folder: Path) -> Iterator[Record]:
    """DCAT-US feeds; the id is the feed's code and the last part of the record's own identifier."""
    with tarfile.open(folder / FILES[1]) as packed:
        for member in sorted(packed.getmembers(), key=lambda member: member.name):
            if not member.name.endswith(".json"):
                continue
            feed = Path(member.name).stem.rsplit("_", 1)[0]
            for facts in json.loads(packed.extractfile(member).read().decode("utf-8-sig"))["dataset"]:
                yield Record(
                    id=f"{feed}/{facts['identifier'].rsplit('/', 1)[-1]}",
                    language="en",
                    title=_plain(facts.get("title")),
                    description=_plain(facts.get("description")),
                    keywords=_words(facts.get("keyword")),
                    themes=_words(facts.get("theme")),
                    publisher=_plain((facts.get("publisher") or {}).get("name")),
                    files=tuple(_plain(each.get("title")) for each in facts.get("distribution") or ()),
                )


def _kaohsiung(folder: Path) -> Iterator[Record]:
    """A table without a header; the id ends with the last part of the dataset's path."""
    with io.TextIOWrapper((folder / FILES[2]).open("rb"), "utf-8", newline="") as table:
        for title, description, path in csv.reader(table):
            yield Record(
                id=f"kaohsiung/{path.rsplit('/', 1)[-1]}",
                language="zh",
                title=_plain(title),
                description=_plain(description),
                publisher="高雄市政府",
            )


def _plain(text: str | None) -> str:
    """Text without markup, its spaces single."""
    return SPACES.sub(" ", html.unescape(MARKUP.sub(" ", str(text or "")))).strip()


def _words(words: list[str] | str | None) -> tuple[str, ...]:
    if isinstance(words, str):
        words = [words]
    return tuple(filter(None, map(_plain, words or ())))
