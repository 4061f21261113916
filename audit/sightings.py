"""What a witness saw of our log, held against our tree: a log that shows two faces is caught, with the evidence."""

import base64

from audit.alarms import end_alarm, raise_alarm
from audit.models import LogState
from audit.tiles import log_store
from audit.verify import Checkpoint, Tiles

SPLIT, AHEAD = "split-view", "witness-ahead"


def judge(witness: str, seen: Checkpoint) -> bool:
    """True where our tree begins with what the witness saw; else an alarm stands, which anybody can check.

    `seen` must be signed by our log, and cosigned by the witness.
    """
    signed = Checkpoint.parse(LogState.objects.get(id=1).note)
    if seen.size > signed.size:
        raise_alarm(
            AHEAD,
            about=witness,
            sentence=f"The witness {witness} saw {seen.size} signed entries, and our database knows of {signed.size}: "
            "the log was set back.",
            evidence={"seen": str(seen), "signed": str(signed)},
        )
        return False
    tree = Tiles(log_store().read, signed.size)
    root = tree.root(seen.size)
    if root == seen.root:
        end_alarm(SPLIT, about=witness)
        end_alarm(AHEAD, about=witness)
        return True
    raise_alarm(
        SPLIT,
        about=witness,
        sentence=f"The log showed the witness {witness} {seen.size} entries that are not those that it shows now: "
        "two states, signed by one key, of which one cannot follow the other.",
        evidence={
            "seen": str(seen),
            "signed": str(signed),
            "size": seen.size,
            "root": base64.b64encode(root).decode(),
            "proof": [base64.b64encode(one).decode() for one in tree.consistency(seen.size)],
        },
    )
    return False
