"""Signing in, signing up, passwords: nobody learns who has an account, and links work once."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from catalog.actions.keys import find_key, make_key
from catalog.models import Department, Membership
from portal.accounts import links
from portal.accounts.actions import sessions
from portal.models import User
from tests import world
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "a brand new horse battery"
CODE = "91350100M000100Y43"


@pytest.fixture(autouse=True)
def fresh_counts():
    cache.clear()


@pytest.fixture
def people():
    return world.cast()


def sign_in(client, email, password=PASSWORD, **words):
    return client.post(reverse("sign-in"), {"email": email, "password": password, **words})


def link_in(mail):
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail.body)[1]


def test_it_signs_in_under_a_new_session(client, people):
    client.get(reverse("sign-up"))
    client.session["seen"] = True
    client.session.save()
    before = client.session.session_key
    answer = sign_in(client, "  OLGA@causeway.example ")
    assert answer.status_code == 302
    assert answer.url == reverse("desk")
    assert client.session.session_key != before
    assert client.session["_auth_user_id"] == str(people.owner.pk)
    assert Event.objects.filter(kind="account.signed_in", actor=people.owner.pk).count() == 1


@pytest.mark.parametrize(
    ("place", "leads_to"),
    [("/keys/", "/keys/"), ("https://evil.example/", "/desk/"), ("//evil.example", "/desk/"), ("", "/desk/")],
)
def test_it_goes_on_to_pages_of_this_site_alone(client, people, place, leads_to):
    assert sign_in(client, "olga@causeway.example", next=place).url == leads_to


def test_unknown_address_and_wrong_password_look_the_same(client, people):
    wrong = sign_in(client, "olga@causeway.example", "wrong")
    unknown = sign_in(client, "nobody@causeway.example", "wrong")
    plain = [re.sub(r"(nobody|olga)@|value=\"\S+\"", "", a.content.decode()) for a in (wrong, unknown)]
    assert wrong.status_code == unknown.status_code == 200
    assert "do not belong together" in plain[0]
    assert plain[0] == plain[1]


def test_it_keeps_the_tried_address_as_a_commitment_only(client, people):
    sign_in(client, "olga@causeway.example", "wrong")
    sign_in(client, "nobody@causeway.example", "wrong")
    known, unknown = Event.objects.filter(kind="account.sign_in_failed").order_by("id")
    assert '"known":true' in known.body and '"known":false' in unknown.body
    for event in (known, unknown):
        assert "@" not in event.body
    assert unknown.detail.values["email"]["value"] == "nobody@causeway.example"


def test_it_does_not_sign_in_when_the_event_cannot_be_written(client, people, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    monkeypatch.setattr(sessions, "record", broken)
    with pytest.raises(RuntimeError):
        sign_in(client, "olga@causeway.example")
    assert "_auth_user_id" not in client.session


def test_it_locks_after_five_wrong_passwords_and_says_when_to_try_again(client, people):
    for _attempt in range(5):
        answer = sign_in(client, "olga@causeway.example", "wrong")
    assert answer.status_code == 429
    assert "Try again at" in answer.content.decode()
    assert int(answer["Retry-After"]) == 900
    capitals = sign_in(client, "Olga@Causeway.example")
    assert capitals.status_code == 429
    assert "_auth_user_id" not in client.session
    assert sign_in(client, "rita@causeway.example").status_code == 302


def test_it_locks_an_address_without_an_account_just_the_same(client, people):
    for _attempt in range(5):
        answer = sign_in(client, "nobody@causeway.example", "wrong")
    assert answer.status_code == 429


def test_it_signs_out_by_post_alone(client, people):
    client.force_login(people.owner, "django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("sign-out")).status_code == 405
    assert client.post(reverse("sign-out")).url == reverse("home")
    assert "_auth_user_id" not in client.session
    assert Event.objects.filter(kind="account.signed_out").exists()


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(client, people, mailoutbox):
    other = type(client)()
    sign_in(other, "olga@causeway.example")
    client.post(reverse("password-reset"), {"email": "Olga@causeway.example"})
    world.settle()
    (mail,) = mailoutbox
    assert mail.to == ["olga@causeway.example"]
    link = link_in(mail)
    page = client.get(link, follow=True)
    answer = client.post(page.redirect_chain[-1][0], {"password": NEW, "again": NEW})
    assert answer.url == reverse("sign-in")
    assert other.get(reverse("account")).status_code == 302
    assert sign_in(client, "olga@causeway.example", NEW).status_code == 302
    assert "This link is over" in type(client)().get(link).content.decode()
    assert Event.objects.filter(kind="account.password_changed", actor=people.owner.pk).exists()


def test_a_reset_tells_nobody_who_has_an_account(client, people, mailoutbox):
    people.stranger.is_active = False
    people.stranger.save()
    answers = [
        client.post(reverse("password-reset"), {"email": email})
        for email in ("olga@causeway.example", "nobody@causeway.example", "sam@causeway.example")
    ]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, reverse("password-reset-sent"))}
    world.settle()
    assert [mail.to for mail in mailoutbox] == [["olga@causeway.example"]]


def test_a_reset_ends_the_keys_of_whoever_held_the_account(client, people, mailoutbox):
    until = timezone.now() + timedelta(days=30)
    _key, token = make_key(
        people.owner, name="mine", scopes=["read"], until=until, datasets=[], by=world.by(people.owner)
    )
    client.post(reverse("password-reset"), {"email": "olga@causeway.example"})
    world.settle()
    page = client.get(link_in(mailoutbox[0]), follow=True)
    assert find_key(token) is not None
    client.post(page.redirect_chain[-1][0], {"password": NEW, "again": NEW})
    assert find_key(token) is None


def test_a_reset_ends_the_wait_after_wrong_passwords(client, people, mailoutbox, django_capture_on_commit_callbacks):
    for _attempt in range(5):
        sign_in(client, "olga@causeway.example", "wrong")
    client.post(reverse("password-reset"), {"email": "olga@causeway.example"})
    world.settle()
    page = client.get(link_in(mailoutbox[0]), follow=True)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page.redirect_chain[-1][0], {"password": NEW, "again": NEW})
    assert sign_in(client, "olga@causeway.example", NEW).status_code == 302


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "too short"),
        ("password1234", "password1234", "too common"),
        (NEW, NEW + "x", "differ"),
        ("olga@causeway.example", "olga@causeway.example", "too similar"),
    ],
)
def test_it_refuses_weak_or_differing_passwords(client, people, password, again, says):
    client.force_login(people.owner, "django.contrib.auth.backends.ModelBackend")
    words = {"old": PASSWORD, "password": password, "again": again}
    assert says in client.post(reverse("password-change"), words).content.decode()
    people.owner.refresh_from_db()
    assert people.owner.check_password(PASSWORD)


def test_it_changes_a_password_and_keeps_this_session_only(client, people):
    other = type(client)()
    sign_in(other, "olga@causeway.example")
    sign_in(client, "olga@causeway.example")
    wrong = client.post(reverse("password-change"), {"old": "no", "password": NEW, "again": NEW})
    assert "not your present password" in wrong.content.decode()
    client.post(reverse("password-change"), {"old": PASSWORD, "password": NEW, "again": NEW})
    assert client.get(reverse("account")).status_code == 200
    assert other.get(reverse("account")).status_code == 302


def test_a_citizen_signs_up_by_confirming_the_address(client, db, mailoutbox):
    world.city()
    client.post(reverse("sign-up-citizen"), {"name": "Nia 尼娅", "email": "Nia@mail.example"})
    assert not User.objects.exists()
    world.settle()
    link = link_in(mailoutbox[0])
    assert "nia" not in link.lower()
    answer = client.post(link, {"password": NEW, "again": NEW})
    assert answer.url == reverse("sign-in")
    user = User.objects.get()
    assert (user.email, user.name, user.kind) == ("nia@mail.example", "Nia 尼娅", "citizen")
    assert not Membership.objects.exists()
    assert client.get(link).status_code == 410
    assert sign_in(client, "nia@mail.example", NEW).status_code == 302


def test_signing_up_again_tells_only_the_address_itself(client, people, mailoutbox):
    answer = client.post(reverse("sign-up-citizen"), {"name": "Olga", "email": "olga@causeway.example"})
    assert answer.url == reverse("sign-up-sent")
    world.settle()
    assert "has one already" in mailoutbox[0].body
    assert User.objects.filter(name="Olga").count() == 1


def test_an_enterprise_begins_unverified_with_one_requester(client, db, mailoutbox):
    world.city()
    words = {"name": "Ed", "email": "ed@acme.example", "enterprise": "Acme", "code": "9135 0100 m000 100y43"}
    assert client.post(reverse("sign-up-enterprise"), words).url == reverse("sign-up-sent")
    world.settle()
    client.post(link_in(mailoutbox[0]), {"password": NEW, "again": NEW})
    enterprise = Department.objects.get(kind="enterprise")
    assert (enterprise.code, enterprise.may_receive) == (CODE, False)
    assert [(role.user.email, role.role) for role in enterprise.memberships.all()] == [("ed@acme.example", "requester")]


def test_nobody_joins_an_enterprise_by_signing_up(client, people):
    world.department(CODE, "Acme", kind="enterprise")
    words = {"name": "Eve", "email": "eve@mail.example", "enterprise": "Acme", "code": CODE.lower()}
    assert "here already" in client.post(reverse("sign-up-enterprise"), words).content.decode()
    assert not Event.objects.filter(kind="account.sign_up_asked").exists()


def test_it_wants_a_code_whose_check_digit_is_right(client, db):
    words = {"name": "Eve", "email": "eve@mail.example", "enterprise": "Acme", "code": "91350100M000100Y44"}
    assert "no unified social credit code" in client.post(reverse("sign-up-enterprise"), words).content.decode()


def test_a_sealed_link_cannot_be_changed_and_ends(client, db, monkeypatch):
    sealed = links.seal({"email": "nia@mail.example", "name": "Nia", "kind": "citizen", "language": "en"})
    assert links.unseal(sealed)["name"] == "Nia"
    for wrong in (sealed[:-4], sealed[:20] + ("B" if sealed[20] == "A" else "A") + sealed[21:], "x"):
        assert links.unseal(wrong) is None
        assert client.get(reverse("sign-up-confirm", args=[wrong])).status_code == 410
    later = (timezone.now() + timedelta(days=3)).timestamp()
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: later)
    assert links.unseal(sealed) is None


def test_robots_and_the_hasty_are_refused(client, db):
    trapped = client.post(reverse("sign-up-citizen"), {"name": "R", "email": "r@mail.example", "trap": "buy"})
    assert "catch robots" in trapped.content.decode()
    for number in range(11):
        answer = client.post(reverse("password-reset"), {"email": f"a{number}@mail.example"})
    assert "Wait an hour" in answer.content.decode()
    assert Event.objects.filter(kind="account.reset_asked").count() == 10


def test_it_keeps_my_language_and_name(client, people):
    client.force_login(people.owner, "django.contrib.auth.backends.ModelBackend")
    client.post(reverse("account"), {"name": "Olga P.", "language": "zh-hans"})
    people.owner.refresh_from_db()
    assert (people.owner.name, people.owner.language) == ("Olga P.", "zh-hans")
    assert client.cookies["django_language"].value == "zh-hans"


@pytest.mark.parametrize("name", ["account", "keys", "key-new", "password-change", "people", "enterprises", "desk"])
def test_the_public_is_sent_to_sign_in(client, db, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("sign-in"))
