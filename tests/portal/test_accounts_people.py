"""People, roles, departments and enterprises: the administrator alone, and what follows at once."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from catalog.actions import departments
from catalog.actions.departments import change_department, create_department, verify_enterprise
from catalog.actions.keys import find_key, make_key
from catalog.models import Department, Key, Membership
from catalog.permissions import holds
from portal.accounts.actions import people as actions
from portal.models import User
from portal.reactions import REACTIONS
from tests import world
from tests.world import by

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def people():
    return world.cast()


@pytest.fixture
def admin(client, people):
    client.force_login(people.administrator, BACKEND)
    return client


def page(client, name, *args, **query):
    return client.get(reverse(name, args=args), query)


@pytest.mark.parametrize("who", ["stranger", "owner", "citizen", "authority"])
def test_nobody_else_opens_these_pages(client, people, who):
    client.force_login(getattr(people, who), BACKEND)
    enterprise = world.department("91350100M000100Y43", "Acme", kind="enterprise")
    addresses = [
        ("people",),
        ("person-new",),
        ("person", people.owner.pk),
        ("role-give", people.owner.pk),
        ("role-move", people.owner.pk),
        ("person-close", people.owner.pk),
        ("role-end", people.owner.memberships.get().pk),
        ("department-list",),
        ("department-new",),
        ("department-edit", "parks"),
        ("enterprises",),
        ("enterprise-verify", enterprise.pk),
    ]
    for name, *args in addresses:
        assert client.get(reverse(name, args=args)).status_code == 403, name
        assert client.post(reverse(name, args=args), {"reason": "x"}).status_code in {403, 405}, name
    nobody = "00000000-0000-4000-8000-000000000000"
    assert client.get(reverse("person", args=[nobody])).status_code == 403
    assert not Event.objects.filter(kind="account.deactivated").exists()


def test_it_finds_people_by_name_and_address(admin, people):
    assert "Olga" in page(admin, "people", q="olg").content.decode()
    found = page(admin, "people", q="RITA@").content.decode()
    assert "Rita" in found and "Olga" not in found
    assert "Nobody found" in page(admin, "people", q="zzz").content.decode()


def test_it_pages_through_all_people_once(admin, people, monkeypatch):
    monkeypatch.setattr("portal.paging.page_of.__kwdefaults__", {"size": 4}, raising=False)
    seen, address = [], reverse("people")
    for _page in range(10):
        text = admin.get(address).content.decode()
        seen += re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', text)
        older = re.search(r'rel="next nofollow" href="([^"]+)"', text)
        if older is None:
            break
        address = reverse("people") + older[1].replace("&amp;", "&")
    assert sorted(seen) == sorted(User.objects.values_list("name", flat=True))


def test_the_list_asks_the_database_as_often_for_many_as_for_few(admin, people, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        page(admin, "people")
    for number in range(12):
        world.person(f"More{number}", people.health, "requester")
    with django_assert_num_queries(len(few)):
        page(admin, "people")


def test_it_invites_somebody_who_then_sets_a_password(admin, client, people, mailoutbox):
    words = {"name": "Nils", "email": "Nils@parks.example", "department": people.parks.pk, "role": "steward"}
    answer = admin.post(reverse("person-new"), words)
    nils = User.objects.get(name="Nils")
    assert answer.url == reverse("person", args=[nils.pk])
    assert (nils.email, nils.kind, nils.has_usable_password()) == ("nils@parks.example", "officer", False)
    assert holds(by(nils), "steward", people.parks)
    world.settle()
    link = re.search(r"http://127\.0\.0\.1:8000(/invitation/\S+)", mailoutbox[0].body)[1]
    visitor = type(client)()
    form = visitor.get(link, follow=True)
    assert "You were invited" in form.content.decode()
    strong = "nine lazy otters sleep"
    visitor.post(form.redirect_chain[-1][0], {"password": strong, "again": strong})
    answer = visitor.post(reverse("sign-in"), {"email": "nils@parks.example", "password": strong})
    assert answer.url == reverse("desk")


def test_it_invites_nobody_twice(admin, people):
    words = {"name": "Olga", "email": "olga@causeway.example", "department": people.health.pk, "role": "steward"}
    assert "has an account" in admin.post(reverse("person-new"), words).content.decode()
    assert User.objects.filter(email="olga@causeway.example").count() == 1


def test_it_sends_another_link_only_while_no_password_is_set(admin, people, mailoutbox):
    nils = actions.invite("nils@parks.example", "Nils", people.parks, "steward", by=by(people.administrator))
    admin.post(reverse("person-invite", args=[nils.pk]))
    world.settle()
    assert len(mailoutbox) == 2
    assert admin.post(reverse("person-invite", args=[people.owner.pk])).status_code == 404


def test_it_gives_moves_and_ends_roles(admin, people):
    admin.post(reverse("role-give", args=[people.owner.pk]), {"department": people.health.pk, "role": "approver"})
    assert holds(by(people.owner), "approver", people.health)
    admin.post(reverse("role-give", args=[people.owner.pk]), {"department": people.health.pk, "role": "auditor"})
    assert holds(by(people.owner), "auditor", people.city)

    words = {"department": people.schools.pk, "role": "requester", "reason": "new post"}
    admin.post(reverse("role-move", args=[people.owner.pk]), words)
    live = Membership.objects.live().filter(user=people.owner)
    assert [(role.department, role.role) for role in live] == [(people.schools, "requester")]

    admin.post(reverse("role-end", args=[live.get().pk]), {"reason": "left the city"})
    assert not Membership.objects.live().filter(user=people.owner).exists()
    shown = page(admin, "person", people.owner.pk).content.decode()
    assert "Roles that ended" in shown


def test_a_closed_account_is_out_at_once(admin, client, people):
    olga = type(client)()
    olga.force_login(people.owner, BACKEND)
    assert olga.get(reverse("account")).status_code == 200
    until = timezone.now() + timedelta(days=9)
    _key, token = make_key(people.owner, name="K", scopes=["read"], until=until, datasets=[], by=by(people.owner))
    assert find_key(token)
    admin.post(reverse("person-close", args=[people.owner.pk]), {"reason": "left the city"})
    assert olga.get(reverse("account")).status_code == 302
    people.owner.refresh_from_db()
    assert not people.owner.is_active
    assert not people.owner.memberships.filter(ended_at=None).exists()
    admin.post(reverse("person-close", args=[people.owner.pk]), {"reason": "came back"})
    people.owner.refresh_from_db()
    assert people.owner.is_active
    assert find_key(token) is None
    assert not holds(by(people.owner), "steward", people.parks)
    assert olga.get(reverse("account")).status_code == 302, "the session of before the closing came back"
    assert not people.owner.has_usable_password()
    assert "account.reactivated" in REACTIONS  # by which a link is sent


def test_an_administrator_gives_no_role_to_oneself(admin, people):
    before = people.administrator.memberships.count()
    for act in ("role-give", "role-move"):
        answer = admin.post(
            reverse(act, args=[people.administrator.pk]),
            {"department": people.parks.pk, "role": "approver", "reason": "because"},
        )
        assert "Ask another administrator" in answer.content.decode()
    assert people.administrator.memberships.count() == before


def test_an_administrator_does_not_close_the_own_account(admin, people):
    shown = admin.post(reverse("person-close", args=[people.administrator.pk]), {"reason": "tired"})
    assert "Ask another administrator" in shown.content.decode()


def test_a_department_is_not_made_when_the_event_cannot_be_written(people, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    monkeypatch.setattr(departments, "record", broken)
    enterprise = world.department("91350100M000100Y43", "Acme", kind="enterprise")
    ada = by(people.administrator)
    for act in (
        lambda: create_department("trams", {"name_en": "Trams", "parent": people.parks}, by=ada),
        lambda: change_department(people.parks, {"name_en": "Gardens"}, by=ada),
        lambda: verify_enterprise(enterprise, by=ada),
    ):
        with pytest.raises(RuntimeError):
            act()
    assert not Department.objects.filter(code="trams").exists()
    assert not Department.objects.filter(name_en="Gardens").exists()
    enterprise.refresh_from_db()
    assert enterprise.verified_at is None


@pytest.mark.parametrize("act", ["invite", "deactivate"])
def test_nothing_is_half_done_when_the_event_cannot_be_written(people, monkeypatch, act):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    monkeypatch.setattr(actions, "record", broken)
    with pytest.raises(RuntimeError):
        if act == "invite":
            actions.invite("nils@parks.example", "Nils", people.parks, "steward", by=by(people.administrator))
        else:
            actions.deactivate(people.owner, by=by(people.administrator), reason="left")
    assert not User.objects.filter(name="Nils").exists()
    assert holds(by(people.owner), "steward", people.parks)


def test_it_makes_and_changes_departments(admin, people):
    words = {"code": "Tram-Works", "name_en": "Trams", "parent": people.parks.pk}
    assert admin.post(reverse("department-new"), words).url == reverse("department", args=["tram-works"])
    made = Department.objects.get(code="tram-works")
    admin.post(reverse("department-edit", args=["tram-works"]), {"name_en": "Tramways", "parent": people.city.pk})
    made.refresh_from_db()
    assert (made.name_en, made.parent) == ("Tramways", people.city)


def test_a_department_never_stands_below_itself(people):
    trams = create_department("trams", {"name_en": "Trams", "parent": people.parks}, by=by(people.administrator))
    with pytest.raises(ValidationError) as refusal:
        change_department(people.parks, {"parent": trams}, by=by(people.administrator))
    assert "parent" in refusal.value.message_dict
    with pytest.raises(ValidationError):
        change_department(trams, {"code": "other"}, by=by(people.administrator))


@pytest.mark.parametrize("code", ["parks", "PARKS", "new", "a/b", "中文", ""])
def test_it_refuses_codes_that_are_taken_or_no_codes(people, code):
    with pytest.raises(ValidationError) as refusal:
        create_department(code, {"name_en": "X", "parent": people.city}, by=by(people.administrator))
    assert "code" in refusal.value.message_dict


def test_an_enterprise_is_verified_once(admin, people):
    enterprise = world.department("91350100M000100Y43", "Acme", kind="enterprise")
    assert "Acme" in page(admin, "enterprises", waiting="1").content.decode()
    assert "Acme" not in page(admin, "department-list").content.decode()
    admin.post(reverse("enterprise-verify", args=[enterprise.pk]))
    enterprise.refresh_from_db()
    assert enterprise.may_receive and enterprise.verified_by == people.administrator
    assert admin.get(reverse("enterprise-verify", args=[enterprise.pk])).status_code == 404
    with pytest.raises(ValidationError):
        verify_enterprise(people.parks, by=by(people.administrator))


def test_a_key_is_shown_once_and_never_kept(client, people):
    client.force_login(people.requester, BACKEND)
    shown = client.post(reverse("key-new"), {"name": "nightly", "scopes": ["read"], "until": _in_days(30)})
    token = re.search(r"cw_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", shown.content.decode())[0]
    assert shown.status_code == 200 and "no-store" in shown["Cache-Control"]
    assert find_key(token) == Key.objects.get()
    assert token not in str(dict(client.session))
    listed = client.get(reverse("keys")).content.decode()
    assert token not in listed and Key.objects.get().start in listed


def test_a_key_is_revoked_by_its_owner_alone(client, people):
    client.force_login(people.requester, BACKEND)
    client.post(reverse("key-new"), {"name": "nightly", "scopes": ["read"], "until": _in_days(30)})
    key = Key.objects.get()
    stranger = type(client)()
    stranger.force_login(people.stranger, BACKEND)
    assert stranger.post(reverse("key-revoke", args=[key.pk])).status_code == 404
    assert "nightly" not in stranger.get(reverse("keys")).content.decode()
    client.post(reverse("key-revoke", args=[key.pk]), {"reason": ""})
    key.refresh_from_db()
    assert key.revoked_by == people.requester


def test_a_key_names_only_datasets_that_one_sees(client, people):
    client.force_login(people.stranger, BACKEND)
    draft = world.dataset(people.owner, people.parks, state="draft")
    words = {"name": "n", "scopes": ["read"], "until": _in_days(30)}
    missing = "00000000-0000-4000-8000-000000000000"
    hidden, absent = (
        client.post(reverse("key-new"), words | {"datasets": f"{name}"}).content.decode().replace(f"{name}", "")
        for name in (draft.pk, missing)
    )
    assert "There is no dataset" in hidden
    strip = re.compile(r'value="[A-Za-z0-9]{64}"|nonce="[^"]*"')
    assert strip.sub("", hidden) == strip.sub("", absent)
    assert not Key.objects.exists()


def _in_days(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()
