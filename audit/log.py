"""`record` writes down what happened, in the caller's transaction: if it cannot, the act fails."""

import hashlib
import json
import re
import secrets
import threading
from datetime import date
from itertools import count
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from audit.actor import Actor
from audit.canonical import canonical_plain
from audit.kinds import KINDS
from audit.models import Event
from audit.planned import Condition, Planned

LIMIT = 65_535
# One statement, because every exit waits for it: the event, and beside it what may be erased.
COLUMNS = ("uuid", "time", "kind", "body", "actor", "department", "dataset", "basis", "subject")
MARKS = ", ".join(["%s"] * len(COLUMNS))
INSERT = f"INSERT INTO audit_event ({', '.join(COLUMNS)}) SELECT {MARKS}"
DETAIL = ', detail AS (INSERT INTO audit_eventdetail (event_id, "values") SELECT id, %s::jsonb FROM event)'
SOON = ", soon AS (SELECT set_config('synchronous_commit', 'off', true))"
KINDS_OF_COLUMNS = ["uuid", "timestamptz", "text", "text", "uuid", "uuid", "uuid", "uuid", "text"]
_here = threading.local()  # what is planned belongs to the connection of its thread


class Unrecordable(Exception):
    """An event that does not state what its kind must carry, or is too large to keep."""


def record(kind, *, by: Actor, on, department=None, dataset=None, basis=None, facts=None, private=None) -> Event:
    """One event in the current transaction, which must be open; listeners hear of it once that is committed.

    `on` is the model instance acted on. `facts` are stated openly and may hold no personal values; `private` values
    appear only as salted commitments, their salts and values in an erasable row.
    """
    if not connection.in_atomic_block:
        raise Unrecordable(f"{kind}: an event is written in the transaction of the act that it records")
    row, openings = _written(kind, by, on, department, dataset, basis, facts or {}, private or {})
    event = _insert(row, openings)
    transaction.on_commit(lambda: _announce(event))
    return event


def record_alone(
    kind, *, by: Actor, on, department=None, dataset=None, basis=None, facts=None, private=None,
    only_if: Condition | None = None,
) -> Event | None:  # fmt: skip
    """One event that is an act of its own and changes nothing else: on the disk when this returns.

    Takes what `record` takes. Its one statement is its transaction, so it is refused inside another. With a condition
    nothing is written and None returned where that is not so at the moment of writing, or cannot be asked in one
    statement here: the caller then asks first and writes without.
    """
    if connection.in_atomic_block:
        raise Unrecordable(f"{kind}: an event of its own is durable at once, which it is not within a transaction")
    row, openings = _written(kind, by, on, department, dataset, basis, facts or {}, private or {})
    event = _insert(row, openings, only_if=only_if)
    if event is not None:
        _announce(event)
    return event


def record_end(kind, *, by: Actor, on, department=None, dataset=None, basis=None, facts=None, private=None) -> Event:
    """How an act ended of which an earlier event, on the disk, states the most that it can have been.

    Takes what `record_alone` takes. Everybody sees it when this returns; it is on the disk with the next commit that
    waits for the disk, or a moment later. If the power fails before, the most counts: never too little is said.
    """
    if connection.in_atomic_block:
        raise Unrecordable(f"{kind}: an event of its own is seen at once, which it is not within a transaction")
    row, openings = _written(kind, by, on, department, dataset, basis, facts or {}, private or {})
    event = _insert(row, openings, soon=True)
    _announce(event)
    return event


def commitment(salt: str, value: str) -> str:
    """SHA-256 over a random 256-bit salt and the value: binds to it, tells nothing of it."""
    return hashlib.sha256(bytes.fromhex(salt) + value.encode()).hexdigest()


def _written(kind, by, on, department, dataset, basis, facts, private) -> tuple[list, dict]:
    """The row of the event as it will be kept, in the order of `COLUMNS`, and what of it may be erased."""
    _check(kind, facts)
    uuid, now = uuid4(), timezone.now()
    body, openings = _body(uuid, now, kind, by, on, department, dataset, basis, facts, private)
    text = canonical_plain(body)  # which `_plain` made of the facts, and the rest are texts
    if len(text) > LIMIT:
        raise Unrecordable(f"{kind}: the event is larger than {LIMIT} bytes")
    keys = [by.user_id, _key(department), _key(dataset), _key(basis)]
    return [uuid, now, kind, text.decode(), *keys, f"{on._meta.model_name}:{on.pk}"], openings


def _check(kind: str, facts: dict) -> None:
    if kind not in KINDS:
        raise Unrecordable(f"{kind} is no kind of event: see audit/kinds.py")
    missing = KINDS[kind] - facts.keys()
    if missing:
        raise Unrecordable(f"{kind} must state {', '.join(sorted(missing))}")


def _body(uuid, now, kind, by, on, department, dataset, basis, facts, private) -> tuple[dict, dict]:
    openings: dict[str, dict] = {}

    def commit(name: str, value: str) -> dict:
        salt = secrets.token_hex(32)
        openings[name] = {"salt": salt, "value": value}
        return {"commitment": commitment(salt, value)}

    actor = {"kind": by.kind}
    if by.user is not None:
        actor |= {"id": str(by.user.pk), "name": commit("actor.name", by.user.name)}
    if by.key is not None:
        actor["key"] = str(by.key.pk)
    if by.service:
        actor["service"] = by.service
    body = {
        "id": str(uuid),
        "time": now.isoformat(timespec="microseconds"),
        "kind": kind,
        "actor": actor,
        "object": {"type": on._meta.model_name, "id": str(on.pk)},
        "request": by.request_id,
        "facts": _plain(facts),
    }
    if department is not None:
        body["department"] = {"id": str(department.pk), "code": department.code, "name": department.name_en}
    if dataset is not None:
        body["dataset"] = {"id": str(dataset.pk), "title": dataset.title_en or dataset.title_zh}
    if basis is not None:
        body["basis"] = {"id": str(basis.pk), "kind": basis.kind}
    if private:
        body["private"] = {name: commit(name, str(value)) for name, value in private.items()}
    return body, openings


def _plain(value):
    """JSON's own kinds only: dates (ISO 8601), identifiers and whole numbers beyond 53 bits become text."""
    kind = type(value)
    if kind is str or value is None:  # nearly always
        return value
    if kind is UUID:
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _insert(row: list, openings: dict, *, soon: bool = False, only_if: Condition | None = None) -> Event | None:
    """Writes the row of the event, and its erasable one where there is something to erase."""
    values = [*row, json.dumps(openings)] if openings else row
    planned = _planned(bool(openings), soon, only_if)
    if only_if is not None:
        written = planned.rows([*only_if.values, *values])
        if not written:
            return None
    else:
        written = planned.rows(values)
        if written is None:
            with connection.cursor() as cursor:
                cursor.execute(_sql(bool(openings), soon), values)
                written = cursor.fetchall()
    ((number,),) = written
    return Event.from_db(DEFAULT_DB_ALIAS, ["id", *COLUMNS], [number, *row])


def _planned(both: bool, soon: bool, only_if: Condition | None) -> Planned:
    """The statement as this thread's connection planned it; values of a condition come before those of the event."""
    if not hasattr(_here, "planned"):
        _here.planned = {}
    asked = (both, soon, only_if and only_if.sql)
    if asked not in _here.planned:
        where, before = (only_if.sql, only_if.kinds) if only_if else ("", [])
        kinds = [*before, *KINDS_OF_COLUMNS, *["jsonb"] * both]
        _here.planned[asked] = Planned(_numbered(_sql(both, soon, where=where), len(before) + 1), kinds)
    return _here.planned[asked]


def _sql(both: bool, soon: bool, *, where: str = "") -> str:
    """The statement that writes an event, what of it may be erased, and lets its commit not wait for the disk."""
    insert = f"{INSERT} WHERE {where}" if where else INSERT
    event = f"WITH event AS ({insert} RETURNING id){DETAIL * both}{SOON * soon}"
    return f"{event} SELECT id FROM event{', soon' * soon}"


def _numbered(sql: str, first: int) -> str:
    numbers = count(first)
    return re.sub("%s", lambda _mark: f"${next(numbers)}", sql)


def _key(thing):
    return thing.pk if thing is not None else None


def _announce(event: Event) -> None:
    import_string(settings.EVENT_LISTENER)(event)
