"""The pages and the API of packages, as each of the cast meets them."""

import json
from datetime import timedelta

import pyrage
import pytest
from django.urls import reverse
from django.utils import timezone

from audit.actor import Actor
from catalog import exporter
from catalog.actions.keys import make_key
from catalog.gate import open_rows
from catalog.models import Basis, Membership
from catalog.rows.query import RowQuery
from sharing.actions.package_plans import make_plan
from sharing.actions.packages import sign_package
from sharing.models import Package, PackagePlan, RecipientKey
from tests import world
from tests.loads import empty_store

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = {"id": ("integer", list(range(1, 11))), "district": ("text", ["North", "South"] * 5)}
DELIVERIES = "/api/v1/deliveries"


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.head = world.person("Hanna", people.health, "approver")
    people.residents = world.dataset(people.owner, people.parks, "Residents")
    people.version = world.version(people.residents, ROWS)
    people.grant = world.basis("grant", people.version, {"id": None, "district": None}, to=people.health)
    people.identity = pyrage.x25519.Identity.generate()
    return people


def test_a_key_is_registered_and_confirmed_on_pages(city, client):
    client.force_login(city.head)
    answers = {"department": city.health.pk, "public_key": str(city.identity.to_public()), "name": "The safe"}
    page = client.post(reverse("recipient-key-new"), answers, follow=True)
    key = RecipientKey.objects.get()
    for shown in (page, client.get(reverse("recipient-keys"))):
        assert key.waits and key.fingerprint not in shown.content.decode(), "it is computed, not read here"
    wrong = client.post(reverse("recipient-key", args=[key.pk]), {"fingerprint": "0" * 32})
    assert "not the fingerprint" in wrong.content.decode()
    client.post(reverse("recipient-key", args=[key.pk]), {"fingerprint": key.fingerprint.replace(" ", "").upper()})
    key.refresh_from_db()
    assert key.state == RecipientKey.State.LIVE
    assert key.fingerprint in client.get(reverse("recipient-keys")).content.decode()
    client.post(reverse("recipient-key-retire", args=[key.pk]), {"reason": "lost"})
    key.refresh_from_db()
    assert key.state == "retired"


@pytest.mark.parametrize("who", ["stranger", "owner", "citizen"])
def test_a_key_of_another_department_is_not_there(city, client, who):
    key = keyed(city)
    client.force_login(getattr(city, who))
    assert client.get(reverse("recipient-key", args=[key.pk])).status_code == 404
    assert client.get(f"/api/v1/recipient-keys/{key.pk}").status_code == 404
    assert client.get("/api/v1/recipient-keys").json()["results"] == []


def test_no_key_of_the_api_confirms_a_public_key(city, client):
    token = made_token(city.head, ["read", "ask"])
    answers = {"department": city.health.code, "public_key": str(city.identity.to_public()), "name": "The safe"}
    made = sent(client, "/api/v1/recipient-keys", answers, token)
    assert (made.status_code, made.json()["state"]) == (201, "waits")
    assert made.json()["fingerprint"] is None, "it is computed, not read here"
    given = {"fingerprint": RecipientKey.objects.get().fingerprint}
    assert sent(client, f"{made['Location']}/confirm", given, token).status_code == 403
    assert sent(client, f"{made['Location']}/retire", {"reason": "lost"}, token).json()["state"] == "retired"


def test_a_package_is_asked_for_and_fetched_on_pages(city, client):
    keyed(city)
    client.force_login(city.requester)
    asked = client.post(reverse("packages", args=[city.grant.pk]), {"format": "csv"})
    package = Package.objects.get()
    assert asked["Location"] == reverse("package", args=[package.pk])
    assert b"refresh" in client.get(asked["Location"]).content
    made(package)
    assert package.key.fingerprint in client.get(asked["Location"]).content.decode()
    link = client.post(reverse("package-link", args=[package.pk])).context["file_url"]
    file = b"".join(client.get(link).streaming_content)
    assert pyrage.decrypt(file, [city.identity]).count(b"North") == 5
    assert client.get(link).status_code == 410
    assert b"causeway-package/v1" in client.get(reverse("package-manifest", args=[package.pk])).content
    assert client.get(reverse("packages", args=[city.grant.pk])).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "owner", "approver", "citizen"])
def test_a_link_is_nothing_to_others(city, client, who):
    link = linked(city, client)
    client.force_login(getattr(city, who))
    for address in (link, f"{DELIVERIES}/files/{link.rpartition('/')[2]}"):
        assert client.get(address).status_code == 404
    assert Package.objects.get().links.get().sent == 0


def test_a_broken_download_goes_on_by_the_same_link_with_a_key(city, client):
    token = made_token(city.requester, ["read"])
    path = f"{DELIVERIES}/files/{linked(city, client).rpartition('/')[2]}"
    client.logout()
    assert client.get(path).status_code == 401
    first = fetched(client, path, token, range="bytes=0-99")
    rest = fetched(client, path, token, range="bytes=100-")
    assert (first.status_code, rest.status_code) == (206, 206)
    whole = b"".join(first.streaming_content) + b"".join(rest.streaming_content)
    assert pyrage.decrypt(whole, [city.identity]).startswith(b'"id","district"')
    assert fetched(client, path, token).status_code == 410


def test_a_part_of_a_package_is_not_fetched_again_and_again(city, client):
    link = linked(city, client)
    for _turn in range(2):
        assert b"".join(client.get(link, headers={"Range": "bytes=1-"}).streaming_content)
    assert Package.objects.get().links.get().spent_at is not None
    assert b"was used" in client.get(link, headers={"Range": "bytes=1-"}).content


def test_who_left_fetches_nothing_with_the_key_that_stayed(city, client):
    token = made_token(city.requester, ["read"])
    path = f"{DELIVERIES}/files/{linked(city, client).rpartition('/')[2]}"
    client.logout()
    Membership.objects.filter(user=city.requester).update(ended_at=timezone.now())
    assert fetched(client, path, token).status_code == 404
    assert fetched(client, DELIVERIES, token).json()["results"] == []


def test_a_suspended_grant_says_so_and_a_revoked_one_too(city, client):
    link = linked(city, client)
    for state in ("suspended", "revoked"):
        Basis.objects.filter(pk=city.grant.pk).update(state=state, state_reason="audit", state_at=timezone.now())
        answer = client.get(link)
        assert answer.status_code == 403 and b"audit" in answer.content
        assert client.get(reverse("package-manifest", args=[Package.objects.get().pk])).status_code == 403


def test_the_api_asks_plans_and_ends(city, client):
    keyed(city)
    token = made_token(city.requester, ["read"])
    asked = sent(client, DELIVERIES, {"grant": str(city.grant.pk), "format": "parquet"}, token)
    assert (asked.status_code, asked.json()["state"]) == (202, "asked")
    package = Package.objects.get()
    made(package)
    shown = fetched(client, asked["Location"], token).json()
    assert (shown["state"], shown["rows"], shown["sha256"]) == ("ready", 10, package_again(package).export.sha256)
    link = sent(client, f"{asked['Location']}/links", {}, token).json()["url"]
    assert fetched(client, link.partition("testserver")[2], token).status_code == 200
    wanted = {"grant": str(city.grant.pk), "format": "csv", "every": "daily"}
    assert sent(client, f"{DELIVERIES}/plans", wanted, token).status_code == 403, "it would go on after the key's end"
    plan = make_plan(city.grant, kind="csv", every="daily", by=world.by(city.requester))
    address = f"{DELIVERIES}/plans/{plan.pk}"
    assert fetched(client, address, token).json()["state"] == "active"
    assert client.delete(address, headers=bearer(token)).status_code == 403
    client.force_login(city.requester)
    assert client.delete(address).status_code == 204
    assert PackagePlan.objects.get().state == "ended"
    assert b"+" in client.get(f"{DELIVERIES}/vkey").content


def test_a_plan_is_made_taken_over_and_ended_on_pages(city, client):
    keyed(city)
    client.force_login(city.requester)
    answers = {"format": "csv", "every": "weekly", "hour": "5", "only_new": "on"}
    client.post(reverse("package-plan-new", args=[city.grant.pk]), answers)
    plan = PackagePlan.objects.get()
    client.force_login(city.head)
    assert "Rita" in client.get(reverse("packages", args=[city.grant.pk])).content.decode()
    client.post(reverse("package-plan-take", args=[plan.pk]))
    plan.refresh_from_db()
    assert plan.responsible == city.head
    client.post(reverse("package-plan-end", args=[plan.pk]))
    plan.refresh_from_db()
    assert plan.state == "ended"
    client.force_login(city.stranger)
    assert client.post(reverse("package-plan-end", args=[plan.pk])).status_code == 404


def test_what_we_hold_says_when_it_was_used_and_by_whom(city, client):
    client.force_login(city.requester)
    held = reverse("held")
    assert b"Never" in client.get(held).content
    open_rows(RowQuery(), over=[(city.version, city.grant)], by=Actor(user=city.requester)).close("complete")
    assert city.requester.name in client.get(held).content.decode()
    long_ago = timezone.now() - timedelta(days=90)
    soon = timezone.now() + timedelta(days=9)
    quiet = world.basis("grant", city.version, {"id": None}, to=city.health, valid_from=long_ago, valid_until=soon)
    for name, expected in {"unused": [quiet], "ending": [quiet, city.grant], "disposal": [], "over": []}.items():
        page = client.get(held, {"list": name})
        assert [line["grant"].pk for line in page.context["lines"]] == [grant.pk for grant in expected], name
    client.force_login(city.stranger)
    assert b"Residents" not in client.get(held).content


def test_what_we_hold_asks_the_same_number_of_questions_for_many(city, client, django_assert_max_num_queries):
    client.force_login(city.requester)
    client.get(reverse("held"))
    counts = []
    for _turn in range(2):
        with django_assert_max_num_queries(40) as asked:
            client.get(reverse("held"))
        counts.append(len(asked.captured_queries))
        for _one in range(8):
            world.basis("grant", city.version, {"id": None}, to=city.health)
    assert counts[0] == counts[1]


def keyed(city) -> RecipientKey:
    """A confirmed key of the recipient."""
    key = str(city.identity.to_public())
    return RecipientKey.objects.create(
        department=city.health, name="The safe", public_key=key, fingerprint="ab12 " * 8, registered_by=city.head,
        confirmed_by=city.head, confirmed_at=timezone.now(),
    )  # fmt: skip


def made(package: Package) -> None:
    """A worker made and signed it."""
    assert exporter.run(package.export_id) and sign_package(package)


def package_again(package: Package) -> Package:
    return Package.objects.select_related("export").get(pk=package.pk)


def linked(city, client) -> str:
    """The address of a link that the requester made."""
    keyed(city)
    client.force_login(city.requester)
    client.post(reverse("packages", args=[city.grant.pk]), {"format": "csv"})
    package = Package.objects.get()
    made(package)
    return client.post(reverse("package-link", args=[package.pk])).context["file_url"]


def made_token(user, scopes: list[str]) -> str:
    until = timezone.now() + timedelta(days=2)
    return make_key(user, name="system", scopes=scopes, until=until, datasets=[], by=world.by(user))[1]


def bearer(token: str) -> dict:
    return {"Authorization": f"Bearer {token}"}


def sent(client, path: str, data: dict, token: str):
    return client.post(path, json.dumps(data), content_type="application/json", headers=bearer(token))


def fetched(client, path: str, token: str, **headers):
    return client.get(path, headers=bearer(token) | headers)
