"""The inbox and the desk at the size of a city: 10,000 datasets, 100 departments, an ordinary user."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Column, Dataset, Department
from sharing.models import Request, RequestedColumn
from tests.database import as_superuser
from tests.sharing import requests as made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOST = 40  # queries of a page, those of the session among them
SECONDS = 5  # generous: what is meant is that nothing is read row by row
SUBMITTED = """
    UPDATE sharing_request SET state = 'reply-due', submitted_at = now(), reference = left(id::text, 16),
        due_on = current_date + (random() * 20)::int WHERE state = 'draft'
"""


@pytest.fixture
def cast():
    return made.people()


def fill(cast, *, departments: int, datasets: int, requests: int) -> None:
    """A city in bulk; every tenth dataset is of Parks, and every request waits for the reply of its owner."""
    others = Department.objects.bulk_create(
        Department(code=f"d{departments}-{number}", name_en=f"Department {number}", parent=cast.city)
        for number in range(departments)
    )
    kept = Dataset.objects.bulk_create(
        [
            Dataset(
                title_en=f"Dataset {number}",
                department=cast.parks if number % 10 == 0 else others[number % departments],
                created_by=cast.owner,
                state="active",
                sharing_class="conditional",
                frequency="irregular",
            )
            for number in range(datasets)
        ],
        batch_size=2_000,
    )
    Column.objects.bulk_create(
        [Column(dataset=dataset, table="main", name="born", sensitivity="personal") for dataset in kept],
        batch_size=2_000,
    )
    asked = Request.objects.bulk_create(
        [
            Request(department=others[number % departments], dataset=dataset, table="main", drafted_by=cast.colleague)
            for number, dataset in enumerate(kept[:requests])
        ],
        batch_size=2_000,
    )
    RequestedColumn.objects.bulk_create(
        [RequestedColumn(request=one, name="born", need="to count") for one in asked], batch_size=2_000
    )
    as_superuser("SET session_replication_role = replica", SUBMITTED, "RESET session_replication_role", "ANALYZE")


def queries_of(client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in caught]


@pytest.mark.parametrize("who", ["approver", "authority", "owner"])
def test_it_asks_the_database_as_often_for_a_city_as_for_a_village(cast, client, who):
    client.force_login(getattr(cast, who), backend="django.contrib.auth.backends.ModelBackend")
    inbox = reverse("inbox")
    pages = [
        *(f"{inbox}?list={name}" for name in ("mine", "others", "answered")),
        f"{inbox}?list=others&q=department&personal=on&sharing=conditional",
        reverse("desk"),
    ]
    fill(cast, departments=3, datasets=30, requests=30)
    few = {page: queries_of(client, page) for page in pages}

    fill(cast, departments=100, datasets=10_000, requests=3_000)
    many, took = {}, {}
    for page in pages:
        began = time.monotonic()
        many[page] = queries_of(client, page)
        took[page] = time.monotonic() - began
    assert {page: len(found) for page, found in many.items()} == {page: len(found) for page, found in few.items()}
    assert max(map(len, many.values())) < MOST
    assert max(took.values()) < SECONDS, took


def test_it_pages_to_the_end_and_shows_each_request_once(cast, client):
    client.force_login(cast.approver, backend="django.contrib.auth.backends.ModelBackend")
    fill(cast, departments=10, datasets=1_000, requests=1_000)
    seen, address = [], f"{reverse('inbox')}?limit=50"
    while address:
        answer = client.get(address)
        seen += [line.request for line in answer.context["lines"]]
        address = answer.context["older"] and reverse("inbox") + answer.context["older"]
    assert len(seen) == len({one.pk for one in seen}) == 100
    assert [one.due_on for one in seen] == sorted(one.due_on for one in seen)
