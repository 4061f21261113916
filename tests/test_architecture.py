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
    "catalog/actions/destruction.py:forget_asked_files records nothing": "a part of what its caller records in steps",
    "catalog/actions/destruction.py:measure_file records nothing": "one file of many; the report records them all",
    "catalog/actions/destruction.py:remove_file records nothing": "the same",
    "catalog/actions/purges.py:forget_values records nothing": "a part of the decision, which is recorded",
    "sharing/actions/basket.py:put_in_basket records nothing": "a personal list that gives no right",
    "sharing/actions/basket.py:take_from_basket records nothing": "the same; the drafts begun of it are recorded",
    "sharing/actions/package_links.py:begin_fetch records nothing": "each reading is recorded, and that all left",
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
    "catalog/actions/destruction.py:forget_asked_files": "questions of files; the report says what was destroyed",
    "catalog/actions/destruction.py:_note": "what is still to go; the report records what went",
    "catalog/search/demand.py:forget_old_demand": "words counted by day, with nobody in them",
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
    "catalog/search/refreshing.py:_refresh": "the words of the index, counted; it follows from recorded acts",
    "catalog/asked_counts.py:take_question": "that a question was asked; the opening event states which",
    "catalog/metering.py:reserve": "how much may still leave; the opening event states the ceiling",
    "catalog/metering.py:settle": "what was reserved and did not leave; the closing event states what did",
    "catalog/metering.py:_locked": "the counter of an hour or a day, before anything is counted",
    "catalog/models/key.py:KeyQuerySet.end": "keys that end with a grant or a membership, whose end is recorded",
    "portal/management/commands/rotate_totp_keys.py:Command.handle": "the same secrets, sealed by another key",
    "catalog/sources/clock.py:_begin_one": "a source that waits for its steward is looked at again later",
    "catalog/sources/connections.py:_url": "the address of another database; nothing of ours is written",
    "catalog/sources/runs.py:_adds": "how the run takes what is new; the version says it",
    "catalog/search/elastic.py:create": "an index of what is recorded elsewhere",
    "catalog/search/elastic.py:remove_all_but": "the same",
    "catalog/search/outbox.py:send": "what the search engine was told of; the changes themselves are recorded",
    "catalog/search/rebuilding.py:_begin": "which index is being built",
    "catalog/search/rebuilding.py:_switch": "the same",
    "catalog/sources/runs.py:_keep": "the file of a run, whose beginning and end are recorded",
    "catalog/sources/runs.py:look_twice": "a run that asks instead of confirming; the version says why",
    "opendata/actions.py:_decide": "one move; its callers record it",
    "opendata/manifests.py:write_manifest": "it says what the files are; finish records them",
    "opendata/files.py:enter": "one file of a release; finish records them all",
    "sharing/actions/bridges.py:_move": "one move of a bridge; its callers record it",
    "sharing/actions/renewals.py:_move": "one move of a renewal; its callers record it",
    "portal/notice_mail.py:_send": "that a person was told of an event, which is recorded",
    "sharing/notices.py:give_notices": "the same",
    "sharing/notices.py:read_notice": "what a person has read of it",
    "sharing/notices.py:read_all_notices": "the same",
    "sharing/notices.py:forget_old_notices": "old ones go; the events stay",
    "sharing/actions/calendar.py:_count_anew": "a part of the change of the calendar, which is recorded",
    "sharing/actions/deadlines.py:look_at_clock": "the day it was looked at; what it finds to say is recorded",
    "sharing/actions/deadlines.py:_show_due": "computed from the moves, which are recorded",
    "sharing/deadlines.py:_write": "the same",
    "sharing/dry_run/told.py:keep_shares": "numbers that left through the gate, which is recorded; told again later",
    "sharing/actions/package_links.py:begin_fetch": "how much leaves by a link; each reading is recorded",
    "sharing/actions/package_links.py:end_fetch": "the same",
    "sharing/actions/package_plans.py:_look_again": "when the clock looks again; nothing happened",
    "sharing/actions/package_plans.py:_move": "one move of a plan; its callers record it",
    "sharing/packages/links.py:forget_links": "links that are over; the log says that there were such",
    "portal/accounts/actions/authenticators.py:_forget": "the older app; its callers record what is there instead",
    "portal/accounts/actions/authenticators.py:_make_codes": "recovery codes; its callers record that they were made",
    "portal/accounts/actions/authenticators.py:_judged": "which code was the last one; the sign-in is recorded",
    "portal/accounts/actions/authenticators.py:prove": "the same; refusals and recovery codes are recorded here",
    "portal/demo/asking.py:days_ago": "people of the sample city held their roles before; never on a real site",
    "portal/demo/datasets.py:_let_time_pass": "the sample city's past; never on a real site",
    "portal/models.py:UserManager.create_user": "the row of an account; invite, sign-up and founding record it",
    "portal/reactions.py:react": "what became of a reaction to an event",
    "sharing/actions/basket.py:put_in_basket": "a personal list that gives no right",
    "sharing/actions/basket.py:take_from_basket": "the same; the drafts begun of it are recorded",
}


@pytest.fixture(scope="module", autouse=True)
def trees():
    """The trees of the whole source are kept for the tests here alone."""
    yield
    architecture.parsed.cache_clear()
    recording.calls_in.cache_clear()


def test_it_imports_only_what_lies_nearer_to_audit():
    assert architecture.wrong_imports(ROOT) == []


def test_it_reads_rows_at_the_gate_alone():
    assert architecture.other_row_readers(ROOT) == []


def test_it_uses_no_signals():
    assert architecture.signals(ROOT) == []


def test_it_keeps_the_pages_of_who_is_signed_in_out_of_caches():
    streamed = {"sharing/views/grants.py:rows_csv may be kept by a cache"}  # `stream` says so of each answer
    assert set(architecture.kept_pages(ROOT)) == streamed


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
        ("sharing/views.py", "@require_safe\n@login_required\ndef keys(request): pass", "kept_pages"),
        ("sharing/actions.py", "def lend(grant, *, by):\n    grant.save()", "silent_actions"),
        ("sharing/actions.py", "def lend(grant):\n    grant.save()", "silent_actions"),
    ],
)
def test_it_notices_a_planted_fault(tmp_path, path, source, rule):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert getattr(architecture, rule)(tmp_path)
