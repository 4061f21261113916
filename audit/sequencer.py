"""One process puts committed events into the log: numbers them, grows the tree, signs it, has it witnessed, publishes.

A round is five steps, each durable before the next: entries in the database; tiles in the store; the signed state in
the database, which refuses a smaller or another one; cosignatures; the file `checkpoint`. Killed anywhere, the next
round goes on from what is there, and writes the same bytes.
"""

import json
from dataclasses import dataclass

from django.db import connection, transaction

from audit.actor import service
from audit.alarms import end_alarm, raise_alarm
from audit.log import record
from audit.models import Entry, Event, LogState
from audit.signing import Signer, log_signers
from audit.tiles import CHECKPOINT, Edge, Missing, log_store
from audit.verify import TILE, Checkpoint, Key, Note, Refused, Tiles, leaf_hash
from audit.witnesses import cosign, seen

AT_ONCE = 2_000  # events in a round: 128 MB of bodies at the very most
LOCK = "audit.sequencer"

MISSING = """
SELECT event.id, event.body FROM audit_event event
 WHERE {window} AND NOT EXISTS (SELECT FROM audit_entry entry WHERE entry.event_id = event.id)
 ORDER BY event.id LIMIT %s
"""
# From the oldest open transaction to the newest: numbers beyond are those of another server, before a restore.
RECENT = "event.xact >= %s AND event.xact < pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
OLDEST_OPEN = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
NUMBER = (
    "INSERT INTO audit_entry (index, event_id, leaf_hash) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])"
)
UNWRITTEN = """
SELECT entry.index, entry.leaf_hash, event.body
  FROM audit_entry entry JOIN audit_event event ON event.id = entry.event_id
 WHERE entry.index >= %s ORDER BY entry.index LIMIT %s
"""


class SetBack(Refused):
    """What the database or the store holds is older than, or other than, what was signed: nothing more is signed."""


@dataclass
class Sequencer:
    """The only one of its database while it holds the lock, which goes with its connection."""

    signers: list[Signer]
    edge: Edge
    state: LogState
    mark: int | None = None  # no transaction before this one can still bring events without an entry; None: look at all

    @classmethod
    def begin(cls) -> "Sequencer":
        """Takes up where the log stands; SetBack where the past is not what was signed."""
        signers = log_signers()
        if not signers:
            raise Refused("The log has no key: set LOG_KEY_FILE or LOG_KEY, see docs/operator.md.")
        state = LogState.objects.first() or LogState(size=0, root=Edge(log_store()).root(), note="")
        _check_entries(state)
        edge = _edge(state)
        _check_published(state, [signer.key for signer in signers])
        _check_witnesses(state)
        end_alarm("log-set-back")
        _record_keys(state, signers)
        return cls(signers, edge, state)

    def round(self) -> int:
        """Logs what is missing, up to a limit; how many events that was."""
        added = self._number()
        self._grow()
        if self.edge.size > self.state.size or self._keys_changed():
            self._sign()
        self._publish()
        return added

    def _number(self) -> int:
        """Gives each event that has none its place, in the order of their numbers."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(OLDEST_OPEN)
            (oldest_open,) = cursor.fetchone()
            window, since = ("TRUE", []) if self.mark is None else (RECENT, [self.mark])
            cursor.execute(MISSING.format(window=window), [*since, AT_ONCE])
            events = cursor.fetchall()
            if events:
                cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM audit_entry")
                (first,) = cursor.fetchone()
                leaves = [leaf_hash(body.encode()) for _id, body in events]
                indexes = list(range(first, first + len(events)))
                cursor.execute(NUMBER, [indexes, [event for event, _body in events], leaves])
        if len(events) < AT_ONCE:
            self.mark = oldest_open
        return len(events)

    def _grow(self) -> None:
        """Adds to the tree what has a place and is not in it yet; the database must still hold what was numbered."""
        while True:
            with connection.cursor() as cursor:
                cursor.execute(UNWRITTEN, [self.edge.size, AT_ONCE])
                found = cursor.fetchall()
            for index, leaf, body in found:
                entry = body.encode()
                if index != self.edge.size or bytes(leaf) != leaf_hash(entry):
                    raise SetBack(f"Entry {index} is not what it was when it got its place: an event was changed.")
                self.edge.add(entry)
            if len(found) < AT_ONCE:
                break
        self.edge.write()

    def _sign(self) -> None:
        """Signs the tree as it is; the database refuses what does not follow from the state before."""
        root = self.edge.root()
        text = Checkpoint.text(self.signers[0].key.name, self.edge.size, root)
        note = text + "\n" + "".join(signer.sign(text) for signer in self.signers)
        values = {"size": self.edge.size, "root": root, "note": note}
        self.state, _new = LogState.objects.update_or_create(id=1, defaults=values)

    def _publish(self) -> None:
        """Puts the signed state out, once the policy's witnesses have cosigned it; else the old checkpoint stays."""
        if not self.state.note or self._is_out():
            return
        answer = cosign(self.state.note, consistency=Tiles(log_store().read, self.state.size).consistency)
        if not answer.met:
            return
        self._still_alone()
        log_store().replace(CHECKPOINT, answer.note.encode())
        self.edge.tidy()

    def _is_out(self) -> bool:
        out, state = log_store().read(CHECKPOINT), Note.parse(self.state.note)
        if out is None or Note.parse(out).text != state.text:
            return False
        origin = self.signers[0].key.name
        return {one for one in Note.parse(out).signatures if one.name == origin} == {*state.signatures}

    def _keys_changed(self) -> bool:
        if not self.state.note:
            return False
        signed = {(one.name, one.id) for one in Note.parse(self.state.note).signatures}
        return signed != {(one.key.name, one.key.id) for one in self.signers}

    def _still_alone(self) -> None:
        """Fails where the connection, and the lock with it, is gone: somebody else may be at work."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


def take_lock() -> bool:
    """True where this connection is now the only sequencer's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        return cursor.fetchone()[0]


def refuse(reason: SetBack) -> None:
    """Says aloud that nothing more is signed, and why."""
    raise_alarm("log-set-back", sentence=str(reason))


def _record_keys(state: LogState, signers: list[Signer]) -> None:
    """The log says of itself with which keys it is signed, whenever that changes."""
    facts = {"key": str(signers[0].key), "beside": [str(one.key) for one in signers[1:]]}
    last = Event.objects.filter(kind="log.key_changed").order_by("-id").first()
    if last is None or json.loads(last.body)["facts"] != facts:
        with transaction.atomic():
            record("log.key_changed", by=service("sequencer"), on=state, facts=facts)


def _check_entries(state: LogState) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(max(index) + 1, 0) FROM audit_entry")
        count, end = cursor.fetchone()
    if count != end:
        raise SetBack(f"{end - count} of the log's {end} entries are missing from the database.")
    if end < state.size:
        raise SetBack(f"The database has {end} entries, but {state.size} were signed: entries were removed.")


def _edge(state: LogState) -> Edge:
    """The tree's edge from its files, or from the database where files are missing; either must be what was signed."""
    try:
        edge = Edge.load(log_store(), state.size)
    except Missing:
        edge = _made_again(state.size)
    if edge.root() != bytes(state.root):
        raise SetBack(f"The log's files do not lead to the root that was signed at {state.size} entries.")
    last = Entry.objects.filter(index__gte=state.size - state.size % TILE, index__lt=state.size).order_by("index")
    if [bytes(leaf) for leaf in last.values_list("leaf_hash", flat=True)] != edge.last_hashes():
        raise SetBack(
            "The database's last entries are not those of the log: it was set back, or its order was changed."
        )
    return edge


def _made_again(size: int) -> Edge:
    edge = Edge(log_store())
    with connection.cursor() as cursor:
        while edge.size < size:
            cursor.execute(UNWRITTEN, [edge.size, min(AT_ONCE, size - edge.size)])
            found = cursor.fetchall()
            if not found or found[0][0] != edge.size:
                raise SetBack(f"The log's files are missing, and so is event {edge.size} that they could be made from.")
            for _index, _leaf, body in found:
                edge.add(body.encode())
    edge.write()
    return edge


def _check_published(state: LogState, keys: list[Key]) -> None:
    data = log_store().read(CHECKPOINT)
    if data is None:
        return
    point = Checkpoint.parse(data)
    if point.note.signers(keys):  # of a log that bore this name with another key we know nothing
        _check_seen("the log published", point, state)


def _check_witnesses(state: LogState) -> None:
    for name, point in seen().items():
        _check_seen(f"the witness {name} saw", point, state)


def _check_seen(who: str, point: Checkpoint, state: LogState) -> None:
    if point.size > state.size:
        raise SetBack(
            f"The database knows {state.size} signed entries, but {who} {point.size}: an older backup was restored. "
            "Restore a newer one; nothing is signed until then."
        )
    if Tiles(log_store().read, state.size).root(point.size) != point.root:
        raise SetBack(f"The log is not the one that {who} at {point.size} entries: it was rewritten.")
