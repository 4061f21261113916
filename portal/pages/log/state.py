"""The state of the log as pages show it: the published checkpoint, who signed it, and what is wrong."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.core.exceptions import ImproperlyConfigured

from audit.alarms import open_alarms
from audit.checkpoints import published
from audit.models import Alarm, Event
from audit.signing import log_keys
from audit.verify import Checkpoint, Key, Refused

MOST_ALARMS = 20


@dataclass(frozen=True)
class LogNow:
    """What everybody may know of the log at this moment."""

    point: Checkpoint | None
    refusal: str  # why the published file is not believed, in the verifier's own words
    keys: list[Key] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    @property
    def signers(self) -> list[dict]:
        """Each signature line of the checkpoint: whose, and when where it says so."""
        if self.point is None:
            return []
        ours = {(key.name, key.id) for key in self.keys}
        return [
            {"name": one.name, "id": one.id.hex(), "ours": (one.name, one.id) in ours, "at": _moment(one.blob)}
            for one in self.point.note.signatures
        ]

    @property
    def witnesses(self) -> list[dict]:
        """The signers that are not the log itself."""
        return [signer for signer in self.signers if not signer["ours"]]


def log_now() -> LogNow:
    """The log as it is published now; where it is not believed, or not set up, why."""
    alarms = list(open_alarms()[:MOST_ALARMS])
    try:
        return LogNow(published(), "", log_keys(), alarms)
    except (Refused, ImproperlyConfigured) as reason:
        return LogNow(None, str(reason), _keys(), alarms)


def _keys() -> list[Key]:
    try:
        return log_keys()
    except ImproperlyConfigured:
        return []


def is_waiting(event: Event, now: LogNow) -> bool:
    """True while no published checkpoint holds the event."""
    entry = getattr(event, "entry", None)
    return entry is None or now.point is None or entry.index >= now.point.size


def _moment(blob: bytes) -> datetime | None:
    """The time that a cosignature states: eight bytes before an Ed25519 signature."""
    return datetime.fromtimestamp(int.from_bytes(blob[:8], "big"), UTC) if len(blob) == 72 else None
