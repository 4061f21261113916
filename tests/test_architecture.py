"""The house keeps its own rules, and the rules would notice if it did not."""

from pathlib import Path

import pytest

from tests import architecture

ROOT = Path(__file__).resolve().parent.parent
# What changes something and leaves the event to the action that calls it; each with its reason.
PARTS = {
    "catalog/actions/bases.py:move_basis records nothing": "one move of a table of moves; its callers record the move",
    "catalog/actions/changes.py:keep_change records nothing": "keeps before and after; its callers record the change",
    "catalog/actions/keys.py:find_key records nothing": "notes when a key was last used; what it opens is recorded",
    "catalog/actions/manifests.py:carry_documents records nothing": "a part of a version; its callers record that",
}


def test_it_imports_only_what_lies_nearer_to_audit():
    assert architecture.wrong_imports(ROOT) == []


def test_it_reads_rows_at_the_gate_alone():
    assert architecture.other_row_readers(ROOT) == []


def test_it_uses_no_signals():
    assert architecture.signals(ROOT) == []


def test_it_records_every_action():
    assert set(architecture.silent_actions(ROOT)) == set(PARTS)


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
