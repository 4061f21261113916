"""The pages of a load: upload, watch, check, correct, confirm, discard; the stranger sees nothing of it."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audit.models import Event
from catalog.actions.duties import make_owner_duty
from catalog.actions.versions import confirm_version
from catalog.models import Job, Version
from catalog.reading_forms import ReadingForm
from tests import world
from tests.loads import empty_store, files_in_scratch, files_in_store, load, run

pytestmark = pytest.mark.django_db(transaction=True)

MESSY = "code;kind;height;planted\n007;Oak;12.5;2024-05-01\n008;Ash;9;2024-05-02\n" + "".join(
    f"{n:03};Elm;{n}.5;2024-05-03\n" for n in range(9, 99)
)


@pytest.fixture
def city():
    empty_store()
    people = world.cast()
    people.trees = world.dataset(people.owner, people.parks)
    make_owner_duty(people.trees, by=world.by(people.owner))
    return people


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def upload(client, dataset, data: str, **more):
    file = SimpleUploadedFile("trees.csv", data.encode())
    return client.post(reverse("load", args=[dataset.pk]), {"file": file, **more})


def test_it_takes_a_steward_from_the_upload_to_the_current_version(client, city):
    client.force_login(city.owner)
    assert "Upload a file" in text_of(client.get(reverse("load", args=[city.trees.pk])))
    answer = upload(client, city.trees, MESSY)
    job = Job.objects.get()
    assert answer.url == reverse("job", args=[job.pk])
    waiting = client.get(answer.url)
    assert "Waiting for a worker" in text_of(waiting)
    assert '<noscript><meta http-equiv="refresh"' in waiting.content.decode()

    version = run(job).version
    done = client.get(answer.url)
    check = reverse("version-check", args=[version.pk])
    assert check in done.content.decode() and "refresh" not in done.content.decode()

    page = text_of(client.get(check))
    for shown in ("Semicolon", "utf-8", "Decimal number", "007", "Oak", "92"):
        assert shown in page
    assert client.post(check, {"act": "confirm"}).url == reverse("dataset-desk", args=[city.trees.pk])
    city.trees.refresh_from_db()
    assert city.trees.current == version


def test_it_writes_down_the_look_at_the_first_rows(client, city):
    version = load(city.trees, MESSY, by=city.owner).version
    client.force_login(city.owner)
    client.get(reverse("version-check", args=[version.pk]))
    opened = Event.objects.get(kind="disclosure.opened")
    assert opened.actor == city.owner.pk
    assert Event.objects.filter(kind="disclosure.closed").count() == 1


def test_it_reads_again_as_the_steward_says(client, city):
    version = load(city.trees, MESSY.replace("9;2024", "tall;2024"), by=city.owner).version
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    assert "Nearly “Decimal number”: 1 of 92 cells do not fit" in text_of(client.get(check))
    answer = client.post(check, {"act": "again", "type_2": "decimal", "null_values": "- NA"})
    second = run(Job.objects.get(version=None)).version
    assert answer.url == reverse("job", args=[second.jobs.get().pk])
    page = text_of(client.get(reverse("version-check", args=[second.pk])))
    assert "tall" in page and "not a decimal number" in page and "1 bad cell" in page
    form = client.get(reverse("version-check", args=[second.pk])).content.decode()
    assert '<option value="decimal" selected' in form and 'value="- NA"' in form
    version.refresh_from_db()
    assert version.state == "discarded"
    assert "was discarded" in text_of(client.get(check))


def test_it_forgets_types_when_the_columns_are_cut_otherwise(city):
    version = load(city.trees, MESSY, by=city.owner, reading={"types": {"code": "integer"}}).version
    table = version.tables.get()
    sent = {"delimiter": ",", "type_0": "integer", "header_row": "1"}
    form = ReadingForm(sent, table=table, columns=table.schema, report=version.report)
    assert form.is_valid(), form.errors
    assert form.reading()["tables"]["main"] == {"delimiter": ","}


def test_it_discards_with_a_reason(client, city):
    version = load(city.trees, MESSY, by=city.owner).version
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    refused = client.post(check, {"act": "discard", "reason": ""})
    assert refused.status_code == 200 and "There is a problem" in text_of(refused)
    assert client.post(check, {"act": "discard", "reason": "wrong file"}).status_code == 302
    assert Version.objects.get().state == "discarded"


def test_it_says_what_is_wrong_with_a_file(client, city):
    client.force_login(city.owner)
    assert "There is a problem" in text_of(client.post(reverse("load", args=[city.trees.pk]), {}))
    job = load(city.trees, "a,b\n", by=city.owner)
    page = client.get(reverse("job", args=[job.pk]))
    assert "no rows" in text_of(page) and reverse("load", args=[city.trees.pk]) in page.content.decode()


def test_it_says_when_the_file_was_there_before(client, city):
    load(city.trees, MESSY, by=city.owner)
    again = load(city.trees, MESSY, by=city.owner)
    client.force_login(city.owner)
    assert "No second version was made" in text_of(client.get(reverse("job", args=[again.pk])))


def test_it_refuses_to_confirm_twice_with_a_sentence(client, city):
    version = load(city.trees, MESSY, by=city.owner).version
    confirm_version(version, by=world.by(city.owner))
    client.force_login(city.owner)
    refused = client.post(reverse("version-check", args=[version.pk]), {"act": "confirm"})
    assert "confirmed already" in text_of(refused)


def test_it_shows_a_wide_table_in_parts(client, city):
    wide = ",".join(f"c{n}" for n in range(150)) + "\n" + ",".join("1" * 150) + "\n"
    version = load(city.trees, wide, by=city.owner).version
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    first, last = client.get(check), client.get(f"{check}?columns=120")
    assert "Columns 1 to 60 of 150" in text_of(first) and "Columns 121 to 150 of 150" in text_of(last)
    client.post(f"{check}?columns=120", {"act": "again", "type_1": "text"})
    second = run(Job.objects.get(version=None)).version
    assert second.tables.get().types["c121"] == "text"
    assert client.get(reverse("version-check", args=[second.pk]) + "?table=none").status_code == 404


def test_it_watches_by_htmx_with_the_fragment_alone(client, city):
    client.force_login(city.owner)
    upload(client, city.trees, MESSY)
    fragment = client.get(reverse("job", args=[Job.objects.get().pk]), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and 'hx-trigger="every 1s"' in fragment


@pytest.mark.parametrize("who", ["stranger", "requester", "citizen", "reviewer", "administrator"])
def test_it_hides_loads_and_versions_from_everybody_else(client, city, who):
    job = load(city.trees, MESSY, by=city.owner)
    client.force_login(getattr(city, who))
    for address in (reverse("job", args=[job.pk]), reverse("version-check", args=[job.version_id])):
        assert client.get(address).status_code == 404
        assert client.post(address, {"act": "confirm"}).status_code in (404, 405)
    assert client.get(reverse("load", args=[city.trees.pk])).status_code in (403, 404)
    assert upload(client, city.trees, MESSY).status_code in (403, 404)
    assert Job.objects.count() == 1


def test_an_approver_may_look_and_not_decide(client, city):
    version = load(city.trees, MESSY, by=city.owner).version
    client.force_login(city.approver)
    check = reverse("version-check", args=[version.pk])
    page = client.get(check)
    assert page.status_code == 200 and "Confirm" not in text_of(page)
    assert client.post(check, {"act": "confirm"}).status_code == 403
    assert client.get(reverse("load", args=[city.trees.pk])).status_code == 403
    version.refresh_from_db()
    assert version.state == "proposed"


def test_the_public_is_asked_to_sign_in(client, city):
    version = load(city.trees, MESSY, by=city.owner).version
    for address in (reverse("load", args=[city.trees.pk]), reverse("version-check", args=[version.pk])):
        assert client.get(address).url.startswith(reverse("sign-in"))


def test_it_asks_the_database_no_more_for_a_wide_table(client, city, django_assert_max_num_queries):
    columns = ",".join(f"c{n}" for n in range(50))
    version = load(city.trees, columns + "\n" + ",".join("1" * 50) + "\n", by=city.owner).version
    client.force_login(city.owner)
    with django_assert_max_num_queries(40):
        client.get(reverse("version-check", args=[version.pk]))


def test_it_shows_the_same_in_chinese(client, city):
    version = load(city.trees, MESSY, by=city.owner).version
    client.force_login(city.owner)
    client.cookies["django_language"] = "zh-hans"
    assert client.get(reverse("version-check", args=[version.pk])).status_code == 200


def test_it_stores_no_byte_too_many_and_none_of_the_unknown(client, city, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    assert upload(client, city.trees, MESSY).url.startswith(reverse("sign-in"))
    client.force_login(city.owner)
    assert "at most" in text_of(upload(client, city.trees, MESSY))
    assert not Job.objects.exists() and files_in_scratch() == files_in_store() == []


def test_it_takes_a_file_that_browsers_send_in_pieces(client, city):
    client.force_login(city.owner)
    file = io.BytesIO(MESSY.encode() * 300)
    file.name = "trees.csv"
    client.post(reverse("load", args=[city.trees.pk]), {"file": file, "confirm": "on"})
    assert run(Job.objects.get()).version.state == "kept"


def test_it_takes_an_offer_with_its_words_for_empty(client, city):
    data = "name;people;share\n" + "".join(f'T{n};"1,{n:03}";-\n' for n in range(50)) + 'last;"1,234,567";7\nx;"2";8\n'
    version = load(city.trees, data, by=city.owner).version
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    page = text_of(client.get(check))
    assert "Could be: Whole number, 1,234.5" in page and "Could be: Whole number, with “-” as empty" in page
    client.post(check, {"act": "again", "type_1": "offer-0", "type_2": "offer-0"})
    second = run(Job.objects.get(version=None)).version
    assert second.tables.get().types == {"name": "text", "people": "integer", "share": "integer"}
    own = second.reading["tables"]["main"]
    assert (own["types"], own["nulls"]) == ({"people": "integer:point", "share": "integer"}, {"share": ["-"]})
    form = client.get(reverse("version-check", args=[second.pk])).content.decode()
    assert '<option value="integer:point" selected' in form


def bad_version(city, client, **more):
    version = load(city.trees, "id;v\n1;7\n2;=x\n", by=city.owner).version
    client.force_login(city.owner)
    client.post(reverse("version-check", args=[version.pk]), {"act": "again", "type_1": "integer", **more})
    return run(Job.objects.get(version=None)).version


def test_it_gives_all_bad_cells_as_a_file_and_writes_that_down(client, city):
    version = bad_version(city, client)
    address = reverse("bad-cells", args=[version.pk, "main"])
    assert address in client.get(reverse("version-check", args=[version.pk])).content.decode()
    before = Event.objects.filter(kind="disclosure.opened").count()
    answer = client.get(address)
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.replace('"', "") for line in lines] == [
        "row,column,text,why,version",
        "3,v,'=x,not a whole number,2",
    ]
    assert "main-2-bad-cells" in answer["Content-Disposition"]
    assert Event.objects.filter(kind="disclosure.opened").count() == before + 1
    client.force_login(city.stranger)
    assert client.get(address).status_code == 404


@pytest.mark.slow
def test_it_remembers_what_becomes_of_cells_that_do_not_fit(client, city):
    first = bad_version(city, client)
    check = reverse("version-check", args=[first.pk])
    assert "Cells of v that do not fit" in text_of(client.get(check))
    client.post(check, {"act": "again", "type_1": "integer", "misfits_1": "empty"})
    second = run(Job.objects.get(version=None)).version
    confirm_version(second, by=world.by(city.owner))
    city.trees.refresh_from_db()
    third = load(city.trees, "id;v\n1;7\n2;y\n3;4\n", by=city.owner, confirm=True).version
    assert third.state == Version.State.KEPT and third.tables.get().bad_cells == 1

    fourth = load(city.trees, "id;v\n1;z\n2;4\n", by=city.owner).version
    client.post(reverse("version-check", args=[fourth.pk]), {"act": "again", "type_1": "integer", "misfits_1": "stop"})
    assert run(Job.objects.get(version=None)).error["code"] == "misfits"


def test_it_marks_what_looks_personal_only_when_the_steward_says_so(client, city):
    rows = "".join(f"{n};a{n}@city.example;{n} High Street\n" for n in range(1, 9))
    version = load(city.trees, f"id;contact;address\n{rows}", by=city.owner).version
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    page = client.get(check)
    assert "Looks like: e-mail address (100 % of 8 cells looked at)" in text_of(page)
    contact, address = (city.trees.columns.get(name=name) for name in ("contact", "address"))
    assert (contact.sensitivity, address.identity_role) == ("internal", "none")
    assert page.context["forms"]["mark"].initial["marked"] == [str(contact.pk)]
    assert "Columns to mark" in text_of(client.post(check, {"act": "mark"}))
    client.post(check, {"act": "mark", "marked": [contact.pk, address.pk]})
    contact.refresh_from_db()
    address.refresh_from_db()
    assert (contact.sensitivity, address.sensitivity, address.identity_role) == ("personal", "personal", "address")
    assert "mark" not in client.get(check).context["forms"]


def test_it_shows_the_lines_that_are_no_rows_and_takes_another_word_for_them(client, city):
    content = "Trees of the city\n\nkind,n\nOak,1\nAsh,2\nElm,3\nTotal,6\nSource: Parks\n"
    version = load(city.trees, content, by=city.owner).version
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    page = text_of(client.get(check))
    assert "Lines that are no rows of the table" in page
    for row, text in ((1, "Trees of the city"), (7, "Total,6"), (8, "Source: Parks")):
        assert f"{row} {'above the header' if row == 1 else 'below the table'} {text}" in page
    assert 'name="footer_rows" value="2"' in client.get(check).content.decode()
    client.post(check, {"act": "again", "header_row": "3", "header_rows": "1", "footer_rows": "1"})
    second = run(Job.objects.get(version=None)).version
    assert (second.number, second.tables.get().rows) == (2, 4)
    confirm_version(second, by=world.by(city.owner))
    city.trees.refresh_from_db()
    assert city.trees.reading["tables"]["main"]["footer_rows"] == 1
    third = load(city.trees, content.replace("Oak", "Lime"), by=city.owner).version
    assert third.tables.get().rows == 4


def test_it_waits_for_a_look_where_a_remembered_footer_would_swallow_a_row(city):
    content = "kind,n\nOak,1\nAsh,2\nElm,3\nSource: Parks\n"
    first = load(city.trees, content, by=city.owner, reading={"footer_rows": 1}).version
    confirm_version(first, by=world.by(city.owner))
    city.trees.refresh_from_db()
    second = load(city.trees, content.replace("Source: Parks\n", ""), by=city.owner, confirm=True).version
    assert (second.state, second.tables.get().rows) == ("proposed", 2)
    third = load(city.trees, content.replace("Elm", "Lime"), by=city.owner, confirm=True).version
    assert third.state == "kept"


def test_it_keeps_nested_values_whole_where_the_steward_says_so(client, city):
    version = load(
        city.trees, '[{"id": 1, "at": {"x": 1, "y": 2}}, {"id": 2, "at": {"x": 3, "y": 4}}]', by=city.owner
    ).version
    assert list(version.tables.get().types) == ["id", "at_x", "at_y"]
    client.force_login(city.owner)
    check = reverse("version-check", args=[version.pk])
    assert "Columns with dots in their names" in text_of(client.get(check))
    client.post(check, {"act": "again", "nested": "json"})
    second = run(Job.objects.get(version=None)).version
    assert (second.number, list(second.tables.get().types)) == (2, ["id", "at"])
