"""Asks the witnesses of the policy to cosign, all at once and in bounded time, and says what they saw."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.alarms import end_alarm, open_alarms, raise_alarm
from audit.sightings import judge
from audit.signing import log_keys
from audit.verify import Checkpoint, Policy, Refused, Witness
from audit.witness.client import Outcome, Reply, latest, submit
from audit.witness.submission import Submission

UNMET, NOT_COSIGNED = "policy-unmet", "witness-refused"
GRACE = 0.2  # seconds in which the others may still answer once the policy is met
TRIES = 3

_askers = ThreadPoolExecutor(64, thread_name_prefix="witness")
_asked: dict[Witness, Future] = {}
_sizes: dict[Witness, int] = {}  # what each has probably seen: where it is wrong, it says so


@dataclass(frozen=True)
class Cosigned:
    """The note with the cosignatures that were given, whether they are enough, and each witness' answer."""

    note: str
    met: bool
    answers: dict[str, Reply]


def read_policy() -> Policy:
    """Who must cosign, from LOG_POLICY_FILE; without one nobody must."""
    path = settings.LOG_POLICY_FILE
    try:
        policy = Policy.parse(Path(path).read_bytes() if path else "quorum none\n")
    except OSError as error:
        raise ImproperlyConfigured(f"The policy file {path} cannot be read: {error.strerror}.") from None
    except Refused as reason:
        raise ImproperlyConfigured(f"{path}: {reason}") from None
    for witness in policy.witnesses.values():
        if not witness.url.startswith(("http://", "https://")):
            raise ImproperlyConfigured(f"{path}: the witness {witness.name} has no address where it can be asked.")
    return policy


def cosign(note: str, *, consistency: Callable[[int], list[bytes]]) -> Cosigned:
    """The note with all cosignatures that could be had; where the policy is not met an alarm stands.

    `consistency(old)` proves that the note's tree begins with that of `old` entries; it is called in this thread.
    """
    policy = read_policy()
    point = Checkpoint.parse(note)
    answers = _ask_all(policy, point, consistency)
    cosigners = {name for name, reply in answers.items() if reply.outcome == Outcome.COSIGNED}
    lines = "".join(answers[name].line for name in policy.witnesses if name in cosigners)
    met = policy.met(cosigners)
    _say(policy, point, answers, met=met)
    return Cosigned(note + lines, met, answers)


def seen() -> dict[str, Checkpoint]:
    """The latest checkpoint that each witness cosigned, signed by our log; those that show none are left out."""
    policy = read_policy()
    asked = {
        name: _askers.submit(latest, witness, settings.LOG_ORIGIN, settings.LOG_WITNESS_SECONDS)
        for name, witness in policy.witnesses.items()
    }
    wait(asked.values(), timeout=settings.LOG_WITNESS_SECONDS)
    points = {name: future.result() for name, future in asked.items() if future.done()}
    return {name: point for name, point in points.items() if point is not None and _is_ours(point, policy)}


def _ask_all(policy: Policy, point: Checkpoint, consistency: Callable[[int], list[bytes]]) -> dict[str, Reply]:
    answers: dict[str, Reply] = {}
    waiting: dict[Future, tuple[Witness, int]] = {}
    until = time.monotonic() + settings.LOG_WITNESS_SECONDS

    def ask(witness: Witness, old: int, tries: int) -> None:
        old = min(old, point.size)
        proof = tuple(consistency(old)) if 0 < old < point.size else ()
        future = _askers.submit(submit, witness, Submission(old, proof, point), settings.LOG_WITNESS_SECONDS)
        _asked[witness] = future
        waiting[future] = (witness, tries)

    for witness in policy.witnesses.values():
        if witness not in _asked or _asked[witness].done():  # else it still owes an answer
            ask(witness, _sizes.get(witness, 0), TRIES)
    while waiting and (left := until - time.monotonic()) > 0:
        for future in wait(waiting, timeout=left, return_when=FIRST_COMPLETED).done:
            witness, tries = waiting.pop(future)
            reply = future.result()
            if reply.outcome == Outcome.COSIGNED:
                _sizes[witness] = point.size
            if reply.outcome == Outcome.CONFLICT and reply.size <= point.size and tries > 1:
                _sizes[witness] = reply.size
                ask(witness, reply.size, tries - 1)
            else:
                answers[witness.name] = reply
        if policy.met(name for name, reply in answers.items() if reply.outcome == Outcome.COSIGNED):
            until = min(until, time.monotonic() + GRACE)
    late = Reply(Outcome.SILENT, "It gave no answer in time.")
    return {name: answers.get(name, late) for name in policy.witnesses}


def _say(policy: Policy, point: Checkpoint, answers: dict[str, Reply], *, met: bool) -> None:
    """Raises the alarms that the answers give reason for, and ends those that are over."""
    standing = set(open_alarms().filter(kind__in=[UNMET, NOT_COSIGNED]).values_list("kind", "about"))
    for name, reply in answers.items():
        if reply.outcome in {Outcome.SPLIT, Outcome.CONFLICT, Outcome.REFUSED}:
            _say_refused(policy, name, point, reply)
        elif reply.outcome == Outcome.COSIGNED and (NOT_COSIGNED, name) in standing:
            end_alarm(NOT_COSIGNED, about=name)
    for kind, name in standing:
        if kind == NOT_COSIGNED and name not in answers:  # no longer in the policy
            end_alarm(kind, about=name)
    if met and (UNMET, "") in standing:
        end_alarm(UNMET)
    elif not met and (UNMET, "") not in standing:
        reasons = " ".join(f"{name}: {reply.sentence}" for name, reply in answers.items())
        few = f"Too few witnesses cosigned the log of {point.size} entries, so the older checkpoint stays."
        raise_alarm(
            UNMET,
            sentence=f"{few} {reasons}",
            evidence={"signed": str(point), "answers": {name: str(reply.outcome) for name, reply in answers.items()}},
        )


def _say_refused(policy: Policy, name: str, point: Checkpoint, reply: Reply) -> None:
    """Where the witness shows what it saw, that is judged; its word alone is an alarm of its own."""
    held = None
    if reply.outcome in {Outcome.SPLIT, Outcome.CONFLICT}:
        held = latest(policy.witnesses[name], point.origin, settings.LOG_WITNESS_SECONDS)
    if held is not None and _is_ours(held, policy) and not judge(name, held):
        return
    raise_alarm(
        NOT_COSIGNED,
        about=name,
        sentence=f"The witness {name} did not cosign the log of {point.size} entries. {reply.sentence}",
        evidence={"signed": str(point), "answer": str(reply.outcome), "size": reply.size},
    )


def _is_ours(point: Checkpoint, policy: Policy) -> bool:
    """True where the log signed it, with a key of today or one that the policy still names."""
    try:
        return bool(point.check_log([*log_keys(), *(key for key, _url in policy.logs)]))
    except Refused:
        return False
