"""Each event as one plain sentence, in the reader's language: who did what, to what, why, and how much left."""

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.models import Event
from audit.openings import Opened, body_of, opened
from audit.wording import BASES, ENDINGS, EXITS, MENDED, OUTCOMES, ROLES, SENTENCES

MOST_ITEMS = 8
MOST_LETTERS = 400
SHORT = 8  # letters of an identifier that tell it from others on a page


def sentence(event: Event, *, names: bool = True) -> str:
    """What happened. Names of persons stand in it only where they were not erased, fit the event and are asked for."""
    body = body_of(event)
    words = _Words(body, opened(event, body) if names else Opened())
    known = SENTENCES.get(event.kind)
    if known is None or not body:
        return _("%(who)s: %(kind)s.") % {"who": words["who"], "kind": event.kind}
    text = str(known) % words
    return " ".join([text[:1].upper() + text[1:], *words.tails()])


class _Words(dict):
    """The words of a sentence by their names; what the event does not state is said to be so."""

    def __init__(self, body: dict, values: Opened):
        super().__init__()
        self.body, self.values = body, values
        self.facts = body.get("facts") if isinstance(body.get("facts"), dict) else {}

    def __missing__(self, name: str) -> str:
        maker = getattr(self, f"_{name}", None)
        return maker() if maker else _shown(self.facts.get(name))

    def tails(self) -> list[str]:
        """Why: the purpose, the legal basis, the reason, where they are stated."""
        said = [
            (_("Purpose: “%(words)s”."), self.facts.get("purpose")),
            (_("Legal basis: “%(words)s”."), self.facts.get("legal_basis")),
            (_("Reason: “%(words)s”."), self.facts.get("reason")),
        ]
        return [text % {"words": _shown(words)} for text, words in said if words]

    def _who(self) -> str:
        actor = self._part("actor")
        if actor.get("service"):
            return _("the service “%(name)s”") % {"name": _shown(actor["service"])}
        if not actor.get("id"):
            return _("somebody who was not signed in")
        who = self._person("actor.name", actor["id"])
        if "key" not in actor:
            return who
        return _("%(who)s (with the key %(key)s)") % {"who": who, "key": _short(actor["key"])}

    def _person(self, name: str, account) -> str:
        if name in self.values.values:
            return self.values.values[name]
        if name in self.values.erased:
            return _("a person whose name was erased (account %(id)s)") % {"id": _short(account)}
        return _("account %(id)s") % {"id": _short(account)}

    def _member(self) -> str:
        return self._person("member", self.facts.get("member"))

    def _account(self) -> str:
        return self._person("person", self._part("object").get("id"))

    def _dataset(self) -> str:
        return _("“%(title)s”") % {"title": _shown(self._part("dataset").get("title"))}

    def _department(self) -> str:
        part = self._part("department")
        return _shown(part.get("name") or part.get("code"))

    def _basis(self) -> str:
        part = self._part("basis")
        kind = BASES.get(part.get("kind")) if isinstance(part.get("kind"), str) else None
        return f"{kind or _('an unnamed right')} {_short(part.get('id'))}"

    def _object(self) -> str:
        return _short(self._part("object").get("id"))

    def _role(self) -> str:
        return _named(ROLES, self.facts.get("role"))

    def _exit(self) -> str:
        return _named(EXITS, self.facts.get("exit"))

    def _why(self) -> str:
        return _named(ENDINGS, self.facts.get("why"))

    def _outcome(self) -> str:
        return _named(OUTCOMES, self.facts.get("outcome"))

    def _how(self) -> str:
        return _named(MENDED, self.facts.get("how"))

    def _until(self) -> str:
        return _day(self.facts.get("until")) if self.facts.get("until") else _("without an end")

    def _due_on(self) -> str:
        return _day(self.facts.get("due_on"))

    def _filters(self) -> str:
        filters = self.facts.get("filters")
        return _shown(filters) if filters else _("all of them")

    def _changes(self) -> str:
        changes = self.facts.get("changes")
        return _shown(sorted(map(str, changes)) if isinstance(changes, dict) else changes)

    def _part(self, name: str) -> dict:
        part = self.body.get(name)
        return part if isinstance(part, dict) else {}


def _named(words: dict, value) -> str:
    return str(words[value]) if isinstance(value, str) and value in words else _shown(value)


def _short(identifier) -> str:
    return _shown(identifier)[:SHORT] if isinstance(identifier, str) else _shown(identifier)


def _day(value) -> str:
    try:
        return date_format(parse_datetime(value), "DATE_FORMAT")
    except (TypeError, ValueError, AttributeError):
        return _shown(value)


def _shown(value) -> str:
    """A fact as words: a list as its first items, a list too long for an event as its number of items."""
    if value is None or value == "":
        return _("(not stated)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return _shown_dict(value)
    if isinstance(value, list):
        more = ["…"] if len(value) > MOST_ITEMS else []
        return _(", ").join([_shown(item) for item in value[:MOST_ITEMS]] + more) or _("none")
    text = str(value)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _shown_dict(value: dict) -> str:
    if "name" in value:
        return _shown(value["name"])
    if set(value) == {"count", "sha256"}:
        return _("%(count)s of them") % {"count": _shown(value["count"])}
    stated = {name: item for name, item in value.items() if item not in (None, "", [], {})}
    return _(", ").join(f"{name}: {_shown(item)}" for name, item in list(stated.items())[:MOST_ITEMS]) or _("none")
