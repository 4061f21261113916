"""How many working days each step may take: one setting, a preset by its name or a preset with changes.

`CLOCK_RULES=national`, or `CLOCK_RULES={"preset": "national", "reply": {"conditional": 5}, "delivery": 15}`.
"""

import json
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from catalog.codes import SharingClass
from sharing.calendar import Calendar, city_calendar

LONGEST = 250  # about a year of working days
NATIONAL = {
    "reply": {"unconditional": 1, "conditional": 10, "withheld": 10},
    "extension": 10,
    "review": 3,
    "check": 2,
    "completion": 5,
    "delivery": 20,
    "dispute": 10,
    "attest": 10,
}
# Decree 809 and what provinces made of it; and a city that answers sooner.
PRESETS = {
    "national": NATIONAL,
    "strict-city": NATIONAL
    | {"reply": {"unconditional": 1, "conditional": 5, "withheld": 10}, "extension": 5, "review": 2, "delivery": 10},
}


@dataclass(frozen=True)
class Rules:
    """Working days for each stage of one request, and the calendar that they are counted by."""

    reply: int
    extension: int
    review: int
    check: int
    completion: int
    delivery: int
    dispute: int
    attest: int
    calendar: Calendar = field(default_factory=Calendar)


def rules_for(sharing_class: str, calendar: Calendar | None = None) -> Rules:
    """The rules for datasets of this sharing class, by the city's calendar unless another is given."""
    stated = read_rules(settings.CLOCK_RULES)
    reply = stated["reply"].get(sharing_class, stated["reply"][SharingClass.CONDITIONAL])
    return Rules(**stated | {"reply": reply}, calendar=calendar or city_calendar())


def read_rules(text: str) -> dict:
    """The rules that the setting means; one that means nothing says what is wrong with it."""
    given = _parsed(text)
    name = given.pop("preset", "national")
    if name not in PRESETS:
        raise ImproperlyConfigured(f"CLOCK_RULES: there is no preset “{name}”. There are: {', '.join(PRESETS)}.")
    rules = PRESETS[name]
    if unknown := given.keys() - rules.keys():
        raise ImproperlyConfigured(f"CLOCK_RULES: nothing is called {', '.join(sorted(unknown))}.")
    reply = given.pop("reply", {})
    if not isinstance(reply, dict) or reply.keys() - rules["reply"].keys():
        raise ImproperlyConfigured(f"CLOCK_RULES: “reply” names days for {', '.join(rules['reply'])}.")
    rules = rules | given | {"reply": rules["reply"] | reply}
    for days in [*rules["reply"].values(), *(value for key, value in rules.items() if key != "reply")]:
        if type(days) is not int or not 1 <= days <= LONGEST:
            raise ImproperlyConfigured(f"CLOCK_RULES: days are whole numbers from 1 to {LONGEST}, not {days!r}.")
    return rules


def _parsed(text: str) -> dict:
    text = text.strip()
    if not text.startswith("{"):
        return {"preset": text or "national"}
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise ImproperlyConfigured(f"CLOCK_RULES is neither a preset's name nor JSON: {wrong}.") from wrong
