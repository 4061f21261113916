"""Health asks for nine columns of the residents register, in a browser and in either language, and its head submits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Event
from sharing.models import Request
from tests.browser import chromium
from tests.journeys.register import NINE, city_with_a_register
from tests.journeys.traveller import Traveller
from tests.loads import empty_store
from tests.server import web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow, pytest.mark.alone]
# Page by page in the order of the form: what is typed where; a tuple is a choice.
ANSWERS = {
    "function": {"function": "Organise health screening"},
    "aim": {"aim": "Invite residents of the North district to a screening for their age."},
    "benefits": {"benefits": "Residents over forty, who are found ill earlier."},
    "columns": {},
    "level": {"level": ("identified",)},
    "rows": {"area": "North district", "filter_value": "North"},
    "period": {},
    "frequency": {"frequency": ("monthly",)},
    "data-life": {"data_life_days": "90"},
    "law": {"instrument": "Health protection act", "article": "21"},
    "assessment": {"impact_assessment": "IA-2026-4 of 3 March"},
    "delivery": {"delivery": ("both",)},
    "keeping": {"kept_where": "The screening system in the city's own data centre"},
    "security": {"security_name": "Siri", "security_email": "siri@causeway.example"},
    "disposal": {"disposal": "Wiped, with a signed report"},
    "needed": {},
    "until": {},
    "people": {"accountable": "Rita"},
}


@pytest.mark.parametrize(("language", "script"), [("en", True), ("zh-hans", True), ("en", False)])
def test_a_department_asks_for_nine_columns_and_its_head_submits(language, script, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread
    empty_store()
    people = city_with_a_register()
    with web_server(workers=2) as address, chromium() as browser:
        rita = Traveller(browser, address, "exchange-asks", language, script=script)
        rita.sign_in(people.requester)
        collect(rita, people)
        asked = ask(rita)
        assert asked.state == "internal-review"

        heike = Traveller(browser, address, "exchange-reviews", language, script=script)
        heike.sign_in(people.head)
        submit(heike, asked)
        rita.go(f"/requests/{asked.pk}/")
        rita.look("request-submitted")
    asked.refresh_from_db()
    assert asked.state == "compliance-check" and asked.reference
    assert set(asked.columns.values_list("name", flat=True)) == set(NINE)
    kinds = list(Event.objects.filter(kind__startswith="request.").order_by("id").values_list("kind", flat=True))
    assert kinds[0] == "request.started" and kinds[-2:] == ["request.sent", "request.submitted"]


def collect(rita: Traveller, people) -> None:
    """Nine columns of the register lie in the basket."""
    rita.go("/desk/")
    rita.look("desk")
    rita.press("a[href='/catalogue/']")
    rita.look("catalogue")
    rita.press(f"a[href='/catalogue/{people.register.pk}/']")
    rita.look("entry")
    for column in people.register.columns.filter(name__in=NINE):
        rita.page.check(f"[name=column-{column.pk}]")
    rita.press("main form[method=post] button")
    rita.look("basket")


def ask(rita: Traveller) -> Request:
    """What lies in the basket is asked for, page by page, and sent to the head."""
    rita.press("button[name=ask]")
    asked = Request.objects.get()
    rita.look("draft")
    rita.press("main a[href$='/draft/check/']")
    rita.look("check-missing")
    for slug, fields in ANSWERS.items():
        rita.go(f"/requests/{asked.pk}/draft/{slug}/")
        if slug in {"aim", "columns", "law"}:
            rita.press("main form.form button")
            rita.look(f"{slug}-wrong")
        if slug == "benefits":
            rita.look(slug)
            rita.type_by_keys(slug, fields[slug])
        else:
            answer(rita, slug, fields)
            rita.look(slug)
            rita.press("main form.form button")
        assert f"/draft/{slug}/" not in rita.page.url, slug
    rita.look("draft-done")
    rita.press("main a[href$='/draft/check/']")
    rita.look("check")
    rita.press("main form.form button")
    rita.look("check-undeclared")
    rita.page.check("[name=declared]")
    rita.press("main form.form button")
    rita.look("sent")
    rita.go("/requests/")
    rita.look("requests")
    rita.go(f"/requests/{asked.pk}/")
    rita.look("request")
    asked.refresh_from_db()
    return asked


def answer(rita: Traveller, slug: str, fields: dict) -> None:
    """One page, filled in."""
    for name, value in fields.items():
        if isinstance(value, tuple):
            rita.page.check(f"[name={name}][value={value[0]}]")
        else:
            rita.page.fill(f"[name={name}]", value)
    if slug == "columns":
        for name in NINE:
            rita.page.fill(f"[name=need-{name}]", "To know whom to invite")
    if slug == "rows":
        rita.page.select_option("[name=filter_column]", "district")
    if slug == "until":
        last = timezone.localdate() + timedelta(days=90)
        fill_date(rita, "valid_until", last)


def fill_date(rita: Traveller, name: str, day) -> None:
    """A day in the field of a form."""
    rita.page.fill(f"[name={name}]", day.isoformat())


def submit(heike: Traveller, asked: Request) -> None:
    """The head reads the request and submits it."""
    heike.go("/requests/")
    heike.look("requests")
    heike.press(f"a[href='/requests/{asked.pk}/']")
    heike.look("request")
    heike.press(f"a[href='/requests/{asked.pk}/review/']")
    heike.look("review")
    heike.press("main form.form button")
    heike.look("submitted")
