"""Rules of order as tables: which state follows which, by what, and what is said to whoever tries another move.

The diagrams in docs/states.md are printed from these tables by `manage.py states`.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.models import Basis


@dataclass(frozen=True)
class Move:
    """One move: its verb, where it may start, where it ends, and whose it is."""

    verb: str
    sources: tuple[str, ...]
    target: str
    whose: str


@dataclass(frozen=True)
class Moves:
    """All moves of one thing. `refusals` says for each state why a move that is not listed there cannot be made."""

    name: str
    start: str
    moves: tuple[Move, ...]
    refusals: dict[str, str]

    def allows(self, state: str, verb: str) -> bool:
        """True where the move may start in this state."""
        return any(move.verb == verb and state in move.sources for move in self.moves)

    def after(self, state: str, verb: str) -> str:
        """The state that the move leads to; a move that the table does not have is refused with a sentence."""
        for move in self.moves:
            if move.verb == verb and state in move.sources:
                return move.target
        raise self.refusal(state)

    def refusal(self, state: str) -> ValidationError:
        """What is said to a move that cannot be made in this state: a conflict, which names the state."""
        return ValidationError(self.refusals[state], code="conflict", params={"state": state})

    def diagram(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start}"]
        for move in self.moves:
            lines += [f"    {source} --> {move.target}: {move.verb} ({move.whose})" for source in move.sources]
        sources = {source for move in self.moves for source in move.sources}
        ends = dict.fromkeys(move.target for move in self.moves if move.target not in sources)
        return "\n".join([*lines, *(f"    {end} --> [*]" for end in ends)])


GRANT = Moves(
    name="Grant",
    start="active",
    moves=(
        Move("suspend", ("active",), "suspended", "approver of the owner, or with a change of what is lent"),
        Move("resume", ("suspended",), "active", "approver of the owner"),
        Move("revoke", ("active", "suspended"), "revoked", "approver of the owner"),
        Move("expire", ("active", "suspended"), "expired", "the clock"),
        Move("supersede", ("active", "suspended"), "superseded", "approver of the owner, by renewing it"),
        Move("return", ("active", "suspended"), "returned", "the recipient, who needs it no more"),
        Move("attest", ("revoked", "expired", "returned"), "ended", "the recipient: what was received is disposed of"),
    ),
    refusals={
        "active": _("This grant is active: there is nothing to resume, and nothing to attest yet."),
        "suspended": _("This grant is suspended already. Resume it or revoke it."),
        "revoked": _("This grant was revoked, which is for good. Make a new grant to lend the data again."),
        "expired": _("This grant has ended. Make a new grant to lend the data again."),
        "superseded": _("This grant was renewed: the new one holds its terms."),
        "returned": _("This grant was given back by its recipient. Make a new grant to lend the data again."),
        "ended": _("This grant has ended, and what was received under it is disposed of."),
    },
)

DUTY = Moves(
    name="Duty",
    start="active",
    moves=(
        Move("close", ("active",), "expired", "with the work it was made for"),
        Move("expire", ("active",), "expired", "the clock"),
    ),
    refusals={
        "active": _("This duty is in force."),
        "expired": _("This duty has ended."),
    },
)

RELEASE = Moves(
    name="Release",
    start="active",
    moves=(Move("withdraw", ("active",), "withdrawn", "steward or approver of the owner, or a reviewer"),),
    refusals={
        "active": _("This release is open to everybody: it can only be withdrawn."),
        "withdrawn": _("This release was withdrawn already. Submit the dataset again to open it."),
    },
)

DATASET = Moves(
    name="Dataset",
    start="draft",
    moves=(
        Move("activate", ("draft",), "active", "steward of the owner"),
        Move("retire", ("draft", "active"), "retired", "steward of the owner; its grants are suspended"),
        Move("restore", ("retired",), "active", "steward of the owner"),
    ),
    refusals={
        "draft": _("This dataset is a draft. Put it into the catalogue first."),
        "active": _("This dataset stands in the catalogue already."),
        "retired": _("This dataset is retired. Restore it first, then change it."),
    },
)

VERSION = Moves(
    name="Version",
    start="proposed",
    moves=(
        Move("confirm", ("proposed",), "kept", "steward of the owner, or a load with nothing left to ask"),
        Move("discard", ("proposed",), "discarded", "steward of the owner"),
        Move("drop", ("kept",), "dropped", "the clock, by the dataset's retention, when nobody relies on it"),
        Move("purge", ("proposed", "kept"), "purged", "two persons, where a law orders it"),
    ),
    refusals={
        "proposed": _("This version waits for its steward. Confirm it or discard it."),
        "kept": _("This version was confirmed already. Upload the corrected file as a new one."),
        "discarded": _("This version was discarded already. Upload the file again."),
        "dropped": _("This version was dropped when its time was over. Upload its file again as a new one."),
        "purged": _("This version was destroyed by law. What it held is not taken in again."),
    },
)

PURGE = Moves(
    name="Purge",
    start="asked",
    moves=(
        Move("withdraw", ("asked",), "withdrawn", "steward or approver of the owner, or the authority"),
        Move("refuse", ("asked",), "refused", "approver of the owner, or the authority; another person"),
        Move("decide", ("asked",), "decided", "approver of the owner, or the authority; another person"),
        Move("finish", ("decided",), "done", "the worker, when no file is left"),
    ),
    refusals={
        "asked": _("This destruction waits for a second person. Decide about it first."),
        "withdrawn": _("This destruction was withdrawn. Ask for it again if it is to be."),
        "refused": _("This destruction was refused. Ask for it again with what was missing."),
        "decided": _("This destruction was decided and is being carried out: that cannot be stopped."),
        "done": _("This destruction was carried out. What it named is gone for good."),
    },
)

SOURCE = Moves(
    name="Source",
    start="active",
    moves=(
        Move("pause", ("active",), "paused", "steward of the owner, or the worker after failures that repeat"),
        Move("resume", ("paused",), "active", "steward of the owner"),
        Move("remove", ("active", "paused"), "removed", "steward of the owner"),
    ),
    refusals={
        "active": _("This source is active: there is nothing to resume."),
        "paused": _("This source is paused already."),
        "removed": _("This source was removed. Set it up again."),
    },
)

EXPORT = Moves(
    name="Export",
    start="asked",
    moves=(
        Move("take up", ("asked",), "running", "a worker"),
        Move("hand back", ("running",), "asked", "a worker that could not finish, or the sweep"),
        Move("finish", ("running",), "ready", "the worker that holds it"),
        Move("fail", ("running",), "failed", "the worker that holds it, or the sweep after tries that died"),
        Move("expire", ("ready",), "expired", "the clock"),
        Move("end", ("asked", "running", "ready"), "ended", "the reader, or with its basis or its version"),
    ),
    refusals={
        "asked": _("This file waits to be made. You can end it."),
        "running": _("This file is being made. You can end it."),
        "ready": _("This file is ready. You can fetch it, or end it."),
        "failed": _("This file could not be made. Ask for it again."),
        "expired": _("The time of this file is over. Ask for it again."),
        "ended": _("This file is gone. Ask for it again."),
    },
)

OF_BASIS = {Basis.Kind.GRANT: GRANT, Basis.Kind.DUTY: DUTY, Basis.Kind.RELEASE: RELEASE}
