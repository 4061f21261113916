"""What is checked when somebody asks whether one event is what the log says: each check with its answer."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from audit.checkpoints import tree
from audit.models import Event
from audit.openings import body_of, opened
from audit.receipts import logged
from audit.signing import log_keys
from audit.tiles import CHECKPOINT, log_store
from audit.verify import Checkpoint, Refused, check_consistency, check_inclusion, leaf_hash
from audit.witnesses import read_policy

OK, FAILED, WAITING, NONE = "ok", "failed", "waiting", "none"


@dataclass(frozen=True)
class Finding:
    """One check: its name, how it ended, and a sentence; `detail` is the verifier's own word, in English."""

    name: str
    state: str
    sentence: str
    detail: str = ""


@dataclass
class Examination:
    """All checks of one event, the checkpoint that they were made against, and the text that the log holds."""

    findings: list[Finding] = field(default_factory=list)
    point: Checkpoint | None = None
    logged: str | None = None

    @property
    def state(self) -> str:
        """The worst answer of all."""
        states = {finding.state for finding in self.findings}
        return FAILED if FAILED in states else WAITING if WAITING in states else OK

    @property
    def changed(self) -> bool:
        """True where the database no longer says what was logged."""
        return any(finding.state == FAILED and finding.name in CHANGED_BY for finding in self.findings)

    def add(self, name: str, state: str, sentence: str, detail: str = "") -> None:
        """One more answer."""
        self.findings.append(Finding(name, state, sentence, detail))


NAMES = ("text", "place", "columns", "values", "signature", "witnesses", "history")
CHANGED_BY = {"text", "place", "columns"}


def differs(event: Event) -> bool:
    """True where the event's text is not the one that got its place in the log; cheap, for whole lists."""
    entry = getattr(event, "entry", None)
    return (entry is not None and leaf_hash(event.body.encode()) != bytes(entry.leaf_hash)) or not _is_found_by(event)


def examine(event: Event, *, seen: str = "") -> Examination:
    """Every check of this event, against the checkpoint that is published now and the one that was seen earlier."""
    found = Examination()
    entry = getattr(event, "entry", None)
    found.point = _signature(found)
    if entry is None:
        found.add("text", WAITING, _("The event has no place in the log yet. It gets one within seconds; ask again."))
    else:
        _text(found, event, entry)
        _place(found, event, entry)
    _columns(found, event)
    _values(found, event)
    if found.point is not None:
        _witnesses(found, found.point)
    if found.point is not None and seen:
        _history(found, seen)
    found.findings.sort(key=lambda finding: NAMES.index(finding.name))
    return found


def _text(found: Examination, event: Event, entry) -> None:
    if leaf_hash(event.body.encode()) == bytes(entry.leaf_hash):
        words = _("Its text hashes to entry %(index)s of the log: SHA-256 %(hash)s.")
        found.add("text", OK, words % {"index": entry.index, "hash": bytes(entry.leaf_hash).hex()})
        return
    words = _("This event was changed after it was logged: its text does not hash to entry %(index)s.")
    found.add("text", FAILED, words % {"index": entry.index})


def _place(found: Examination, event: Event, entry) -> None:
    point = found.point
    if point is None or entry.index >= point.size:
        found.add(
            "place", WAITING, _("No published checkpoint holds it yet. One is published within seconds; ask again.")
        )
        return
    numbers = {"index": entry.index, "size": point.size, "root": point.root.hex()}
    try:
        held = logged(entry.index, point.size)
        found.logged = held.decode(errors="replace")
        proof = tree(point.size).inclusion(entry.index)
        check_inclusion(entry.index, point.size, leaf_hash(event.body.encode()), proof, point.root)
    except Refused as reason:
        words = _("As it stands in the database it is not entry %(index)s of the %(size)s that the checkpoint holds.")
        found.add("place", FAILED, words % numbers, str(reason))
        return
    words = _("%(steps)s hashes lead from entry %(index)s to the root of the checkpoint of %(size)s entries, %(root)s.")
    found.add("place", OK, words % {**numbers, "steps": len(proof)})


def _columns(found: Examination, event: Event) -> None:
    if _is_found_by(event):
        found.add("columns", OK, _("It is found under the time, kind, person, dataset and basis that its text states."))
        return
    words = _("It is found under another time, kind, person, dataset or basis than its text states: this was changed.")
    found.add("columns", FAILED, words)


def _is_found_by(event: Event) -> bool:
    body = body_of(event)

    def stated(name: str):
        part = body.get(name)
        return str(part["id"]) if isinstance(part, dict) and part.get("id") else None

    columns = (event.actor, event.department, event.dataset, event.basis)
    return (
        [str(value) if value else None for value in columns]
        == [stated(name) for name in ("actor", "department", "dataset", "basis")]
        and body.get("id") == str(event.uuid)
        and body.get("kind") == event.kind
        and body.get("time") == event.time.isoformat(timespec="microseconds")
    )


def _values(found: Examination, event: Event) -> None:
    values = opened(event, body_of(event))
    if values.false:
        words = _("These personal values do not fit their commitments, they were exchanged: %(names)s.")
        found.add("values", FAILED, words % {"names": ", ".join(values.false)})
    elif values.values:
        found.add("values", OK, _("Each personal value that is kept fits the commitment to it in the text."))
    elif values.erased:
        found.add("values", OK, _("The personal values were erased; the commitments to them stand in the text."))


def _signature(found: Examination) -> Checkpoint | None:
    try:
        data = log_store().read(CHECKPOINT)
        point = Checkpoint.parse(data) if data is not None else None
        if point is None:
            found.add("signature", WAITING, _("The log has published no checkpoint yet."))
            return None
        key = point.check_log(log_keys())
    except Refused as reason:
        found.add("signature", FAILED, _("The published checkpoint is not one that our log signed."), str(reason))
        return None
    words = _("The checkpoint is signed by the log’s key %(key)s.") % {"key": f"{key.name}+{key.id.hex()}"}
    found.add("signature", OK, words)
    return point


def _witnesses(found: Examination, point: Checkpoint) -> None:
    policy = read_policy()
    if not policy.witnesses:
        found.add("witnesses", NONE, _("The policy of this log names no witnesses: only the log itself signs."))
        return
    try:
        cosigners = policy.cosigners(point.note)
    except Refused as reason:
        found.add("witnesses", FAILED, _("A cosignature of the checkpoint is false."), str(reason))
        return
    names = {"names": ", ".join(sorted(cosigners)) or "–", "all": len(policy.witnesses)}
    if policy.met(cosigners):
        words = _("These of the %(all)s witnesses cosigned it, as many as the policy asks for: %(names)s.")
        found.add("witnesses", OK, words % names)
    else:
        words = _("Only these of the %(all)s witnesses cosigned it, fewer than the policy asks for: %(names)s.")
        found.add("witnesses", FAILED, words % names)


def _history(found: Examination, seen: str) -> None:
    point = found.point
    try:
        earlier = Checkpoint.parse(seen)
        numbers = {"old": earlier.size, "new": point.size}
        if earlier.size > point.size:
            raise Refused(f"{earlier.size} entries were shown before, {point.size} now.")
        proof = tree(point.size).consistency(earlier.size)
        check_consistency(earlier.size, point.size, earlier.root, point.root, proof)
    except Refused as reason:
        words = _("The log is not the one that you saw earlier in this session: it was rewritten or set back.")
        found.add("history", FAILED, words, str(reason))
        return
    words = _("The log of %(new)s entries begins with the %(old)s that you saw earlier in this session.")
    found.add("history", OK, words % numbers)
