"""`manage.py messages`: gathers every text that people read, and says which of them lack a translation."""

import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

from portal.prepare import compile_catalogues

LAZY = {f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")}
KEYWORDS = {**DEFAULT_KEYWORDS, **LAZY, "gettext_noop": None}
RENDERED = {".html", ".txt", ".xml", ".json"}
# What a translation must carry over as it stands: %(name)s and %s, {name}, and tags.
KEPT = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?\w[^>]*>")
NAMED_AT_MOST = 10
HEADER = "# Causeway. Gathered by `python manage.py messages`; the translations are written by hand."

Key = tuple[str | None, str]


def gather(root: Path) -> Catalog:
    """Every translatable text of the apps and templates below `root`, each with the files it stands in."""
    found = Catalog()
    for path in _sources(root):
        content = path.read_bytes()
        if path.suffix != ".py":
            # In brackets, because the tokenizer would take the template's indentation for Python's.
            content = f"({templatize(content.decode(), origin=str(path))})".encode()
        for line, words, _comments, context in extract("python", BytesIO(content), KEYWORDS, options={}):
            found.add(words, locations=[(path.relative_to(root).as_posix(), line)], context=context)
    return found


def _sources(root: Path) -> Iterator[Path]:
    for name in sorted({Path(app.path).name for app in apps.get_app_configs()} | {"templates"}):
        kinds = RENDERED if name == "templates" else {".py"}
        yield from sorted(path for path in (root / name).rglob("*") if path.suffix in kinds)


def merge(kept: Catalog, found: Catalog) -> None:
    """Let the catalogue hold exactly the texts found, with the translations it had."""
    kept.update(found, no_fuzzy_matching=True, update_creation_date=False)
    kept.obsolete.clear()


def faults(kept: Catalog, found: Catalog) -> list[str]:
    """What is wrong with a catalogue, in sentences; nothing if it says all that the city says."""
    had, wanted = _by_key(kept), _by_key(found)
    spoken = {key: message for key, message in had.items() if key in wanted and _is_translated(message)}
    differing = [key for key, message in spoken.items() if not _keeps_placeholders(message)]
    kinds = (
        ("are not translated", wanted.keys() - spoken.keys()),
        ("are no longer said anywhere", had.keys() - wanted.keys()),
        ("have other placeholders or tags than the original", differing),
    )
    return [f"{len(keys)} texts {fault}: {_named(keys)}" for fault, keys in kinds if keys]


def _by_key(catalog: Catalog) -> dict[Key, Message]:
    return {(message.context, _forms(message.id)[0]): message for message in catalog if message.id}


def _forms(words: str | tuple | list | None) -> tuple[str, ...]:
    return tuple(words) if isinstance(words, tuple | list) else (words or "",)


def _is_translated(message: Message) -> bool:
    return not message.fuzzy and all(_forms(message.string))


def _keeps_placeholders(message: Message) -> bool:
    """In a counted text the last form of the original, the plural, has them all."""
    original = Counter(KEPT.findall(_forms(message.id)[-1]))
    return all(Counter(KEPT.findall(form)) == original for form in _forms(message.string))


def _named(keys) -> str:
    names = sorted(f"“{text}”" for _context, text in keys)
    more = [f"and {len(names) - NAMED_AT_MOST} more"] if len(names) > NAMED_AT_MOST else []
    return "\n  ".join(["", *names[:NAMED_AT_MOST], *more])


class Command(BaseCommand):
    help = "Gather the texts of code and templates into the message catalogues, keeping what is translated."
    requires_system_checks = ()

    def add_arguments(self, parser):
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--check", action="store_true", help="write nothing; fail where a translation is missing")
        only.add_argument("--compile", action="store_true", help="only make what is there ready for the servers")

    def handle(self, *args, check: bool, compile: bool, **options):
        if compile:
            self.stdout.write(f"Compiled {compile_catalogues()} catalogues; the others were fresh.")
            return
        found, wrong = gather(Path(settings.BASE_DIR)), []
        for language, _name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            path = Path(settings.LOCALE_PATHS[0], to_locale(language), "LC_MESSAGES", "django.po")
            kept = _read(path, to_locale(language))
            if not check:
                merge(kept, found)
                _write(path, kept)
                self.stdout.write(f"Wrote {path.relative_to(settings.BASE_DIR)}: {len(kept)} texts.")
            wrong += [f"{language}: {fault}" for fault in faults(kept, found)]
        self._conclude(wrong, check=check)

    def _conclude(self, wrong: list[str], *, check: bool) -> None:
        if wrong and check:
            advice = "Run: python manage.py messages, and translate what the .po file then lacks."
            raise CommandError("\n".join([*wrong, advice]))
        if wrong:
            self.stdout.write("\n".join(wrong))
        compile_catalogues()


def _read(path: Path, locale: str) -> Catalog:
    if not path.exists():
        return Catalog(
            locale=locale, project="Causeway", version="0.1", header_comment=HEADER, fuzzy=False,
            msgid_bugs_address="", last_translator="", language_team="",
        )  # fmt: skip
    return read_po(BytesIO(path.read_bytes()), locale=locale)


def _write(path: Path, catalog: Catalog) -> None:
    """Sorted and without line numbers, so that a change of one text changes one place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = BytesIO()
    write_po(text, catalog, width=0, sort_output=True, include_lineno=False, ignore_obsolete=True)
    path.write_bytes(text.getvalue())
