"""Prepared files on pages: asked for with a button, watched, fetched, ended; in two languages and without script."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import exporter
from catalog.models import Export
from sharing.actions.grants import revoke_grant
from sharing.models import Grant
from tests import world
from tests.loads import empty_store, exports_in_store

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = {"district": ("text", ["North", "South"] * 3), "n": ("integer", [1, 2, 3, 4, 5, 6]), "name": ("text", ["x"] * 6)}


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.residents = world.dataset(people.owner, people.parks, "Residents")
    people.version = world.version(people.residents, ROWS)
    people.grant = world.basis("grant", people.version, {"district": None, "n": None}, to=people.health)
    people.rita = browser(people.requester)
    return people


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def form_of(city) -> str:
    """The address that the button on the dataset's page leads to."""
    page = city.rita.get(reverse("dataset", args=[city.residents.pk]), {"basis": city.grant.pk}).content.decode()
    return re.search(r'href="([^"]*/export/[^"]*)"', page)[1].replace("&amp;", "&")


def boxes(*names: str) -> dict[str, str]:
    """The boxes of these columns, ticked."""
    return {f"use-main-{name}": "on" for name in names}


def asked(city, *names: str, **fields) -> Export:
    answer = city.rita.post(form_of(city), {"format": "csv", **boxes(*(names or ("district", "n"))), **fields})
    export = Export.objects.latest("created_at")
    assert answer["Location"] == reverse("export", args=[export.pk])
    return export


def test_a_button_leads_from_the_rows_to_the_file(city):
    export = asked(city, where="district = 'North'")
    waiting = city.rita.get(reverse("export", args=[export.pk])).content.decode()
    assert 'http-equiv="refresh"' in waiting and 'hx-trigger="every 1s"' in waiting
    exporter.run(export.pk)
    ready = city.rita.get(reverse("export", args=[export.pk])).content.decode()
    assert "Your file is ready" in ready and "refresh" not in ready and "hx-trigger" not in ready
    file = city.rita.get(reverse("export-file", args=[export.pk]))
    assert b"".join(file.streaming_content) == b'"district","n"\n"North",1\n"North",3\n"North",5\n'
    assert 'filename="residents-v1.csv"' in file["Content-Disposition"]


def test_a_part_of_the_page_comes_alone_where_it_asks_for_itself(city):
    export = asked(city)
    part = city.rita.get(reverse("export", args=[export.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and 'id="export"' in part


def test_a_condition_that_does_not_fit_is_told_beside_its_field(city):
    page = city.rita.post(form_of(city), {"format": "csv", "where": "name = 'x'", **boxes("n")})
    assert page.status_code == 200 and not Export.objects.exists()
    assert "id_where_error" in page.content.decode()
    missing = city.rita.post(form_of(city), {"format": "csv", "where": "eman = 'x'", **boxes("n")}).content.decode()
    assert "geojson" not in missing, "the rows have no place"


def test_only_the_columns_that_are_chosen_are_in_the_file(city):
    export = asked(city, "n", where="district = 'North'")
    exporter.run(export.pk)
    file = city.rita.get(reverse("export-file", args=[export.pk]))
    assert b"".join(file.streaming_content) == b'"n"\n1\n3\n5\n'
    assert asked(city).query["select"] == "", "all of them are asked for as the rows come"


def test_the_form_offers_the_columns_that_the_reader_has_and_wants_one(city):
    form = city.rita.get(form_of(city)).content.decode()
    assert form.count(" checked") == 3, "two columns and a format"
    assert "use-main-name" not in form and "mask-main" not in form and "Sensitivity" not in form
    none = city.rita.post(form_of(city), {"format": "csv"}).content.decode()
    assert "Choose one column at least." in none
    hidden = city.rita.post(form_of(city), {"format": "csv", **boxes("name")}).content.decode()
    assert "Choose one column at least." in hidden and not Export.objects.exists()


def test_it_is_ended_and_listed(city):
    export = asked(city)
    assert city.rita.post(reverse("export-end", args=[export.pk])).status_code == 302
    listed = city.rita.get(reverse("exports")).content.decode()
    assert "residents-v1.csv" in listed and "Ended" in listed
    gone = city.rita.get(reverse("export-file", args=[export.pk]))
    assert gone.status_code == 410 and "Ask for it again" in gone.content.decode()
    assert city.rita.post(reverse("export-end", args=[export.pk])).status_code == 302, "a second press is no fault"


def test_it_is_shown_to_nobody_else(city):
    export = asked(city)
    exporter.run(export.pk)
    colleague = world.person("Rosa", city.health, "requester")
    for client in (browser(city.stranger), browser(city.owner), browser(colleague)):
        for name in ("export", "export-file"):
            assert client.get(reverse(name, args=[export.pk])).status_code == 404
        assert client.post(reverse("export-end", args=[export.pk])).status_code == 404
        assert "residents-v1" not in client.get(reverse("exports")).content.decode()


def test_who_may_not_read_is_told_why(city):
    refused = browser(city.stranger).get(reverse("export-new", args=[city.residents.pk]))
    assert refused.status_code == 403 and "Parks decides" in refused.content.decode()
    assert browser(city.citizen).get(reverse("export-new", args=[city.residents.pk])).status_code == 404


def test_nobody_in_particular_is_offered_none(city):
    world.basis("release", city.version, {"district": None})
    address = reverse("dataset", args=[city.residents.pk])
    assert "/export/" not in Client().get(address).content.decode()
    assert "/export/" in browser(city.citizen).get(address).content.decode()


def test_a_file_goes_as_soon_as_its_grant_is_revoked(city):
    export = asked(city)
    exporter.run(export.pk)
    Grant.objects.create(basis=city.grant)
    revoke_grant(city.grant, reason="The work is done.", by=world.by(city.approver))
    assert city.rita.get(reverse("export-file", args=[export.pk])).status_code == 403, "closed at once"
    world.settle()
    assert exports_in_store() == []
    gone = city.rita.get(reverse("export-file", args=[export.pk]))
    assert gone.status_code == 410 and "Your right to read it has ended" in gone.content.decode()


def test_the_list_asks_as_often_for_many_as_for_one(city, settings):
    settings.EXPORTS_OPEN = 20
    counts = []
    for number in (1, 8):
        for _n in range(number):
            asked(city)
        with CaptureQueriesContext(connection) as queries:
            city.rita.get(reverse("exports"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
