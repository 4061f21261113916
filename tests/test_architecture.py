"""The house keeps its own rules, and the rules would notice if it did not."""

import ast
from pathlib import Path

import pytest

from audit.kinds import KINDS
from tests import architecture, recording

ROOT = Path(__file__).resolve().parent.parent
# What changes something and leaves the event to the action that calls it; each with its reason.
PARTS = {
    "catalog/actions/bases.py:move_basis records nothing": "one move of a table of moves; its callers record the move",
    "catalog/actions/changes.py:keep_change records nothing": "keeps before and after; its callers record the change",
    "catalog/actions/keys.py:find_key records nothing": "notes when a key was last used; what it opens is recorded",
    "catalog/actions/manifests.py:carry_documents records nothing": "a part of a version; its callers record that",
    "catalog/actions/manifests.py:forget_columns records nothing": "a part of what its callers record",
    "catalog/actions/destruction.py:measure_file records nothing": "one file of many; the report records them all",
    "catalog/actions/destruction.py:remove_file records nothing": "the same",
    "catalog/actions/purges.py:forget_values records nothing": "a part of the decision, which is recorded",
}
# Functions that change rows and may end without an event; each with what says it instead, or why nothing need.
UNRECORDED = {
    "audit/erasure.py:_erase": "one event's details; who erases records how many",
    "audit/sequencer.py:Sequencer._sign": "the log's own state; the checkpoint is its record",
    "catalog/actions/bases.py:move_basis": "one move of a table of moves; its callers record the move",
    "catalog/actions/changes.py:keep_change": "keeps before and after; its callers record the change",
    "catalog/actions/datasets.py:_move": "one move; its callers record it",
    "catalog/actions/keys.py:find_key": "notes when a key was last used; what it opens is recorded",
    "catalog/actions/manifests.py:carry_documents": "a part of a version; its callers record that",
    "catalog/actions/manifests.py:forget_columns": "a part of discarding or destroying a version, which is recorded",
    "catalog/actions/destruction.py:measure_file": "one file of many; the report records them all",
    "catalog/actions/destruction.py:remove_file": "the same",
    "catalog/actions/destruction.py:_was_not_there": "nothing went; the report names those files that did",
    "catalog/actions/destruction.py:forget_questions": "where nobody asked there is nothing to say",
    "catalog/actions/destruction.py:_note": "what is still to go; the report records what went",
    "catalog/actions/purges.py:_answer": "one move; its callers record it",
    "catalog/actions/purges.py:_forget": "a part of the decision, which is recorded",
    "catalog/actions/purges.py:forget_values": "the same",
    "catalog/actions/purges.py:_settle_current": "the same",
    "catalog/actions/proposals.py:propose_version": "a file that gives the version there is: load.started says it came",
    "catalog/actions/proposals.py:_add_columns": "a part of a version; its caller records that",
    "catalog/actions/exports.py:_close": "the end of a file for one reader; its callers record why",
    "catalog/api/idempotency.py:_begin": "an answer kept for a repeated request; the act in between records itself",
    "catalog/api/idempotency.py:_finish": "the same",
    "catalog/changes.py:_keep": "numbers computed from what two bases let out; a cache",
    "catalog/exports.py:forget_old": "what was asked for is forgotten; the log says that there was a file",
    "catalog/extents.py:_keep": "numbers computed from what a basis lets out; a cache",
    "catalog/jobs.py:claim": "who works at a load; its beginning and end are recorded",
    "catalog/jobs.py:hand_back": "the same",
    "catalog/jobs.py:take_away": "the same",
    "catalog/jobs.py:mark_queued": "the same",
    "catalog/jobs.py:Lease.report": "the same",
    "catalog/jobs.py:Lease._extend": "the same",
    "catalog/management/commands/rotate_source_keys.py:Command.handle": "the same passwords, sealed by another key",
    "catalog/sources/clock.py:_begin_one": "a source that waits for its steward is looked at again later",
    "catalog/sources/connections.py:_url": "the address of another database; nothing of ours is written",
    "catalog/sources/runs.py:_adds": "how the run takes what is new; the version says it",
    "catalog/sources/runs.py:_keep": "the file of a run, whose beginning and end are recorded",
    "catalog/sources/runs.py:look_twice": "a run that asks instead of confirming; the version says why",
    "opendata/actions.py:_decide": "one move; its callers record it",
    "opendata/manifests.py:write_manifest": "it says what the files are; finish records them",
    "opendata/files.py:enter": "one file of a release; finish records them all",
    "portal/demo/datasets.py:_let_time_pass": "the sample city's past; never on a real site",
    "portal/models.py:UserManager.create_user": "the row of an account; invite, sign-up and founding record it",
    "portal/reactions.py:react": "what became of a reaction to an event",
}


def test_it_imports_only_what_lies_nearer_to_audit():
    assert architecture.wrong_imports(ROOT) == []


def test_it_reads_rows_at_the_gate_alone():
    assert architecture.other_row_readers(ROOT) == []


def test_it_uses_no_signals():
    assert architecture.signals(ROOT) == []


def test_it_records_every_action():
    assert set(architecture.silent_actions(ROOT)) == set(PARTS)


def test_it_changes_nothing_on_any_way_without_an_event_and_says_nothing_twice():
    faults = {line.partition(" may end")[0]: line for line in recording.silent(ROOT)}
    assert set(faults) == set(UNRECORDED), "record it, or say here what does"


def lending(*lines: str, head: str = "from audit.log import record", tail: str = "") -> str:
    """The source of an action with this body."""
    return "\n".join([head, "def lend(grant):", *(f"    {line}" for line in lines), tail])


@pytest.mark.parametrize("source", [
    lending("grant.save()"),
    lending("grant.save()", "if grant.big:", "    record('a.b')"),
    lending("grant.save()", "if grant.small:", "    return", "record('a.b')"),
    lending("Grant.objects.update()", "for one in grant.parts:", "    record('a.b')"),
    lending("try:", "    grant.save()", "    record('a.b')", "except E:", "    grant.delete()"),
    lending("grant.save()", "later(lambda: record('a.b'))"),
    lending("grant.save()", "note(grant)", tail="def note(grant):\n    if grant:\n        record('a.b')"),
    lending("grant.save()", "record('a.b')", "record('a.b')"),
    lending("grant.save()", "record('a.b')", head="from notes import record"),
    lending("grant.save()", "record('a.b')", head="", tail="def record(kind):\n    print(kind)"),
    lending("def inner():", "    grant.save()", "return inner"),
    "class Lender:\n    def lend(self, grant):\n        grant.save()",
])  # fmt: skip
def test_it_notices_a_way_without_an_event(tmp_path, source):
    (tmp_path / "sharing").mkdir()
    (tmp_path / "sharing/views.py").write_text(source)
    assert recording.silent(tmp_path)


@pytest.mark.parametrize("source", [
    lending("if grant.lent:", "    return", "grant.save()", "record('a.b')"),
    lending("grant.save()", "note(grant)", tail="def note(grant):\n    record('a.b')"),
    lending("grant.save()", "if grant.big:", "    record('a.b')", "else:", "    record('a.c')"),
    lending("for one in grant.parts:", "    one.save()", "    record('a.b')"),
    lending("grant.save()", "if grant.bad:", "    raise ValueError", "record('a.b')"),
])  # fmt: skip
def test_it_lets_pass_what_records_on_every_way(tmp_path, source):
    (tmp_path / "sharing").mkdir()
    (tmp_path / "sharing/views.py").write_text(source)
    assert recording.silent(tmp_path) == []


def test_it_records_every_kind_somewhere():
    texts = {
        node.value
        for path, tree in architecture.sources(ROOT)
        if path not in {"audit/kinds.py", "audit/wording.py", "portal/reactions.py"}
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert KINDS.keys() - texts == set()


@pytest.mark.parametrize(
    ("path", "source", "rule"),
    [
        ("audit/x.py", "from catalog.models import Dataset", "wrong_imports"),
        ("audit/x.py", "def f():\n    import portal.models", "wrong_imports"),
        ("catalog/rows/x.py", "from ...sharing import models", "wrong_imports"),
        ("sharing/x.py", "import opendata", "wrong_imports"),
        ("sharing/x.py", "listener = 'portal.reactions.hear'", "wrong_imports"),
        ("catalog/x.py", "import duckdb", "wrong_imports"),
        ("portal/x.py", "from guardian.shortcuts import assign_perm", "wrong_imports"),
        ("opendata/x.py", "from catalog.rows.engine import Run", "other_row_readers"),
        ("portal/x.py", "from catalog.rows import serving", "other_row_readers"),
        ("portal/x.py", "from django.dispatch import receiver", "signals"),
        ("sharing/actions.py", "def lend(grant, *, by):\n    grant.save()", "silent_actions"),
        ("sharing/actions.py", "def lend(grant):\n    grant.save()", "silent_actions"),
    ],
)
def test_it_notices_a_planted_fault(tmp_path, path, source, rule):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert getattr(architecture, rule)(tmp_path)
