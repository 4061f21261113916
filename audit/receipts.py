"""The receipt of an event: what proves, offline and to anybody, that it is in the log."""

from audit.checkpoints import published, tree
from audit.models import Entry, Event
from audit.tiles import log_store
from audit.verify import TILE, Receipt, Refused, read_cut, unpack_bundle


def receipt(event: Event) -> Receipt | None:
    """The event's receipt under the published checkpoint; None while no checkpoint holds it.

    It carries the entry as the log has it, not as the database has it now.
    """
    entry = Entry.objects.filter(event=event.pk).first()
    point = published()
    if entry is None or point is None or entry.index >= point.size:
        return None
    return Receipt(entry.index, tuple(tree(point.size).inclusion(entry.index)), point, logged(entry.index, point.size))


def logged(index: int, size: int) -> bytes:
    """The entry at an index as the log of this size has it."""
    number, at = divmod(index, TILE)
    data = read_cut(log_store().read, "entries", number, min(TILE, size - number * TILE))
    entries = unpack_bundle(data) if data is not None else []
    if at >= len(entries):
        raise Refused(f"The log's file with entry {index} is missing.")
    return entries[at]
