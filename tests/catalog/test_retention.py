"""Old versions go by the dataset's setting, and never what somebody relies on or relied on."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from audit.actor import service
from audit.erasure import open_holds
from audit.models import Event, Hold
from catalog.actions.retention import drop_old_versions, drop_version, set_retention
from catalog.manifests import write_manifest
from catalog.models import Basis, Table, Version
from catalog.relied_on import is_relied_on
from catalog.rows.serving import build
from tests import world
from tests.api import caller, dataset_url
from tests.loads import empty_store, files_in_store, load
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)
CLOCK = service("clock")


@pytest.fixture
def city():
    """Trees, loaded four times, the newest version today, each of the others a hundred days earlier."""
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    people.versions = [
        world.version(people.trees, {"id": ("integer", [n]), "kind": ("text", ["Oak"])}) for n in range(1, 5)
    ]
    for age, version in zip((300, 200, 100, 0), people.versions, strict=True):
        Version.objects.filter(pk=version.pk).update(confirmed_at=timezone.now() - timedelta(days=age))
        write_manifest(version)
    return people


def keep(city, versions=None, days=None) -> list[int]:
    """Sets the time and lets the clock run; the numbers of the versions that are still kept."""
    set_retention(city.trees, versions=versions, days=days, by=world.by(city.owner))
    drop_old_versions(by=CLOCK)
    return kept(city)


def kept(city) -> list[int]:
    return list(city.trees.versions.filter(state="kept").order_by("number").values_list("number", flat=True))


def ago(days: int):
    return timezone.now() - timedelta(days=days)


def grant(city, version=None, **fields) -> Basis:
    """A grant that follows, or is pinned to a version."""
    return world.basis("grant", city.trees.current, {"kind": None}, to=city.health, version=version, **fields)


def test_it_keeps_all_for_ever_without_a_setting(city):
    assert drop_old_versions(by=CLOCK) == 0
    assert kept(city) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("versions", "days", "left"), [(2, None, [3, 4]), (1, None, [4]), (None, 150, [3, 4]), (None, 1, [4]),
                                   (3, 150, [2, 3, 4]), (1, 250, [2, 3, 4]), (10, None, [1, 2, 3, 4])]
)  # fmt: skip
def test_it_keeps_the_newest_and_the_young(city, versions, days, left):
    assert keep(city, versions, days) == left


def test_rows_files_and_copies_go_and_the_version_stays_in_the_list_with_its_day(city):
    first = city.versions[0]
    table = first.tables.get()
    copy = build(table.path, table.sha256)
    manifest = f"manifests/{city.trees.pk}/1.json"
    assert manifest in files_in_store()

    keep(city, versions=3)

    first.refresh_from_db()
    assert (first.state, first.dropped_at.date()) == ("dropped", timezone.now().date())
    assert not Table.objects.filter(version=first).exists() and not copy.exists()
    assert {table.path, manifest} & set(files_in_store()) == set()
    event = Event.objects.get(kind="version.dropped")
    assert '"rows":1' in event.body and '"version":1' in event.body


def test_its_rows_are_gone_with_a_sentence_and_the_others_stay(city):
    keep(city, versions=2)
    api = caller(city.owner, "read")
    duty = world.basis("duty", city.trees.current, {"kind": None}, to=city.parks, roles=["steward"])
    rows = reverse("api-version-rows", args=[city.trees.pk, 1]) + f"?basis={duty.pk}"
    problem = assert_problem(api.get(rows), 410, "version-dropped")
    assert "Its rows went on" in problem["detail"]
    other = reverse("api-version-rows", args=[city.trees.pk, 3]) + f"?basis={duty.pk}"
    assert api.get(other).json()["results"] == [{"kind": "Oak"}]
    listed = {one["number"]: one["state"] for one in api.get(dataset_url(city.trees, "/versions")).json()["results"]}
    assert listed == {1: "dropped", 2: "dropped", 3: "kept", 4: "kept"}
    assert caller(city.stranger, "read").get(rows).status_code == 404


def test_what_is_released_or_was_is_never_dropped(city):
    release = world.basis("release", city.versions[0], {"kind": None})
    withdrawn = world.basis("release", city.versions[1], {"kind": None})
    Basis.objects.filter(pk=withdrawn.pk).update(state="withdrawn", state_at=timezone.now())
    assert release.version == city.versions[0]
    assert keep(city, versions=1) == [1, 2, 4]


def test_what_a_grant_is_pinned_to_is_never_dropped(city):
    grant(city, city.versions[1])
    assert keep(city, versions=1) == [2, 4]


@pytest.mark.parametrize(
    ("since", "until", "state", "ended", "left"),
    [
        (250, -30, "active", 250, [1, 2, 3, 4]),
        (250, -30, "suspended", 5, [1, 2, 3, 4]),
        (150, -30, "active", 150, [2, 3, 4]),
        (250, 150, "expired", 150, [1, 2, 4]),
        (250, -30, "revoked", 220, [1, 4]),
        (50, -30, "active", 50, [3, 4]),
    ],
)
def test_what_was_current_while_a_grant_was_in_force_is_never_dropped(city, since, until, state, ended, left):
    grant(city, valid_from=ago(since), valid_until=ago(until), state=state, state_at=ago(ended))
    assert keep(city, versions=1) == left


def test_what_is_under_review_stays_while_it_is(city):
    first = city.versions[0]
    review = world.basis("duty", first, {"kind": None}, to=city.city, roles=["reviewer"], version=first)
    assert is_relied_on(city.versions[0])
    Basis.objects.filter(pk=review.pk).update(state="expired")
    assert not is_relied_on(city.versions[0])


def test_a_legal_hold_stops_it(city):
    Hold.objects.create(kind=Hold.Kind.DATASET, about=city.trees.pk, reason="A case.", placed_at=timezone.now(),
                        placed_by=city.auditor.pk)  # fmt: skip
    assert keep(city, versions=1) == [1, 2, 3, 4]
    open_holds().update(lifted_at=timezone.now(), lifted_by=city.auditor.pk)
    drop_old_versions(by=CLOCK)
    assert kept(city) == [4]


def test_files_that_a_later_version_shares_stay(city):
    last = load(city.trees, "id,kind\n5,Oak\n", by=city.owner, confirm=True).version
    grown = load(city.trees, "id,kind\n6,Oak\n", by=city.owner, confirm=True, mode="append").version
    assert last.tables.get().path in grown.tables.get().part_paths
    assert keep(city, versions=1) == [6]
    assert set(grown.tables.get().part_paths) <= set(files_in_store())


def test_a_file_whose_version_was_dropped_can_be_loaded_again(city):
    for text in ("id,kind\n5,Oak\n", "id,kind\n6,Oak\n"):
        version = load(city.trees, text, by=city.owner, confirm=True).version
    assert keep(city, versions=1) == [6]
    again = load(city.trees, "id,kind\n5,Oak\n", by=city.owner, confirm=True).version
    assert (version.number, again.number, again.state, again.tables.get().rows) == (6, 7, "kept", 1)


def test_it_is_asked_again_in_the_moment_of_dropping(city):
    set_retention(city.trees, versions=1, days=None, by=world.by(city.owner))
    grant(city, city.versions[0])
    assert drop_version(city.versions[0], by=CLOCK) is False
    assert drop_version(city.versions[3], by=CLOCK) is False
    assert drop_version(city.versions[1], by=CLOCK) is True
    assert drop_version(city.versions[1], by=CLOCK) is False


def test_nothing_goes_where_the_record_fails(city, monkeypatch):
    set_retention(city.trees, versions=1, days=None, by=world.by(city.owner))
    before = files_in_store()

    def refuse(*_args, **_named):
        raise RuntimeError("no event")

    monkeypatch.setattr("catalog.actions.retention.record", refuse)
    with pytest.raises(RuntimeError):
        drop_old_versions(by=CLOCK)
    assert (kept(city), files_in_store()) == ([1, 2, 3, 4], before)


@pytest.mark.parametrize("who", ["stranger", "approver", "requester", "citizen", "auditor"])
def test_only_a_steward_sets_it(city, who):
    with pytest.raises(PermissionDenied):
        set_retention(city.trees, versions=1, days=None, by=world.by(getattr(city, who)))
    city.trees.refresh_from_db()
    assert city.trees.keep_versions is None


def test_it_is_set_on_a_page_and_written_down(city, client):
    client.force_login(city.owner)
    address = reverse("dataset-keeping", args=[city.trees.pk])
    assert client.post(address, {"versions": "0", "days": ""}).status_code in {200, 422}
    assert client.post(address, {"versions": "2", "days": ""}).status_code == 302
    city.trees.refresh_from_db()
    assert (city.trees.keep_versions, city.trees.keep_days) == (2, None)
    assert Event.objects.filter(kind="dataset.retention_set").count() == 1
    assert "2 versions go within the hour" in client.get(address).content.decode()
    drop_old_versions(by=CLOCK)
    desk = client.get(reverse("dataset-desk", args=[city.trees.pk])).content.decode()
    assert desk.count("Dropped") == 2
    assert client.get(f"/datasets/{city.trees.pk}/history/").status_code == 200


def test_it_refuses_numbers_that_make_no_sense(city):
    for wrong in (0, -1, 10**9):
        with pytest.raises(ValidationError, match="Choose a number"):
            set_retention(city.trees, versions=wrong, days=None, by=world.by(city.owner))
