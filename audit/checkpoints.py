"""The checkpoint that everybody sees: signed by the log, and by as many witnesses as the policy asks for."""

from audit.signing import log_keys
from audit.tiles import CHECKPOINT, log_store
from audit.verify import Checkpoint, Tiles


def published() -> Checkpoint | None:
    """The newest checkpoint that was published; None while the log is empty. Refused where it is not our log's."""
    data = log_store().read(CHECKPOINT)
    if data is None:
        return None
    point = Checkpoint.parse(data)
    point.check_log(log_keys())
    return point


def tree(size: int) -> Tiles:
    """The tree of our log at this size, from its tiles."""
    return Tiles(log_store().read, size)
