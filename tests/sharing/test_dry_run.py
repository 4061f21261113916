"""The dry run: what an approver is told of terms before agreeing to them is what a plain evaluator counts."""

import random
from collections import Counter
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import Http404

from audit.models import Event
from catalog.actions.duties import make_owner_duty
from catalog.gate import open_groups, open_proposed, open_rows
from catalog.rows.groups import Grouping, Way
from catalog.rows.query import RowQuery
from catalog.terms import TableTerms
from sharing.actions.decisions import approve_request
from sharing.actions.dry_runs import make_dry_run
from sharing.dry_run.picture import picture_of
from sharing.dry_run.sample import sample_of
from sharing.models import DryRun
from sharing.policies.agreeing import agree
from tests import oracle, world
from tests.browser import chromium, complaints, overflow
from tests.database import events_refused
from tests.sharing import requests as made

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = {
    "person": "text", "sex": "text", "district": "text", "postcode": "text", "born": "date", "income": "integer",
}  # fmt: skip
WHERE = {
    "district = 'North'": ("=", "district", "North"),
    "income >= 20": (">=", "income", 20),
    "": None,
}
MASKS = {
    "person": [None, "hash", "null"], "sex": [None, "null"], "district": [None, "first:2"],
    "postcode": [None, "first:3", "hash"], "born": [None, "year"], "income": [None, "band:20", "round:-1"],
}  # fmt: skip
TELLING = ("sex", "district", "postcode", "born")
EVERY = (*TELLING, "income")


def residents(chance: random.Random, size: int = 40) -> list[dict]:
    """People of whom some stand in several rows, with gaps."""
    values = {
        "person": [f"p{n}" for n in range(max(size // 2, 1))],
        "sex": ["f", "m"],
        "district": ["North", "Norwood", "South"],
        "postcode": ["10001", "10002", "20001"],
        "born": [date(1980, 1, 1), date(1980, 6, 1), date(1991, 2, 3)],
        "income": [10, 15, 20, 35, 60],
    }
    return [
        {name: None if chance.random() < 0.1 else chance.choice(values[name]) for name in KINDS} for _n in range(size)
    ]


def columns_of(rows: list[dict]) -> dict:
    return {name: (kind, [row[name] for row in rows]) for name, kind in KINDS.items()}


def city(rows: list[dict]):
    """The cast, with a register of these residents."""
    cast = made.people()
    make_owner_duty(cast.dataset, by=world.by(cast.owner))
    cast.version = world.version(cast.dataset, columns_of(rows))
    made.mark(cast, "person", sensitivity="personal", identity_role="person_code")
    made.mark(cast, "born", sensitivity="personal")
    made.mark(cast, "income", sensitivity="internal")
    return cast


@pytest.fixture
def cast():
    return city(residents(random.Random(7)))


def waiting(cast, columns, **answers):
    """A request for these columns that waits for the owner's reply."""
    one = made.draft(cast, list(columns.items()), **answers)
    for step in made.REPLY:
        made.STEPS[step](cast, one)
    one.refresh_from_db()
    return one


def asked(cast, **answers):
    return waiting(cast, {"person": "hash", "sex": "", "born": "", "district": ""}, **answers)


def try_it(cast, request, who=None, **less) -> DryRun:
    return make_dry_run(request, by=world.by(who or cast.approver), **less)


def counted(rows: list[dict], columns: dict, where, telling=TELLING) -> dict:
    """The figures by hand."""
    kept = oracle.let_out(rows, dict.fromkeys(KINDS), where, b"")
    shown = oracle.let_out(rows, {name: None if mask == "hash" else mask for name, mask in columns.items()}, where, b"")
    told = [name for name in telling if name in columns and columns[name] != "null"]
    groups = Counter(tuple(row[name] for name in told) for row in shown)
    persons = {row["person"] for row in kept} - {None}
    return {
        "rows": len(kept),
        "groups": len(groups) if told else None,
        "smallest": (min(groups.values()) if groups else None) if told else None,
        "unique": sum(1 for size in groups.values() if size == 1) if told else None,
        "counted": {"person": len(persons)},
    }


def without_names(figures: dict) -> dict:
    return {name: value for name, value in figures.items() if name != "told_by"}


@pytest.mark.parametrize("seed", range(9))
def test_it_says_what_a_plain_evaluator_counts(seed):
    chance = random.Random(seed)
    rows = residents(chance, chance.choice([0, 1, 12, 60]))
    cast = city(rows)
    wanted = {name: chance.choice(MASKS[name]) for name in KINDS if chance.random() < 0.7} or {"sex": None}
    held = {name: chance.choice(MASKS[name]) for name in KINDS if chance.random() < 0.5}
    before, after = chance.choice(list(WHERE)), chance.choice(list(WHERE))
    if held:
        world.basis("grant", cast.version, held, where=before, to=cast.health, roles=["requester"])
    level = "identified"
    request = waiting(cast, {name: mask or "" for name, mask in wanted.items()}, where=after, level=level)

    telling = EVERY if seed % 2 else TELLING
    figures = try_it(cast, request, telling=list(EVERY) if seed % 2 else None).figures

    assert without_names(figures["proposed"]) == counted(rows, wanted, WHERE[after], telling)
    together = ("or", WHERE[before], WHERE[after]) if before and after else None
    if held:
        assert without_names(figures["today"]) == counted(rows, held, WHERE[before], telling)
        one, other = counted(rows, held, together), counted(rows, held, WHERE[before])
        assert figures["added"]["rows"] == one["rows"] - other["rows"]
        assert figures["added"]["counted"]["person"] == one["counted"]["person"] - other["counted"]["person"]
    else:
        assert figures["today"] is None
        assert figures["added"]["rows"] == figures["proposed"]["rows"]
    for one in figures["suggestions"]:
        changed = dict(one["changes"])
        tried = {name: changed.get(name, mask) for name, mask in wanted.items() if changed.get(name) != "drop"}
        by_hand = counted(rows, tried, WHERE[after], telling)
        assert not tried or agree(request, columns=tried).columns == tried
        assert (one["unique"], one["rows"]) == (by_hand["unique"] or 0, by_hand["rows"])


def test_it_measures_what_less_would_do(cast):
    request = asked(cast)

    whole, year = try_it(cast, request), try_it(cast, request, columns={"born": "year", "sex": None})

    assert whole.figures["proposed"]["unique"] > year.figures["proposed"]["unique"]
    offered = {tuple(map(tuple, one["changes"])): one["unique"] for one in whole.figures["suggestions"]}
    assert (("born", "year"),) in offered and (("sex", "drop"),) in offered
    assert offered[("born", "year"),] < whole.figures["proposed"]["unique"]


def test_the_approver_says_what_tells_people_apart(cast):
    request = asked(cast)

    one = try_it(cast, request, telling=["sex"])

    assert one.figures["telling"] == ["sex"]
    assert [name for name, _mask in one.figures["proposed"]["told_by"]] == ["sex"]
    with pytest.raises(ValidationError, match="colour"):
        try_it(cast, request, telling=["colour"])


def test_it_says_so_where_nothing_names_or_tells_apart(cast):
    for name in KINDS:
        made.mark(cast, name, identity_role="none")
    figures = try_it(cast, waiting(cast, {"income": ""})).figures

    assert figures["naming"] == [] and figures["proposed"]["counted"] == {}
    assert figures["proposed"]["groups"] is None and figures["proposed"]["unique"] is None
    assert figures["suggestions"] == []


def test_it_is_written_down_and_not_computed_twice(cast):
    request = asked(cast)
    first = try_it(cast, request)
    opened = Event.objects.filter(kind="disclosure.opened").count()
    again = try_it(cast, request, cast.second)

    assert again == first and opened == 2  # side by side, and the suggestions
    assert Event.objects.filter(kind="disclosure.opened").count() == opened
    assert Event.objects.filter(kind="request.tried").count() == 1
    assert first.terms_sha256 in Event.objects.get(kind="request.tried").body
    assert try_it(cast, request, columns={"sex": None}) != first
    made.mark(cast, "born", identity_role="time")
    assert try_it(cast, request) != first


def test_it_is_computed_anew_for_a_new_version_and_for_a_new_grant(cast):
    request = asked(cast)
    first = try_it(cast, request)
    world.basis("grant", cast.version, {"sex": None}, to=cast.health, roles=["requester"])
    second = try_it(cast, request)
    cast.dataset.refresh_from_db()
    world.version(cast.dataset, columns_of(residents(random.Random(8))))
    third = try_it(cast, request)

    assert len({first.pk, second.pk, third.pk}) == 3
    assert first.figures["today"] is None and second.figures["today"]["rows"] == 40


def test_the_authority_reads_figures_of_the_owners_people_and_no_row(cast):
    run = try_it(cast, asked(cast))
    picture = picture_of(run, by=world.by(cast.authority))
    assert picture.lines and picture.preview.rows == [] and "owner's own people" in picture.preview.sentence


def test_nobody_else_tries_terms_and_the_stranger_does_not(cast):
    request = asked(cast)
    others = (
        cast.stranger, cast.citizen, cast.owner, cast.requester, cast.head, cast.authority, cast.auditor,
        cast.administrator, None,
    )  # fmt: skip
    for other in others:
        with pytest.raises(PermissionDenied):
            make_dry_run(request, by=world.by(other))
    run = try_it(cast, request)
    for other in (cast.stranger, cast.citizen, cast.requester, cast.head, cast.authority, None):
        with pytest.raises(PermissionDenied):
            sample_of(run, by=world.by(other))


def test_it_is_never_about_more_than_was_asked(cast):
    request = waiting(cast, {"born": "year", "sex": ""})
    for columns in ({"born": None}, {"person": "hash"}):
        with pytest.raises(ValidationError):
            try_it(cast, request, columns=columns)


def test_it_waits_for_a_request_to_decide_about(cast):
    with pytest.raises(ValidationError, match="draft"):
        try_it(cast, made.draft(cast, [("sex", "")]))
    request = waiting(cast, {"sex": ""})
    approve_request(request, by=world.by(cast.approver))
    with pytest.raises(ValidationError, match="agreed"):
        try_it(cast, request)


def test_it_stays_with_the_decision_that_was_taken_on_it(cast):
    request = asked(cast)
    try_it(cast, request)
    run = try_it(cast, request, columns={"sex": None})
    approve_request(request, by=world.by(cast.approver), columns={"sex": None})

    decision = request.decisions.get()
    assert decision.dry_run == run
    assert str(run.pk) in Event.objects.get(kind="request.agreed").body
    others = DryRun.objects.exclude(pk=run.pk)
    for change in (lambda: DryRun.objects.update(figures={}), others.delete, lambda: unlink(decision)):
        with pytest.raises(DatabaseError, match="stay"):
            change()


def unlink(decision) -> None:
    decision.dry_run = None
    decision.save()


def test_it_shows_three_rows_as_they_would_be_and_no_pseudonym_of_the_recipient(cast):
    request = asked(cast, where="district = 'North'")
    run = try_it(cast, request, columns={"person": "hash", "born": "year"})
    shown = sample_of(run, by=world.by(cast.approver))

    assert shown.columns == ["person", "born"] and len(shown.rows) == 3
    assert {row[1] for row in shown.rows} - {None} and {row[1] for row in shown.rows} <= {"1980", "1991", None}
    lent = approve_request(request, by=world.by(cast.approver), columns={"person": "hash", "born": "year"}).grant
    real = {row["person"] for row in read(cast.version, lent, cast.requester)} - {None}
    named = {row[0] for row in shown.rows}
    assert {len(name) for name in real} == {len(name) for name in named} == {32}
    assert not real & named
    assert '"exit":"proposed"' in Event.objects.filter(kind="disclosure.opened", actor=cast.approver.pk).last().body


def test_only_a_duty_that_opens_all_lets_other_terms_be_tried(cast):
    grant = world.basis("grant", cast.version, {"sex": None}, to=cast.health, roles=["requester"])
    over, by = [(cast.version, grant)], world.by(cast.requester)
    with pytest.raises(PermissionDenied, match="Only under a duty"):
        open_groups(Grouping("main", (Way((("sex", None),)),)), over=over, by=by)
    with pytest.raises(PermissionDenied, match="Only under a duty"):
        open_proposed(RowQuery(limit=3), TableTerms({"person": None}), over=over, by=by)
    review = world.basis("duty", cast.version, {"sex": None, "born": "year"}, to=cast.health, roles=["requester"])
    for way in (Way((("born", None),)), Way((("person", None),)), Way(where="income > 1"), Way(counted=("person",))):
        with pytest.raises(PermissionDenied, match="Only under a duty"):
            open_groups(Grouping("main", (way,)), over=[(cast.version, review)], by=by)
    (numbers,) = open_groups(Grouping("main", (Way((("sex", None),)),)), over=[(cast.version, review)], by=by)
    assert numbers["rows"] == 40
    with pytest.raises(Http404):
        open_groups(Grouping("gone", (Way(),)), over=[(cast.version, review)], by=by)


def test_nothing_leaves_where_it_cannot_be_written_down(cast):
    request = asked(cast)
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        try_it(cast, request)
    assert not DryRun.objects.exists()


def read(version, basis, user) -> list[dict]:
    return list(open_rows(RowQuery(), over=[(version, basis)], by=world.by(user)).dicts())


def shown(run: DryRun, client, language: str = "en-GB") -> str:
    return client.get(f"/dry-run/{run.pk}/", headers={"Accept-Language": language}).content.decode()


def test_it_is_shown_in_words_and_in_the_readers_language(cast, client, settings):
    settings.ROOT_URLCONF = "tests.sharing.dry_run_page"
    request = asked(cast)
    run = try_it(cast, request)

    page, chinese = shown(run, client), shown(run, client, "zh-CN")

    alone = round(100 * run.figures["proposed"]["unique"] / run.figures["proposed"]["rows"])
    assert f"{alone} %" in page and "Distinct persons (person)" in page and "born: Year only" in page
    assert "What these terms would let out" in page and "这些条款" in chinese
    assert page.count("<meter") == chinese.count("<meter") > 2
    for other in ("Distinct", "Today", "Added", "alone", "Leave out"):
        assert other in page and other not in chinese.partition("<main")[2]


def test_it_says_in_words_what_cannot_be_had(cast, client, settings):
    settings.ROOT_URLCONF = "tests.sharing.dry_run_page"
    for name in KINDS:
        made.mark(cast, name, identity_role="none")
    nobody = shown(try_it(cast, waiting(cast, {"income": ""}, where="income > 1000")), client)
    untold = shown(try_it(cast, waiting(cast, {"income": ""})), client)

    assert "persons cannot be counted" in nobody and "No row fits these terms now" in nobody
    assert "no groups can be counted" in untold and "Distinct persons" not in untold


WIDER = [(320, "en-GB"), (1280, "zh-CN"), (1280, "en-GB")]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "locale"),
    [(320, "zh-CN"), *(pytest.param(*how, marks=pytest.mark.slow) for how in WIDER)],
)
def test_it_has_no_barrier(cast, live_server, settings, monkeypatch, width, locale):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver of the browser runs a loop in this thread
    settings.ROOT_URLCONF = "tests.sharing.dry_run_page"
    run = try_it(cast, asked(cast))
    with chromium() as browser:
        page = browser.new_context(viewport={"width": width, "height": 900}, locale=locale).new_page()
        page.goto(f"{live_server.url}/dry-run/{run.pk}/")
        assert complaints(page) == []
        assert overflow(page) <= 0


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("width", "locale"), [(320, "zh-CN"), (1280, "en-GB")])
def test_who_decides_tries_without_barriers(cast, client, live_server, monkeypatch, width, locale):
    """Sees the proposal, opens the choice of what tells people apart, tries, and sees the figures."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver of the browser runs a loop in this thread
    request = asked(cast)
    client.force_login(cast.approver, backend="django.contrib.auth.backends.ModelBackend")
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    with chromium() as browser:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale)
        context.add_cookies([session])
        page = context.new_page()
        page.goto(f"{live_server.url}/inbox/{request.pk}/try/")
        page.locator("details summary").last.click()
        assert complaints(page) == [] and overflow(page) <= 0
        page.locator("main form button.button").click()
        page.wait_for_url("**/try/?run=*")
        assert page.locator("meter").count() > 2
        assert complaints(page) == [] and overflow(page) <= 0
