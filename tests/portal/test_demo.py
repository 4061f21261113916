"""The sample city is loaded by its people's own acts: once, to its end, and in a demo only."""

import dataclasses
import io
import json
import os
import stat
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from audit.actor import PUBLIC, Actor
from audit.models import Event
from catalog.actions.keys import find_key
from catalog.freshness import freshness
from catalog.models import Basis, Dataset, Department, Job, Membership
from catalog.permissions import can, check_may_administer, check_may_decide, visible_datasets
from catalog.search import SearchQuery, search
from opendata.models import Submission
from portal.demo import accounts
from portal.demo.city import read_city
from portal.management.commands.demo import Command
from portal.models import User
from sharing.models import Notice, Request
from sharing.standing import is_late
from sharing.usage import use_of
from tests.loads import empty_store
from tests.server import ROOT, environment, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]

SMALL = {
    "adoptions",
    "contact-centre",
    "counties",
    "data-strategy",
    "employment",
    "residents",
    "service-requests",
}
FEW = {"adoptions", "contact-centre", "employment"}


@pytest.fixture
def demo(settings, tmp_path):
    """Demo mode, with a folder of its own for the accounts' file."""
    settings.DEMO = True
    settings.VAR = tmp_path
    empty_store()


@pytest.fixture
def small():
    """The sample city with one dataset of each kind."""
    city = read_city()
    return dataclasses.replace(city, datasets=tuple(one for one in city.datasets if one.name in SMALL))


def load(city) -> str:
    said = io.StringIO()
    Command(stdout=said).load(city)
    return said.getvalue()


def dataset(title: str) -> Dataset:
    return Dataset.objects.get(title_en=title)


def test_it_is_refused_outside_demo_mode():
    with pytest.raises(CommandError, match="for a demo only"):
        call_command("demo")
    assert not User.objects.exists()


def test_it_is_not_put_beside_another_city(demo, small):
    Department.objects.create(kind="city", code="elsewhere", name_en="Elsewhere")
    with pytest.raises(CommandError, match="another city"):
        call_command("demo")
    assert not Dataset.objects.exists()


@pytest.mark.slow
def test_it_loads_the_city_to_its_end(demo, small):
    assert "7 of 7" in load(small)
    it_shows_every_state()
    it_lends_health_part_of_the_register_and_no_more()
    it_has_one_dataset_that_is_late()
    it_has_requests_that_wait_for_somebody()
    it_lets_nobody_do_two_persons_work()
    its_file_has_an_account_for_each_person_and_is_for_the_owner_alone(small)
    a_second_run_changes_nothing()


def it_shows_every_state():
    released = set(Basis.objects.releases().live().values_list("dataset__title_en", flat=True))
    assert released == {"Data strategy of the city", "Employment by industry"}
    assert Submission.objects.get(state="submitted").dataset == dataset("Complaints about noise, waste and smells")
    assert dataset("Counties and districts of the country").state == "draft"
    retired = dataset("Contacts with the city by subject")
    assert retired.state == "retired"
    assert retired.bases.releases().get().state == "withdrawn"
    assert dataset("Register of adoptions").sharing_class == "withheld"
    assert dataset("Register of residents").state == "active"
    assert {one.title_en for one in visible_datasets(PUBLIC)} == released

    employment = dataset("Employment by industry")
    built = employment.bases.releases().get().distributions.values_list("format", flat=True)
    assert {"csv", "parquet", "xlsx"} <= set(built)
    assert employment.columns.get(name="month").title_zh == "月份"
    for words in ("employment", "就业"):
        assert search(SearchQuery(q=words)).ids == [employment.pk]


def it_lends_health_part_of_the_register_and_no_more():
    (grant,) = Basis.objects.filter(kind="grant").live()
    assert grant.dataset == dataset("Register of residents")
    assert grant.department.code == "health"
    assert grant.made_by.email == "gao.feng@civil-affairs.lanting.example"
    terms = grant.terms["tables"]["residents"]
    masks = {"resident_code": "hash", "birth_date": "year", "sex": None, "district": None, "street": None}
    assert terms == {"columns": masks, "where": "district = '青溪区'"}
    stranger = Actor(user=User.objects.get(email="ma.xiaoyu@mail.example"))
    assert dataset("Register of residents") not in visible_datasets(stranger)


def it_has_one_dataset_that_is_late():
    employment = dataset("Employment by industry")
    assert freshness(employment.frequency, employment.current.confirmed_at).kind == "warn"
    register = dataset("Register of residents")
    assert freshness(register.frequency, register.current.confirmed_at).kind == "good"


def it_has_requests_that_wait_for_somebody():
    states = Request.objects.filter(department__code="health").order_by("state").values_list("state", flat=True)
    assert list(states) == ["active", "incomplete", "internal-review", "reply-due", "reply-due"]
    late = Request.objects.get(with_authority=True)
    assert is_late(late) and late.grant is None
    assert Request.objects.get(state="incomplete").questions.count() == 2
    grant = Basis.objects.live().get(kind="grant")
    assert use_of(grant).exits == 3 and use_of(grant).rows > 0
    assert {"gao.feng", "chen.yu", "xu.bo"} <= {email.split("@")[0] for email in Notice.objects.values_list(
        "user__email", flat=True)}  # fmt: skip


def it_lets_nobody_do_two_persons_work():
    for submission in Submission.objects.exclude(decided_by=None):
        assert submission.made_by != submission.decided_by
    steward = Actor(user=User.objects.get(email="lin.mei@civil-affairs.lanting.example"))
    assert not can(check_may_decide, steward, dataset("Register of residents"))
    assert not can(check_may_administer, steward)
    assert can(check_may_administer, Actor(user=User.objects.get(email="luo.an@data.lanting.example")))


def its_file_has_an_account_for_each_person_and_is_for_the_owner_alone(city):
    said = json.loads(accounts.path().read_text())
    assert stat.S_IMODE(accounts.path().stat().st_mode) == 0o600
    assert {account["email"] for account in said["accounts"]} == {one.email for one in city.people}
    for account in said["accounts"]:
        key = find_key(account["key"])
        assert key.user.email == account["email"]
        assert key.user.check_password(account["password"])
        assert set(account) == {"email", "password", "key", "totp_secret", "name", "department", "roles"}
        decides = bool({"approver", "reviewer", "authority"} & set(account["roles"]))
        assert decides == bool(account["totp_secret"]) == (key.user.authenticator is not None)
    roles = {role for account in said["accounts"] for role in account["roles"]}
    assert roles >= {"steward", "approver", "requester", "reviewer", "authority", "auditor", "administrator"}
    enterprise = Department.objects.get(kind="enterprise")
    assert enterprise.verified_at and Membership.objects.live().get(department=enterprise).role == "requester"


def a_second_run_changes_nothing():
    before = Event.objects.count()
    said = io.StringIO()
    call_command("demo", stdout=said)
    assert "is there already" in said.getvalue()
    assert Event.objects.count() == before


@pytest.mark.slow
def test_it_goes_on_from_where_it_was_cut_off(demo, small):
    small = dataclasses.replace(small, datasets=tuple(one for one in small.datasets if one.name in FEW))
    load(dataclasses.replace(small, datasets=small.datasets[:1]))
    accounts.path().unlink()
    load(small)
    assert Dataset.objects.count() == len(FEW)
    before = Event.objects.count()

    accounts.path().unlink()
    load(small)
    kinds = set(Event.objects.order_by("id")[before:].values_list("kind", flat=True))
    assert kinds == {"key.made", "key.revoked"}, "only the keys, which nobody can see again, are made anew"


@pytest.mark.slow
def test_the_whole_city_survives_a_kill(demo, tmp_path):
    child_env = environment(DEMO="1", VAR=str(tmp_path))
    child = subprocess.Popen([sys.executable, "manage.py", "demo"], cwd=ROOT, env=child_env, start_new_session=True)
    try:
        until(lambda: Basis.objects.releases().exists() or child.poll() is not None, seconds=200)
        assert child.poll() is None
    finally:
        os.killpg(child.pid, 9)
        child.wait()
    call_command("demo", stdout=io.StringIO())

    city = read_city()
    assert Dataset.objects.count() == len(city.datasets)
    released = Basis.objects.releases().live()
    assert released.count() == sum(one.state == "released" for one in city.datasets)
    for basis in released.exclude(dataset__title_en__in=["Data strategy of the city"]):
        large = any(table.rows > 200_000 for table in basis.version.tables.all())
        assert large or basis.release.built_at is not None
    for one in city.datasets:
        held = {(column.table, column.name): column for column in dataset(one.title_en).columns.all()}
        assert set(held) == {(line.table, line.column) for line in one.dictionary}
        assert all(held[line.table, line.column].title_zh == line.title_zh for line in one.dictionary)
    assert not Job.objects.exclude(state="done").exists()
