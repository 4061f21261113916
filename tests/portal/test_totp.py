"""The second step: who must have it, what a session is worth without it, and that no code is taken twice."""

import json
import re
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from catalog.actions.keys import make_key
from catalog.actions.memberships import give_role
from catalog.models import Key, Role
from catalog.permissions import check_may_decide
from portal.accounts import codes, vault
from portal.accounts.actions import authenticators, sessions
from portal.accounts.forms import MOST_TRIES
from portal.accounts.second_step import SecondStepMiddleware
from portal.models import Authenticator, RecoveryCode, User
from tests import world
from tests.api import caller
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def people():
    return world.cast()


def password(client, email, **words):
    return client.post(reverse("sign-in"), {"email": email, "password": PASSWORD, **words})


def code(client, typed, **words):
    return client.post(reverse("second-step"), {"code": typed, **words})


def fresh(people):
    """An approver who has just been given the role, and has no app yet."""
    return world.bare(people.approver)


def is_in(client) -> bool:
    return client.get(reverse("keys")).status_code == 200


def facts(kind):
    return [json.loads(event.body)["facts"] for event in Event.objects.filter(kind=kind).order_by("id")]


def test_it_asks_for_a_code_after_the_password_and_goes_on_to_the_page(client, people):
    asked = password(client, "anton@causeway.example", next="/keys/")
    assert asked.url == reverse("second-step") + "?next=%2Fkeys%2F"
    assert not is_in(client) and "_auth_user_id" not in client.session
    assert not Event.objects.filter(kind="account.signed_in").exists()
    assert 'autocomplete="one-time-code"' in client.get(asked.url).content.decode()
    assert code(client, world.code_of(people.approver), next="/keys/").url == "/keys/"
    assert is_in(client)
    assert Event.objects.filter(kind="account.signed_in", actor=people.approver.pk).count() == 1


def test_it_refuses_a_wrong_code_and_records_it(client, people):
    password(client, "anton@causeway.example")
    answer = code(client, "000000")
    assert "not the code that your app shows" in answer.content.decode()
    assert not is_in(client)
    assert facts("account.second_step_failed") == [{"locked": False}]


def test_it_takes_a_code_once(client, people):
    typed = world.code_of(people.approver)
    password(client, "anton@causeway.example")
    code(client, typed)
    client.post(reverse("sign-out"))
    password(client, "anton@causeway.example")
    assert "used already" in code(client, typed).content.decode()
    assert not is_in(client)


def test_it_takes_no_older_code_after_a_newer_one(people):
    authenticators.prove(people.approver, world.code_of(people.approver, late=1), by=world.by(None))
    with pytest.raises(ValidationError, match="used already"):
        older = codes.code_of(world.SECRET, codes.present_step() - 1)
        authenticators.prove(people.approver, older, by=world.by(None))


def test_it_takes_codes_of_a_clock_that_is_half_a_minute_off_and_no_more():
    now = 1_800_000_000
    step = codes.present_step(now)
    taken = [codes.step_of(world.SECRET, codes.code_of(world.SECRET, step + off), now) for off in range(-3, 4)]
    assert taken == [None, None, step - 1, step, step + 1, None, None]


def test_it_makes_the_codes_of_the_standard():
    """RFC 6238, appendix B, the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moments = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"}
    assert {at: codes.code_of(secret, at // 30) for at in moments} == moments


def test_it_locks_after_five_wrong_codes_twice_as_long_each_time(client, people):
    password(client, "anton@causeway.example")
    for _time in range(5):
        answer = code(client, "000000")
    assert "too many wrong codes" in answer.content.decode()
    held = Authenticator.objects.get(pk=people.approver.authenticator)
    assert timedelta(minutes=14) < held.locked_until - timezone.now() < timedelta(minutes=15)
    assert "too many wrong codes" in code(client, world.code_of(people.approver)).content.decode()
    assert not is_in(client)
    Authenticator.objects.filter(pk=held.pk).update(locked_until=timezone.now() - timedelta(seconds=1))
    for _time in range(5):
        code(client, "000000")
    held.refresh_from_db()
    assert timedelta(minutes=29) < held.locked_until - timezone.now() < timedelta(minutes=30)


def test_the_lock_does_not_ask_who_tries_from_where(people):
    for _time in range(5):
        with pytest.raises(ValidationError):
            authenticators.prove(people.approver, "123456", by=world.by(None))
    with pytest.raises(ValidationError, match="too many"):
        authenticators.prove(people.approver, world.code_of(people.approver), by=world.by(None))


def test_a_recovery_code_is_good_once(client, people):
    (shown, *_rest) = world.recovery_codes_of(people.approver)
    password(client, "anton@causeway.example")
    assert code(client, shown.lower().replace("-", " ")).status_code == 302
    assert is_in(client)
    assert facts("account.recovery_used") == [{"left": 9}]
    client.post(reverse("sign-out"))
    password(client, "anton@causeway.example")
    assert "used already" in code(client, shown).content.decode()
    assert not is_in(client)


def test_it_keeps_neither_secret_nor_recovery_codes_in_the_clear(people):
    shown = world.recovery_codes_of(people.approver)
    held = Authenticator.objects.get(pk=people.approver.authenticator)
    assert world.SECRET not in held.secret and vault.unseal(people.approver, held.secret) == world.SECRET
    assert vault.unseal(people.requester, held.secret) == ""
    kept = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert len(shown) == 10 and not kept & {*shown, *map(codes.digits, shown)}


def test_the_key_of_secrets_can_be_changed(people, settings):
    settings.TOTP_KEYS = ["the new key", settings.SECRET_KEY]
    authenticators.prove(people.approver, world.code_of(people.approver), by=world.by(None))
    settings.TOTP_KEYS = ["the new key"]
    assert authenticators.prove(people.approver, world.code_of(people.approver, late=1), by=world.by(None)) == "code"


def test_all_secrets_are_sealed_anew_by_one_command(people, settings, capsys):
    settings.TOTP_KEYS = ["the new key", settings.SECRET_KEY]
    world.prove(people.requester)
    Authenticator.objects.filter(pk=people.requester.authenticator).update(secret="lost")
    call_command("rotate_totp_keys")
    told = capsys.readouterr()
    assert "Lost: 1." in told.out and people.requester.email in told.err
    settings.TOTP_KEYS = ["the new key"]
    assert authenticators.prove(people.approver, world.code_of(people.approver), by=world.by(None)) == "code"


def test_a_reset_between_password_and_code_is_told_and_nobody_gets_in(client, people):
    password(client, "anton@causeway.example")
    user, typed = User.objects.get(pk=people.approver.pk), world.code_of(people.approver)
    authenticators.reset_authenticator(user, by=world.by(people.administrator), reason="Lost the phone")
    with pytest.raises(ValidationError, match="Sign in again"):
        authenticators.prove(people.approver, typed, by=world.by(None))  # as read before the reset
    assert code(client, typed).url == reverse("sign-in")
    assert not is_in(client)


def test_tries_are_counted_while_it_is_locked_too(client, people, monkeypatch):
    monkeypatch.setattr(sessions, "MOST_CODES", 7)
    password(client, "anton@causeway.example")
    told = [code(client, "000000").content.decode() for _time in range(7)]
    assert ["too many wrong codes" in page for page in told] == [False] * 4 + [True] * 3
    assert "network address" in code(client, "000000").content.decode()
    assert len(facts("account.second_step_failed")) == 7


def test_the_half_way_is_over_after_ten_minutes_and_with_the_password(client, people, monkeypatch):
    password(client, "anton@causeway.example")
    session = client.session
    session["second_step"] |= {"at": session["second_step"]["at"] - 601}
    session.save()
    assert client.get(reverse("second-step")).url == reverse("sign-in")
    password(client, "anton@causeway.example")
    people.approver.set_password("another horse battery")
    people.approver.save()
    assert client.get(reverse("second-step")).url == reverse("sign-in")
    assert code(client, world.code_of(people.approver)).url == reverse("sign-in")


def test_nobody_gets_to_the_code_without_the_password(client, people):
    assert client.get(reverse("second-step")).url == reverse("sign-in")
    assert code(client, world.code_of(people.approver)).url == reverse("sign-in")


@pytest.mark.parametrize("role", ["approver", "reviewer", "authority"])
def test_who_must_have_it_and_has_not_is_led_to_it_and_does_nothing_else(client, people, role):
    user = world.bare(getattr(people, role))
    assert password(client, user.email).url == reverse("authenticator")
    for name in ("desk", "keys", "key-new", "account", "grants", "password-change"):
        assert client.get(reverse(name)).url.startswith(reverse("sign-in")), name
    assert client.get(reverse("sign-in")).url == reverse("authenticator")
    assert client.get("/api/v1/keys").status_code == 401
    assert client.post(reverse("key-new"), {"name": "x"}).url.startswith(reverse("sign-in"))
    assert client.get(reverse("home")).status_code == 200  # as the public sees it
    shown = client.get(reverse("home")).content.decode()
    assert "My desk" not in shown
    assert "Set up the second step" in shown and 'class="sign-in"' not in shown
    assert client.post(reverse("sign-out")).url == reverse("home")
    assert "_auth_user_id" not in client.session


def test_a_session_that_stands_is_worth_nothing_once_the_role_demands_it(client, people):
    client.force_login(people.stranger, BACKEND)
    assert is_in(client)
    give_role(people.stranger, people.schools, Role.APPROVER, by=world.by(people.administrator))
    assert not is_in(client)
    assert client.get(reverse("sign-in")).url == reverse("authenticator")


def test_a_setting_asks_more_people_for_it(client, people, settings):
    settings.SECOND_STEP_ALSO = ["requester"]
    assert password(client, "rita@causeway.example").url == reverse("authenticator")
    assert password(client, "cleo@causeway.example").url == reverse("desk")


def test_a_setting_that_names_no_role_stops_the_start(settings):
    settings.SECOND_STEP_ALSO = ["administrators"]
    with pytest.raises(ImproperlyConfigured, match="no role: administrators"):
        SecondStepMiddleware(None)


def test_it_is_set_up_by_scanning_and_typing_a_code(client, people):
    user = fresh(people)
    other = type(client)()
    for browser in (client, other):
        password(browser, user.email)
    page = client.get(reverse("authenticator")).content.decode()
    assert "<svg" in page and "style=" not in page and "<script>" not in page
    secret = re.search(r"secret=([A-Z2-7]{32})", page)[1]
    assert secret in client.get(reverse("authenticator")).content.decode()
    assert secret not in json.dumps(dict(client.session.items()))
    typed = codes.code_of(secret, codes.present_step())
    wrong = client.post(reverse("authenticator"), {"code": typed, "password": "wrong"})
    assert "not your present password" in wrong.content.decode()
    wrong = client.post(reverse("authenticator"), {"code": "000000", "password": PASSWORD})
    assert "not the code that the app shows" in wrong.content.decode()
    done = client.post(reverse("authenticator"), {"code": typed, "password": PASSWORD})
    assert len(set(re.findall(r"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}", done.content.decode()))) == 10
    assert "no-store" in done["Cache-Control"]
    assert is_in(client)
    assert other.get(reverse("authenticator")).url == reverse("sign-in")
    assert facts("account.totp_set") == [{"replaced": False}]
    password(other, user.email)
    assert "used already" in code(other, typed).content.decode()


def test_another_app_ends_the_first_one(client, people):
    client.force_login(people.approver, BACKEND)
    other = type(client)()
    other.force_login(people.approver, BACKEND)
    page = client.get(reverse("authenticator")).content.decode()
    secret = re.search(r"secret=([A-Z2-7]{32})", page)[1]
    typed = {"code": codes.code_of(secret, codes.present_step()), "password": PASSWORD}
    for present in ("", "000000"):
        refused = client.post(reverse("authenticator"), {**typed, "present": present})
        assert "There is a problem" in refused.content.decode() and is_in(other)
    assert facts("account.second_step_failed") == [{"locked": False}]
    client.post(reverse("authenticator"), {**typed, "present": world.code_of(people.approver)})
    assert is_in(client) and not is_in(other)
    assert Authenticator.objects.filter(pk=people.approver.authenticator).count() == 0
    assert facts("account.totp_set") == [{"replaced": True}]


def test_an_open_session_guesses_its_own_password_so_many_times_an_hour(client, people):
    client.force_login(people.requester, BACKEND)
    pages = [("recovery-renew", "password"), ("authenticator", "password"), ("password-change", "old")]
    for turn in range(MOST_TRIES):
        page, typed = pages[turn % 3]
        assert "not your present password" in client.post(reverse(page), {typed: "guess"}).content.decode()
    for page, typed in pages:
        refused = client.post(reverse(page), {typed: PASSWORD}, REMOTE_ADDR="192.0.2.7").content.decode()
        assert "That was often" in refused and "not your present password" not in refused
    client.force_login(people.stranger, BACKEND)
    assert "That was often" not in client.post(reverse(page), {typed: PASSWORD}).content.decode()


def test_recovery_codes_are_renewed_with_the_password_and_a_code(client, people):
    old = world.recovery_codes_of(people.approver)
    client.force_login(people.approver, BACKEND)
    assert "10 recovery codes are left" in client.get(reverse("second-step-state")).content.decode()
    assert "not your present" in client.post(reverse("recovery-renew"), {"password": "x"}).content.decode()
    assert "There is a problem" in client.post(reverse("recovery-renew"), {"password": PASSWORD}).content.decode()
    page = client.post(reverse("recovery-renew"), {"password": PASSWORD, "present": old[1]}).content.decode()
    assert len(set(re.findall(r"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}", page))) == 10
    with pytest.raises(ValidationError):
        authenticators.prove(people.approver, old[0], by=world.by(None))


def test_an_administrator_resets_it_with_a_reason_and_everything_open_ends(client, people, mailoutbox):
    admin = type(client)()
    client.force_login(people.approver, BACKEND)
    admin.force_login(people.administrator, BACKEND)
    address = reverse("authenticator-reset", args=[people.approver.pk])
    assert "required" in admin.post(address, {"reason": ""}).content.decode()
    assert admin.post(address, {"reason": "Lost the phone, met at the desk."}).status_code == 302
    assert not is_in(client)
    assert password(client, people.approver.email).status_code == 200  # the old password opens nothing
    assert facts("account.totp_removed") == [{"reason": "Lost the phone, met at the desk."}]
    world.settle()
    assert [mail.to for mail in mailoutbox] == [[people.approver.email]] * 2
    (link,) = re.findall(r"http\S+(/invitation/\S+)", "".join(mail.body for mail in mailoutbox))
    chosen = client.get(link).url
    assert client.post(chosen, {"password": "an other one 8472", "again": "an other one 8472"}).status_code == 302
    signed = client.post(reverse("sign-in"), {"email": people.approver.email, "password": "an other one 8472"})
    assert signed.url == reverse("authenticator")


def test_nobody_resets_their_own_and_the_stranger_nobodys(client, people):
    with pytest.raises(PermissionDenied, match="their own"):
        world.prove(people.administrator)
        authenticators.reset_authenticator(people.administrator, by=world.by(people.administrator), reason="lost")
    for who in (people.stranger, people.approver):
        with pytest.raises(PermissionDenied):
            authenticators.reset_authenticator(people.approver, by=world.by(who), reason="lost")
    client.force_login(people.stranger, BACKEND)
    assert client.get(reverse("authenticator-reset", args=[people.approver.pk])).status_code == 403


def test_only_who_needs_none_does_without_it_again(client, people):
    world.prove(people.requester)
    client.force_login(people.requester, BACKEND)
    assert client.post(reverse("authenticator-remove"), {"password": PASSWORD}).status_code == 200
    typed = {"password": PASSWORD, "present": world.code_of(people.requester)}
    assert client.post(reverse("authenticator-remove"), typed).status_code == 302
    assert is_in(client) and User.objects.get(pk=people.requester.pk).authenticator is None
    client.force_login(people.approver, BACKEND)
    typed = {"password": PASSWORD, "present": world.code_of(people.approver)}
    refused = client.post(reverse("authenticator-remove"), typed)
    assert "Your role demands a second step" in refused.content.decode()


def test_a_key_is_a_factor_of_its_own(people):
    assert caller(fresh(people)).get("/api/v1/keys").status_code == 200


def test_a_key_decides_only_for_who_has_an_app_and_one_made_before_ends_with_the_set_up(client, people):
    user = fresh(people)
    dataset = world.dataset(people.owner, people.parks)
    until = timezone.now() + timedelta(days=9)

    def key(*scopes):
        return make_key(user, name="k", scopes=scopes, until=until, datasets=[], by=world.by(user))[0]

    deciding, reading = key("read", "grant"), key("read")
    with pytest.raises(PermissionDenied, match="Set up an authenticator app"):
        check_may_decide(world.by(user, deciding), dataset)

    password(client, user.email)
    page = client.get(reverse("authenticator")).content.decode()
    assert "end now" in page
    secret = re.search(r"secret=([A-Z2-7]{32})", page)[1]
    typed = codes.code_of(secret, codes.present_step())
    client.post(reverse("authenticator"), {"code": typed, "password": PASSWORD})
    assert list(Key.objects.live().filter(user=user)) == [reading]
    assert [fact["reason"] for fact in facts("key.revoked")] == ["It was made without a second step."]
    user.refresh_from_db()
    check_may_decide(world.by(user, key("grant")), dataset)
    assert "end now" not in client.get(reverse("authenticator")).content.decode()
    with pytest.raises(PermissionDenied):
        check_may_decide(world.by(people.stranger), dataset)


def test_nothing_is_set_when_the_event_cannot_be_written(people, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the log is away")

    user = fresh(people)
    monkeypatch.setattr(authenticators, "record", broken)
    typed = codes.code_of(world.SECRET, codes.present_step())
    with pytest.raises(RuntimeError):
        authenticators.set_authenticator(world.SECRET, typed, by=world.by(user))
    user.refresh_from_db()
    assert user.authenticator is None and not RecoveryCode.objects.exists()
