"""Rules of order are tables; the pictures in the docs are printed from them."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command

from catalog.models import Basis, Dataset, Export, Job, Purge, SearchIndex, Source, Version
from catalog.states import DATASET, EXPORT, OF_BASIS, PURGE, SOURCE, VERSION
from opendata.models import Submission
from opendata.states import SUBMISSION
from portal.management.commands.states import TABLES
from sharing.models import Bridge, Deadline, PackagePlan, RecipientKey, Renewal, Request
from sharing.states import BRIDGE, PACKAGE_PLAN, RECIPIENT_KEY, RENEWAL, REQUEST

TABLE_OF = {
    Basis: OF_BASIS,
    Bridge: BRIDGE,
    Dataset: DATASET,
    Export: EXPORT,
    PackagePlan: PACKAGE_PLAN,
    Purge: PURGE,
    RecipientKey: RECIPIENT_KEY,
    Renewal: RENEWAL,
    Request: REQUEST,
    Source: SOURCE,
    Submission: SUBMISSION,
    Version: VERSION,
}
BY_A_MACHINE = {Job, SearchIndex}  # held by a lease and a fence, and by a lock: catalog/jobs.py, search/rebuilding.py
COMPUTED = {Deadline}  # from the moves of its request, anew at each look: sharing/deadlines.py


def test_it_has_fresh_pictures():
    call_command("states", check=True)


def test_it_has_a_table_for_whatever_has_states():
    """A new model with states fails here until its moves are a table."""
    with_states = {model for model in apps.get_models() if hasattr(model, "State")}

    assert with_states == set(TABLE_OF) | BY_A_MACHINE | COMPUTED


def test_it_has_a_table_for_every_kind_of_basis():
    assert set(OF_BASIS) == set(Basis.Kind)


@pytest.mark.parametrize("moves", TABLES, ids=lambda moves: moves.name)
def test_it_names_states_that_exist_and_has_a_sentence_for_each(moves):
    model = next((model for model, table in TABLE_OF.items() if table is moves), Basis)
    known = set(model.State.values)
    named = {moves.start} | {move.target for move in moves.moves} | {s for move in moves.moves for s in move.sources}

    assert named <= known
    assert set(moves.refusals) == named


@pytest.mark.parametrize("moves", TABLES, ids=lambda moves: moves.name)
def test_it_refuses_every_move_that_is_not_listed(moves):
    verbs = {move.verb for move in moves.moves} | {"jump"}
    for state in moves.refusals:
        for verb in verbs:
            if moves.allows(state, verb):
                assert moves.after(state, verb) in moves.refusals
            else:
                with pytest.raises(ValidationError) as refused:
                    moves.after(state, verb)
                assert refused.value.messages[0].endswith(".")


def test_it_has_a_table_of_moves_for_whatever_ends():
    """Nothing leaves its last state: what was revoked, withdrawn, expired or decided stays so, but is attested once."""
    ends = {"revoked", "withdrawn", "expired", "cleared", "returned", "discarded", "dropped", "purged", "superseded"}

    for moves in TABLES:
        assert not ends & {source for move in moves.moves if move.verb != "attest" for source in move.sources}
        assert not {"ended"} & {source for move in moves.moves for source in move.sources}
