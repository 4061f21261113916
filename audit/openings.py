"""The personal values behind an event's commitments, as far as they are kept and true."""

import json
from dataclasses import dataclass, field

from audit.log import commitment
from audit.models import Event


@dataclass(frozen=True)
class Opened:
    """Values that fit their commitments; the names of those that were erased, and of those that do not fit."""

    values: dict[str, str] = field(default_factory=dict)
    erased: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)


def body_of(event: Event) -> dict:
    """What the event says; empty where its text was spoiled."""
    try:
        body = json.loads(event.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def committed(body: dict) -> dict[str, str]:
    """The commitments in an event's body by the names under which their values are kept."""
    actor = body.get("actor") if isinstance(body.get("actor"), dict) else {}
    private = body.get("private") if isinstance(body.get("private"), dict) else {}
    named = {"actor.name": actor.get("name"), **private}
    return {name: one["commitment"] for name, one in named.items() if isinstance(one, dict) and one.get("commitment")}


def opened(event: Event, body: dict) -> Opened:
    """The values of an event; one that was exchanged afterwards does not fit its commitment and is not given."""
    wanted = committed(body)
    detail = getattr(event, "detail", None)
    kept = detail.values if detail is not None and isinstance(detail.values, dict) else {}
    values = {name: kept[name]["value"] for name in wanted if name in kept and _fits(kept[name], wanted[name])}
    false = sorted(name for name in wanted if name in kept and name not in values)
    return Opened(values, sorted(wanted.keys() - kept.keys()), false)


def _fits(opening, digest: str) -> bool:
    try:
        return commitment(opening["salt"], opening["value"]) == digest
    except (TypeError, KeyError, ValueError, AttributeError):
        return False
