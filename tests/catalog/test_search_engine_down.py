"""The search engine beside the database: what it was not told of is in no answer, and what it missed it catches up."""

import threading

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Basis, SearchEntry, SearchIndex, SearchPending
from catalog.search import SearchQuery, elastic, engines, index_dataset, outbox, rebuilding, search
from tests import world
from tests.elastic import Node, searched_by
from tests.server import until

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "http://127.0.0.1:9"  # a port where nobody listens


@pytest.fixture
def engine(elasticsearch, transactional_db, settings):
    with searched_by(elasticsearch, settings):
        yield elasticsearch


@pytest.fixture
def people():
    return world.cast()


def opened(people, title: str, **fields):
    dataset = world.dataset(people.owner, people.parks, title, **fields)
    world.basis("release", world.version(dataset, {"species": ("text", ["oak"])}), {"species": None})
    index_dataset(dataset)
    return dataset


def end_release(dataset) -> None:
    Basis.objects.filter(dataset=dataset, kind="release").update(state="withdrawn")


def found(q: str, user=None, **asked):
    return search(SearchQuery(q=q, by=world.by(user), **asked))


def assert_nowhere(q: str) -> None:
    results = found(q)
    assert (results.ids, results.total) == ([], 0)
    assert not any(results.facets.values())


def test_it_is_told_as_soon_as_a_change_is_committed(engine, people):
    trees = opened(people, "Street trees")
    assert not SearchPending.objects.exists()
    results = found("trees")
    assert (results.ids, results.total, results.degraded) == ([trees.pk], 1, False)


def test_a_withdrawal_is_seen_at_once_whatever_the_engine_still_holds(engine, people):
    trees, benches = opened(people, "Street trees"), opened(people, "Park benches")
    end_release(trees)  # nobody has told the engine
    name = SearchIndex.objects.get().name
    assert str(trees.pk) in dict(elastic.hashes("public", name))
    assert_nowhere("trees")
    results = found("")
    assert (results.ids, results.total) == ([benches.pk], 1)
    assert [value.count for value in results.facets["themes"]] == [1]

    index_dataset(trees)
    outbox.send()
    assert str(trees.pk) not in dict(elastic.hashes("public", name))


def test_a_dataset_that_a_law_withholds_from_now_on_is_hidden_at_once(engine, people):
    trees = world.dataset(people.owner, people.parks, "Secret wombats")
    index_dataset(trees)
    assert found("wombats", people.stranger).ids == [trees.pk]
    type(trees).objects.filter(pk=trees.pk).update(sharing_class="withheld", sharing_law="Act 1")
    assert found("wombats", people.stranger).total == 0
    index_dataset(trees)
    outbox.send()
    assert found("wombats", people.stranger).total == 0
    assert found("wombats", people.owner).ids == [trees.pk]


def test_the_database_answers_while_the_engine_is_down_and_nothing_is_lost(engine, people, settings):
    trees = opened(people, "Street trees")
    settings.SEARCH_URL = NOWHERE
    benches = opened(people, "Park benches")
    assert SearchPending.objects.get().error
    results = found("benches")
    assert (results.ids, results.degraded) == ([benches.pk], True)
    end_release(trees)
    assert_nowhere("trees")

    settings.SEARCH_URL = engine
    engines.resume()
    assert_nowhere("trees")
    outbox.send()
    results = found("")
    assert (results.ids, results.total, results.degraded) == ([benches.pk], 1, False)
    assert not SearchPending.objects.exists()


def test_it_asks_the_database_while_the_engine_is_far_behind(engine, people, monkeypatch):
    trees = opened(people, "Street trees")
    monkeypatch.setattr(engines, "FAR_BEHIND", 0)
    outbox.add([trees.pk])
    results = found("trees")
    assert (results.ids, results.degraded) == ([trees.pk], False)


def test_a_page_goes_on_where_it_was_when_the_engine_goes_down(engine, people, settings):
    made = {opened(people, f"Trees {n}").pk for n in range(5)}
    first = found("trees", limit=2)
    settings.SEARCH_URL = NOWHERE
    second = found("trees", limit=3, after=first.next)
    assert second.degraded
    assert not second.next
    assert len(second.ids) == 3
    assert {*first.ids, *second.ids} <= made


def test_a_late_write_never_takes_the_place_of_a_newer_one(engine, people):
    trees = opened(people, "Street trees")
    name = SearchIndex.objects.get().name
    old = SearchEntry.objects.select_related("department").get(dataset=trees, audience="public")
    type(trees).objects.filter(pk=trees.pk).update(title_en="Street lamps")
    index_dataset(trees)
    outbox.send()
    assert list(elastic.write([elastic.put(old, name)])) == []
    elastic.refresh([name])
    assert found("lamps").ids == [trees.pk]
    assert_nowhere("trees")


def test_a_rebuild_loses_no_change_that_is_made_meanwhile(engine, people, monkeypatch):
    monkeypatch.setattr(rebuilding, "BATCH", 1)
    trees, benches, gone = (opened(people, title) for title in ("Street trees", "Park benches", "Old lamps"))
    before = SearchIndex.objects.get().name
    changed = []

    def meanwhile(words: str) -> None:
        if words.startswith("1 of 3") and not changed:  # one is copied already, the others are about to be
            changed.append(words)
            type(trees).objects.filter(pk=trees.pk).update(title_en="Street poplars")
            end_release(gone)
            index_dataset(trees)
            index_dataset(gone)
            until(lambda: found("poplars").ids == [trees.pk])  # whoever reads it at this moment tells the engine

    rebuilding.rebuild(meanwhile)
    live = SearchIndex.objects.get()
    assert (live.state, live.name != before, bool(changed)) == ("live", True, True)
    results = found("")
    assert ({*results.ids}, results.total, results.degraded) == ({trees.pk, benches.pk}, 2, False)
    assert found("poplars").ids == [trees.pk]
    assert_nowhere("lamps")


def test_two_do_not_rebuild_at_once(engine, people):
    refused = []

    def another(words: str) -> None:
        if not refused:
            thread = threading.Thread(target=lambda: refused.append(_refusal()))
            thread.start()
            thread.join()

    opened(people, "Street trees")
    rebuilding.rebuild(another)
    assert "already" in refused[0]


def _refusal() -> str:
    from django.db import connection

    try:
        call_command("reindex")
    except CommandError as reason:
        return str(reason)
    finally:
        connection.close()
    return ""


def test_reconciling_mends_what_differs(engine, people):
    trees, benches, lamps = (opened(people, title) for title in ("Street trees", "Park benches", "Old lamps"))
    name = SearchIndex.objects.get().name
    revision = SearchEntry.objects.get(dataset=trees, audience="public").revision
    list(elastic.write([elastic.forget(trees.pk, "public", revision, name)]))  # the engine lost one
    SearchEntry.objects.filter(dataset=benches).delete()  # the database lost one
    SearchEntry.objects.filter(dataset=lamps).update(hash="other")
    assert rebuilding.reconcile() == 3
    assert {*found("").ids} == {trees.pk, benches.pk, lamps.pk}
    assert rebuilding.reconcile() == 0


def test_other_rules_of_cutting_say_that_a_rebuild_is_due(engine, people):
    opened(people, "Street trees")
    assert rebuilding.due() == ""
    SearchEntry.objects.update(form="of last year")
    assert "other rules" in rebuilding.due()
    rebuilding.rebuild()
    assert rebuilding.due() == ""
    SearchIndex.objects.update(mapping="of last year")
    assert "no index of this version" in rebuilding.due()


def answers() -> bool:
    """True once the engine itself answers; whoever does, trees are nowhere."""
    engines.resume()
    assert_nowhere("trees")
    return not found("benches").degraded


@pytest.mark.slow
def test_an_engine_that_is_killed_while_a_dataset_is_withdrawn_never_shows_it(people, tmp_path, settings):
    node = Node(str(tmp_path))
    try:
        with searched_by(node.url, settings):
            trees, benches = opened(people, "Street trees"), opened(people, "Park benches")
            assert found("trees").ids == [trees.pk]
            node.stop()
            end_release(trees)
            assert_nowhere("trees")
            assert found("benches").degraded
            node.start()
            until(answers)  # it holds it still, and shows it at no moment while its shards come back
            outbox.send()
            assert_nowhere("trees")
            assert found("").ids == [benches.pk]
    finally:
        node.stop()
